/* What a change of the schema must not take away. */
#include "schema/sync_stage.h"

#include <string.h>

/* A table whose rebuild is forced by a type that changes. */
#define NARROW                                                                                     \
    "CREATE TABLE \"A\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"n\" INTEGER)"
#define WIDE "CREATE TABLE \"A\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"n\" TEXT)"

static void a_required_column_with_a_default_is_added_in_place(void **state)
{
    struct stage stage;
    stage_open(&stage, state, NARROW "; INSERT INTO A(n) VALUES (1), (2)");
    int64_t root = ask_sql(stage.live, "SELECT rootpage FROM sqlite_schema WHERE name = 'A'");
    stage_prisma(&stage,
                 "CREATE TABLE \"A\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"n\" "
                 "INTEGER, \"extra\" INTEGER NOT NULL DEFAULT 5)");
    assert_asks(&stage, "SELECT rootpage FROM sqlite_schema WHERE name = 'A'", root);
    assert_asks(&stage, "SELECT sum(extra) FROM A", 10);
    stage_close(&stage);
}

static void a_column_without_values_is_dropped_in_place(void **state)
{
    struct stage stage;
    stage_open(&stage, state, NARROW "; INSERT INTO A(n) VALUES (NULL)");
    stage_prisma(&stage, "CREATE TABLE \"A\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT)");
    assert_false(stage_has_step(&stage, "rebuild"));
    assert_asks(&stage, "SELECT count(*) FROM pragma_table_info('A')", 1);
    stage_close(&stage);
}

static void a_rebuild_keeps_rowids_that_no_column_shows(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE A(k TEXT NOT NULL PRIMARY KEY, n INTEGER);"
               "INSERT INTO A(rowid, k, n) VALUES (70, 'a', 1), (7, 'b', 2)");
    stage_prisma(&stage, "CREATE TABLE \"A\" (\"k\" TEXT NOT NULL PRIMARY KEY, \"n\" TEXT)");
    stage_step(&stage, "rebuild");
    assert_asks(&stage, "SELECT rowid FROM A WHERE k = 'a'", 70);
    assert_asks(&stage, "SELECT rowid FROM A WHERE k = 'b'", 7);
    stage_close(&stage);
}

static void a_rebuild_keeps_the_counter_of_ids_that_are_gone(void **state)
{
    struct stage stage;
    stage_open(&stage, state, NARROW "; INSERT INTO A(n) VALUES (1), (2), (3); DELETE FROM A");
    stage_prisma(&stage, WIDE);
    run_sql(stage.live, "INSERT INTO A(n) VALUES ('x')");
    assert_asks(&stage, "SELECT id FROM A", 4);
    assert_asks(&stage, "SELECT count(*) FROM sqlite_sequence", 1);
    stage_close(&stage);
}

static void a_rebuild_puts_its_triggers_back_without_firing_them(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               NARROW ";CREATE TABLE L(m); INSERT INTO A(n) VALUES (1), (2);"
                      "CREATE TRIGGER t AFTER INSERT ON A BEGIN INSERT INTO L VALUES (new.n); END;"
                      "CREATE TRIGGER u AFTER DELETE ON A BEGIN INSERT INTO L VALUES (old.n); END");
    stage_prisma(&stage, WIDE);
    assert_asks(&stage, "SELECT count(*) FROM L", 0);
    run_sql(stage.live, "INSERT INTO A(n) VALUES ('x')");
    assert_asks(&stage, "SELECT count(*) FROM L", 1);
    assert_asks(&stage, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'", 2);
    stage_close(&stage);
}

static void a_trigger_elsewhere_that_mentions_a_rebuilt_table_still_works(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               NARROW ";CREATE TABLE L(m); INSERT INTO A(n) VALUES (1);"
                      "CREATE TRIGGER t AFTER INSERT ON L BEGIN UPDATE A SET n = 2; END");
    stage_prisma(&stage, WIDE);
    run_sql(stage.live, "INSERT INTO L VALUES (1)");
    assert_string_equal(stage_text(&stage, "SELECT n FROM A"), "2");
    stage_close(&stage);
}

static void a_view_over_a_rebuilt_table_still_works(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               NARROW "; INSERT INTO A(n) VALUES (5); CREATE VIEW v AS SELECT n FROM A");
    stage_prisma(&stage, WIDE);
    assert_asks(&stage, "SELECT n FROM v", 5);
    stage_close(&stage);
}

