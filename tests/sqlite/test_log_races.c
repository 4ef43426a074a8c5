/* Following a log whose writers die, fail, and are stopped at any moment. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sqlite/mirror.h"
#include "support/seeded.h"

enum { FORCE = 64, MANY = 200 };

/* An answer, or the end of it. */
static bool survives(struct actor *actor, const char *sql)
{
    char c;
    bool answers = false;
    actor_send(actor, sql);
    while (read(actor->out, &c, 1) == 1 && c != '\n')
        answers = true;
    return answers;
}

/* Killed before its n-th write, truncation, sync or barrier, for every n. */
static void kill_everywhere(const struct scene *scene, const char *sql, bool restarts)
{
    struct mirror mirror = mirror_begin(scene->db);
    bool lives = false;
    int n = 0;
    while (!lives) {
        char order[32];
        struct actor writer = actor_start(scene->db);
        assert_in_range(++n, 1, MANY);
        snprintf(order, sizeof order, "!die %d", n);
        actor_do(&writer, "PRAGMA synchronous = FULL; INSERT INTO t(a) VALUES(randomblob(2000))");
        if (restarts)
            while (rotate(&mirror, 0) != HF_ROTATION_DONE)
                ;
        actor_send(&writer, order);
        lives = survives(&writer, sql);
        actor_kill(&writer);
        assert_mirrors(&mirror, scene->db);
        writer = actor_start(scene->db);
        actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(1000))");
        assert_mirrors(&mirror, scene->db);
        actor_end(&writer);
    }
    assert_true(n > 4); /* there were steps to die at */
    mirror_end(&mirror);
    assert_sound(scene->db);
}

static void a_writer_killed_at_any_write_leaves_no_doubt(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    kill_everywhere(scene, "INSERT INTO t(a) VALUES(randomblob(5000))", false);
}

/* Its first write begins the log anew: new salts, a new header. */
static void a_writer_killed_at_any_step_of_a_restart_leaves_no_doubt(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    kill_everywhere(scene, "INSERT INTO t(a) VALUES(randomblob(5000))", true);
}

/* Its frames are in the file, with a commit mark and a true checksum, and were never published. */
static void a_commit_whose_sync_failed_is_never_read(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct actor writer = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    actor_do(&writer, "PRAGMA synchronous = FULL");
    for (int i = 0; i < 5; i++) {
        actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(2000))");
        assert_mirrors(&mirror, scene->db);
        int64_t size = size_of(in_scene(scene, "app.db-wal"));
        actor_send(&writer, "!fail-sync");
        assert_int_equal(actor_try(&writer, "INSERT INTO t(a) VALUES(randomblob(90000))"),
                         SQLITE_IOERR);
        assert_true(size_of(in_scene(scene, "app.db-wal")) > size || i);
        assert_int_equal(look(&mirror).unread, 0);
        assert_mirrors(&mirror, scene->db);
        if (i % 2)
            rotate(&mirror, 0);
    }
    actor_do(&writer, "SELECT count(*) FROM t");
    assert_string_equal(writer.value, "5");
    mirror_end(&mirror);
    actor_end(&writer);
}

static uint64_t below(uint64_t *seed, uint64_t limit)
{
    return hf_seeded_next(seed) % limit;
}

struct checkpointer {
    struct actor actor;
    bool asked, stopped;
};

static void disturb(struct checkpointer *self, uint64_t *random)
{
    static const char *const kinds[] = {
        "PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(FULL)",
        "PRAGMA wal_checkpoint(RESTART)", "PRAGMA wal_checkpoint(TRUNCATE)"};
    if (self->stopped) {
        self->stopped = below(random, 3);
        if (!self->stopped)
            kill(self->actor.pid, SIGCONT);
    } else if (self->asked) {
        actor_answer(&self->actor);
        self->asked = false;
    } else {
        actor_send(&self->actor, kinds[below(random, 4)]);
        self->asked = true;
        self->stopped = below(random, 2);
        if (self->stopped)
            kill(self->actor.pid, SIGSTOP);
    }
}

/* A database that grows and shrinks, logs long and short, checkpointers stopped wherever they are.
 */
static void every_commit_is_read_while_checkpointers_are_stopped_at_random(void **state)
{
    static const char *const acts[] = {
        "INSERT INTO t(a) VALUES(randomblob(700))",
        "INSERT INTO t(a) VALUES(randomblob(60000))",
        "DELETE FROM t WHERE id % 3 = abs(random()) % 3",
        "UPDATE t SET a = randomblob(900) WHERE id % 7 = abs(random()) % 7",
        "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) INSERT INTO t(a) "
        "SELECT randomblob(900) FROM n",
        "DELETE FROM t",
    };
    const struct scene *scene = *state;
    struct checkpointer others[3] = {{{0}, false, false}};
    uint64_t random = 7, longest = 0;
    make_wal(scene, 512);
    struct actor writer = actor_start(scene->db);
    actor_do(&writer, "PRAGMA wal_autocheckpoint = 0");
    for (int i = 0; i < 3; i++)
        others[i].actor = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    for (int step = 0; step < 100; step++) {
        actor_try(&writer, acts[below(&random, sizeof acts / sizeof *acts)]);
        disturb(&others[below(&random, 3)], &random);
        uint64_t frames = look(&mirror).frames;
        longest = frames > longest ? frames : longest;
        if (!below(&random, 6))
            rotate(&mirror, below(&random, 2) ? FORCE : 0);
        assert_mirrors(&mirror, scene->db);
    }
    assert_true(longest > 4062);
    for (int i = 0; i < 3; i++) {
        kill(others[i].actor.pid, SIGCONT);
        actor_kill(&others[i].actor);
    }
    assert_mirrors(&mirror, scene->db);
    mirror_end(&mirror);
    actor_end(&writer);
    assert_sound(scene->db);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_writer_killed_at_any_write_leaves_no_doubt),
        SCENE_TEST(a_writer_killed_at_any_step_of_a_restart_leaves_no_doubt),
        SCENE_TEST(a_commit_whose_sync_failed_is_never_read),
        SCENE_TEST(every_commit_is_read_while_checkpointers_are_stopped_at_random),
    };
    return cmocka_run_group_tests_name("sqlite/log_races", tests, NULL, NULL);
}
