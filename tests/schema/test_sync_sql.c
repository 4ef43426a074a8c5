/* Schemas in SQL: everything that SQLite understands is compared and made. */
#include "schema/sync_stage.h"

#include "schema/compile.h"

#include <stdio.h>
#include <string.h>

static void everything_in_a_schema_is_made_in_an_empty_database(void **state)
{
    struct stage stage;
    stage_open(&stage, state, "");
    stage_sql(&stage,
              "CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 0), t TEXT COLLATE "
              "NOCASE UNIQUE, g TEXT AS (upper(t)) STORED) STRICT;"
              "CREATE TABLE k(a TEXT PRIMARY KEY) WITHOUT ROWID;"
              "CREATE INDEX part ON a(n) WHERE n > 1; CREATE INDEX expr ON a(abs(n));"
              "CREATE VIRTUAL TABLE f USING fts5(body); CREATE VIRTUAL TABLE r USING "
              "rtree(id, x0, x1);"
              "CREATE VIEW v AS SELECT * FROM a;"
              "CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO f VALUES (new.t); END");
    run_sql(stage.live, "INSERT INTO a(n, t) VALUES (1, 'word')");
    assert_asks(&stage, "SELECT count(*) FROM f WHERE f MATCH 'word'", 1);
    stage_close(&stage);
}

static void a_check_that_changes_is_a_rebuild(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 0)); INSERT INTO a(n) "
               "VALUES (3)");
    stage_sql(&stage, "CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 2))");
    stage_step(&stage, "rebuild");
    assert_asks(&stage, "SELECT n FROM a", 3);
    stage_close(&stage);
}

static void what_rows_do_not_pass_changes_nothing(void **state)
{
    static const char *const wanted[][2] = {
        {"CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 2))", "CHECK"},
        {"CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER) STRICT", "cannot store"},
        {"CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER); CREATE UNIQUE INDEX i ON a(n > 'a')",
         "UNIQUE"},
        {"CREATE TABLE a(id INTEGER, n INTEGER PRIMARY KEY)", "mismatch"},
    };
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO a(n) VALUES (1), "
               "('b'), (3)");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_int_equal(stage_apply(&stage, HF_SCHEMA_SQL, wanted[i][0], HF_DATA_LOSS_ACCEPTED),
                         HF_REFUSED);
        assert_non_null(strstr(stage.err.text, wanted[i][1]));
        assert_asks(&stage, "SELECT count(*) FROM sqlite_schema", 1);
    }
    stage_close(&stage);
}

static void spelling_is_no_difference(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER DEFAULT 1 CHECK(n>0));"
               "CREATE INDEX i ON a(n DESC) WHERE n>1");
    stage_sql(&stage,
              "create table \"a\" (\n  id integer primary key, -- the key\n  [n] integer "
              "default (1) check (n > 0)\n);\ncreate index \"i\" on a ( n desc ) where n > 1");
    assert_true(hf_sync_plan_is_empty(&stage.plan));
    stage_close(&stage);
}

static void options_of_a_table_are_compared(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE a(k TEXT PRIMARY KEY, n INTEGER);"
               "INSERT INTO a VALUES ('x', 1)");
    stage_sql(&stage, "CREATE TABLE a(k TEXT PRIMARY KEY, n INTEGER) STRICT, WITHOUT ROWID");
    assert_asks(&stage, "SELECT wr + strict FROM pragma_table_list('a')", 2);
    assert_asks(&stage, "SELECT n FROM a", 1);
    stage_close(&stage);
}

static void a_generated_column_is_added_in_place(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER);"
               "INSERT INTO a(n) VALUES (2)");
    stage_sql(&stage, "CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER, d INTEGER AS (n * 2))");
    assert_false(stage_has_step(&stage, "rebuild"));
    assert_asks(&stage, "SELECT d FROM a", 4);
    stage_close(&stage);
}

