/* The replicator over its channel, beside an application's connections. */
#include "service/floor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/writer_claim.h"
#include "store/kinds.h"

static bool follows(const json_t *entry)
{
    return !strcmp(hf_member_text(entry, "capture", ""), "wal");
}

static bool scans(const json_t *entry)
{
    return !strcmp(hf_member_text(entry, "capture", ""), "scan");
}

static bool lacks_nothing(const json_t *entry)
{
    return follows(entry) && json_is_null(json_object_get(entry, "pending_since"));
}

static bool fails(const json_t *entry)
{
    return json_is_object(json_object_get(entry, "failing"));
}

static bool works(const json_t *entry)
{
    return follows(entry) && json_is_null(json_object_get(entry, "failing"));
}

static bool was_scanned_for_doubt(const json_t *entry)
{
    const json_t *scan = json_object_get(entry, "last_scan");
    return works(entry) && json_is_object(scan) &&
           strcmp(hf_member_text(scan, "reason", ""), "protection begins") != 0;
}

static void insert(sqlite3 *db, const char *body)
{
    char *sql = sqlite3_mprintf("INSERT INTO note(body) VALUES(%Q)", body);
    floor_sql(db, "%s", sql);
    sqlite3_free(sql);
}

static int64_t newest(struct floor *floor)
{
    return hf_member_integer(json_object_get(json_object_get(floor->status, "app"), "point"), "seq",
                             0);
}

static void each_interval_with_changes_is_a_point(void **state)
{
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    floor_start(floor);
    floor_until(floor, "app", lacks_nothing);
    int64_t before = newest(floor);
    floor_hear(floor, "point", "app", NULL); /* the first scan's */
    for (int i = 1; i <= 3; i++) {
        insert(db, "one more");
        const json_t *point = floor_hear(floor, "point", "app", NULL);
        assert_int_equal(hf_member_integer(point, "point", 0), before + i);
        assert_int_equal(floor_restored_value(floor, "app", "SELECT count(*) FROM note"), 300 + i);
    }
    assert_int_equal(floor_stop(floor), 0);
    sqlite3_close(db);
}

static void what_was_committed_last_is_stored_before_it_ends(void **state)
{
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    snprintf(floor->settings, sizeof floor->settings, "sync-interval: 1h\n");
    floor_start(floor);
    floor_until(floor, "app", lacks_nothing);
    insert(db, "at the last moment");
    assert_int_equal(floor_stop(floor), 0);
    assert_true(floor_has_heard(floor, "done", NULL));
    assert_int_equal(
        floor_restored_value(floor, "app", "SELECT count(*) FROM note WHERE body LIKE 'at the%'"),
        1);
    sqlite3_close(db);
}

static void the_end_of_the_channel_is_an_order_to_stop(void **state)
{
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    snprintf(floor->settings, sizeof floor->settings, "sync-interval: 1h\n");
    floor_start(floor);
    floor_until(floor, "app", lacks_nothing);
    insert(db, "orphaned");
    assert_int_equal(shutdown(floor->channel.fd, SHUT_WR), 0);
    assert_int_equal(floor_end(floor), 0);
    assert_int_equal(
        floor_restored_value(floor, "app", "SELECT count(*) FROM note WHERE body = 'orphaned'"), 1);
    sqlite3_close(db);
}

static void a_signal_is_one_too(void **state)
{
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    snprintf(floor->settings, sizeof floor->settings, "sync-interval: 1h\n");
    floor_start(floor);
    floor_until(floor, "app", lacks_nothing);
    insert(db, "signalled");
    assert_int_equal(kill(floor->pid, SIGTERM), 0);
    assert_int_equal(floor_end(floor), 0);
    assert_int_equal(
        floor_restored_value(floor, "app", "SELECT count(*) FROM note WHERE body = 'signalled'"),
        1);
    sqlite3_close(db);
}

