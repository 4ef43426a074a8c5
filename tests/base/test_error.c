#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Well-formed UTF-8 without control characters: what one line of a terminal can show. */
static bool is_one_clean_line(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    while (*c) {
        int more = *c < 0x80 ? 0 : *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc2 ? 1 : -1;
        if (more < 0 || *c < 0x20 || *c == 0x7f)
            return false;
        for (c++; more; more--, c++)
            if ((*c & 0xc0) != 0x80)
                return false;
    }
    return true;
}

/* 4,000 bytes of one character after `shift` letters. */
static char *long_path(int shift, const char *character)
{
    static char path[4001];
    size_t length = strlen(character), at = 0;
    for (; (int)at < shift; at++)
        path[at] = 'a';
    for (; at + length <= 4000; at += length)
        memcpy(path + at, character, length);
    path[at] = 0;
    return path;
}

static void setting_an_error_gives_minus_one(void **state)
{
    (void)state;
    struct hf_error err;
    assert_int_equal(hf_error_set(&err, HF_LOCKED, "'%s' is open", "a.db"), -1);
    assert_int_equal(err.code, HF_LOCKED);
    assert_int_equal(err.sys, 0);
    assert_string_equal(err.text, "'a.db' is open");
    assert_string_equal(err.hint, "");
}

static void nobody_need_care(void **state)
{
    (void)state;
    assert_int_equal(hf_error_set(NULL, HF_LOCKED, "x"), -1);
    assert_int_equal(hf_error_sys(NULL, EIO, "read", "x"), -1);
    assert_int_equal(hf_error_memory(NULL), -1);
    assert_int_equal(hf_error_wrap(NULL, "x"), -1);
    assert_int_equal(hf_error_hint(NULL, "x"), -1);
}

static void a_new_error_forgets_the_old_one(void **state)
{
    (void)state;
    struct hf_error err;
    hf_error_sys(&err, EIO, "read", "a");
    hf_error_hint(&err, "hint");
    hf_error_set(&err, HF_FAILED, "new");
    assert_int_equal(err.sys, 0);
    assert_string_equal(err.op, "");
    assert_string_equal(err.subject, "");
    assert_string_equal(err.hint, "");
}

static void the_systems_number_decides_the_code(void **state)
{
    (void)state;
    static const struct {
        int sys;
        enum hf_code code;
    } cases[] = {{ENOSPC, HF_NO_SPACE},   {EDQUOT, HF_NO_SPACE},
                 {EFBIG, HF_NO_SPACE},    {ENOENT, HF_NOT_FOUND},
                 {ENOTDIR, HF_NOT_FOUND}, {EEXIST, HF_EXISTS},
                 {ENOMEM, HF_NO_MEMORY},  {EIO, HF_IO},
                 {EACCES, HF_IO}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hf_error err;
        assert_int_equal(hf_error_sys(&err, cases[i].sys, "open", "data/app.db"), -1);
        assert_int_equal(err.code, cases[i].code);
        assert_int_equal(err.sys, cases[i].sys);
        assert_string_equal(err.op, "open");
        assert_string_equal(err.subject, "data/app.db");
    }
    struct hf_error err;
    hf_error_sys(&err, ENOENT, "open", "data/app.db");
    assert_string_equal(err.text, "open 'data/app.db': No such file or directory");
}

static void wrapping_puts_the_outer_first_and_keeps_the_rest(void **state)
{
    (void)state;
    struct hf_error err;
    hf_error_sys(&err, ENOSPC, "write", "seg");
    hf_error_hint(&err, "make room");
    hf_error_wrap(&err, "store object");
    hf_error_wrap(&err, "back up '%s'", "app");
    assert_string_equal(err.text,
                        "back up 'app': store object: write 'seg': No space left on device");
    assert_int_equal(err.code, HF_NO_SPACE);
    assert_int_equal(err.sys, ENOSPC);
    assert_string_equal(err.hint, "make room");
}

static void the_innermost_hint_wins(void **state)
{
    (void)state;
    struct hf_error err;
    hf_error_set(&err, HF_FAILED, "x");
    hf_error_hint(&err, "inner %d", 1);
    hf_error_hint(&err, "outer");
    assert_string_equal(err.hint, "inner 1");
}

