/*
 * Power is lost while an application writes and its log is followed: after every change of a file
 * by either of them, and of what was not synced any part is on the disk afterwards. The application
 * syncs nothing at a commit (synchronous=NORMAL), so that its log can be shorter than what was read
 * from it, and the database older than the newest point.
 */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault/acts_capture.h"
#include "fault/crash_vfs.h"
#include "fault/seen_images.h"
#include "history/timeline.h"

enum { PAGE_SIZE = 1024, PAGES = 10, STATES = 16, MOST_COMMITS = 4 };

/* A state that was committed. */
struct state {
    char copy[320];
    uint64_t seq;             /* of the point that was made of it; 0: none */
    uint64_t acknowledged_at; /* number of operations then */
};

struct life {
    struct stage *stage;
    struct hf_crash_env *crash;
    sqlite3 *application;
    struct state states[STATES];
    size_t count;
    struct seen_images seen;
    uint64_t tried, different, behind;
};

static struct life *life; /* of the test that runs */

/* In another process: closing a descriptor would drop the locks that this one has. */
static void copy_elsewhere(const char *from, const char *to)
{
    char command[1600];
    snprintf(command, sizeof command,
             "rm -f '%s' '%s-wal'; cp '%s' '%s'; if [ -f '%s-wal' ]; then cp '%s-wal' '%s-wal'; fi",
             to, to, from, to, from, from, to);
    assert_int_equal(system(command), 0);
}

static void keep_state(void)
{
    assert_in_range(life->count, 0, STATES - 1);
    struct state *state = &life->states[life->count];
    char raw[340];
    snprintf(state->copy, sizeof state->copy, "%.200s/state-%zu.db", life->stage->scratch.path,
             life->count++);
    snprintf(raw, sizeof raw, "%s.raw", state->copy);
    copy_elsewhere(life->stage->db, raw);
    stage_copy_folded(life->stage, raw, state->copy);
}

static void commit(const char *sql)
{
    if (sqlite3_exec(life->application, sql, NULL, NULL, NULL))
        fail_msg("%s: %s", sql, sqlite3_errmsg(life->application));
    keep_state();
}

static int store(struct hf_replica *replica, bool rotate, struct hf_error *err)
{
    if (capture_store(replica, rotate, err))
        return -1;
    struct state *state = &life->states[life->count - 1];
    state->seq = replica->point.seq;
    state->acknowledged_at = hf_crash_env_operations(life->crash);
    return 0;
}

/* Points of a log that is only read, of one that is brought into the file, and that begins anew;
 * the application goes on between one Holdfast and the next, and ends. */
static int play_life(struct hf_replica *replica, struct hf_error *err)
{
    if (capture_begin(replica, err))
        return -1;
    commit("UPDATE film SET title = 'first' WHERE id = 3");
    commit("INSERT INTO film(data) SELECT randomblob(300) FROM film LIMIT 6");
    if (store(replica, false, err))
        return -1;
    commit("UPDATE film SET title = 'second' WHERE id = 20");
    if (store(replica, true, err))
        return -1;
    commit("DELETE FROM film WHERE id < 5");
    if (store(replica, true, err))
        return -1;
    commit("UPDATE film SET title = 'third' WHERE id = 21");
    if (store(replica, false, err))
        return -1;
    hf_replica_let_go(replica);
    commit("UPDATE film SET title = 'fourth' WHERE id = 22");
    replica->last_scan.time = 0; /* none from here on */
    if (capture_begin(replica, err) || store(replica, true, err))
        return -1;
    hf_replica_let_go(replica);
    assert_int_equal(sqlite3_close(life->application), SQLITE_OK);
    life->application = NULL;
    return 0;
}

static bool is_state(const char *path, size_t *which)
{
    for (size_t i = life->count; i--;)
        if (stage_same(path, life->states[i].copy)) {
            *which = i;
            return true;
        }
    return false;
}

/* The points that were acknowledged before power was lost. Returns the newest's state. */
static size_t acknowledge(uint64_t operation)
{
    size_t newest = 0;
    life->stage->count = 0;
    for (size_t i = 0; i < life->count; i++) {
        const struct state *state = &life->states[i];
        if (!state->seq || state->acknowledged_at > operation)
            continue;
        stage_acknowledge(life->stage, state->seq, state->copy);
        newest = i;
    }
    return newest;
}

static bool is_acknowledged(uint64_t seq)
{
    for (size_t i = 0; i < life->stage->count; i++)
        if (life->stage->points[i].seq == seq)
            return true;
    return false;
}

/* Also of a point whose making was not heard of: it is a state that was committed. */
static void prove_points(const char *newest_state)
{
    const struct stage_tools tools = stage_no_faults();
    struct stage *stage = life->stage;
    hf_auto(stage_session) struct stage_session session = {0};
    struct hf_error err = {0};
    stage_must(stage, !stage_session_open(&session, stage, &tools, HF_DATABASE_EXISTING, &err),
               "the repository does not open: %s", err.text);
    for (size_t i = 0; i < stage->count; i++)
        stage_must(
            stage,
            stage_restores_to(stage, &session, stage->points[i].seq, stage->points[i].copy, &err),
            "point %" PRIu64 ": %s", stage->points[i].seq, err.text);
    for (size_t i = 0; i < session.timeline.count; i++) {
        uint64_t seq = session.timeline.entries[i].name.to;
        bool found = is_acknowledged(seq);
        for (size_t k = life->count; k-- && !found;)
            found = stage_restores_to(stage, &session, seq, life->states[k].copy, &err);
        found = found || stage_restores_to(stage, &session, seq, newest_state, &err);
        stage_must(stage, found, "point %" PRIu64 " is no state that was committed: %s", seq,
                   err.text);
    }
    stage_must(stage, stage_restores_to(stage, &session, stage->made, newest_state, &err),
               "the newest point is not what the database is: %s", err.text);
}

