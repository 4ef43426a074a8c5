/* What is refused, and that nothing is changed then. */
#include "schema/sync_stage.h"

#include <string.h>

#define ID "\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"
#define TABLE_A "CREATE TABLE \"A\" (" ID ", \"n\" INTEGER)"

/* The schema and the rows, as one number and one text would tell them. */
static char *content(struct stage *stage)
{
    return sqlite3_mprintf("%s|%lld",
                           stage_text(stage, "SELECT group_concat(sql) FROM sqlite_schema"),
                           ask_sql(stage->live, "SELECT sum(id) FROM A"));
}

static void assert_refused(struct stage *stage, const char *sql, enum hf_data_loss data_loss,
                           const char *text, int64_t rows)
{
    char *before = content(stage);
    assert_int_equal(stage_apply(stage, HF_SCHEMA_PRISMA, sql, data_loss), HF_REFUSED);
    const struct hf_sync_step *step = stage_step(stage, text);
    assert_int_equal(step->risk,
                     data_loss == HF_DATA_LOSS_ACCEPTED ? HF_RISK_IMPOSSIBLE : step->risk);
    assert_true(step->risk >= HF_RISK_DATA_LOSS);
    assert_int_equal(step->rows, rows);
    assert_non_null(step->advice);
    char *after = content(stage);
    assert_string_equal(before, after);
    sqlite3_free(before);
    sqlite3_free(after);
}

static void a_column_with_values_is_dropped_only_when_that_is_accepted(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A "; INSERT INTO A(n) VALUES (1), (NULL), (3)");
    assert_refused(&stage, "CREATE TABLE \"A\" (" ID ")", HF_DATA_LOSS_REFUSED, "drop column 'n'",
                   2);
    assert_int_equal(
        stage_apply(&stage, HF_SCHEMA_PRISMA, "CREATE TABLE \"A\" (" ID ")", HF_DATA_LOSS_ACCEPTED),
        HF_OK);
    assert_asks(&stage, "SELECT count(*) FROM A", 3);
    stage_close(&stage);
}

static void a_required_column_without_default_cannot_be_added_to_rows(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A "; INSERT INTO A(n) VALUES (1)");
    assert_refused(&stage, "CREATE TABLE \"A\" (" ID ", \"n\" INTEGER, \"m\" TEXT NOT NULL)",
                   HF_DATA_LOSS_ACCEPTED, "add required column 'm'", 1);
    run_sql(stage.live, "DELETE FROM A");
    stage_prisma(&stage, "CREATE TABLE \"A\" (" ID ", \"n\" INTEGER, \"m\" TEXT NOT NULL)");
    stage_close(&stage);
}

static void a_column_with_nulls_cannot_become_required(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A "; INSERT INTO A(n) VALUES (1), (NULL)");
    assert_refused(&stage, "CREATE TABLE \"A\" (" ID ", \"n\" INTEGER NOT NULL)",
                   HF_DATA_LOSS_ACCEPTED, "make column 'n'", 1);
    stage_close(&stage);
}

static void duplicates_stand_in_the_way_of_a_unique_index(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A "; INSERT INTO A(n) VALUES (1), (1), (2), (NULL), (NULL)");
    const char *wanted = TABLE_A "; CREATE UNIQUE INDEX \"A_n_key\" ON \"A\"(\"n\")";
    assert_refused(&stage, wanted, HF_DATA_LOSS_ACCEPTED, "unique index 'A_n_key'", 2);
    run_sql(stage.live, "DELETE FROM A WHERE id = 2");
    stage_prisma(&stage, wanted);
    stage_close(&stage);
}

static void a_partial_unique_index_counts_only_its_own_rows(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A "; INSERT INTO A(n) VALUES (1), (1), (5)");
    stage_prisma(&stage, TABLE_A "; CREATE UNIQUE INDEX \"u\" ON \"A\"(\"n\") WHERE n > 1");
    assert_refused(&stage, TABLE_A "; CREATE UNIQUE INDEX \"u\" ON \"A\"(\"n\") WHERE n > 0",
                   HF_DATA_LOSS_ACCEPTED, "create unique index 'u'", 2);
    stage_close(&stage);
}