static void what_does_it_on_a_command_line_is_no_part_of_the_hint(void **state)
{
    (void)state;
    struct hf_error err;
    char typed[HF_TYPED_HINT];
    hf_error_set(&err, HF_NO_SPACE, "x");
    assert_string_equal(hf_error_typed_hint(typed, &err), "");
    hf_error_hint_typed(&err, "--to", "restore to another disk");
    hf_error_hint_typed(&err, "--outer", "outer");
    assert_string_equal(err.hint, "restore to another disk");
    assert_string_equal(hf_error_typed_hint(typed, &err), "restore to another disk (--to)");
    hf_error_set(&err, HF_FAILED, "y");
    hf_error_hint(&err, "wait");
    assert_string_equal(hf_error_typed_hint(typed, &err), "wait");
}

static void a_hint_is_one_line_that_ends_at_a_character(void **state)
{
    (void)state;
    for (int shift = 0; shift < 4; shift++) {
        struct hf_error err = {0};
        hf_error_hint(&err, "look at '\n%.600s'", long_path(shift, "\xe2\x82\xac"));
        assert_true(is_one_clean_line(err.hint));
        assert_non_null(strstr(err.hint, "look at '\\n"));
        assert_true(strlen(err.hint) > sizeof err.hint - 10);
    }
}

static void control_characters_are_escaped(void **state)
{
    (void)state;
    struct hf_error err;
    hf_error_sys(&err, ENOENT, "open", "a\nb\tc\x1b[31m\x7f");
    assert_string_equal(err.text, "open 'a\\nb\\x09c\\x1b[31m\\x7f': No such file or directory");
    hf_error_wrap(&err, "outer\r");
    assert_non_null(strstr(err.text, "outer\\x0d: open"));
    assert_true(is_one_clean_line(err.text));
}

static void a_long_path_is_cut_in_the_middle_at_characters(void **state)
{
    (void)state;
    static const char *const characters[] = {"x", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x92\xbe"};
    for (int i = 0; i < 4; i++)
        for (int shift = 0; shift < 5; shift++) {
            struct hf_error err;
            char *path = long_path(shift, characters[i]);
            memcpy(path + strlen(path) - 8 * strlen(characters[i]), "/end.db", 8);
            hf_error_sys(&err, ENOENT, "open", path);
            assert_true(is_one_clean_line(err.subject));
            assert_true(is_one_clean_line(err.text));
            assert_non_null(strstr(err.subject, "\xe2\x80\xa6"));
            assert_non_null(strstr(err.subject, "/end.db"));
            assert_memory_equal(err.subject, path, 40);
        }
}

static void a_path_of_control_characters_is_still_one_line(void **state)
{
    (void)state;
    struct hf_error err;
    hf_error_sys(&err, ENOENT, "open", long_path(3, "\n"));
    assert_true(is_one_clean_line(err.text));
    assert_true(strlen(err.subject) < sizeof err.subject);
    assert_true(strlen(err.text) < sizeof err.text);
}

static void a_long_text_is_cut_at_a_character(void **state)
{
    (void)state;
    for (int shift = 0; shift < 4; shift++) {
        struct hf_error err;
        hf_error_set(&err, HF_FAILED, "%.1800s", long_path(shift, "\xe2\x82\xac"));
        assert_true(strlen(err.text) < sizeof err.text);
        assert_true(strlen(err.text) > sizeof err.text - 10);
        assert_true(is_one_clean_line(err.text));
        assert_string_equal(err.text + strlen(err.text) - 3, "\xe2\x80\xa6");
    }
}

static void wrapping_often_never_overflows(void **state)
{
    (void)state;
    struct hf_error err;
    hf_error_set(&err, HF_FAILED, "cause");
    for (int i = 0; i < 200; i++)
        hf_error_wrap(&err, "level %d of something that goes wrong", i);
    assert_true(strlen(err.text) < sizeof err.text);
    assert_true(is_one_clean_line(err.text));
    assert_non_null(strstr(err.text, "level 199"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_an_error_gives_minus_one),
        cmocka_unit_test(nobody_need_care),
        cmocka_unit_test(a_new_error_forgets_the_old_one),
        cmocka_unit_test(the_systems_number_decides_the_code),
        cmocka_unit_test(wrapping_puts_the_outer_first_and_keeps_the_rest),
        cmocka_unit_test(the_innermost_hint_wins),
        cmocka_unit_test(what_does_it_on_a_command_line_is_no_part_of_the_hint),
        cmocka_unit_test(a_hint_is_one_line_that_ends_at_a_character),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(a_long_path_is_cut_in_the_middle_at_characters),
        cmocka_unit_test(a_path_of_control_characters_is_still_one_line),
        cmocka_unit_test(a_long_text_is_cut_at_a_character),
        cmocka_unit_test(wrapping_often_never_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
