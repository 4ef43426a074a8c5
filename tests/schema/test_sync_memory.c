/*
 * Allocations of a plan and its doing fail in turn: the schema and the rows are then the old ones,
 * or the wanted ones. HF_TEST_EVERY=1 tries all, else after the first three hundred one in 251.
 */
#include "schema/sync_stage.h"

#include <stdlib.h>
#include <string.h>

#include "fault/failing_memory.h"

static const char old[] =
    "CREATE TABLE P(id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT);"
    "CREATE TABLE Old(id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, was TEXT);"
    "CREATE TABLE A(id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE "
    "NOCASE CHECK (length(name) > 0), n INTEGER, empty TEXT, p INTEGER REFERENCES P(id) ON DELETE "
    "SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED);"
    "CREATE INDEX part ON A(n) WHERE n > 1; CREATE INDEX \"A_n_idx\" ON A(n);"
    "CREATE VIEW v AS SELECT name FROM A;"
    "CREATE TRIGGER t AFTER INSERT ON A BEGIN UPDATE Old SET was = new.name; END;"
    "INSERT INTO A(name, n) VALUES ('a', 1), ('b', 2); INSERT INTO Old(was) VALUES ('x')";

static const char wanted_sql[] =
    "CREATE TABLE \"P\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT);"
    "-- @renamed-from Old\n"
    "CREATE TABLE \"New\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
    "\"now\" TEXT -- @renamed-from was\n);"
    "CREATE TABLE \"A\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"name\" TEXT NOT "
    "NULL, "
    "\"n\" TEXT NOT NULL DEFAULT '0', \"p\" INTEGER, CONSTRAINT \"A_p_fkey\" FOREIGN KEY (\"p\") "
    "REFERENCES \"P\" (\"id\") ON DELETE SET NULL ON UPDATE CASCADE);"
    "CREATE TABLE \"C\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT);"
    "CREATE UNIQUE INDEX \"A_n_key\" ON \"A\"(\"n\")";

static char *content(sqlite3 *live)
{
    sqlite3_stmt *row = NULL;
    sqlite3_prepare_v2(live,
                       "SELECT (SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema "
                       "ORDER BY type, name)) || (SELECT group_concat(id || name || n) FROM A)",
                       -1, &row, NULL);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    char *text = strdup((const char *)sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    return text;
}

static int apply(sqlite3 *live, const struct hf_wanted *wanted, struct hf_error *err)
{
    const struct hf_sync_apply_options options = {.data_loss = HF_DATA_LOSS_REFUSED};
    return hf_sync_apply(live, wanted, &options, NULL, err);
}

/* Returns whether an allocation failed. */
static bool try(const struct hf_wanted *wanted, const char *before, const char *after, uint64_t n)
{
    struct hf_error err = {0};
    sqlite3 *live = open_db(":memory:");
    run_sql(live, old);
    failing_memory_begin(n, false);
    int failed = apply(live, wanted, &err);
    bool came = failing_memory_end() > 0;
    if (failed && (!came || err.code != HF_NO_MEMORY))
        fail_msg("allocation %d: %s", (int)n, err.text);
    assert_int_equal(sqlite3_get_autocommit(live), 1);
    char *now = content(live);
    assert_string_equal(now, failed ? before : after);
    free(now);
    sqlite3_close(live);
    return came;
}

static void memory_that_runs_out_changes_nothing(void **state)
{
    struct hf_error err = {0};
    (void)state;
    struct hf_wanted wanted = stage_wanted(HF_SCHEMA_PRISMA, wanted_sql);
    sqlite3 *live = open_db(":memory:");
    run_sql(live, old);
    char *before = content(live);
    if (apply(live, &wanted, &err))
        fail_msg("%s", err.text);
    char *after = content(live);
    assert_string_not_equal(before, after);
    unsigned stride = getenv("HF_TEST_EVERY") ? 1 : 251;
    uint64_t n = 1;
    while (try(&wanted, before, after, n))
        n += n < 300 ? 1 : stride;
    assert_true(n > 1000);
    free(before);
    free(after);
    sqlite3_close(live);
    hf_wanted_release(&wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_that_runs_out_changes_nothing)};
    failing_memory_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