static void a_key_that_cannot_be_used_is_no_obstacle_when_it_was_there(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               TABLE_A "; CREATE TABLE p(x); CREATE TABLE q(y REFERENCES p(x));"
                       "INSERT INTO A(n) VALUES (1)");
    const char *wanted = "CREATE TABLE \"A\" (" ID ", \"n\" INTEGER NOT NULL)";
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_PRISMA, wanted, HF_DATA_LOSS_REFUSED), HF_OK);
    assert_asks(&stage, "SELECT n FROM A", 1);
    stage_close(&stage);
}

static void a_key_that_cannot_be_used_is_not_made(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A "; INSERT INTO A(n) VALUES (1)");
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_PRISMA,
                                 "CREATE TABLE \"A\" (" ID ", \"n\" INTEGER NOT NULL, \"r\" "
                                 "INTEGER DEFAULT 1, FOREIGN KEY (\"r\") REFERENCES \"A\" (\"n\"))",
                                 HF_DATA_LOSS_ACCEPTED),
                     HF_REFUSED);
    assert_non_null(strstr(stage.err.text, "foreign key mismatch"));
    assert_asks(&stage, "SELECT count(*) FROM pragma_table_info('A')", 2);
    stage_close(&stage);
}

static void numbers_that_a_text_would_round_are_counted(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE A(" ID ", n REAL); INSERT INTO A(n) VALUES (0.1), (1.0 / 3), (1e300)");
    const char *wanted = "CREATE TABLE \"A\" (" ID ", \"n\" TEXT)";
    assert_refused(&stage, wanted, HF_DATA_LOSS_REFUSED, "change column 'n'", 1);
    run_sql(stage.live, "DELETE FROM A WHERE id = 2");
    stage_prisma(&stage, wanted);
    stage_close(&stage);
}

static void a_default_that_fills_nulls_counts_as_a_duplicate(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A "; INSERT INTO A(n) VALUES (NULL), (NULL), (3)");
    assert_refused(&stage,
                   "CREATE TABLE \"A\" (" ID ", \"n\" INTEGER NOT NULL DEFAULT 7);"
                   "CREATE UNIQUE INDEX \"A_n_key\" ON \"A\"(\"n\")",
                   HF_DATA_LOSS_ACCEPTED, "unique index 'A_n_key'", 2);
    stage_close(&stage);
}

static void a_default_that_fills_nulls_must_refer_to_something(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A "; INSERT INTO A(n) VALUES (NULL), (NULL), (3)");
    assert_refused(&stage,
                   "CREATE TABLE \"A\" (" ID ", \"n\" INTEGER NOT NULL DEFAULT 7, "
                   "FOREIGN KEY (\"n\") REFERENCES \"A\" (\"id\"))",
                   HF_DATA_LOSS_REFUSED, "add foreign key (n)", 2);
    stage_close(&stage);
}

static void an_index_that_stays_elsewhere_holds_its_name(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A "; CREATE TABLE B(x); CREATE INDEX i ON B(abs(x))");
    assert_refused(&stage, TABLE_A "; CREATE TABLE B(x); CREATE INDEX \"i\" ON \"A\"(\"n\")",
                   HF_DATA_LOSS_ACCEPTED, "create index 'i'", 0);
    stage_close(&stage);
}

static void a_virtual_tables_own_table_is_not_taken_for_ones_own(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A "; CREATE VIRTUAL TABLE f USING fts5(x)");
    assert_refused(&stage, TABLE_A "; CREATE TABLE \"f_content\"(" ID ")", HF_DATA_LOSS_ACCEPTED,
                   "create table 'f_content'", 0);
    stage_close(&stage);
}

static void a_constant_default_cannot_be_unique_in_two_rows(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A "; INSERT INTO A(n) VALUES (1), (2)");
    assert_refused(&stage,
                   "CREATE TABLE \"A\" (" ID ", \"n\" INTEGER, \"m\" INTEGER NOT NULL DEFAULT 1);"
                   "CREATE UNIQUE INDEX \"A_m_key\" ON \"A\"(\"m\")",
                   HF_DATA_LOSS_ACCEPTED, "A_m_key", 2);
    stage_close(&stage);
}

