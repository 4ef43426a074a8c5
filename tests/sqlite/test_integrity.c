#include "sqlite/integrity.h"

#include <string.h>

#include "sqlite/scene.h"

static struct hf_integrity check(const struct scene *scene)
{
    struct hf_integrity found = {.problems = 99};
    struct hf_error err = {0};
    if (hf_integrity_check(scene->db, &found, &err))
        fail_msg("%s", err.text);
    return found;
}

static void make(const struct scene *scene, const char *mode)
{
    sql_in(scene->db,
           "PRAGMA journal_mode = %s; CREATE TABLE t(a PRIMARY KEY, b);"
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) "
           "INSERT INTO t SELECT i, 'some text of a row' FROM n",
           mode);
}

static void a_sound_database_has_no_problems(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL");
    struct hf_integrity found = check(scene);
    assert_int_equal(found.problems, 0);
    assert_string_equal(found.first_problem, "");
    assert_int_equal(found.orphans, 0);
    assert_string_equal(found.first_orphan, "");
}

static void checking_leaves_no_files_behind(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL");
    check(scene);
    assert_false(exists(in_scene(scene, "app.db-wal")));
    assert_false(exists(in_scene(scene, "app.db-shm")));
}

static void a_log_with_frames_is_read_and_kept(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL");
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "DELETE FROM t");
    actor_kill(&actor);
    copy_files(scene->db, in_scene(scene, "before.db"));
    assert_int_equal(check(scene).problems, 0);
    assert_same_bytes(scene->db, in_scene(scene, "before.db"));
    assert_same_bytes(in_scene(scene, "app.db-wal"), in_scene(scene, "before.db-wal"));
}

static void an_overwritten_page_is_a_problem(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE");
    shell("head -c 4096 /dev/zero | dd of='%s' bs=4096 seek=3 conv=notrunc status=none", scene->db);
    struct hf_integrity found = check(scene);
    assert_true(found.problems > 0);
    assert_true(found.problems <= 100);
    assert_true(found.first_problem[0]);
    assert_null(strstr(found.first_problem, "***"));
}

static void what_is_no_database_is_one_problem(void **state)
{
    struct scene *scene = *state;
    shell("head -c 9000 /dev/urandom > '%s'", scene->db);
    struct hf_integrity found = check(scene);
    assert_int_equal(found.problems, 1);
    assert_string_equal(found.first_problem, "file is not a database");
}

static void orphans_are_counted_apart_from_damage(void **state)
{
    struct scene *scene = *state;
    sql_in(scene->db, "CREATE TABLE b(id INTEGER PRIMARY KEY);"
                      "CREATE TABLE a(id INTEGER PRIMARY KEY, b REFERENCES b(id));"
                      "INSERT INTO a VALUES(7, 1), (8, 2), (9, NULL)");
    struct hf_integrity found = check(scene);
    assert_int_equal(found.problems, 0);
    assert_int_equal(found.orphans, 2);
    assert_string_equal(found.first_orphan, "table 'a' row 7 refers to a missing row of 'b'");
}

static void a_reference_declared_wrongly_is_the_applications_matter(void **state)
{
    struct scene *scene = *state;
    sql_in(scene->db, "CREATE TABLE b(x); CREATE TABLE a(b REFERENCES b(x));"
                      "INSERT INTO a VALUES(1)");
    struct hf_integrity found = check(scene);
    assert_int_equal(found.problems, 0);
    assert_int_equal(found.orphans, 1);
    assert_non_null(strstr(found.first_orphan, "mismatch"));
}

static int compare(void *context, int a, const void *x, int b, const void *y)
{
    (void)context;
    return a == b ? memcmp(x, y, (size_t)a) : a - b;
}

static void a_collation_of_the_application_cannot_be_checked(void **state)
{
    struct scene *scene = *state;
    struct hf_integrity found;
    struct hf_error err = {0};
    sqlite3 *db = open_db(scene->db);
    sqlite3_create_collation(db, "own", SQLITE_UTF8, NULL, compare);
    run_sql(db, "CREATE TABLE t(a COLLATE own UNIQUE); INSERT INTO t VALUES('x')");
    sqlite3_close(db);
    assert_int_equal(hf_integrity_check(scene->db, &found, &err), -1);
    assert_code(&err, HF_UNSUPPORTED);
    assert_non_null(strstr(err.text, "own"));
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_sound_database_has_no_problems),
        SCENE_TEST(checking_leaves_no_files_behind),
        SCENE_TEST(a_log_with_frames_is_read_and_kept),
        SCENE_TEST(an_overwritten_page_is_a_problem),
        SCENE_TEST(what_is_no_database_is_one_problem),
        SCENE_TEST(orphans_are_counted_apart_from_damage),
        SCENE_TEST(a_reference_declared_wrongly_is_the_applications_matter),
        SCENE_TEST(a_collation_of_the_application_cannot_be_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
