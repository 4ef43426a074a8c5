/*
 * SQLite's WAL-reset bug (before 3.51.3), with a hook at the spot where it strikes: a checkpointer
 * that has read the log's header stalls; meanwhile a writer restarts the log; the checkpointer goes
 * on with the old header and says of new frames that they are in the file. The next restart drops
 * them.
 *
 * Who holds slot 0 keeps the checkpointer from doing so, and must not leave it before that one is
 * done (step 0 in docs/architecture.md, "Capture"). The first test shows that this SQLite has the
 * bug and that a holder without step 0 meets it; the others, that with step 0 nothing is lost.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sqlite/log_hold.h"
#include "sqlite/scene.h"

/* Of the SQLite that build-sqlite makes; absent from the system's. */
extern void (*sqlite3_wal_checkpoint_hook)(sqlite3 *db) __attribute__((weak));
extern int sqlite3_wal_read_slot(sqlite3 *db) __attribute__((weak));

enum {
    FRAMES_BEFORE = 50, /* rows, of a page each, before the restart ... */
    FRAMES_AFTER = 10,  /* ... and after it: fewer, so that the old header counts too many */
};

/* One moment of one process: a writer, a checkpointer that will stall, and a holder. */
static struct play {
    const struct scene *scene;
    sqlite3 *writer, *stalling;
    int64_t rows;                /* committed */
    void (*while_stalled)(void); /* after the restart */

    sqlite3 *first, *second, *prover; /* a holder by hand */
    bool step_0;
    bool left;

    struct hf_log_hold *hold; /* Holdfast's own */
    uint64_t frames_read, commits_read;
    enum hf_rotation rotated;
    pthread_t releasing;
} play;

static void insert(int count)
{
    for (int i = 0; i < count; i++, play.rows++)
        run_sql(play.writer, "INSERT INTO t(a) VALUES (hex(randomblob(1500)))");
}

static sqlite3 *connection(void)
{
    sqlite3 *db = open_db(play.scene->db);
    run_sql(db, "PRAGMA wal_autocheckpoint = 0; SELECT count(*) FROM t");
    return db;
}

