#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "schema/wanted.h"

static void what_is_added_is_copied_and_kept_in_order(void **state)
{
    (void)state;
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    char text[] = "a";
    for (int i = 0; i < 9; i++, text[0]++)
        assert_int_equal(hf_wanted_add_statement(&wanted, text, NULL), 0);
    const char *values[] = {"x", "y", NULL};
    assert_int_equal(hf_wanted_add_rename(&wanted, "t", NULL, "old", NULL), 0);
    assert_int_equal(hf_wanted_add_rename(&wanted, "t", "c", "d", NULL), 0);
    assert_int_equal(hf_wanted_add_enum(&wanted, "t", "c", values, NULL), 0);
    assert_int_equal(wanted.statement_count, 9);
    assert_string_equal(wanted.statements[8], "i");
    assert_null(wanted.renames[0].column);
    assert_string_equal(wanted.renames[1].from, "d");
    assert_string_equal(wanted.enums[0].values[1], "y");
    assert_null(wanted.enums[0].values[2]);
}

static void the_database_built_has_the_wanted_tables(void **state)
{
    (void)state;
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    assert_int_equal(hf_wanted_add_statement(&wanted, "CREATE TABLE a (x)", NULL), 0);
    sqlite3 *database = hf_wanted_build(&wanted, NULL);
    assert_non_null(database);
    assert_int_equal(sqlite3_exec(database, "INSERT INTO a VALUES (1)", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void a_statement_that_sqlite_refuses_is_an_error_of_the_configuration(void **state)
{
    (void)state;
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    struct hf_error err = {0};
    assert_int_equal(hf_wanted_add_statement(&wanted, "CREATE TABLE a (", NULL), 0);
    assert_null(hf_wanted_build(&wanted, &err));
    assert_int_equal(err.code, HF_CONFIG);
    assert_non_null(strstr(err.text, "CREATE TABLE a ("));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_copied_and_kept_in_order),
        cmocka_unit_test(the_database_built_has_the_wanted_tables),
        cmocka_unit_test(a_statement_that_sqlite_refuses_is_an_error_of_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