static void a_snapshot_holds_all_that_was_committed_before_the_order(void **state)
{
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    snprintf(floor->settings, sizeof floor->settings, "sync-interval: 1h\n");
    floor_start(floor);
    floor_until(floor, "app", lacks_nothing);
    insert(db, "before the order");
    const json_t *done = floor_snapshot(floor, "app", "asked for");
    assert_string_equal(hf_member_text(done, "event", ""), "done");
    assert_true(hf_member_true(done, "new"));
    assert_int_equal(
        floor_restored_value(floor, "app", "SELECT count(*) FROM note WHERE body LIKE 'before%'"),
        1);
    /* With a label also when nothing has changed. */
    const json_t *again = floor_snapshot(floor, "app", "and again");
    assert_true(hf_member_integer(again, "point", 0) > hf_member_integer(done, "point", 0));
    assert_int_equal(floor_stop(floor), 0);
    sqlite3_close(db);
}

static void orders_that_make_no_sense_are_refused(void **state)
{
    struct floor *floor = *state;
    floor_start(floor);
    floor_until(floor, "app", follows);
    const json_t *failed = floor_snapshot(floor, "nobody", "x");
    assert_string_equal(hf_member_text(failed, "event", ""), "failed");
    assert_string_equal(hf_member_text(failed, "code", ""), "not_found");
    hf_json_channel_send(&floor->channel, json_pack("{s:s, s:i}", "do", "dance", "id", 77));
    failed = floor_hear(floor, "failed", NULL, "not known");
    assert_int_equal(hf_member_integer(failed, "id", 0), 77);
    assert_int_equal(send(floor->channel.fd, "no json\n[1]\n", 12, MSG_NOSIGNAL), 12);
    assert_string_equal(hf_member_text(floor_snapshot(floor, "app", "still"), "event", ""), "done");
    assert_int_equal(floor_stop(floor), 0);
}

static void a_status_has_all_that_people_ask(void **state)
{
    static const char *const fields[] = {
        "name",          "path",      "capture",       "why",
        "pending_since", "failing",   "lag_ms",        "log_frames",
        "point",         "last_scan", "pages_pending", "spool_bytes",
        "bytes_today",   "bytes_day", "requests_day",  "requests_today"};
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    floor_start(floor);
    insert(db, "for its bytes");
    floor_until_stored(floor, "app");
    const json_t *entry = floor_until(floor, "app", lacks_nothing);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!json_object_get(entry, fields[i]))
            fail_msg("%s", fields[i]);
    assert_int_equal(hf_member_integer(entry, "lag_ms", -1), 0);
    assert_true(hf_member_integer(entry, "bytes_day", 0) > 0);
    assert_true(hf_member_integer(entry, "requests_day", 0) > 0);
    assert_string_equal(hf_member_text(json_object_get(entry, "last_scan"), "reason", ""),
                        "protection begins");
    assert_int_equal(floor_stop(floor), 0);
    sqlite3_close(db);
}

/* The log is the same, so that no page has to be compared. */
static void killed_it_goes_on_without_a_scan_while_the_log_is_the_same(void **state)
{
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    floor_start(floor);
    floor_until(floor, "app", lacks_nothing);
    insert(db, "first");
    floor_until_stored(floor, "app");
    floor_kill(floor);
    insert(db, "while nobody looked");
    floor_start(floor);
    floor_until_stored(floor, "app");
    const json_t *entry = floor_until(floor, "app", lacks_nothing);
    assert_true(json_is_null(json_object_get(entry, "last_scan")));
    assert_int_equal(floor_stop(floor), 0);
    sqlite3_close(db);
}