static void a_view_that_cannot_stay_takes_its_triggers_with_it(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE A(id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, n INTEGER);"
               "INSERT INTO A(n) VALUES (1); CREATE VIEW v AS SELECT n FROM A;"
               "CREATE TRIGGER t INSTEAD OF INSERT ON v BEGIN INSERT INTO A(n) VALUES (new.n); END;"
               "CREATE VIEW other AS SELECT * FROM v");
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_PRISMA,
                                 "CREATE TABLE \"A\" (\"id\" INTEGER NOT NULL PRIMARY KEY "
                                 "AUTOINCREMENT)",
                                 HF_DATA_LOSS_ACCEPTED),
                     HF_OK);
    assert_int_equal(stage_step(&stage, "drop view 'v'")->risk, HF_RISK_DATA_LOSS);
    stage_step(&stage, "drop view 'other'");
    stage_step(&stage, "drop trigger 't' with 'v'");
    assert_asks(&stage, "SELECT count(*) FROM sqlite_schema WHERE type IN ('view', 'trigger')", 0);
    stage_close(&stage);
}

static void rows_that_refer_to_a_rebuilt_table_stay(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               NARROW
               ";CREATE TABLE C(id INTEGER PRIMARY KEY, a INTEGER REFERENCES A(id) ON DELETE "
               "CASCADE); INSERT INTO A(n) VALUES (1); INSERT INTO C(a) VALUES (1)");
    stage_prisma(&stage, WIDE);
    assert_asks(&stage, "SELECT count(*) FROM C", 1);
    run_sql(stage.live, "DELETE FROM A");
    assert_asks(&stage, "SELECT count(*) FROM C", 0);
    stage_close(&stage);
}

static void a_rebuild_keeps_what_a_prisma_schema_cannot_say(void **state)
{
    struct stage stage;
    stage_open(
        &stage, state,
        "CREATE TABLE P(id INTEGER NOT NULL PRIMARY KEY);"
        "CREATE TABLE A(id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE "
        "CHECK (length(name) > 0), n INTEGER, p INTEGER REFERENCES P(id) ON DELETE SET NULL "
        "ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, up TEXT AS (upper(name)), CHECK (id "
        "> 0));"
        "CREATE INDEX part ON A(n) WHERE n > 1; CREATE INDEX expr ON A(lower(name));"
        "INSERT INTO A(name, n) VALUES ('x', 1)");
    stage_prisma(
        &stage,
        "CREATE TABLE \"P\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT);"
        "CREATE TABLE \"A\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"name\" TEXT NOT "
        "NULL, \"n\" TEXT, \"p\" INTEGER, CONSTRAINT \"A_p_fkey\" FOREIGN KEY (\"p\") REFERENCES "
        "\"P\" (\"id\") ON DELETE SET NULL ON UPDATE CASCADE)");
    stage_step(&stage, "rebuild");
    const char *sql = stage_text(&stage, "SELECT sql FROM sqlite_schema WHERE name = 'A'");
    assert_non_null(strstr(sql, "COLLATE NOCASE"));
    assert_non_null(strstr(sql, "CHECK (length(name) > 0)"));
    assert_non_null(strstr(sql, "CHECK (id > 0)"));
    assert_non_null(strstr(sql, "DEFERRABLE INITIALLY DEFERRED"));
    assert_asks(&stage, "SELECT up = 'X' FROM A", 1);
    assert_asks(&stage, "SELECT count(*) FROM sqlite_schema WHERE name IN ('part', 'expr')", 2);
    stage_close(&stage);
}

static void a_rebuild_keeps_strict_and_without_rowid(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE S(k TEXT NOT NULL PRIMARY KEY, v INTEGER) STRICT, WITHOUT ROWID;"
               "INSERT INTO S VALUES ('a', 1)");
    stage_prisma(&stage, "CREATE TABLE \"S\" (\"k\" TEXT NOT NULL PRIMARY KEY, \"v\" TEXT)");
    stage_step(&stage, "rebuild");
    assert_asks(&stage, "SELECT wr + strict FROM pragma_table_list('S')", 2);
    assert_asks(&stage, "SELECT count(*) FROM S WHERE v = '1'", 1);
    stage_close(&stage);
}

static void full_text_tables_are_never_touched(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               NARROW "; CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES ('a word')");
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_PRISMA, WIDE, HF_DATA_LOSS_ACCEPTED), HF_OK);
    assert_asks(&stage, "SELECT count(*) FROM f WHERE f MATCH 'word'", 1);
    stage_close(&stage);
}

static void a_table_named_like_a_full_text_tables_own_is_a_table(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE VIRTUAL TABLE search USING fts5(x);"
               "CREATE TABLE search_history(id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, q TEXT);"
               "INSERT INTO search_history(q) VALUES ('kept')");
    stage_prisma(&stage, "CREATE TABLE \"search_history\" (\"id\" INTEGER NOT NULL PRIMARY KEY "
                         "AUTOINCREMENT, \"q\" TEXT NOT NULL, \"r\" TEXT)");
    assert_string_equal(stage_text(&stage, "SELECT q FROM search_history WHERE r IS NULL"), "kept");
    stage_close(&stage);
}

