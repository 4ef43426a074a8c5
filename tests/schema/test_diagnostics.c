#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "schema/diagnostics.h"

static const struct hf_schema_source source = {
    .path = (char *)"s.prisma",
    .text = (char *)"one\n\tb\xc3\xa4r x\nlast",
    .length = 16,
};

static void a_position_counts_lines_and_characters_from_one(void **state)
{
    (void)state;
    size_t line, column;
    hf_source_position(&source, 0, &line, &column);
    assert_int_equal(line, 1);
    assert_int_equal(column, 1);
    hf_source_position(&source, 10, &line, &column);
    assert_int_equal(line, 2);
    assert_int_equal(column, 6);
    hf_source_position(&source, 1000, &line, &column);
    assert_int_equal(line, 3);
    assert_int_equal(column, 5);
}

static void a_complaint_is_printed_with_its_line_and_carets_under_it(void **state)
{
    (void)state;
    hf_auto(hf_diagnostics) struct hf_diagnostics found = {0};
    hf_auto(hf_buf) struct hf_buf out = {0};
    assert_int_equal(hf_diagnose(&found, &source, 5, 4, NULL, "no '%s'", "bar"), 0);
    assert_int_equal(hf_diagnostics_print(&out, &found, NULL), 0);
    assert_int_equal(hf_buf_append(&out, "", 1, NULL), 0);
    assert_string_equal((char *)out.data, "s.prisma:2:2: no 'bar'\n\tb\xc3\xa4r x\n\t^^^\n");
}

static void a_complaint_about_the_end_has_one_caret(void **state)
{
    (void)state;
    hf_auto(hf_diagnostics) struct hf_diagnostics found = {0};
    hf_auto(hf_buf) struct hf_buf out = {0};
    assert_int_equal(hf_diagnose(&found, &source, 900, 9, NULL, "cut off"), 0);
    assert_int_equal(hf_diagnostics_print(&out, &found, NULL), 0);
    assert_int_equal(hf_buf_append(&out, "", 1, NULL), 0);
    assert_string_equal((char *)out.data, "s.prisma:3:5: cut off\nlast\n    ^\n");
}

static void of_many_complaints_the_first_fifty_are_printed(void **state)
{
    (void)state;
    hf_auto(hf_diagnostics) struct hf_diagnostics found = {0};
    hf_auto(hf_buf) struct hf_buf out = {0};
    for (int i = 1; i <= 60; i++)
        assert_int_equal(hf_diagnose(&found, &source, 0, 1, NULL, "complaint %d.", i), 0);
    assert_int_equal(hf_diagnostics_print(&out, &found, NULL), 0);
    assert_int_equal(hf_buf_append(&out, "", 1, NULL), 0);
    assert_non_null(strstr((char *)out.data, "complaint 50."));
    assert_null(strstr((char *)out.data, "complaint 51."));
    assert_non_null(strstr((char *)out.data, "and 10 more complaints\n"));
}

static void complaints_of_a_way_that_was_given_up_are_dropped(void **state)
{
    (void)state;
    hf_auto(hf_diagnostics) struct hf_diagnostics found = {0};
    for (int i = 0; i < 3; i++)
        assert_int_equal(hf_diagnose(&found, &source, 0, 1, NULL, "complaint %d", i), 0);
    hf_diagnostics_truncate(&found, 1);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.list[0].message, "complaint 0");
}

static void the_error_says_the_first_complaint_and_how_many_more_there_are(void **state)
{
    (void)state;
    hf_auto(hf_diagnostics) struct hf_diagnostics found = {0};
    struct hf_error err = {0};
    for (int i = 1; i <= 3; i++)
        assert_int_equal(hf_diagnose(&found, &source, 0, 1, NULL, "complaint %d", i), 0);
    assert_int_equal(hf_diagnostics_error(&found, &err), -1);
    assert_int_equal(err.code, HF_CONFIG);
    assert_string_equal(err.text, "s.prisma:1:1: complaint 1 (and 2 more)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_counts_lines_and_characters_from_one),
        cmocka_unit_test(a_complaint_is_printed_with_its_line_and_carets_under_it),
        cmocka_unit_test(a_complaint_about_the_end_has_one_caret),
        cmocka_unit_test(of_many_complaints_the_first_fifty_are_printed),
        cmocka_unit_test(complaints_of_a_way_that_was_given_up_are_dropped),
        cmocka_unit_test(the_error_says_the_first_complaint_and_how_many_more_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
