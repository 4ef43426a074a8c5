/*
 * Holdfast killed, and Holdfast stopped, at each step of a rotation and of a cut: before each
 * system call of its that changes a file or a lock. The application is another process, which goes
 * on.
 */
#include "engine/workshop.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "service/killer.h"
#include "service/replica.h"
#include "sqlite/scene.h"

enum { MEMORY = 1 << 20, FILE_BYTES = 16 << 20, FEWEST_STEPS = 15 };

/* So many frames that a rotation does not catch up with them by copying alone. */
static const char burst[] = "INSERT INTO film(data) SELECT randomblob(900) FROM film LIMIT 90";
static const char single[] = "INSERT INTO film(title) VALUES('one more')";

struct play {
    struct workshop *shop;
    struct actor application;
    int64_t rows; /* committed */
    bool rotates;
};

static void ignore_notice(void *context, const char *database, const char *text)
{
    (void)context, (void)database, (void)text;
}

static int complain(const struct hf_error *err)
{
    fprintf(stderr, "%d: %s\n", err->code, err->text);
    return 1;
}

/* What the replicator does for one point, in a process of its own. */
static int protect(void *context)
{
    const struct play *play = context;
    struct workshop *shop = play->shop;
    struct hf_replica_world world = {
        .repository = shop->repository, .env = hf_env_system(), .notice = ignore_notice};
    struct hf_replica replica;
    hf_batch_budget_init(&world.budget, MEMORY, FILE_BYTES);
    hf_replica_init(&replica, &world, "app", shop->db, NULL);
    hf_replica_begin(&replica);
    if (replica.store_outcome.err.code)
        return complain(&replica.store_outcome.err);
    for (int i = 0; i < 2; i++) {
        replica.rotate = play->rotates;
        replica.force_frames = 1;
        replica.cut_wanted = true;
        hf_replica_tail(&replica);
        if (replica.log_outcome.err.code)
            return complain(&replica.log_outcome.err);
        hf_replica_store(&replica);
        if (replica.store_outcome.err.code)
            return complain(&replica.store_outcome.err);
    }
    hf_replica_let_go(&replica);
    hf_replica_release(&replica);
    return 0;
}

static void run_to_end(struct stepped *stepped)
{
    while (step_next(stepped))
        ;
    assert_true(WIFEXITED(stepped->status));
    assert_int_equal(WEXITSTATUS(stepped->status), 0);
}

static void protect_undisturbed(struct play *play)
{
    struct stepped stepped = step_begin(protect, play, STEPS_CHANGE_FILES_AND_LOCKS);
    run_to_end(&stepped);
}

static void commit(struct play *play, const char *sql)
{
    actor_do(&play->application, sql);
    actor_do(&play->application, "SELECT count(*) FROM film");
    play->rows = strtoll(play->application.value, NULL, 10);
}

static uint64_t newest(struct workshop *shop)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct hf_error err = {0};
    if (hf_timeline_load(&timeline, &shop->database, &err))
        fail_msg("%s", err.text);
    return hf_timeline_newest(&timeline)->name.to;
}

/* Nothing that was committed is missing in the newest point. */
static void assert_all_is_stored(struct play *play)
{
    uint64_t seq = newest(play->shop);
    workshop_keep_copy(play->shop, seq);
    workshop_assert_restores(play->shop, seq);
    assert_int_equal(ask_in(play->shop->target, "SELECT count(*) FROM film"), play->rows);
}

/* What the machine would find after a sudden end: the file and its log. */
static void assert_recoverable(struct play *play)
{
    char *copy = hf_scratch_path(&play->shop->scratch, "found.db");
    copy_files(play->shop->db, copy);
    assert_int_equal(ask_in(copy, "SELECT count(*) FROM film"), play->rows);
    assert_sound(copy);
    free(copy);
}

static struct play begin(struct workshop *shop, bool rotates)
{
    struct play play = {.shop = shop, .rotates = rotates};
    workshop_sql(shop, "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL");
    workshop_sql(shop, "CREATE TABLE film(id INTEGER PRIMARY KEY, title, data);"
                       "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
                       "INSERT INTO film(data) SELECT randomblob(50) FROM n");
    play.application = actor_start(shop->db);
    actor_do(&play.application, "PRAGMA busy_timeout = 100");
    commit(&play, single);
    protect_undisturbed(&play);
    return play;
}

static void end(struct play *play, const char *what, uint64_t steps)
{
    actor_end(&play->application);
    assert_true(steps > FEWEST_STEPS);
    printf("%s at %" PRIu64 " steps\n", what, steps);
}

