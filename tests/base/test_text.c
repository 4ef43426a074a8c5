#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void hexadecimal_goes_there_and_back(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x00, 0x0f, 0xa5, 0xff};
    uint8_t back[4];
    char text[9];
    hf_hex_encode(text, bytes, sizeof bytes);
    assert_string_equal(text, "000fa5ff");
    assert_true(hf_hex_decode(back, sizeof back, text));
    assert_memory_equal(back, bytes, sizeof bytes);
}

static void hexadecimal_is_exact(void **state)
{
    (void)state;
    uint8_t out[2];
    static const char *const bad[] = {"", "0", "000", "0000 ", "00000", "00G0", "00-1", "0A00"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(hf_hex_decode(out, 2, bad[i]));
}

static void a_number_has_exactly_so_many_digits(void **state)
{
    (void)state;
    uint64_t value = 7;
    assert_true(hf_hex_number("00ff-rest", 4, &value));
    assert_int_equal(value, 0xff);
    assert_true(hf_hex_number("ffffffffffffffff", 16, &value));
    assert_true(value == UINT64_MAX);
    value = 7;
    assert_false(hf_hex_number("0f", 3, &value));
    assert_false(hf_hex_number("FF", 2, &value));
    assert_int_equal(value, 7);
}

static void sizes_are_short_and_have_units(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {{0, "0 B"},
                 {1023, "1023 B"},
                 {1024, "1.0 KiB"},
                 {1536, "1.5 KiB"},
                 {1048575, "1.0 MiB"},
                 {UINT64_C(1181116006), "1.1 GiB"},
                 {UINT64_C(1) << 40, "1.0 TiB"},
                 {UINT64_MAX, "16.0 EiB"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[16];
        assert_string_equal(hf_format_bytes(text, sizeof text, cases[i].bytes), cases[i].text);
    }
}

static void durations_are_short_and_have_units(void **state)
{
    (void)state;
    static const struct {
        int64_t milliseconds;
        const char *text;
    } cases[] = {{0, "0.00 s"},   {420, "0.42 s"},        {12345, "12 s"},
                 {59999, "59 s"}, {185000, "3 min 05 s"}, {7800000, "2 h 10 min"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        assert_string_equal(hf_format_duration(text, sizeof text, cases[i].milliseconds),
                            cases[i].text);
    }
}

static void the_nearest_name_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {"backup", "restore", "check", "list", "status", NULL};
    assert_string_equal(hf_nearest("bakcup", names), "backup");
    assert_string_equal(hf_nearest("restor", names), "restore");
    assert_string_equal(hf_nearest("staus", names), "status");
    assert_string_equal(hf_nearest("lsit", names), "list");
    assert_string_equal(hf_nearest("chekc", names), "check");
    assert_string_equal(hf_nearest("list", names), "list");
}

static void what_is_like_no_name_has_none(void **state)
{
    (void)state;
    static const char *const names[] = {"backup", "restore", "check", NULL};
    static const char *const none[] = {NULL};
    assert_null(hf_nearest("xyzzy", names));
    assert_null(hf_nearest("", names));
    assert_null(hf_nearest("backup", none));
}

static void very_long_names_are_no_trouble(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    const char *const names[] = {text, "check", NULL};
    assert_null(hf_nearest(text, names));
    assert_string_equal(hf_nearest("chek", names), "check");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hexadecimal_goes_there_and_back),
        cmocka_unit_test(hexadecimal_is_exact),
        cmocka_unit_test(a_number_has_exactly_so_many_digits),
        cmocka_unit_test(sizes_are_short_and_have_units),
        cmocka_unit_test(durations_are_short_and_have_units),
        cmocka_unit_test(the_nearest_name_is_found),
        cmocka_unit_test(what_is_like_no_name_has_none),
        cmocka_unit_test(very_long_names_are_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
