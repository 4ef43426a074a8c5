/* Looking into a database that may come from anybody. */
#include "sqlite/look.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"
#include "sqlite/look_rows.h"

static struct hf_look *look_at(const char *path)
{
    static const char *const secrets[] = {"User.passwordHash"};
    const struct hf_look_options options = {.name = "app", .secrets = secrets, .secret_count = 1};
    struct hf_error err = {0};
    struct hf_look *look = hf_look_open(path, &options, &err);
    if (!look)
        fail_msg("%s", err.text);
    assert_int_equal(hf_look_begin(look, 60000, &err), 0);
    return look;
}

static enum hf_code code_of(struct hf_look *look, const char *sql)
{
    struct hf_error err = {0};
    sqlite3_stmt *row = hf_look_prepare(look, sqlite3_mprintf("%s", sql), &err);
    int rc = SQLITE_OK;
    while (row && (rc = sqlite3_step(row)) == SQLITE_ROW)
        ;
    if (row && rc != SQLITE_DONE)
        hf_look_error(look, &err);
    sqlite3_finalize(row);
    return err.code;
}

static void nothing_but_reading_is_possible(void **state)
{
    static const char *const changes[] = {
        "INSERT INTO t VALUES (1)",
        "UPDATE t SET a = 1",
        "DELETE FROM t",
        "CREATE TABLE u (a)",
        "CREATE TEMP TABLE u (a)",
        "DROP TABLE t",
        "ATTACH ':memory:' AS m",
        "VACUUM",
        "VACUUM INTO '/tmp/never'",
        "PRAGMA writable_schema = ON",
        "PRAGMA query_only = OFF",
        "PRAGMA user_version = 1",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA wal_checkpoint",
        "BEGIN",
        "ANALYZE",
        "REINDEX",
        "SELECT load_extension('x')",
        "UPDATE sqlite_master SET sql = 'x'",
    };
    const struct scene *scene = *state;
    sql_in(scene->db, "CREATE TABLE t (a); INSERT INTO t VALUES (7); CREATE INDEX i ON t (a)");
    struct hf_look *look = look_at(scene->db);
    assert_int_equal(code_of(look, "SELECT a, upper(a) FROM t"), HF_OK);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (code_of(look, changes[i]) == HF_OK)
            fail_msg("'%s' was possible", changes[i]);
    hf_look_free(look);
    assert_int_equal(ask_in(scene->db, "SELECT sum(a) FROM t"), 7);
}

static void a_secret_is_read_by_no_statement_and_nothing_inside_one(void **state)
{
    static const char *const ways[] = {
        "SELECT passwordHash FROM User",
        "SELECT PASSWORDHASH FROM user",
        "SELECT 1 FROM User WHERE passwordHash > 'a'",
        "SELECT 1 FROM User ORDER BY passwordHash",
        "SELECT u.* FROM User AS u",
        "SELECT harmless FROM v",
        "SELECT count(*) FROM w",
        "SELECT hint FROM User",
        "SELECT h FROM g",
        "SELECT min(x) FROM (SELECT passwordHash AS x FROM User)",
        "SELECT * FROM User NATURAL JOIN User AS o",
        "SELECT passwordHash FROM f",
    };
    const struct scene *scene = *state;
    sql_in(scene->db, "CREATE TABLE User (id INTEGER PRIMARY KEY, name, passwordHash,"
                      " hint AS (substr(passwordHash, 1, 3)));"
                      "INSERT INTO User (name, passwordHash) VALUES ('ada', 'canary');"
                      "CREATE VIEW v AS SELECT passwordHash AS harmless FROM User;"
                      "CREATE VIEW w AS SELECT * FROM User WHERE passwordHash LIKE 'c%%';"
                      "CREATE VIEW g AS SELECT hint AS h FROM User;"
                      "CREATE VIRTUAL TABLE f USING fts5(passwordHash, content='User',"
                      " content_rowid='id')");
    struct hf_look *look = look_at(scene->db);
    assert_int_equal(code_of(look, "SELECT id, name FROM User"), HF_OK);
    assert_int_equal(code_of(look, "SELECT count(*) FROM User"), HF_OK);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (code_of(look, ways[i]) != HF_REFUSED)
            fail_msg("'%s' was possible", ways[i]);
    assert_int_not_equal(code_of(look, "SELECT passwordHash FROM f"), HF_OK);
    hf_look_free(look);
}

/* A column that comes while it is looked at is known before the next question. */
static void a_generated_column_that_is_added_later_is_secret_too(void **state)
{
    const struct scene *scene = *state;
    struct hf_error err = {0};
    sql_in(scene->db, "CREATE TABLE User (id INTEGER PRIMARY KEY, passwordHash)");
    struct hf_look *look = look_at(scene->db);
    sql_in(scene->db, "ALTER TABLE User ADD COLUMN later AS (passwordHash || '')");
    assert_int_equal(hf_look_begin(look, 60000, &err), 0);
    assert_int_equal(code_of(look, "SELECT later FROM User"), HF_REFUSED);
    hf_look_free(look);
}

