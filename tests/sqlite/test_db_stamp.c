#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "sqlite/db_stamp.h"
#include "sqlite/scene.h"

static void make(const struct scene *scene, const char *mode)
{
    sql_in(scene->db,
           "PRAGMA journal_mode = %s; CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);"
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) "
           "INSERT INTO t SELECT i, i, randomblob(300) FROM n",
           mode);
}

static struct hf_db_stamp stamp_of(const struct scene *scene)
{
    struct hf_error err = {0};
    struct hf_page_source *source = hf_page_source_open(scene->db, 0, &err);
    if (!source)
        fail_msg("%s", err.text);
    struct hf_db_stamp stamp = hf_page_source_info(source)->stamp;
    hf_page_source_free(source);
    return stamp;
}

static void assert_changes(const struct scene *scene, sqlite3 *db, const char *sql)
{
    struct hf_db_stamp before = stamp_of(scene);
    run_sql(db, "%s", sql);
    struct hf_db_stamp after = stamp_of(scene);
    if (hf_db_stamp_equal(&before, &after))
        fail_msg("%s: not seen", sql);
}

static void without_a_change_stamps_are_equal(void **state)
{
    static const char *const modes[] = {"DELETE", "WAL"};
    struct scene *scene = *state;
    for (int i = 0; i < 2; i++) {
        shell("rm -f '%s'*", scene->db);
        make(scene, modes[i]);
        struct hf_db_stamp before = stamp_of(scene);
        ask_in(scene->db, "SELECT count(*) FROM t");
        struct hf_db_stamp after = stamp_of(scene);
        assert_true(hf_db_stamp_equal(&before, &after));
    }
}

static void a_log_that_only_waits_keeps_the_stamp(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL");
    sqlite3 *db = open_db(scene->db);
    run_sql(db, "INSERT INTO t(a) VALUES(1)");
    struct hf_db_stamp before = stamp_of(scene), after = stamp_of(scene);
    assert_true(hf_db_stamp_equal(&before, &after));
    assert_true(before.log_frames > 0);
    sqlite3_close(db);
}

static void every_change_in_a_rollback_mode_is_seen(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE");
    sqlite3 *db = open_db(scene->db);
    assert_changes(scene, db, "UPDATE t SET a = 7 WHERE id = 3");
    assert_changes(scene, db, "DELETE FROM t WHERE id > 50");
    assert_changes(scene, db, "VACUUM");
    assert_changes(scene, db, "PRAGMA user_version = 5");
    assert_changes(scene, db, "PRAGMA journal_mode = WAL");
    sqlite3_close(db);
}

static void a_change_is_seen_by_its_counter_when_times_are_set_back(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE");
    struct hf_db_stamp before = stamp_of(scene);
    sql_in(scene->db, "UPDATE t SET a = 7 WHERE id = 3");
    struct hf_db_stamp after = stamp_of(scene);
    after.modified = before.modified;
    after.changed = before.changed;
    assert_false(hf_db_stamp_equal(&before, &after));
}

static void every_change_in_wal_mode_is_seen(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL");
    sqlite3 *db = open_db(scene->db);
    run_sql(db, "PRAGMA wal_autocheckpoint = 0");
    assert_changes(scene, db, "UPDATE t SET b = randomblob(300) WHERE id = 3");
    assert_changes(scene, db, "UPDATE t SET b = randomblob(300) WHERE id = 3");
    assert_changes(scene, db, "PRAGMA wal_checkpoint(PASSIVE)");
    /* The first commit of a restarted log: no page of the file has changed. */
    assert_changes(scene, db, "UPDATE t SET b = randomblob(300) WHERE id = 3");
    assert_changes(scene, db, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_changes(scene, db, "DELETE FROM t WHERE id > 50");
    assert_changes(scene, db, "VACUUM");
    sqlite3_close(db);
}

static void a_commit_is_seen_by_the_log_alone(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL");
    sqlite3 *db = open_db(scene->db);
    run_sql(db, "UPDATE t SET b = 'x' WHERE id = 3");
    struct hf_db_stamp before = stamp_of(scene);
    run_sql(db, "PRAGMA wal_checkpoint(RESTART); UPDATE t SET b = 'y' WHERE id = 3");
    struct hf_db_stamp after = stamp_of(scene);
    assert_int_equal(after.log_frames, before.log_frames);
    /* As if the times were too coarse to tell. */
    after.modified = before.modified;
    after.changed = before.changed;
    after.log_modified = before.log_modified;
    assert_false(hf_db_stamp_equal(&before, &after));
    sqlite3_close(db);
}

static void another_file_moved_to_the_path_is_seen(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE");
    struct hf_db_stamp before = stamp_of(scene);
    shell("cp -p '%s' '%s.n'; mv '%s.n' '%s'", scene->db, scene->db, scene->db, scene->db);
    struct hf_db_stamp after = stamp_of(scene);
    assert_false(hf_db_stamp_equal(&before, &after));
}

static void set_time(const char *path, int64_t seconds_ago)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec -= seconds_ago;
    struct timespec both[2] = {now, now};
    assert_int_equal(utimensat(AT_FDCWD, path, both, 0), 0);
}