static void a_column_that_becomes_generated_loses_its_values(void **state)
{
    struct stage stage;
    stage_open(&stage, state, "CREATE TABLE a(n, m); INSERT INTO a VALUES (1, 5), (2, NULL)");
    const char *wanted = "CREATE TABLE a(n, m AS (n) STORED)";
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_SQL, wanted, HF_DATA_LOSS_REFUSED), HF_REFUSED);
    assert_int_equal(stage_step(&stage, "definition of column 'm'")->rows, 1);
    assert_asks(&stage, "SELECT sum(m) FROM a", 5);
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_SQL, wanted, HF_DATA_LOSS_ACCEPTED), HF_OK);
    stage_close(&stage);
}

static void a_generated_column_that_becomes_a_plain_one_keeps_its_values(void **state)
{
    struct stage stage;
    stage_open(&stage, state, "CREATE TABLE a(n, m AS (n + 1)); INSERT INTO a VALUES (1), (2)");
    stage_sql(&stage, "CREATE TABLE a(n, m)");
    assert_asks(&stage, "SELECT sum(m) FROM a", 5);
    stage_close(&stage);
}

static void duplicates_are_found_as_the_index_compares(void **state)
{
    static const char *const wanted[] = {
        "CREATE TABLE a(t TEXT); CREATE UNIQUE INDEX i ON a(t COLLATE NOCASE)",
        "CREATE TABLE a(t TEXT COLLATE NOCASE UNIQUE)",
        "CREATE TABLE a(t TEXT, UNIQUE (t COLLATE NOCASE) ON CONFLICT REPLACE)",
    };
    struct stage stage;
    stage_open(&stage, state, "CREATE TABLE a(t TEXT); INSERT INTO a VALUES ('x'), ('X'), ('y')");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_int_equal(stage_apply(&stage, HF_SCHEMA_SQL, wanted[i], HF_DATA_LOSS_ACCEPTED),
                         HF_REFUSED);
        assert_int_equal(stage_step(&stage, i ? "UNIQUE constraint" : "unique index")->rows, 2);
        assert_asks(&stage, "SELECT count(*) FROM a", 3);
    }
    stage_sql(&stage, "CREATE TABLE a(t TEXT UNIQUE)");
    stage_close(&stage);
}

static void triggers_and_views_follow_the_schema(void **state)
{
    struct stage stage;
    stage_open(
        &stage, state,
        "CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER); CREATE VIEW v AS SELECT id FROM a;"
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET n = 1; END");
    stage_sql(&stage,
              "CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER, m TEXT NOT NULL DEFAULT (1 + 1));"
              "CREATE VIEW v AS SELECT n FROM a;"
              "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET n = 2; END");
    run_sql(stage.live, "INSERT INTO a DEFAULT VALUES");
    assert_asks(&stage, "SELECT n FROM v", 2);
    stage_close(&stage);
}

static void a_view_that_changes_keeps_its_triggers(void **state)
{
    static const char named[] =
        "CREATE TRIGGER named INSTEAD OF INSERT ON v BEGIN INSERT INTO a VALUES (new.n); END;";
    static const char stranger[] =
        "CREATE TRIGGER stranger INSTEAD OF DELETE ON v BEGIN DELETE FROM a WHERE n = old.n; END";
    struct stage stage;
    char live[512], wanted[512];
    snprintf(live, sizeof live, "CREATE TABLE a(n); CREATE VIEW v AS SELECT n FROM a; %s%s", named,
             stranger);
    snprintf(wanted, sizeof wanted, "CREATE TABLE a(n); CREATE VIEW v AS SELECT n, 1 FROM a; %s",
             named);
    stage_open(&stage, state, live);
    stage_sql(&stage, wanted);
    run_sql(stage.live, "INSERT INTO v(n) VALUES (7), (8); DELETE FROM v WHERE n = 7");
    assert_asks(&stage, "SELECT n FROM a", 8);
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_SQL,
                                 "CREATE TABLE a(n); CREATE VIEW v AS SELECT n, 2 FROM a",
                                 HF_DATA_LOSS_ACCEPTED),
                     HF_OK);
    assert_asks(&stage, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'", 0);
    stage_close(&stage);
}