static void tables_of_a_module_that_is_missing_are_left_alone(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE vec_rows(x); INSERT INTO vec_rows VALUES (1); CREATE TABLE A(n);"
               "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES ('table', 'vec', "
               "'vec', 0, 'CREATE VIRTUAL TABLE vec USING vec0(e)');"
               "PRAGMA writable_schema = RESET");
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_PRISMA,
                                 "-- @renamed-from A\nCREATE TABLE \"B\" (\"n\")",
                                 HF_DATA_LOSS_ACCEPTED),
                     HF_OK);
    assert_asks(&stage, "SELECT count(*) FROM vec_rows", 1);
    stage_close(&stage);
}

static void an_index_on_a_generated_column_stays_with_it(void **state)
{
    static const char wanted[] = "CREATE TABLE \"A\" (\"id\" INTEGER NOT NULL PRIMARY KEY "
                                 "AUTOINCREMENT, \"n\" INTEGER NOT NULL)";
    struct stage stage;
    stage_open(
        &stage, state,
        "CREATE TABLE A(id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, n INTEGER, g UNIQUE AS (n "
        "+ 1)); CREATE INDEX i ON A(g); INSERT INTO A(n) VALUES (1)");
    stage_prisma(&stage, wanted);
    assert_asks(&stage, "SELECT count(*) FROM sqlite_schema WHERE name = 'i'", 1);
    assert_asks(&stage, "SELECT n FROM A INDEXED BY i WHERE g = 2", 1);
    stage_close(&stage);
}

static void a_rebuild_tells_what_a_conflict_will_not_do_any_more(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE A(id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL "
               "ON CONFLICT IGNORE, conflict TEXT)");
    stage_prisma(&stage, "CREATE TABLE \"A\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "
                         "\"n\" INTEGER NOT NULL DEFAULT 1, \"conflict\" TEXT)");
    assert_int_equal(stage_step(&stage, "NOT NULL ON CONFLICT IGNORE")->risk, HF_RISK_NOTE);
    stage_close(&stage);
}

static void a_key_that_is_checked_late_stays_so_wherever_its_column_says_it(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE A(id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, n INTEGER REFERENCES "
               "A(id) NOT NULL DEFERRABLE INITIALLY DEFERRED, m INTEGER NOT DEFERRABLE)");
    stage_prisma(&stage, "CREATE TABLE \"A\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "
                         "\"n\" INTEGER, \"m\" INTEGER, CONSTRAINT \"A_n_fkey\" FOREIGN KEY "
                         "(\"n\") REFERENCES \"A\" (\"id\"))");
    assert_asks(&stage,
                "SELECT sql LIKE '%(\"id\") DEFERRABLE INITIALLY DEFERRED%' FROM sqlite_schema "
                "WHERE name = 'A'",
                1);
    stage_close(&stage);
}

static void a_column_may_be_named_autoincrement(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE A(id INTEGER NOT NULL PRIMARY KEY, \"autoincrement\" TEXT);"
               "INSERT INTO A VALUES (5, 'x')");
    stage_sql(&stage, "CREATE TABLE A(id INTEGER NOT NULL PRIMARY KEY, \"autoincrement\" TEXT NOT "
                      "NULL)");
    assert_asks(&stage, "SELECT id FROM A", 5);
    stage_close(&stage);
}

static void a_table_that_has_the_copys_name_keeps_its_rows(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               NARROW "; CREATE TABLE new_A(x); INSERT INTO new_A VALUES (9);"
                      "INSERT INTO A(n) VALUES (1)");
    stage_prisma(&stage, WIDE);
    assert_asks(&stage, "SELECT x FROM new_A", 9);
    assert_string_equal(stage_text(&stage, "SELECT n FROM A"), "1");
    stage_close(&stage);
}

static void the_copy_that_an_interrupted_rebuild_left_becomes_the_table(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE new_A(id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, n INTEGER);"
               "INSERT INTO new_A(n) VALUES (1)");
    stage_prisma(&stage, WIDE);
    assert_string_equal(stage_text(&stage, "SELECT n FROM A"), "1");
    assert_asks(&stage, "SELECT count(*) FROM sqlite_schema WHERE name = 'new_A'", 0);
    stage_close(&stage);
}

static void a_default_fills_what_was_null(void **state)
{
    struct stage stage;
    stage_open(&stage, state, NARROW "; INSERT INTO A(n) VALUES (NULL), (2)");
    stage_prisma(&stage, "CREATE TABLE \"A\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "
                         "\"n\" INTEGER NOT NULL DEFAULT 7)");
    assert_asks(&stage, "SELECT sum(n) FROM A", 9);
    stage_close(&stage);
}

