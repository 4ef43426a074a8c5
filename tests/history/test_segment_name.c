#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "history/segment_name.h"

static void a_name_comes_back(void **state)
{
    (void)state;
    static const struct hf_segment_name names[] = {
        {0, 1, 1, 1, 1795000000000, 0},
        {255, UINT32_MAX, 1, UINT64_MAX, 0, UINT16_MAX},
        {3, 0xabc, 0xdeadbeef, 0xdeadbeefcafe, 99999999999999, 7},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[HF_SEGMENT_NAME_TEXT];
        struct hf_segment_name again;
        hf_segment_name_format(text, &names[i]);
        assert_true(hf_segment_name_parse(&again, text));
        assert_true(hf_segment_name_same(&names[i], &again));
        assert_int_equal(names[i].part, again.part);
    }
}

static void a_name_looks_as_documented(void **state)
{
    (void)state;
    const struct hf_segment_name name = {2, 0x1f, 0x10, 0x2a, 1795000000000, 12};
    char text[HF_SEGMENT_NAME_TEXT];
    hf_segment_name_format(text, &name);
    assert_string_equal(text, "2/0000000000000010-000000000000002a.0000001f.1795000000000.p12");
}

static void everything_else_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "0",
        "0/",
        "0/0000000000000001",
        "/0000000000000001-0000000000000001.00000001.1795000000000",
        "00/0000000000000001-0000000000000001.00000001.1795000000000",
        "256/0000000000000001-0000000000000001.00000001.1795000000000",
        "-1/0000000000000001-0000000000000001.00000001.1795000000000",
        " 0/0000000000000001-0000000000000001.00000001.1795000000000",
        "0/0000000000000000-0000000000000001.00000001.1795000000000",
        "0/0000000000000002-0000000000000001.00000001.1795000000000",
        "0/000000000000000A-000000000000000b.00000001.1795000000000",
        "0/00000000000000001-0000000000000001.00000001.1795000000000",
        "0/0000000000000001-0000000000000001.0000001.1795000000000",
        "0/0000000000000001-0000000000000001.00000001.179500000000",
        "0/0000000000000001-0000000000000001.00000001.01795000000000",
        "0/0000000000000001-0000000000000001.00000001.99999999999999999999",
        "0/0000000000000001-0000000000000001.00000001.1795000000000.",
        "0/0000000000000001-0000000000000001.00000001.1795000000000.p",
        "0/0000000000000001-0000000000000001.00000001.1795000000000.p0",
        "0/0000000000000001-0000000000000001.00000001.1795000000000.p01",
        "0/0000000000000001-0000000000000001.00000001.1795000000000.p65536",
        "0/0000000000000001-0000000000000001.00000001.1795000000000.p1 ",
        "0/0000000000000001-0000000000000001.00000001.1795000000000.q1",
    };
    struct hf_segment_name untouched = {.level = 42};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (hf_segment_name_parse(&untouched, wrong[i]))
            fail_msg("'%s' was taken", wrong[i]);
    assert_int_equal(untouched.level, 42);
}

static void no_beginning_of_a_name_is_one(void **state)
{
    (void)state;
    static const char name[] = "0/0000000000000001-0000000000000001.00000001.1795000000000";
    struct hf_segment_name parsed;
    for (size_t length = 0; length + 1 < sizeof name; length++) {
        char *cut = strndup(name, length);
        assert_false(hf_segment_name_parse(&parsed, cut));
        free(cut);
    }
    assert_true(hf_segment_name_parse(&parsed, name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_comes_back),
        cmocka_unit_test(a_name_looks_as_documented),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(no_beginning_of_a_name_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
