#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "schema/prisma/lexer.h"
#include "schema/prisma/literals.h"

typedef bool take_function(struct hf_prisma_cursor *cursor);

/* How many bytes of the text are taken; -1: none, and the cursor stands where it stood. */
static int taken(take_function *take, const char *text)
{
    const struct hf_schema_source source = {(char *)"s", (char *)text, strlen(text)};
    struct hf_prisma_cursor cursor = {&source, 0};
    bool found = take(&cursor);
    if (!found)
        assert_int_equal(cursor.at, 0);
    return found ? (int)cursor.at : -1;
}

static void an_identifier_is_letters_digits_and_after_the_first_lines_and_hyphens(void **state)
{
    (void)state;
    assert_int_equal(taken(hf_prisma_take_identifier, "a1_b-c d"), 6);
    assert_int_equal(taken(hf_prisma_take_identifier, "1a"), 2);
    assert_int_equal(taken(hf_prisma_take_identifier, "_a"), -1);
    assert_int_equal(taken(hf_prisma_take_identifier, "k\xc3\xa4se."), 5);
    assert_int_equal(taken(hf_prisma_take_identifier, "a\xe2\x82\xac"), 1);
}

static void a_path_is_identifiers_with_dots(void **state)
{
    (void)state;
    assert_int_equal(taken(hf_prisma_take_path, "db.VarChar("), 10);
    assert_int_equal(taken(hf_prisma_take_path, ".x"), -1);
}

static void a_number_may_have_a_sign_and_a_fraction_but_no_exponent(void **state)
{
    (void)state;
    assert_int_equal(taken(hf_prisma_take_number, "-12.50)"), 6);
    assert_int_equal(taken(hf_prisma_take_number, "5."), 1);
    assert_int_equal(taken(hf_prisma_take_number, "1e5"), 1);
    assert_int_equal(taken(hf_prisma_take_number, "-x"), -1);
}

static void a_string_ends_at_its_quote_and_on_its_line(void **state)
{
    (void)state;
    assert_int_equal(taken(hf_prisma_take_string, "\"a\\\"b\" c"), 6);
    assert_int_equal(taken(hf_prisma_take_string, "\"a\nb\""), -1);
    assert_int_equal(taken(hf_prisma_take_string, "\"a\\"), -1);
}

static void a_comment_ends_with_its_line_or_its_bracket(void **state)
{
    (void)state;
    assert_int_equal(taken(hf_prisma_take_comment, "// a\nb"), 4);
    assert_int_equal(taken(hf_prisma_take_comment, "/* a\n */ b"), 8);
    assert_int_equal(taken(hf_prisma_take_comment, "/* a"), -1);
}

static void a_line_ends_in_any_of_three_ways(void **state)
{
    (void)state;
    assert_int_equal(taken(hf_prisma_take_newline, "\n\n"), 1);
    assert_int_equal(taken(hf_prisma_take_newline, "\r\n"), 2);
    assert_int_equal(taken(hf_prisma_take_newline, "\rx"), 1);
}

static void a_time_is_one_that_there_was(void **state)
{
    (void)state;
    struct hf_prisma_time time;
    assert_true(hf_prisma_parse_time("2024-02-29T23:59:60.25-01:30", &time));
    assert_string_equal(time.fraction, "25");
    assert_int_equal(time.offset, 90);
    assert_true(time.west);
    assert_false(hf_prisma_parse_time("2023-02-29T00:00:00Z", &time));
    assert_false(hf_prisma_parse_time("2023-01-01", &time));
    assert_false(hf_prisma_parse_time("2023-01-01T00:00:00Zx", &time));
    assert_false(hf_prisma_parse_time("", &time));
}

static void decimals_are_printed_without_exponents(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"1e5", "100000"}, {"1.5e-3", "0.0015"}, {"-0", "0"},          {".5", "0.5"},
        {"5.", "5"},       {"-007.10", "-7.10"}, {"12.34e1", "123.4"}, {"0.0", "0.0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hf_auto(hf_buf) struct hf_buf out = {0};
        assert_true(hf_prisma_is_decimal(cases[i][0]));
        assert_int_equal(hf_prisma_print_decimal(&out, cases[i][0], NULL), 0);
        assert_int_equal(hf_buf_append(&out, "", 1, NULL), 0);
        assert_string_equal((const char *)out.data, cases[i][1]);
    }
    assert_false(hf_prisma_is_decimal("1e"));
    assert_false(hf_prisma_is_decimal("1e9999"));
    assert_false(hf_prisma_is_decimal("."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identifier_is_letters_digits_and_after_the_first_lines_and_hyphens),
        cmocka_unit_test(a_path_is_identifiers_with_dots),
        cmocka_unit_test(a_number_may_have_a_sign_and_a_fraction_but_no_exponent),
        cmocka_unit_test(a_string_ends_at_its_quote_and_on_its_line),
        cmocka_unit_test(a_comment_ends_with_its_line_or_its_bracket),
        cmocka_unit_test(a_line_ends_in_any_of_three_ways),
        cmocka_unit_test(a_time_is_one_that_there_was),
        cmocka_unit_test(decimals_are_printed_without_exponents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