static void a_log_that_was_restarted_meanwhile_is_a_scan(void **state)
{
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    floor_start(floor);
    floor_until_stored(floor, "app");
    floor_kill(floor);
    insert(db, "lost from the log");
    floor_sql(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    insert(db, "in the new log");
    floor_start(floor);
    floor_until_stored(floor, "app");
    const json_t *entry = floor_until(floor, "app", lacks_nothing);
    assert_true(json_is_object(json_object_get(entry, "last_scan")));
    assert_int_equal(floor_stop(floor), 0);
    sqlite3_close(db);
}

static void a_database_that_comes_later_is_protected_then(void **state)
{
    struct floor *floor = *state;
    snprintf(floor->databases, sizeof floor->databases, "  - path: app.db\n  - path: later.db\n");
    floor_start(floor);
    floor_until(floor, "app", follows);
    assert_string_equal(hf_member_text(json_object_get(floor->status, "later"), "capture", "none"),
                        "none");
    floor_make(floor, "later");
    floor_until(floor, "later", follows);
    floor_until_stored(floor, "later");
    assert_false(floor_has_heard(floor, "notice", "later.db"));
    assert_int_equal(floor_stop(floor), 0);
}

static void a_pattern_takes_new_files_in(void **state)
{
    struct floor *floor = *state;
    assert_int_equal(mkdir(floor_path(floor, "tenants"), 0700), 0);
    snprintf(floor->databases, sizeof floor->databases,
             "  - path: app.db\n  - path: tenants/*.db\n");
    floor_make(floor, "tenants/first");
    floor_start(floor);
    floor_until(floor, "first", follows);
    floor_make(floor, "tenants/second");
    floor_until(floor, "second", follows);
    sqlite3 *db = floor_open(floor, "tenants/second");
    insert(db, "of a tenant");
    floor_hear(floor, "point", "second", NULL);
    assert_int_equal(floor_stop(floor), 0);
    assert_int_equal(floor_restored_value(floor, "second", "SELECT count(*) > 299 FROM note"), 1);
    sqlite3_close(db);
}

static void a_database_that_is_replaced_is_scanned_and_followed(void **state)
{
    struct floor *floor = *state;
    floor_start(floor);
    floor_until_stored(floor, "app");
    floor_until(floor, "app", lacks_nothing);
    floor_make(floor, "other");
    sqlite3 *db = floor_open(floor, "other");
    floor_sql(db, "DELETE FROM note WHERE id > 7; PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_close(db);
    hf_scratch_remove(floor_path(floor, "app.db-wal"));
    hf_scratch_remove(floor_path(floor, "app.db-shm"));
    assert_int_equal(rename(floor_path(floor, "other.db"), floor_path(floor, "app.db")), 0);
    floor_until(floor, "app", was_scanned_for_doubt);
    floor_until_stored(floor, "app");
    db = floor_open(floor, "app");
    insert(db, "in the new file");
    floor_until_stored(floor, "app");
    assert_int_equal(floor_stop(floor), 0);
    sqlite3_close(db);
}

static bool is_none(const json_t *entry)
{
    return !strcmp(hf_member_text(entry, "capture", ""), "none");
}

static void a_database_that_is_deleted_is_waited_for(void **state)
{
    struct floor *floor = *state;
    floor_start(floor);
    floor_until_stored(floor, "app");
    floor_until(floor, "app", lacks_nothing);
    hf_scratch_remove(floor_path(floor, "app.db"));
    hf_scratch_remove(floor_path(floor, "app.db-wal"));
    hf_scratch_remove(floor_path(floor, "app.db-shm"));
    floor_until(floor, "app", is_none);
    /* Its history stays as it is: an absent file is no empty database. */
    assert_int_equal(floor_restored_value(floor, "app", "SELECT count(*) FROM note"), 300);
    floor_make(floor, "app");
    floor_until(floor, "app", follows);
    floor_until_stored(floor, "app");
    assert_int_equal(floor_stop(floor), 0);
}

static void a_rollback_database_is_put_in_wal_mode_and_that_is_told(void **state)
{
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    floor_sql(db, "PRAGMA journal_mode = DELETE");
    floor_start(floor);
    floor_hear(floor, "notice", "app", "WAL mode");
    floor_until(floor, "app", follows);
    insert(db, "into a log");
    floor_until_stored(floor, "app");
    assert_int_equal(floor_stop(floor), 0);
    sqlite3_close(db);
}

static void capture_scan_leaves_the_mode_and_stores_what_changes(void **state)
{
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    floor_sql(db, "PRAGMA journal_mode = DELETE");
    snprintf(floor->settings, sizeof floor->settings, "sync-interval: 50ms\ncapture: scan\n");
    floor_start(floor);
    floor_until(floor, "app", scans);
    for (int i = 0; i < 3; i++) {
        insert(db, "seen by looking");
        floor_until_stored(floor, "app");
    }
    assert_string_equal(hf_member_text(floor_snapshot(floor, "app", "x"), "event", ""), "done");
    insert(db, "and the last");
    assert_int_equal(floor_stop(floor), 0);
    assert_int_equal(
        floor_restored_value(floor, "app", "SELECT count(*) FROM note WHERE body LIKE 'and the%'"),
        1);
    floor_sql(db, "PRAGMA user_version = 1"); /* still in its own mode */
    assert_false(hf_scratch_exists(floor_path(floor, "app.db-wal")));
    sqlite3_close(db);
}

/* While it is followed nobody can; after that it is not fought. */
static void an_application_cannot_leave_wal_mode_while_it_is_followed(void **state)
{
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    floor_start(floor);
    floor_until(floor, "app", lacks_nothing);
    sqlite3_busy_timeout(db, 0);
    assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL),
                     SQLITE_BUSY);
    assert_int_equal(floor_stop(floor), 0);
    assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* The store of a repository whose disk was unmounted. */
static void move_away(struct floor *floor)
{
    assert_int_equal(rename(floor->place, floor_path(floor, "away")), 0);
}

static void move_back(struct floor *floor)
{
    hf_scratch_remove(floor->place); /* whatever was made in its place */
    assert_int_equal(rename(floor_path(floor, "away"), floor->place), 0);
}

static void a_store_that_fails_is_told_once_and_nothing_is_lost(void **state)
{
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    floor_start(floor);
    floor_until_stored(floor, "app");
    floor_until(floor, "app", lacks_nothing);
    move_away(floor);
    insert(db, "nowhere to go");
    const json_t *entry = floor_until(floor, "app", fails);
    assert_false(json_is_null(json_object_get(entry, "pending_since")));
    for (int i = 0; i < 20; i++)
        insert(db, "meanwhile");
    move_back(floor);
    floor_until_stored(floor, "app");
    floor_until(floor, "app", works);
    floor_hear(floor, "notice", "app", "works again");
    /* The log went on being followed: no page was compared. */
    assert_string_equal(
        hf_member_text(json_object_get(json_object_get(floor->status, "app"), "last_scan"),
                       "reason", ""),
        "protection begins");
    assert_int_equal(floor_stop(floor), 0);
    sqlite3_close(db);
}

static void a_snapshot_that_cannot_be_stored_fails(void **state)
{
    struct floor *floor = *state;
    floor_start(floor);
    floor_until_stored(floor, "app");
    floor_until(floor, "app", lacks_nothing);
    move_away(floor);
    const json_t *failed = floor_snapshot(floor, "app", "in vain");
    assert_string_equal(hf_member_text(failed, "event", ""), "failed");
    move_back(floor);
    floor_until(floor, "app", works);
    assert_string_equal(hf_member_text(floor_snapshot(floor, "app", "well"), "event", ""), "done");
    assert_int_equal(floor_stop(floor), 0);
}

static void stopped_while_the_store_refuses_it_says_so_and_the_next_one_catches_up(void **state)
{
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    floor_start(floor);
    floor_until_stored(floor, "app");
    floor_until(floor, "app", lacks_nothing);
    move_away(floor);
    insert(db, "not stored at the end");
    floor_until(floor, "app", fails);
    assert_int_not_equal(floor_stop(floor), 0);
    assert_true(floor_has_heard(floor, "ended", NULL));
    move_back(floor);
    floor_start(floor);
    floor_until_stored(floor, "app");
    assert_int_equal(floor_stop(floor), 0);
    sqlite3_close(db);
}

static const char *disk_is_full; /* while this file is there, for temporary files */

static int open_unless_full(void *context, const char *path, int flags, mode_t mode)
{
    bool is_spool = strstr(path, "/spool/");
    if (is_spool && !access(disk_is_full, F_OK)) {
        errno = ENOSPC;
        return -1;
    }
    return hf_env_system()->fs.open(context, path, flags, mode);
}

/* The spool takes no more: the log must not grow without bound, so that it is let go. */
static void past_the_bound_it_lets_go_and_a_scan_catches_up(void **state)
{
    struct floor *floor = *state;
    struct hf_env env = *hf_env_system();
    env.fs.open = open_unless_full;
    floor->env = &env;
    disk_is_full = floor_path(floor, "full");
    assert_int_equal(mkdir(floor_path(floor, "spool"), 0700), 0);
    setenv("TMPDIR", floor_path(floor, "spool"), 1);
    sqlite3 *db = floor_open(floor, "app");
    floor_start(floor);
    floor_until_stored(floor, "app");
    floor_until(floor, "app", lacks_nothing);
    hf_scratch_write(disk_is_full, "", 0);
    move_away(floor);
    for (int i = 0; i < 12; i++)
        floor_sql(db, "INSERT INTO note(body) VALUES(hex(randomblob(1000000)))");
    floor_until(floor, "app", fails);
    floor_until(floor, "app", is_none);
    /* Nobody holds it: the application can reset it. */
    floor_sql(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    move_back(floor);
    hf_scratch_remove(disk_is_full);
    floor_until_stored(floor, "app");
    floor_until(floor, "app", was_scanned_for_doubt);
    assert_int_equal(floor_stop(floor), 0);
    unsetenv("TMPDIR");
    sqlite3_close(db);
}

static void taken_over_it_ends_and_says_by_whom(void **state)
{
    struct floor *floor = *state;
    const struct hf_unlock none = {0};
    struct hf_database database;
    uint32_t epoch;
    sqlite3 *db = floor_open(floor, "app");
    floor_start(floor);
    floor_until_stored(floor, "app");
    floor_until(floor, "app", lacks_nothing);
    struct hf_repository *repository = hf_repository_open(
        hf_store_directory_new(hf_env_system(), floor->place, NULL), hf_env_system(), &none, NULL);
    assert_int_equal(hf_database_open(&database, repository, "app", HF_DATABASE_EXISTING, NULL), 0);
    const struct hf_writer rival = {.id = "another", .host = "elsewhere", .path = "/data/app.db"};
    assert_int_equal(hf_writer_claim(&database, &rival, HF_CLAIM_TAKE_OVER, 0, &epoch, NULL), 0);
    hf_repository_free(repository);
    insert(db, "for whom");
    assert_int_not_equal(floor_end(floor), 0);
    const json_t *ended = floor_hear(floor, "ended", NULL, "elsewhere");
    assert_non_null(ended);
    /* It is not taken over from again unless somebody says so. */
    floor_start(floor);
    assert_int_not_equal(floor_end(floor), 0);
    floor->take_over = true;
    floor_start(floor);
    floor_until_stored(floor, "app");
    assert_int_equal(floor_stop(floor), 0);
    sqlite3_close(db);
}

static void one_of_many_that_fails_keeps_no_other_from_being_stored(void **state)
{
    struct floor *floor = *state;
    snprintf(floor->databases, sizeof floor->databases, "  - path: app.db\n  - path: bad.db\n");
    hf_scratch_write(floor_path(floor, "bad.db"), "this is no database, whatever its name says",
                     43);
    floor_start(floor);
    floor_until(floor, "app", lacks_nothing);
    floor_until(floor, "bad", fails);
    sqlite3 *db = floor_open(floor, "app");
    insert(db, "beside a bad one");
    floor_until_stored(floor, "app");
    /* An end without ever having protected it is no success. */
    assert_int_equal(floor_stop(floor), HF_CORRUPT);
    sqlite3_close(db);
}

/* Schema changes, VACUUM, another page size, checkpoints by the application. */
static void whatever_an_application_does_is_stored(void **state)
{
    static const char *const acts[] = {
        "ALTER TABLE note ADD COLUMN more",  "VACUUM",
        "PRAGMA wal_checkpoint(TRUNCATE)",   "DELETE FROM note WHERE id % 3 = 0",
        "PRAGMA wal_checkpoint(RESTART)",    "UPDATE note SET body = body || 'x'",
        "CREATE INDEX by_body ON note(body)"};
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    floor_start(floor);
    floor_until(floor, "app", follows);
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        floor_sql(db, "%s", acts[i]);
        insert(db, acts[i]);
        floor_until_stored(floor, "app");
    }
    const json_t *entry = floor_until(floor, "app", lacks_nothing);
    assert_string_equal(hf_member_text(json_object_get(entry, "last_scan"), "reason", ""),
                        "protection begins");
    assert_int_equal(floor_stop(floor), 0);
    sqlite3_close(db);
}

/* With a busy timeout they get their way soon; without one they may be told that it is busy. */
static void checkpoint_loops_of_the_application_need_no_scan(void **state)
{
    static const char *const kinds[] = {"PRAGMA wal_checkpoint(TRUNCATE)",
                                        "PRAGMA wal_checkpoint(RESTART)"};
    struct floor *floor = *state;
    sqlite3 *db = floor_open(floor, "app");
    floor_start(floor);
    floor_until(floor, "app", lacks_nothing);
    for (int i = 0; i < 40; i++) {
        sqlite3_stmt *checkpoint;
        sqlite3_busy_timeout(db, i % 4 < 2 ? 5000 : 0);
        insert(db, "between checkpoints");
        if (i % 3 == 0)
            floor_hear(floor, "point", "app", NULL);
        assert_int_equal(sqlite3_prepare_v2(db, kinds[i % 2], -1, &checkpoint, NULL), SQLITE_OK);
        /* No busy timeout waits for another checkpointer, which a rotation is. */
        int tries = 0;
        do {
            sqlite3_reset(checkpoint);
            assert_int_equal(sqlite3_step(checkpoint), SQLITE_ROW);
        } while (i % 4 < 2 && sqlite3_column_int(checkpoint, 0) && ++tries < 1000);
        assert_true(tries < 1000);
        sqlite3_finalize(checkpoint);
        sqlite3_busy_timeout(db, 20000);
    }
    floor_until_stored(floor, "app");
    const json_t *entry = floor_until(floor, "app", lacks_nothing);
    assert_string_equal(hf_member_text(json_object_get(entry, "last_scan"), "reason", ""),
                        "protection begins");
    assert_int_equal(floor_stop(floor), 0);
    sqlite3_close(db);
}

/* The machine lost what the application had not synced: its log is shorter than what was read. */
static void a_database_behind_the_repository_is_scanned(void **state)
{
    struct floor *floor = *state;
    char command[1200];
    sqlite3 *db = floor_open(floor, "app");
    floor_start(floor);
    floor_until(floor, "app", lacks_nothing);
    insert(db, "survives");
    floor_until_stored(floor, "app");
    snprintf(command, sizeof command, "cd '%s' && cp app.db before.db && cp app.db-wal before.wal",
             floor->scratch.path);
    assert_int_equal(system(command), 0);
    insert(db, "is lost");
    floor_until_stored(floor, "app");
    int64_t ahead = newest(floor);
    floor_kill(floor);
    /* No handle of this process may write to it any more. */
    snprintf(command, sizeof command,
             "cd '%s' && rm app.db app.db-wal app.db-shm && mv before.db app.db && "
             "mv before.wal app.db-wal",
             floor->scratch.path);
    assert_int_equal(system(command), 0);
    sqlite3_close(db);
    floor_start(floor);
    floor_until_stored(floor, "app");
    floor_until(floor, "app", lacks_nothing);
    assert_true(newest(floor) > ahead);
    assert_int_equal(
        floor_restored_value(floor, "app", "SELECT count(*) FROM note WHERE body = 'is lost'"), 0);
    assert_int_equal(floor_stop(floor), 0);
}

static int64_t *clock_offset; /* shared with the replicator */

static int64_t stepping_clock(void *context)
{
    return hf_env_system()->now(context) + *clock_offset;
}

static void a_clock_that_steps_loses_no_point(void **state)
{
    static const int64_t steps[] = {3600000, -7200000, 0, INT64_C(40) * 86400000, -86400000};
    struct floor *floor = *state;
    struct hf_env env = *hf_env_system();
    clock_offset =
        mmap(NULL, sizeof *clock_offset, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(clock_offset != MAP_FAILED);
    *clock_offset = 0;
    env.now = stepping_clock;
    floor->env = &env;
    sqlite3 *db = floor_open(floor, "app");
    floor_start(floor);
    int64_t newest_point = hf_member_integer(floor_hear(floor, "point", "app", NULL), "point", 0);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        *clock_offset = steps[i];
        insert(db, "in another time");
        const json_t *point = floor_hear(floor, "point", "app", NULL);
        assert_int_equal(hf_member_integer(point, "point", 0), ++newest_point);
        floor_until_stored(floor, "app");
    }
    assert_int_equal(floor_stop(floor), 0);
    sqlite3_close(db);
    munmap(clock_offset, sizeof *clock_offset);
}

#define FLOOR_TEST(name) cmocka_unit_test_setup_teardown(name, floor_setup, floor_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOOR_TEST(each_interval_with_changes_is_a_point),
        FLOOR_TEST(what_was_committed_last_is_stored_before_it_ends),
        FLOOR_TEST(the_end_of_the_channel_is_an_order_to_stop),
        FLOOR_TEST(a_signal_is_one_too),
        FLOOR_TEST(a_snapshot_holds_all_that_was_committed_before_the_order),
        FLOOR_TEST(orders_that_make_no_sense_are_refused),
        FLOOR_TEST(a_status_has_all_that_people_ask),
        FLOOR_TEST(killed_it_goes_on_without_a_scan_while_the_log_is_the_same),
        FLOOR_TEST(a_log_that_was_restarted_meanwhile_is_a_scan),
        FLOOR_TEST(a_database_that_comes_later_is_protected_then),
        FLOOR_TEST(a_pattern_takes_new_files_in),
        FLOOR_TEST(a_database_that_is_replaced_is_scanned_and_followed),
        FLOOR_TEST(a_database_that_is_deleted_is_waited_for),
        FLOOR_TEST(a_rollback_database_is_put_in_wal_mode_and_that_is_told),
        FLOOR_TEST(capture_scan_leaves_the_mode_and_stores_what_changes),
        FLOOR_TEST(an_application_cannot_leave_wal_mode_while_it_is_followed),
        FLOOR_TEST(a_store_that_fails_is_told_once_and_nothing_is_lost),
        FLOOR_TEST(a_snapshot_that_cannot_be_stored_fails),
        FLOOR_TEST(stopped_while_the_store_refuses_it_says_so_and_the_next_one_catches_up),
        FLOOR_TEST(past_the_bound_it_lets_go_and_a_scan_catches_up),
        FLOOR_TEST(taken_over_it_ends_and_says_by_whom),
        FLOOR_TEST(one_of_many_that_fails_keeps_no_other_from_being_stored),
        FLOOR_TEST(checkpoint_loops_of_the_application_need_no_scan),
        FLOOR_TEST(a_database_behind_the_repository_is_scanned),
        FLOOR_TEST(a_clock_that_steps_loses_no_point),
        FLOOR_TEST(whatever_an_application_does_is_stored),
    };
    return cmocka_run_group_tests_name("service/replicator", tests, NULL, NULL);
}