static void triggers_that_the_schema_does_not_name_are_left_alone(void **state)
{
    struct stage stage;
    const char *schema = "CREATE TABLE a(id INTEGER PRIMARY KEY, n TEXT)";
    stage_open(&stage, state,
               "CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER);"
               "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET n = 1; END");
    stage_sql(&stage, schema);
    assert_asks(&stage, "SELECT count(*) FROM sqlite_schema WHERE name = 't'", 1);
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_SQL, schema, HF_DATA_LOSS_ACCEPTED), HF_OK);
    assert_asks(&stage, "SELECT count(*) FROM sqlite_schema WHERE name = 't'", 0);
    stage_close(&stage);
}

static void a_full_text_table_that_changes_is_not_emptied_silently(void **state)
{
    struct stage stage;
    stage_open(&stage, state, "CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ('x')");
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_SQL, "CREATE VIRTUAL TABLE f USING fts5(a, b)",
                                 HF_DATA_LOSS_REFUSED),
                     HF_REFUSED);
    assert_asks(&stage, "SELECT count(*) FROM f", 1);
    stage_close(&stage);
}

static void a_column_in_the_middle_comes_to_stand_there(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE a(id INTEGER PRIMARY KEY, z TEXT);"
               "INSERT INTO a(z) VALUES ('z')");
    stage_sql(&stage, "CREATE TABLE a(id INTEGER PRIMARY KEY, m TEXT, z TEXT)");
    assert_string_equal(stage_text(&stage, "SELECT name FROM pragma_table_info('a') WHERE cid = 1"),
                        "m");
    assert_string_equal(stage_text(&stage, "SELECT z FROM a"), "z");
    stage_close(&stage);
}

static void a_schema_cannot_reach_outside(void **state)
{
    static const char *const texts[] = {"ATTACH 'x.db' AS x", "CREATE TEMP TABLE t(x)",
                                        "INSERT INTO a VALUES (1)", "CREATE TABLE b(", "SELEC 1"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *sql = sqlite3_mprintf("CREATE TABLE a(x);\n%s", texts[i]);
        struct hf_schema_source source = {(char *)"a.sql", sql, strlen(sql)};
        const struct hf_schema_sources sources = {HF_SCHEMA_SQL, &source, 1};
        hf_auto(hf_diagnostics) struct hf_diagnostics diagnostics = {0};
        struct hf_wanted wanted = {0};
        struct hf_error err = {0};
        size_t line, column;
        assert_int_equal(hf_schema_compile(&wanted, &sources, &diagnostics, &err), -1);
        assert_int_equal(err.code, HF_CONFIG);
        assert_int_equal(diagnostics.count, 1);
        hf_source_position(&source, diagnostics.list[0].offset, &line, &column);
        assert_int_equal(line, 2);
        sqlite3_free(sql);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_in_a_schema_is_made_in_an_empty_database),
        TEST(a_check_that_changes_is_a_rebuild),
        TEST(what_rows_do_not_pass_changes_nothing),
        TEST(spelling_is_no_difference),
        TEST(options_of_a_table_are_compared),
        TEST(a_generated_column_is_added_in_place),
        TEST(a_column_that_becomes_generated_loses_its_values),
        TEST(a_generated_column_that_becomes_a_plain_one_keeps_its_values),
        TEST(duplicates_are_found_as_the_index_compares),
        TEST(triggers_and_views_follow_the_schema),
        TEST(a_view_that_changes_keeps_its_triggers),
        TEST(triggers_that_the_schema_does_not_name_are_left_alone),
        TEST(a_full_text_table_that_changes_is_not_emptied_silently),
        TEST(a_column_in_the_middle_comes_to_stand_there),
        TEST(a_schema_cannot_reach_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
