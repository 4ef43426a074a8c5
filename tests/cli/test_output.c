#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/table.h"

static char printed[4096];

static FILE *capture(void)
{
    memset(printed, 0, sizeof printed);
    FILE *out = fmemopen(printed, sizeof printed, "w");
    assert_non_null(out);
    return out;
}

static void exit_codes_are_the_frozen_ones(void **state)
{
    (void)state;
    const struct {
        enum hf_code code;
        int exit;
    } frozen[] = {{HF_OK, 0},        {HF_FAILED, 1},    {HF_NO_MEMORY, 1},   {HF_IO, 1},
                  {HF_NO_SPACE, 1},  {HF_NOT_FOUND, 1}, {HF_EXISTS, 1},      {HF_USAGE, 2},
                  {HF_CONFIG, 3},    {HF_LOCKED, 4},    {HF_UNREACHABLE, 5}, {HF_CORRUPT, 6},
                  {HF_WRONG_KEY, 7}, {HF_STALE, 8},     {HF_REFUSED, 9},     {HF_UNSUPPORTED, 1}};
    for (size_t i = 0; i < sizeof frozen / sizeof *frozen; i++)
        assert_int_equal(hf_exit_code(frozen[i].code), frozen[i].exit);
}

static void counts_have_a_plural(void **state)
{
    (void)state;
    char text[32];
    assert_string_equal(hf_format_count(text, sizeof text, 0, "page"), "0 pages");
    assert_string_equal(hf_format_count(text, sizeof text, 1, "page"), "1 page");
    assert_string_equal(hf_format_count(text, sizeof text, UINT64_MAX, "page"),
                        "18446744073709551615 pages");
}

static void an_error_is_a_line_and_a_hint(void **state)
{
    (void)state;
    struct hf_error err = {0};
    hf_error_set(&err, HF_FAILED, "it broke");
    FILE *out = capture();
    hf_print_error(out, &err);
    hf_error_hint(&err, "mend it");
    hf_print_error(out, &err);
    fclose(out);
    assert_string_equal(printed, "holdfast: it broke\nholdfast: it broke\n  hint: mend it\n");
}

static void json_of_bytes_that_are_no_text_is_still_json(void **state)
{
    (void)state;
    json_t *object = json_object();
    hf_json_text(object, "path",
                 "a\xff"
                 "b\xc3\xa9\xe2\x82");
    assert_string_equal(json_string_value(json_object_get(object, "path")),
                        "a\xef\xbf\xbd"
                        "b\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd");
    json_decref(object);
}

static void a_time_is_given_as_text_and_as_a_number(void **state)
{
    (void)state;
    json_t *object = json_object();
    hf_json_time(object, "time", 1795442710250);
    hf_json_time(object, "never", 0);
    char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, "{\"never\":null,\"never_ms\":null,"
                              "\"time\":\"2026-11-23T14:05:10.250Z\",\"time_ms\":1795442710250}");
    free(text);
    json_decref(object);
}

static const struct hf_column columns[] = {
    {"NAME", HF_LEFT}, {"SIZE", HF_RIGHT}, {"NOTE", HF_LEFT}, {0}};

static void a_table_aligns_by_characters(void **state)
{
    (void)state;
    struct hf_table table;
    hf_table_init(&table, columns);
    hf_table_add(&table, (const char *[]){"\xc3\xa9t\xc3\xa9", "1", "x"}, NULL);
    hf_table_add(&table, (const char *[]){"winter", "1000", NULL}, NULL);
    FILE *out = capture();
    hf_table_print(&table, out);
    fclose(out);
    hf_table_release(&table);
    assert_string_equal(printed, "NAME    SIZE  NOTE\n"
                                 "\xc3\xa9t\xc3\xa9        1  x\n"
                                 "winter  1000  \n");
}

static void a_table_leaves_out_empty_columns_and_escapes(void **state)
{
    (void)state;
    struct hf_table table;
    hf_table_init(&table, columns);
    hf_table_add(&table, (const char *[]){"a\033[2J", NULL, NULL}, NULL);
    FILE *out = capture();
    hf_table_print(&table, out);
    fclose(out);
    hf_table_release(&table);
    assert_string_equal(printed, "NAME\na?[2J\n");
}

static void a_table_without_rows_prints_nothing(void **state)
{
    (void)state;
    struct hf_table table;
    hf_table_init(&table, columns);
    FILE *out = capture();
    hf_table_print(&table, out);
    fclose(out);
    hf_table_release(&table);
    assert_string_equal(printed, "");
}

static void progress_tells_amount_rate_and_what_is_left(void **state)
{
    (void)state;
    char text[160];
    const uint64_t mib = 1 << 20;
    assert_string_equal(
        hf_progress_line_text(text, sizeof text, "scan", 30 * mib, 90 * mib, 2000, 20 * mib),
        "scan  30.0 MiB of 90.0 MiB  33 %  10.0 MiB/s  7 s left");
    assert_string_equal(
        hf_progress_line_text(text, sizeof text, "scan", 30 * mib, 0, 2000, 20 * mib),
        "scan  30.0 MiB  10.0 MiB/s");
    assert_string_equal(
        hf_progress_line_text(text, sizeof text, "scan", 30 * mib, 90 * mib, 100, 20 * mib),
        "scan  30.0 MiB of 90.0 MiB  33 %");
}

static void nothing_is_drawn_where_there_is_no_terminal(void **state)
{
    (void)state;
    struct hf_progress_line progress;
    FILE *out = capture();
    hf_progress_line_init(&progress, out, HF_PROGRESS_AUTO);
    for (uint64_t i = 0; i < 1000; i++)
        hf_progress(&progress.events, "scan", i, 1000);
    hf_notice(&progress.events, "the log is %d frames long", 9);
    hf_progress_line_clear(&progress);
    fclose(out);
    assert_string_equal(printed, "holdfast: note: the log is 9 frames long\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_codes_are_the_frozen_ones),
        cmocka_unit_test(counts_have_a_plural),
        cmocka_unit_test(an_error_is_a_line_and_a_hint),
        cmocka_unit_test(json_of_bytes_that_are_no_text_is_still_json),
        cmocka_unit_test(a_time_is_given_as_text_and_as_a_number),
        cmocka_unit_test(a_table_aligns_by_characters),
        cmocka_unit_test(a_table_leaves_out_empty_columns_and_escapes),
        cmocka_unit_test(a_table_without_rows_prints_nothing),
        cmocka_unit_test(progress_tells_amount_rate_and_what_is_left),
        cmocka_unit_test(nothing_is_drawn_where_there_is_no_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
