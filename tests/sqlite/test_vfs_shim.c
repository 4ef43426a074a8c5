#include "sqlite/vfs_shim.h"

#include "sqlite/connection.h"
#include "sqlite/scene.h"

static sqlite3 *open_watched(const struct scene *scene, sqlite3_file **file)
{
    struct hf_error err = {0};
    assert_int_equal(hf_vfs_register(&err), 0);
    sqlite3 *db = hf_connection_open(scene->db, HF_VFS_NAME, 0, &err);
    if (!db)
        fail_msg("%s", err.text);
    *file = hf_connection_file(db, SQLITE_FCNTL_FILE_POINTER);
    assert_non_null(*file);
    return db;
}

static void make(const struct scene *scene, const char *mode)
{
    sql_in(scene->db, "PRAGMA journal_mode = %s; CREATE TABLE t(a); INSERT INTO t VALUES(1)", mode);
}

static void no_slot_is_held_outside_a_transaction(void **state)
{
    sqlite3_file *file;
    make(*state, "WAL");
    sqlite3 *db = open_watched(*state, &file);
    assert_int_equal(hf_vfs_read_slot(file), -1);
    ask_sql(db, "SELECT count(*) FROM t");
    assert_int_equal(hf_vfs_read_slot(file), -1);
    sqlite3_close(db);
}

static void a_copied_log_is_read_on_slot_0(void **state)
{
    struct scene *scene = *state;
    sqlite3_file *file;
    make(scene, "WAL");
    sqlite3 *writer = open_db(scene->db);
    run_sql(writer, "INSERT INTO t VALUES(2); PRAGMA wal_checkpoint(PASSIVE)");
    sqlite3 *db = open_watched(scene, &file);
    run_sql(db, "BEGIN; SELECT count(*) FROM t");
    assert_int_equal(hf_vfs_read_slot(file), 0);
    run_sql(db, "COMMIT");
    assert_int_equal(hf_vfs_read_slot(file), -1);
    sqlite3_close(db);
    sqlite3_close(writer);
}

static void a_log_with_frames_is_read_on_a_slot_of_its_mark(void **state)
{
    struct scene *scene = *state;
    sqlite3_file *first_file, *second_file;
    make(scene, "WAL");
    sqlite3 *writer = open_db(scene->db);
    run_sql(writer, "INSERT INTO t VALUES(2)");
    sqlite3 *first = open_watched(scene, &first_file), *second = open_watched(scene, &second_file);
    run_sql(first, "BEGIN; SELECT count(*) FROM t");
    run_sql(writer, "INSERT INTO t VALUES(3)");
    run_sql(second, "BEGIN; SELECT count(*) FROM t");
    assert_true(hf_vfs_read_slot(first_file) >= 1);
    assert_true(hf_vfs_read_slot(second_file) >= 1);
    assert_int_not_equal(hf_vfs_read_slot(first_file), hf_vfs_read_slot(second_file));
    sqlite3_close(first);
    sqlite3_close(second);
    sqlite3_close(writer);
}

static void a_rollback_database_has_no_slots(void **state)
{
    sqlite3_file *file;
    make(*state, "DELETE");
    sqlite3 *db = open_watched(*state, &file);
    run_sql(db, "BEGIN; SELECT count(*) FROM t");
    assert_int_equal(hf_vfs_read_slot(file), -1);
    sqlite3_close(db);
}

static void files_of_other_layers_have_no_slots(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL");
    sqlite3 *db = open_db(scene->db);
    run_sql(db, "BEGIN; SELECT count(*) FROM t");
    assert_int_equal(hf_vfs_read_slot(hf_connection_file(db, SQLITE_FCNTL_FILE_POINTER)), -1);
    sqlite3_close(db);
}

static void the_layer_writes_and_checkpoints_as_the_usual_one(void **state)
{
    struct scene *scene = *state;
    sqlite3_file *file;
    make(scene, "WAL");
    sqlite3 *db = open_watched(scene, &file);
    run_sql(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
                "INSERT INTO t SELECT randomblob(500) FROM n; PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(hf_vfs_read_slot(file), -1);
    assert_int_equal(size_of(in_scene(scene, "app.db-wal")), 0);
    sqlite3_close(db);
    assert_int_equal(ask_in(scene->db, "SELECT count(*) FROM t"), 501);
    assert_sound(scene->db);
}

static void it_is_not_the_default_layer(void **state)
{
    struct hf_error err = {0};
    (void)state;
    assert_int_equal(hf_vfs_register(&err), 0);
    assert_int_equal(hf_vfs_register(&err), 0);
    assert_string_not_equal(sqlite3_vfs_find(NULL)->zName, HF_VFS_NAME);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(no_slot_is_held_outside_a_transaction),
        SCENE_TEST(a_copied_log_is_read_on_slot_0),
        SCENE_TEST(a_log_with_frames_is_read_on_a_slot_of_its_mark),
        SCENE_TEST(a_rollback_database_has_no_slots),
        SCENE_TEST(files_of_other_layers_have_no_slots),
        SCENE_TEST(the_layer_writes_and_checkpoints_as_the_usual_one),
        SCENE_TEST(it_is_not_the_default_layer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