static int passive(sqlite3 *db)
{
    return sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static void stall(sqlite3 *db)
{
    if (db != play.stalling)
        return;
    sqlite3_wal_checkpoint_hook = NULL;
    insert(FRAMES_AFTER);
    play.while_stalled();
}

/* The checkpointer reads the header, stalls as above, and goes on. */
static void checkpoint_with_a_stall(void (*while_stalled)(void))
{
    play.while_stalled = while_stalled;
    sqlite3_wal_checkpoint_hook = stall;
    passive(play.stalling);
    assert_null(sqlite3_wal_checkpoint_hook);
}

static int begin(void **state)
{
    if (!&sqlite3_wal_checkpoint_hook)
        return 0;
    if (scene_setup(state))
        return -1;
    play = (struct play){.scene = *state};
    sql_in(play.scene->db, "PRAGMA journal_mode = WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
    play.writer = connection();
    play.stalling = connection();
    insert(FRAMES_BEFORE);
    return 0;
}

static int end(void **state)
{
    sqlite3 *all[] = {play.writer, play.stalling, play.first, play.second, play.prover};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_close(all[i]);
    return *state ? scene_teardown(state) : 0;
}

/* True, and the first row's first column in `text` (64 bytes), when SQLite can say it. */
static bool ask(sqlite3 *db, const char *sql, char *text)
{
    sqlite3_stmt *question = NULL;
    bool answered = sqlite3_prepare_v2(db, sql, -1, &question, NULL) == SQLITE_OK &&
                    sqlite3_step(question) == SQLITE_ROW;
    if (answered)
        snprintf(text, 64, "%s", (const char *)sqlite3_column_text(question, 0));
    sqlite3_finalize(question);
    return answered;
}

static bool everything_is_there(void)
{
    char text[64], wanted[64];
    sqlite3 *db = open_db(play.scene->db);
    snprintf(wanted, sizeof wanted, "%lld", (long long)play.rows);
    bool found = ask(db, "PRAGMA integrity_check(1)", text) && !strcmp(text, "ok") &&
                 ask(db, "SELECT count(*) FROM t", text) && !strcmp(text, wanted);
    sqlite3_close(db);
    return found;
}

static void skip_without_hook(void)
{
    if (!&sqlite3_wal_checkpoint_hook) {
        print_message("no SQLite with a hook (tests/wal_reset/build-sqlite)\n");
        skip();
    }
}

/* A holder by hand, which knows step 0 or not. */

static void leave_slot_0(void)
{
    if (play.step_0 && passive(play.prover) != SQLITE_OK)
        return;
    run_sql(play.second, "BEGIN; SELECT count(*) FROM t");
    run_sql(play.first, "COMMIT");
    play.left = true;
}

static void hold_by_hand(bool step_0)
{
    play.step_0 = step_0;
    play.first = connection();
    play.second = connection();
    play.prover = connection();
    assert_int_equal(passive(play.prover), SQLITE_OK);
    run_sql(play.first, "BEGIN; SELECT count(*) FROM t");
    assert_int_equal(sqlite3_wal_read_slot(play.first), 0);
    checkpoint_with_a_stall(leave_slot_0);
    if (!play.left)
        leave_slot_0();
    assert_true(play.left);
    /* Where commits were lost the database may be damaged as well, and each of these fail. */
    passive(play.prover);
    sqlite3_exec(play.first, "BEGIN; SELECT count(*) FROM t", NULL, NULL, NULL);
    sqlite3_exec(play.second, "COMMIT", NULL, NULL, NULL);
    play.rows += sqlite3_exec(play.writer, "INSERT INTO t(a) VALUES ('restarts the log')", NULL,
                              NULL, NULL) == SQLITE_OK;
}

static void a_holder_without_step_0_loses_commits_to_a_stalled_checkpointer(void **state)
{
    (void)state;
    skip_without_hook();
    hold_by_hand(false);
    assert_false(everything_is_there());
}

static void a_holder_with_step_0_loses_nothing(void **state)
{
    (void)state;
    skip_without_hook();
    hold_by_hand(true);
    assert_true(everything_is_there());
}

/* Holdfast's hold. */

static int take(void *context, const struct hf_log_frame *frame, struct hf_error *err)
{
    (void)context;
    (void)err;
    play.frames_read++;
    play.commits_read += frame->commit_pages != 0;
    return 0;
}

static enum hf_rotation rotate(uint32_t force)
{
    struct hf_error err = {0};
    const struct hf_rotation_options options = {.force_frames = force, .take = take};
    enum hf_rotation result = hf_log_hold_rotate(play.hold, &options, &err);
    if (result == HF_ROTATION_FAILED)
        fail_msg("%s", err.text);
    return result;
}

static bool is_on_slot_0(void)
{
    struct hf_log_look look;
    struct hf_error err = {0};
    assert_int_equal(hf_log_hold_look(play.hold, &look, &err), 0);
    return look.on_slot_0;
}

static void hold_on_slot_0(void)
{
    struct hf_error err = {0};
    play.hold = hf_log_hold_open(play.scene->db, 1000, &err);
    if (!play.hold)
        fail_msg("%s", err.text);
    assert_int_equal(rotate(0), HF_ROTATION_DONE);
    assert_true(is_on_slot_0());
    play.commits_read = 0;
}

static void rotate_while_stalled(void)
{
    play.rotated = rotate(0);
    assert_true(is_on_slot_0());
}

static void force_while_stalled(void)
{
    play.rotated = rotate(1);
    assert_true(is_on_slot_0());
}

static void nothing_is_lost_after(void (*while_stalled)(void))
{
    hold_on_slot_0();
    checkpoint_with_a_stall(while_stalled);
    assert_int_equal(play.rotated, HF_ROTATION_CHECKPOINT);
    assert_int_equal(rotate(0), HF_ROTATION_DONE);
    insert(1);
    assert_int_equal(rotate(0), HF_ROTATION_DONE);
    assert_int_equal(play.commits_read, FRAMES_AFTER + 1);
    hf_log_hold_release(play.hold, 1000);
    assert_true(everything_is_there());
}

static void a_rotation_waits_for_a_stalled_checkpointer(void **state)
{
    (void)state;
    skip_without_hook();
    nothing_is_lost_after(rotate_while_stalled);
}

static void a_rotation_that_may_force_waits_for_a_stalled_checkpointer_too(void **state)
{
    (void)state;
    skip_without_hook();
    nothing_is_lost_after(force_while_stalled);
}

static void *release(void *unused)
{
    hf_log_hold_release(play.hold, 60000);
    return unused;
}

/* Somebody on slot 0 is seen from outside: a checkpoint that must restart the log cannot. Here the
 * checkpointer itself is stalled, so that the moment is what is tried: it must not be over before.
 */
static void release_while_stalled(void)
{
    assert_int_equal(pthread_create(&play.releasing, NULL, release, NULL), 0);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 200 * 1000 * 1000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    assert_int_not_equal(pthread_timedjoin_np(play.releasing, NULL, &until), 0);
}

static void letting_go_waits_for_a_stalled_checkpointer(void **state)
{
    (void)state;
    skip_without_hook();
    hold_on_slot_0();
    checkpoint_with_a_stall(release_while_stalled);
    assert_int_equal(pthread_join(play.releasing, NULL), 0);
    passive(play.stalling);
    insert(1);
    assert_true(everything_is_there());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_holder_without_step_0_loses_commits_to_a_stalled_checkpointer, begin, end),
        cmocka_unit_test_setup_teardown(a_holder_with_step_0_loses_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_rotation_waits_for_a_stalled_checkpointer, begin, end),
        cmocka_unit_test_setup_teardown(
            a_rotation_that_may_force_waits_for_a_stalled_checkpointer_too, begin, end),
        cmocka_unit_test_setup_teardown(letting_go_waits_for_a_stalled_checkpointer, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