/* The ctime cannot be set: stamps of this test's own file are judged through a clock moved forward.
 */
static struct hf_db_stamp watch_as_if(const struct scene *scene, int64_t seconds_later)
{
    struct hf_error err = {0};
    struct hf_db_watch watch;
    struct hf_db_stamp stamp;
    char log[400];
    snprintf(log, sizeof log, "%s-wal", scene->db);
    assert_int_equal(hf_db_watch_begin(&watch, scene->db, log, &err), 0);
    watch.started += (uint64_t)seconds_later * 1000000000;
    assert_int_equal(hf_db_watch_end(&watch, &stamp, &err), 0);
    return stamp;
}

static void a_recent_change_is_not_settled(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE");
    assert_int_equal(stamp_of(scene).settled, 0);
    assert_int_equal(watch_as_if(scene, 1).settled, 0);
    assert_int_equal(watch_as_if(scene, 3).settled, 1);
}

static void a_recent_change_of_the_log_is_not_settled(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL");
    sqlite3 *db = open_db(scene->db);
    run_sql(db, "INSERT INTO t(a) VALUES(1)");
    assert_int_equal(watch_as_if(scene, 3).settled, 1);
    set_time(in_scene(scene, "app.db-wal"), -2);
    assert_int_equal(watch_as_if(scene, 3).settled, 0);
    sqlite3_close(db);
}

static void a_time_in_the_future_is_not_settled(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE");
    set_time(scene->db, 100);
    assert_int_equal(watch_as_if(scene, 3).settled, 1);
    set_time(scene->db, -100);
    assert_int_equal(watch_as_if(scene, 3).settled, 0);
}

static void a_change_while_the_stamp_is_taken_is_not_settled(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0};
    struct hf_db_watch watch;
    struct hf_db_stamp stamp;
    make(scene, "DELETE");
    assert_int_equal(hf_db_watch_begin(&watch, scene->db, in_scene(scene, "none"), &err), 0);
    watch.started += UINT64_C(10000000000);
    sql_in(scene->db, "INSERT INTO t(a) VALUES(1)");
    assert_int_equal(hf_db_watch_end(&watch, &stamp, &err), 0);
    assert_int_equal(stamp.settled, 0);
}

/* Stands in for a writer that was stopped after its frames had reached the log: they are written,
 * with the file's times put back, and published only then. */
static void a_commit_written_before_but_published_after_is_seen(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL");
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "PRAGMA wal_autocheckpoint = 0");
    actor_do(&actor, "INSERT INTO t(a) VALUES(1)");
    shell("cp '%s-shm' '%s'", scene->db, in_scene(scene, "old-shm"));
    actor_do(&actor, "UPDATE t SET a = 2 WHERE id = 3");
    shell("cp '%s-shm' '%s'; dd if='%s' of='%s-shm' bs=136 count=1 conv=notrunc status=none",
          scene->db, in_scene(scene, "new-shm"), in_scene(scene, "old-shm"), scene->db);
    struct hf_db_stamp before = stamp_of(scene);
    shell("dd if='%s' of='%s-shm' bs=136 count=1 conv=notrunc status=none",
          in_scene(scene, "new-shm"), scene->db);
    struct hf_db_stamp after = stamp_of(scene);
    assert_int_equal(after.modified, before.modified);
    assert_int_equal(after.log_modified, before.log_modified);
    assert_int_equal(after.log_size, before.log_size);
    assert_false(hf_db_stamp_equal(&before, &after));
    actor_kill(&actor);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(without_a_change_stamps_are_equal),
        SCENE_TEST(a_log_that_only_waits_keeps_the_stamp),
        SCENE_TEST(every_change_in_a_rollback_mode_is_seen),
        SCENE_TEST(a_change_is_seen_by_its_counter_when_times_are_set_back),
        SCENE_TEST(every_change_in_wal_mode_is_seen),
        SCENE_TEST(a_commit_is_seen_by_the_log_alone),
        SCENE_TEST(another_file_moved_to_the_path_is_seen),
        SCENE_TEST(a_recent_change_is_not_settled),
        SCENE_TEST(a_recent_change_of_the_log_is_not_settled),
        SCENE_TEST(a_time_in_the_future_is_not_settled),
        SCENE_TEST(a_change_while_the_stamp_is_taken_is_not_settled),
        SCENE_TEST(a_commit_written_before_but_published_after_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
