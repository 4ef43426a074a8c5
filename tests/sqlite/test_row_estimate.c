/* About how many rows a table has, from a few looks at its rowids. */
#include "sqlite/row_estimate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static sqlite3 *database(const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why))
        fail_msg("%s", why);
    return db;
}

static int64_t estimate(const char *sql, const char *rowid)
{
    sqlite3 *db = database(sql);
    int64_t rows = hf_row_estimate(db, "t", rowid);
    sqlite3_close(db);
    return rows;
}

#define NUMBERS(most)                                                                              \
    "create table t(id integer primary key);"                                                      \
    "with recursive n(i) as (values(1) union all select i + 1 from n where i < " most              \
    ") insert into t select "

static void rowids_without_gaps_are_counted(void **state)
{
    (void)state;
    assert_int_equal(estimate(NUMBERS("100000") "i from n", "_rowid_"), 100000);
    assert_int_equal(estimate("create table t(x)", "_rowid_"), 0);
    assert_int_equal(estimate("create table t(x); insert into t values(1)", "_rowid_"), 1);
}

static void gaps_are_taken_for_what_they_are(void **state)
{
    (void)state;
    assert_in_range(estimate(NUMBERS("100000") "i * 1000003 from n", "_rowid_"), 99000, 101000);
}

static void all_of_the_range_may_be_used(void **state)
{
    (void)state;
    assert_int_equal(estimate("create table t(x); insert into t(rowid) values"
                              " (-9223372036854775808), (0), (9223372036854775807)",
                              "_rowid_"),
                     3);
}

static void without_rowids_statistics_tell(void **state)
{
    (void)state;
    assert_int_equal(estimate("create table t(a primary key) without rowid;"
                              "insert into t values(1),(2),(3); analyze",
                              NULL),
                     3);
    assert_int_equal(estimate("create table t(a primary key) without rowid", NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rowids_without_gaps_are_counted),
        cmocka_unit_test(gaps_are_taken_for_what_they_are),
        cmocka_unit_test(all_of_the_range_may_be_used),
        cmocka_unit_test(without_rowids_statistics_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