static void a_change_of_letter_case_keeps_the_values(void **state)
{
    struct stage stage;
    stage_open(&stage, state, NARROW "; INSERT INTO A(n) VALUES (3)");
    stage_prisma(&stage, "CREATE TABLE \"a\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "
                         "\"N\" INTEGER)");
    assert_asks(&stage, "SELECT N FROM a", 3);
    assert_string_equal(stage_text(&stage, "SELECT name FROM sqlite_schema WHERE sql LIKE '%N%'"),
                        "a");
    stage_close(&stage);
}

static void rename_hints_keep_the_values_and_what_refers_to_them(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               NARROW "; INSERT INTO A(n) VALUES (3); CREATE VIEW v AS SELECT n FROM A;"
                      "CREATE TABLE C(id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, a INTEGER, "
                      "FOREIGN KEY (a) REFERENCES A(id) ON DELETE SET NULL ON UPDATE CASCADE);"
                      "INSERT INTO C(a) VALUES (1)");
    stage_prisma(&stage,
                 "-- @renamed-from A\n"
                 "CREATE TABLE \"B\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                 "  \"m\" INTEGER -- @renamed-from n\n"
                 ");"
                 "CREATE TABLE \"C\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"a\" "
                 "INTEGER, FOREIGN KEY (\"a\") REFERENCES \"B\" (\"id\") ON DELETE SET NULL ON "
                 "UPDATE CASCADE)");
    assert_asks(&stage, "SELECT m FROM B", 3);
    assert_asks(&stage, "SELECT count(*) FROM C JOIN B ON B.id = C.a", 1);
    assert_asks(&stage, "SELECT count(*) FROM v", 1);
    stage_close(&stage);
}

static void a_rename_hint_that_was_done_is_passed_over(void **state)
{
    struct stage stage;
    stage_open(&stage, state, "CREATE TABLE B(id INTEGER NOT NULL PRIMARY KEY, m INTEGER)");
    stage_prisma(&stage, "-- @renamed-from A\n"
                         "CREATE TABLE \"B\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                         "  -- @renamed-from n\n"
                         "  \"m\" INTEGER)");
    assert_true(hf_sync_plan_is_empty(&stage.plan));
    stage_close(&stage);
}

static void a_prisma_database_is_left_as_it_is(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE a(id integer primary key, b varchar(10) not null, e timestamp default "
               "current_timestamp, h text default \"dq\", g int default 0, u text unique);");
    assert_int_equal(
        stage_plan(&stage, HF_SCHEMA_PRISMA,
                   "CREATE TABLE \"a\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"b\" "
                   "TEXT NOT NULL, \"e\" DATETIME DEFAULT CURRENT_TIMESTAMP, \"h\" TEXT DEFAULT "
                   "'dq', \"g\" INTEGER DEFAULT 0, \"u\" TEXT);"
                   "CREATE UNIQUE INDEX \"a_u_key\" ON \"a\"(\"u\")"),
        HF_OK);
    assert_true(hf_sync_plan_is_empty(&stage.plan));
    stage_close(&stage);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_required_column_with_a_default_is_added_in_place),
        TEST(a_column_without_values_is_dropped_in_place),
        TEST(a_rebuild_keeps_rowids_that_no_column_shows),
        TEST(a_rebuild_keeps_the_counter_of_ids_that_are_gone),
        TEST(a_rebuild_puts_its_triggers_back_without_firing_them),
        TEST(a_trigger_elsewhere_that_mentions_a_rebuilt_table_still_works),
        TEST(a_view_over_a_rebuilt_table_still_works),
        TEST(a_view_that_cannot_stay_takes_its_triggers_with_it),
        TEST(rows_that_refer_to_a_rebuilt_table_stay),
        TEST(a_rebuild_keeps_what_a_prisma_schema_cannot_say),
        TEST(a_rebuild_keeps_strict_and_without_rowid),
        TEST(full_text_tables_are_never_touched),
        TEST(a_table_named_like_a_full_text_tables_own_is_a_table),
        TEST(tables_of_a_module_that_is_missing_are_left_alone),
        TEST(an_index_on_a_generated_column_stays_with_it),
        TEST(a_rebuild_tells_what_a_conflict_will_not_do_any_more),
        TEST(a_key_that_is_checked_late_stays_so_wherever_its_column_says_it),
        TEST(a_column_may_be_named_autoincrement),
        TEST(a_table_that_has_the_copys_name_keeps_its_rows),
        TEST(the_copy_that_an_interrupted_rebuild_left_becomes_the_table),
        TEST(a_default_fills_what_was_null),
        TEST(a_change_of_letter_case_keeps_the_values),
        TEST(rename_hints_keep_the_values_and_what_refers_to_them),
        TEST(a_rename_hint_that_was_done_is_passed_over),
        TEST(a_prisma_database_is_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