static void what_takes_too_long_is_ended_at_its_deadline(void **state)
{
    const struct scene *scene = *state;
    struct hf_error err = {0};
    static const char endless[] = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                                  " SELECT count(*) FROM n";
    sql_in(scene->db, "CREATE TABLE t (a)");
    struct hf_look *look = look_at(scene->db);
    hf_look_begin(look, 50, &err);
    assert_int_equal(code_of(look, endless), HF_FAILED);
    assert_int_equal(hf_look_begin(look, 60000, &err), 0);
    assert_int_equal(code_of(look, "SELECT a FROM t"), HF_OK);
    hf_look_free(look);
}

static void a_writer_is_not_kept_waiting(void **state)
{
    const struct scene *scene = *state;
    sql_in(scene->db,
           "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
    struct actor writer = actor_start(scene->db);
    actor_do(&writer, "PRAGMA busy_timeout = 0");
    actor_do(&writer, "INSERT INTO t VALUES (3)");
    struct hf_look *look = look_at(scene->db);
    sqlite3_stmt *row = hf_look_prepare(look, sqlite3_mprintf("SELECT a FROM t"), NULL);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    actor_do(&writer, "INSERT INTO t VALUES (4)");
    sqlite3_finalize(row);
    actor_do(&writer, "BEGIN IMMEDIATE");
    assert_int_equal(code_of(look, "SELECT a FROM t"), HF_OK);
    actor_do(&writer, "INSERT INTO t VALUES (5)");
    actor_do(&writer, "COMMIT");
    hf_look_free(look);
    actor_do(&writer, "INSERT INTO t VALUES (6)");
    actor_end(&writer);
    assert_int_equal(ask_in(scene->db, "SELECT count(*) FROM t"), 6);
}

static void hostile_schemas_do_nothing(void **state)
{
    const struct scene *scene = *state;
    sql_in(scene->db, "CREATE TABLE t (a);"
                      "CREATE VIEW deep AS SELECT * FROM t;"
                      "CREATE VIEW big AS SELECT zeroblob(2000000000) AS b;"
                      "CREATE VIEW pages AS SELECT data FROM sqlite_dbpage;"
                      "CREATE VIEW a1 AS SELECT * FROM t"
                      " UNION ALL SELECT * FROM t UNION ALL SELECT * FROM t");
    struct hf_look *look = look_at(scene->db);
    assert_int_equal(code_of(look, "SELECT * FROM deep"), HF_OK);
    assert_int_equal(code_of(look, "SELECT * FROM a1"), HF_OK);
    assert_int_not_equal(code_of(look, "SELECT * FROM big"), HF_OK);
    assert_int_not_equal(code_of(look, "SELECT * FROM pages"), HF_OK);
    hf_look_free(look);
}

static void a_file_that_is_damaged_says_so(void **state)
{
    const struct scene *scene = *state;
    const struct hf_look_options options = {.name = "app"};
    struct hf_error err = {0};
    sql_in(scene->db, "CREATE TABLE t (a);"
                      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
                      " i < 20000) INSERT INTO t SELECT hex(randomblob(40)) FROM n");
    FILE *file = fopen(scene->db, "r+b");
    static const char garbage[4096] = {13, 0x7f, 0x7f, 0x7f, 0x7f};
    for (long page = 10; page < 100; page++) {
        fseek(file, page * 4096, SEEK_SET);
        fwrite(garbage, sizeof garbage, 1, file);
    }
    fclose(file);
    struct hf_look *look = look_at(scene->db);
    assert_int_equal(code_of(look, "SELECT a FROM t"), HF_CORRUPT);
    hf_look_free(look);
    file = fopen(in_scene(scene, "none"), "wb");
    fwrite("this is no database at all, but has more than a header's hundred bytes of text "
           "in it, so that it is looked at",
           110, 1, file);
    fclose(file);
    assert_null(hf_look_open(in_scene(scene, "none"), &options, &err));
    assert_code(&err, HF_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
        SCENE_TEST(nothing_but_reading_is_possible),
        SCENE_TEST(a_secret_is_read_by_no_statement_and_nothing_inside_one),
        SCENE_TEST(a_generated_column_that_is_added_later_is_secret_too),
        SCENE_TEST(what_takes_too_long_is_ended_at_its_deadline),
        SCENE_TEST(a_writer_is_not_kept_waiting),
        SCENE_TEST(hostile_schemas_do_nothing),
        SCENE_TEST(a_file_that_is_damaged_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