static void orphans_stand_in_the_way_of_a_foreign_key(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               TABLE_A "; CREATE TABLE P(" ID "); INSERT INTO A(n) VALUES (77), (NULL)");
    const char *wanted =
        "CREATE TABLE \"P\" (" ID "); CREATE TABLE \"A\" (" ID ", \"n\" INTEGER, CONSTRAINT "
        "\"A_n_fkey\" FOREIGN KEY (\"n\") REFERENCES \"P\" (\"id\") ON DELETE SET NULL ON UPDATE "
        "CASCADE)";
    assert_refused(&stage, wanted, HF_DATA_LOSS_ACCEPTED, "add foreign key (n)", 1);
    run_sql(stage.live, "INSERT INTO P VALUES (77)");
    stage_prisma(&stage, wanted);
    stage_close(&stage);
}

static void a_new_column_may_refer_by_default_to_a_row_that_comes_later(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A "; CREATE TABLE P(" ID "); INSERT INTO A(n) VALUES (1), (2)");
    stage_prisma(&stage, "CREATE TABLE \"P\" (" ID "); CREATE TABLE \"A\" (" ID
                         ", \"n\" INTEGER, \"p\" INTEGER NOT NULL DEFAULT 0, CONSTRAINT "
                         "\"A_p_fkey\" FOREIGN KEY (\"p\") REFERENCES \"P\" (\"id\") ON DELETE "
                         "RESTRICT ON UPDATE CASCADE)");
    assert_asks(&stage, "SELECT count(*) FROM A WHERE p = 0", 2);
    stage_close(&stage);
}

static void values_that_the_new_type_does_not_have_are_counted(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               "CREATE TABLE \"A\" (" ID ", \"t\" TEXT);"
               "INSERT INTO A(t) VALUES ('34'), ('2020-01-01T00:00:00Z'), (NULL)");
    assert_refused(&stage, "CREATE TABLE \"A\" (" ID ", \"t\" DATETIME)", HF_DATA_LOSS_REFUSED,
                   "from String to DateTime", 1);
    stage_close(&stage);
}

static void extra_tables_go_only_when_asked_and_those_of_other_tools_never(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               TABLE_A "; CREATE TABLE mine(x); INSERT INTO mine VALUES (1);"
                       "CREATE TABLE _litestream_seq(x); CREATE TABLE _prisma_migrations(x);"
                       "CREATE TABLE knex_migrations_lock(x); CREATE TABLE holdfast_x(x)");
    stage_prisma(&stage, TABLE_A);
    assert_int_equal(stage_step(&stage, "'mine' is not in the schema")->risk, HF_RISK_NOTE);
    assert_asks(&stage, "SELECT count(*) FROM mine", 1);
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_PRISMA, TABLE_A, HF_DATA_LOSS_ACCEPTED), HF_OK);
    assert_asks(&stage, "SELECT count(*) FROM sqlite_schema WHERE name = 'mine'", 0);
    assert_asks(
        &stage,
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'", 5);
    stage_close(&stage);
}

static void a_trigger_that_would_break_is_said_and_not_left_as_a_trap(void **state)
{
    struct stage stage;
    const char *wanted = "CREATE TABLE \"A\" (" ID "); CREATE TABLE \"L\" (\"m\")";
    stage_open(&stage, state,
               TABLE_A
               "; CREATE TABLE L(m); CREATE TRIGGER bad AFTER INSERT ON A BEGIN INSERT INTO "
               "L VALUES (new.n); END; CREATE TRIGGER good AFTER INSERT ON A BEGIN INSERT "
               "INTO L VALUES (new.id); END; CREATE VIEW v AS SELECT n FROM A");
    assert_refused(&stage, wanted, HF_DATA_LOSS_REFUSED, "drop trigger 'bad'", 0);
    stage_step(&stage, "drop view 'v'");
    assert_false(stage_has_step(&stage, "drop trigger 'good'"));
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_PRISMA, wanted, HF_DATA_LOSS_ACCEPTED), HF_OK);
    assert_asks(&stage, "SELECT count(*) FROM sqlite_schema WHERE name IN ('bad', 'v')", 0);
    assert_asks(&stage, "SELECT count(*) FROM sqlite_schema WHERE name = 'good'", 1);
    stage_close(&stage);
}

