/* Files that may come from anybody. */
#include "sqlite/untrusted.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scene.h"
#include "sqlite/soundness.h"

static sqlite3 *open_still(const char *path)
{
    struct hf_error err = {0};
    sqlite3 *db = hf_untrusted_open(path, HF_USED_BY_NOBODY, 0, &err);
    if (!db)
        fail_msg("%s", err.text);
    return db;
}

static void a_copy_of_our_own_is_only_read_and_nothing_is_made_beside_it(void **state)
{
    const struct scene *scene = *state;
    sql_in(scene->db, "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (7)");
    sqlite3 *db = open_still(scene->db);
    assert_int_equal(ask_sql(db, "SELECT a FROM t"), 7);
    assert_int_equal(sqlite3_db_readonly(db, "main"), 1);
    assert_int_equal(sqlite3_exec(db, "INSERT INTO t VALUES (8)", NULL, NULL, NULL) & 0xff,
                     SQLITE_READONLY);
    assert_int_equal(sqlite3_exec(db, "CREATE TEMP TABLE own (a)", NULL, NULL, NULL), SQLITE_OK);
    assert_false(exists(in_scene(scene, "app.db-wal")));
    assert_false(exists(in_scene(scene, "app.db-shm")));
    sqlite3_close(db);
}

static void a_path_is_taken_literally(void **state)
{
    const struct scene *scene = *state;
    const char *odd = in_scene(scene, "a%20b?mode=memory#\xc3\xa4.db");
    sql_in(scene->db, "CREATE TABLE t (a); INSERT INTO t VALUES (7)");
    assert_int_equal(rename(scene->db, odd), 0);
    sqlite3 *db = open_still(odd);
    assert_int_equal(ask_sql(db, "SELECT a FROM t"), 7);
    sqlite3_close(db);
}

static void a_log_that_was_brought_along_counts(void **state)
{
    const struct scene *scene = *state;
    sql_in(scene->db, "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "INSERT INTO t VALUES (2)");
    actor_kill(&actor);
    sqlite3 *db = open_still(scene->db);
    assert_int_equal(ask_sql(db, "SELECT count(*) FROM t"), 2);
    sqlite3_close(db);
}

static void one_that_ends_within_a_page_is_not_sound(void **state)
{
    const struct scene *scene = *state;
    struct hf_error err = {0};
    struct stat status;
    sql_in(scene->db, "CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(20000))");
    assert_int_equal(hf_soundness_check(scene->db, HF_USED_BY_NOBODY, 0, &err), 0);
    assert_int_equal(stat(scene->db, &status), 0);
    assert_int_equal(truncate(scene->db, status.st_size - 100), 0);
    assert_int_equal(hf_soundness_check(scene->db, HF_USED_BY_NOBODY, 0, &err), -1);
    assert_code(&err, HF_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
        SCENE_TEST(a_copy_of_our_own_is_only_read_and_nothing_is_made_beside_it),
        SCENE_TEST(a_path_is_taken_literally),
        SCENE_TEST(a_log_that_was_brought_along_counts),
        SCENE_TEST(one_that_ends_within_a_page_is_not_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