/* Another process goes on where the killed one was. */
static void kill_everywhere(struct workshop *shop, bool rotates)
{
    struct play play = begin(shop, rotates);
    for (uint64_t n = 1;; n++) {
        commit(&play, single);
        struct stepped stepped = step_begin(protect, &play, STEPS_CHANGE_FILES_AND_LOCKS);
        while (step_next(&stepped) && stepped.count < n)
            ;
        if (stepped.count < n) {
            end(&play, "killed", n - 1);
            return;
        }
        step_kill(&stepped);
        assert_recoverable(&play);
        commit(&play, single);
        protect_undisturbed(&play);
        assert_all_is_stored(&play);
    }
}

static void killed_at_each_step_of_a_cut_it_loses_nothing(void **state)
{
    kill_everywhere(*state, false);
}

static void killed_at_each_step_of_a_rotation_it_loses_nothing(void **state)
{
    kill_everywhere(*state, true);
}

static bool has_write_lock(const struct play *play, pid_t pid)
{
    hf_auto(hf_lock_table) struct hf_lock_table table = {0};
    struct stat shm;
    char *path = hf_scratch_path(&play->shop->scratch, "app.db-shm");
    assert_int_equal(stat(path, &shm), 0);
    hf_lock_table_load(&table);
    assert_true(table.text.length > 0);
    free(path);
    return hf_lock_table_holder(&table, &shm, HF_LOCK_WRITE) == pid;
}

/* No commit of the application fails meanwhile: the write lock is not taken, as a copy catches up.
 */
static void stop_everywhere(struct workshop *shop, bool rotates)
{
    struct play play = begin(shop, rotates);
    for (uint64_t n = 1;; n++) {
        commit(&play, single);
        struct stepped stepped = step_begin(protect, &play, STEPS_CHANGE_FILES_AND_LOCKS);
        while (step_next(&stepped) && stepped.count < n)
            ;
        if (stepped.count < n) {
            end(&play, "stopped", n - 1);
            return;
        }
        assert_false(has_write_lock(&play, stepped.child));
        commit(&play, single);
        assert_recoverable(&play);
        run_to_end(&stepped);
        protect_undisturbed(&play);
        assert_all_is_stored(&play);
    }
}

static void stopped_at_each_step_of_a_cut_it_is_in_nobody_s_way(void **state)
{
    stop_everywhere(*state, false);
}

static void stopped_at_each_step_of_a_rotation_it_is_in_nobody_s_way(void **state)
{
    stop_everywhere(*state, true);
}

/* Lets Holdfast run to its n-th step with the write lock, which it takes as the application writes
 * faster than it copies. */
static bool step_under_lock(struct play *play, struct stepped *stepped, uint64_t n)
{
    uint64_t locked = 0;
    while (step_next(stepped)) {
        if (has_write_lock(play, stepped->child)) {
            if (++locked == n)
                return true;
        } else if (stepped->count == 16 || stepped->count == 48) {
            commit(play, burst); /* in the middle of a copy */
        }
    }
    return false;
}

/* Its locks die with it; stopped, the application waits for as long as its own timeout says. */
static void with_the_write_lock_it_can_be_killed_and_stopped(void **state)
{
    struct play play = begin(*state, true);
    uint64_t n = 1;
    for (;; n += n < 12 ? 1 : 9) {
        commit(&play, burst);
        struct stepped stepped = step_begin(protect, &play, STEPS_CHANGE_FILES_AND_LOCKS);
        if (!step_under_lock(&play, &stepped, n))
            break;
        assert_recoverable(&play);
        if (n % 2)
            step_kill(&stepped);
        else
            assert_int_equal(actor_try(&play.application, single), SQLITE_BUSY);
        if (n % 2 == 0)
            run_to_end(&stepped);
        commit(&play, "DELETE FROM film WHERE id > 200");
        protect_undisturbed(&play);
        assert_all_is_stored(&play);
    }
    end(&play, "killed or stopped with the write lock", n);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)
    const struct CMUnitTest tests[] = {
        TEST(killed_at_each_step_of_a_cut_it_loses_nothing),
        TEST(killed_at_each_step_of_a_rotation_it_loses_nothing),
        TEST(stopped_at_each_step_of_a_cut_it_is_in_nobody_s_way),
        TEST(stopped_at_each_step_of_a_rotation_it_is_in_nobody_s_way),
        TEST(with_the_write_lock_it_can_be_killed_and_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