static void an_index_that_mentions_a_dropped_column_goes_and_that_is_said(void **state)
{
    struct stage stage;
    stage_open(&stage, state,
               TABLE_A "; CREATE INDEX expr ON A(abs(n)); CREATE INDEX part ON A(id) "
                       "WHERE n > 1; CREATE INDEX other ON A(abs(id))");
    stage_prisma(&stage, "CREATE TABLE \"A\" (" ID ")");
    assert_non_null(stage_step(&stage, "drop index 'expr'")->advice);
    stage_step(&stage, "drop index 'part'");
    assert_asks(&stage, "SELECT count(*) FROM sqlite_schema WHERE type = 'index'", 1);
    stage_close(&stage);
}

static int say_no(void *context, const struct hf_sync_plan *plan, struct hf_error *err)
{
    (void)context, (void)plan;
    return hf_error_set(err, HF_UNREACHABLE, "no restore point");
}

static void without_a_restore_point_nothing_is_done(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A);
    struct hf_wanted wanted =
        stage_wanted(HF_SCHEMA_PRISMA, "CREATE TABLE \"A\" (" ID ", \"n\" INTEGER, \"m\" TEXT)");
    const struct hf_sync_apply_options options = {.before = say_no};
    assert_int_not_equal(hf_sync_apply(stage.live, &wanted, &options, NULL, &stage.err), 0);
    assert_int_equal(stage.err.code, HF_UNREACHABLE);
    assert_asks(&stage, "SELECT count(*) FROM pragma_table_info('A')", 2);
    hf_wanted_release(&wanted);
    stage_close(&stage);
}

static void a_database_in_use_is_said_to_be_locked(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A);
    sqlite3 *other = open_db(stage.scene->db);
    run_sql(other, "BEGIN IMMEDIATE");
    run_sql(other, "INSERT INTO A(n) VALUES (1)");
    sqlite3_busy_timeout(stage.live, 0);
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_PRISMA,
                                 "CREATE TABLE \"A\" (" ID ", \"n\" INTEGER, \"m\" TEXT)",
                                 HF_DATA_LOSS_REFUSED),
                     HF_LOCKED);
    sqlite3_close(other);
    stage_close(&stage);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_column_with_values_is_dropped_only_when_that_is_accepted),
        TEST(a_required_column_without_default_cannot_be_added_to_rows),
        TEST(a_column_with_nulls_cannot_become_required),
        TEST(duplicates_stand_in_the_way_of_a_unique_index),
        TEST(a_partial_unique_index_counts_only_its_own_rows),
        TEST(a_key_that_cannot_be_used_is_no_obstacle_when_it_was_there),
        TEST(a_key_that_cannot_be_used_is_not_made),
        TEST(numbers_that_a_text_would_round_are_counted),
        TEST(a_default_that_fills_nulls_counts_as_a_duplicate),
        TEST(a_default_that_fills_nulls_must_refer_to_something),
        TEST(an_index_that_stays_elsewhere_holds_its_name),
        TEST(a_virtual_tables_own_table_is_not_taken_for_ones_own),
        TEST(a_constant_default_cannot_be_unique_in_two_rows),
        TEST(orphans_stand_in_the_way_of_a_foreign_key),
        TEST(a_new_column_may_refer_by_default_to_a_row_that_comes_later),
        TEST(values_that_the_new_type_does_not_have_are_counted),
        TEST(extra_tables_go_only_when_asked_and_those_of_other_tools_never),
        TEST(a_trigger_that_would_break_is_said_and_not_left_as_a_trap),
        TEST(an_index_that_mentions_a_dropped_column_goes_and_that_is_said),
        TEST(without_a_restore_point_nothing_is_done),
        TEST(a_database_in_use_is_said_to_be_locked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