/* The machine is up again, and the application may write before Holdfast is there: then its log can
 * be as long as what was read from the one that was lost. */
static void write_first(const char *db, int commits)
{
    sqlite3 *application;
    assert_int_equal(sqlite3_open(db, &application), SQLITE_OK);
    sqlite3_db_config(application, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    for (int i = 0; i < commits; i++)
        assert_int_equal(sqlite3_exec(application,
                                      "UPDATE film SET title = title || 'x' WHERE id = 23", NULL,
                                      NULL, NULL),
                         SQLITE_OK);
    assert_int_equal(sqlite3_close(application), SQLITE_OK);
}

static void go_on(bool is_behind, int commits)
{
    const struct stage_tools tools = stage_no_faults();
    struct stage *stage = life->stage;
    struct hf_error err = {0};
    hf_auto_free char *now = hf_scratch_path(&stage->scratch, "now.db");
    if (commits)
        write_first(stage->db, commits);
    stage_copy_folded(stage, stage->db, now);
    stage_must(stage, !capture_play(stage, &tools, capture_cycle, &err), "cannot go on: %s",
               err.text);
    stage_must(stage, !is_behind || stage->scanned,
               "the database is behind the newest point, and was not looked through");
    prove_points(now);
    stage_prove_whole(stage);
}

static int prove_image(void *arg, const struct hf_crash *how, const char *directory)
{
    struct stage *stage = life->stage;
    size_t found = 0, newest = acknowledge(how->operation);
    hf_auto_free char *image = hf_scratch_path(&stage->scratch, "image");
    hf_auto_free char *now = hf_scratch_path(&stage->scratch, "now.db");
    (void)arg;
    life->tried++;
    if (!seen_images_add(&life->seen, directory, newest))
        return 0;
    life->different++;
    hf_crash_describe(life->crash, how, stage->where, sizeof stage->where);
    stage_copy_folded(stage, stage->db, now);
    stage_must(stage, is_state(now, &found), "the database is in no state that was committed");
    bool is_behind = found < newest;
    life->behind += is_behind;
    hf_scratch_copy(stage->world, image);
    for (int commits = 0; commits <= (is_behind ? MOST_COMMITS : 0); commits++) {
        if (commits) {
            hf_scratch_remove(stage->world);
            hf_scratch_copy(image, stage->world);
        }
        go_on(is_behind, commits);
    }
    hf_scratch_remove(image);
    return 0;
}

/* The end of the log alone is lost: of each frame SQLite writes the header and then the page. */
static void cut_log(const struct hf_crash_env *crash)
{
    static const uint64_t writes[] = {1, 2, 3, 4, 6, 8};
    struct hf_error err = {0};
    for (uint64_t n = 0; n <= hf_crash_env_operations(crash); n++)
        for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
            const struct hf_crash how = {
                .operation = n, .data = HF_DATA_CUT, .seed = writes[i], .cut = "data/app.db-wal"};
            if (hf_crash_image(crash, &how, life->stage->world, &err))
                fail_msg("%s", err.text);
            prove_image(NULL, &how, life->stage->world);
            hf_scratch_remove(life->stage->world);
        }
}

static void prepare(struct stage *stage)
{
    stage_fill(stage->db, PAGE_SIZE, PAGES);
    stage_make_repository(stage);
    stage_sql(stage->db, "PRAGMA journal_mode = WAL");
    stage_backup(stage);
}

static void after_a_loss_of_power_every_point_is_a_state_that_was_committed(void **state)
{
    static const struct act act = {.name = "write and follow", .prepare = prepare};
    struct stage stage;
    struct life self = {.stage = &stage};
    struct hf_error err = {0};
    (void)state;
    life = &self;
    stage_open(&stage, &act);
    hf_auto_ptr(hf_crash_env) struct hf_crash_env *crash =
        hf_crash_env_new(stage_env(), stage.world, &err);
    assert_non_null(crash);
    self.crash = crash;
    keep_state();
    self.states[0].seq = stage.points[0].seq;
    crash_vfs_record(crash);
    assert_int_equal(sqlite3_open(stage.db, &self.application), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(self.application, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL), SQLITE_OK);
    const struct stage_tools tools = {.env = hf_crash_env_get(crash)};
    if (capture_play(&stage, &tools, play_life, &err))
        fail_msg("%s", err.text);
    assert_false(stage.scanned);
    crash_vfs_record(NULL);
    hf_scratch_remove(stage.world);
    if (hf_crash_images(crash, stage_exhaustive() ? 16 : 1, stage.world, prove_image, NULL, &err) <
        0)
        fail_msg("%s", err.text);
    cut_log(crash);
    printf("tried %" PRIu64 " losses of power, %" PRIu64 " with different outcome, %" PRIu64
           " with the database behind\n",
           self.tried, self.different, self.behind);
    assert_true(self.behind > 10);
    seen_images_release(&self.seen);
    stage_close(&stage);
}

int main(void)
{
    crash_vfs_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_loss_of_power_every_point_is_a_state_that_was_committed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
