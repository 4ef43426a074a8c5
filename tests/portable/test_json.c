#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "portable/json_number.h"
#include "portable/json_reader.h"
#include "portable/json_writer.h"
#include "support/seeded.h"

static int keep(void *context, const void *bytes, size_t length, struct hf_error *err)
{
    return hf_buf_append(context, bytes, length, err);
}

static int refuse(void *context, const void *bytes, size_t length, struct hf_error *err)
{
    (void)context, (void)bytes, (void)length;
    return hf_error_set(err, HF_NO_SPACE, "full");
}

/* Text given a few bytes at a time. */
struct drip {
    const char *text;
    size_t left;
    size_t step;
};

static int64_t drip_read(void *context, void *out, size_t capacity, struct hf_error *err)
{
    (void)err;
    struct drip *drip = context;
    size_t count = drip->step < capacity ? drip->step : capacity;
    count = count < drip->left ? count : drip->left;
    memcpy(out, drip->text, count);
    drip->text += count;
    drip->left -= count;
    return (int64_t)count;
}

static void written(const struct hf_buf *out, const char *expected)
{
    assert_int_equal(out->length, strlen(expected));
    assert_memory_equal(out->data, expected, out->length);
}

static void the_layout_is_that_of_javascript(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf out = {0};
    struct hf_sink sink = {.context = &out, .write = keep};
    hf_auto(hf_json_writer) struct hf_json_writer w;
    assert_int_equal(hf_json_writer_init(&w, &sink, NULL), 0);
    hf_json_open_object(&w, HF_JSON_LINES);
    hf_json_name(&w, "none");
    hf_json_open_object(&w, HF_JSON_LINES);
    hf_json_close(&w);
    hf_json_name(&w, "list");
    hf_json_open_array(&w, HF_JSON_LINES);
    hf_json_open_array(&w, HF_JSON_LINES);
    hf_json_close(&w);
    hf_json_put_integer(&w, INT64_MIN);
    hf_json_put_integer(&w, INT64_MAX);
    hf_json_put_double(&w, 7.5);
    hf_json_put_boolean(&w, true);
    hf_json_put_null(&w);
    hf_json_open_object(&w, HF_JSON_COMPACT);
    hf_json_name(&w, "a");
    hf_json_put_integer(&w, 1);
    hf_json_name(&w, "b");
    hf_json_open_array(&w, HF_JSON_LINES);
    hf_json_put_integer(&w, 1);
    hf_json_put_integer(&w, 2);
    hf_json_close(&w);
    hf_json_close(&w);
    hf_json_close(&w);
    hf_json_name(&w, "text");
    hf_json_put_bytes(&w, "a/\"\\\b\f\n\r\t\x01\x7f\0é\u2028😀", 21);
    hf_json_close(&w);
    assert_int_equal(hf_json_writer_flush(&w, NULL), 0);
    written(&out, "{\n  \"none\": {},\n  \"list\": [\n    [],\n    -9223372036854775808,\n"
                  "    9223372036854775807,\n    7.5,\n    true,\n    null,\n"
                  "    {\"a\":1,\"b\":[1,2]}\n  ],\n"
                  "  \"text\": \"a/\\\"\\\\\\b\\f\\n\\r\\t\\u0001\x7f\\u0000é\u2028😀\"\n}");
}

static void bytes_that_are_no_text_become_replacement_characters(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf out = {0};
    struct hf_sink sink = {.context = &out, .write = keep};
    hf_auto(hf_json_writer) struct hf_json_writer w;
    hf_json_writer_init(&w, &sink, NULL);
    hf_json_put_bytes(&w, "a\xc0\x80z\xed\xa0\x80\xf5", 8);
    hf_json_writer_flush(&w, NULL);
    written(&out, "\"a\ufffd\ufffdz\ufffd\ufffd\ufffd\ufffd\"");
}

static void a_failure_of_the_sink_is_told_at_the_flush(void **state)
{
    (void)state;
    struct hf_error err = {0};
    struct hf_sink sink = {.write = refuse};
    hf_auto(hf_json_writer) struct hf_json_writer w;
    hf_json_writer_init(&w, &sink, NULL);
    hf_json_open_array(&w, HF_JSON_LINES);
    for (int i = 0; i < 100000; i++)
        hf_json_put_integer(&w, i);
    assert_true(hf_json_writer_failed(&w));
    hf_json_close(&w);
    assert_int_equal(hf_json_writer_flush(&w, &err), -1);
    assert_int_equal(err.code, HF_NO_SPACE);
}

static void doubles_are_printed_as_javascript_prints_them(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {1, "1"},
        {-1, "-1"},
        {0, "0"},
        {-0.0, "0"},
        {7.5, "7.5"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e21, "1e+21"},
        {1e20, "100000000000000000000"},
        {123456789012345680000.0, "123456789012345680000"},
        {1e-6, "0.000001"},
        {1e-7, "1e-7"},
        {1.5e-9, "1.5e-9"},
        {-1.25e-10, "-1.25e-10"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {9007199254740993, "9007199254740992"},
        {5.684341886080802e-14, "5.684341886080802e-14"},   /* 2^-44 */
        {6.256509672447191e-148, "6.256509672447191e-148"}, /* 2^-489 */
        {4.35, "4.35"},
        {1e9 + 0.5, "1000000000.5"},
        {0.000012, "0.000012"},
        {1 / 3.0, "0.3333333333333333"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[HF_NUMBER_TEXT];
        hf_number_print(text, cases[i].value);
        assert_string_equal(text, cases[i].text);
    }
}

static void a_real_never_looks_like_an_integer(void **state)
{
    (void)state;
    char text[HF_NUMBER_TEXT];
    hf_number_print_real(text, 1);
    assert_string_equal(text, "1.0");
    hf_number_print_real(text, -0.0);
    assert_string_equal(text, "-0.0");
    hf_number_print_real(text, 1e22);
    assert_string_equal(text, "1e+22");
    hf_number_print_real(text, 7.5);
    assert_string_equal(text, "7.5");
}

static void every_double_reads_back_as_itself(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = hf_seeded_next(&seed);
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (i % 2)
            value = (double)(int64_t)bits / (double)(1 << (bits % 20));
        if (value != value || value - value != 0)
            continue;
        char text[HF_NUMBER_TEXT];
        size_t length = hf_number_print_real(text, value);
        assert_int_equal(length, strlen(text));
        back = strtod(text, NULL);
        assert_memory_equal(&back, &value, sizeof value);
    }
}

/* The events as one line: {n"a"1 ...} */
static void list_events(struct hf_buf *out, const char *text, size_t length, size_t step)
{
    struct drip drip = {text, length, step};
    struct hf_source source = {.context = &drip, .read = drip_read};
    hf_auto_ptr(hf_json_reader) struct hf_json_reader *r = hf_json_reader_new(&source, NULL, NULL);
    struct hf_json_event event;
    static const char marks[] = ".{}[]ns#tf0";
    struct hf_error err = {0};
    do {
        assert_int_equal(hf_json_next(r, &event, &err), 0);
        hf_buf_print(out, NULL, "%c%d", marks[event.kind], event.depth);
        if (event.length)
            hf_buf_print(out, NULL, "'%s'", event.text);
        hf_buf_print(out, NULL, "@%d ", (int)event.line);
    } while (event.kind != HF_JSON_END);
}

static void events_come_with_depth_and_line_however_the_bytes_come(void **state)
{
    (void)state;
    const char *text = "{\"a\": [1, -2.50e3,\n 9223372036854775808],\n\"b\":{\"\\u00e9\":"
                       "\"x\\ny\"},\n\"c\":true,\"c\":false,\"d\":null, \"e\":[]} \n";
    const char *expected = "{0@1 n1'a'@1 [1@1 #2'1'@1 #2'-2.50e3'@1 #2'9223372036854775808'@2 ]1@2 "
                           "n1'b'@3 {1@3 n2'é'@3 s2'x\ny'@3 }1@3 n1'c'@4 t1@4 n1'c'@4 f1@4 n1'd'@4 "
                           "01@4 n1'e'@4 [1@4 ]1@4 }0@4 .0@5 ";
    for (size_t step = 1; step < 20; step++) {
        hf_auto(hf_buf) struct hf_buf out = {0};
        list_events(&out, text, strlen(text), step);
        assert_string_equal((char *)out.data, expected);
    }
}

static struct hf_error refusal(const char *text, size_t length, const struct hf_json_limits *limits)
{
    struct drip drip = {text, length, 7};
    struct hf_source source = {.context = &drip, .read = drip_read};
    hf_auto_ptr(hf_json_reader) struct hf_json_reader *r =
        hf_json_reader_new(&source, limits, NULL);
    struct hf_json_event event = {.kind = HF_JSON_NULL};
    struct hf_error err = {0};
    while (event.kind != HF_JSON_END && !hf_json_next(r, &event, &err))
        ;
    return err;
}

static void what_is_no_json_is_refused_with_its_line(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",         "{",         "[1,]",   "{\"a\":1,}", "[1 2]",        "{\"a\" 1}",
        "nul",      "[01]",      "[1.]",   "[-]",        "[+1]",         "\"a\nb\"",
        "\"\\x\"",  "[1] x",     "[1][2]", "// a\n[1]",  "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
        "[\"\xff]", "\"\\u12\"", "{1:2}",  "]",          "'a'",          "[NaN]",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hf_error err = refusal(cases[i], strlen(cases[i]), NULL);
        assert_int_equal(err.code, HF_CORRUPT);
        assert_non_null(strstr(err.text, "line "));
    }
    const char *late = "{\n\"a\": 1,\n\"b\": x\n}";
    assert_non_null(strstr(refusal(late, strlen(late), NULL).text, "line 3"));
}

static void depth_and_length_are_limited(void **state)
{
    (void)state;
    const struct hf_json_limits limits = {.depth = 3, .length = 10};
    assert_int_equal(refusal("[[[1]]]", 7, &limits).code, HF_OK);
    assert_non_null(strstr(refusal("[[[[1]]]]", 9, &limits).text, "too deep"));
    assert_int_equal(refusal("\"0123456789\"", 12, &limits).code, HF_OK);
    assert_non_null(strstr(refusal("\"0123456789a\"", 13, &limits).text, "longer"));
    hf_auto_free char *huge = malloc(1 << 22);
    memset(huge, 'a', 1 << 22);
    huge[0] = '"';
    assert_non_null(strstr(refusal(huge, 1 << 22, &limits).text, "longer"));
}

static void a_lone_half_of_a_character_becomes_a_replacement_character(void **state)
{
    (void)state;
    const char *text = "[\"\\ud83d\", \"a\\ude00b\", \"\\ud83d\\ude00\", \"\\\\ud83d\", "
                       "\"\\ud83d\\ud83d\\ude00\", \"\\ud83d\\n\"]";
    for (size_t step = 1; step < 30; step++) {
        hf_auto(hf_buf) struct hf_buf out = {0};
        list_events(&out, text, strlen(text), step);
        assert_string_equal((char *)out.data,
                            "[0@1 s1'\ufffd'@1 s1'a\ufffdb'@1 s1'😀'@1 s1'\\ud83d'@1 "
                            "s1'\ufffd😀'@1 s1'\ufffd\n'@1 ]0@1 .0@1 ");
    }
}

static void a_byte_order_mark_at_the_beginning_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(refusal("\xef\xbb\xbf[]", 5, NULL).code, HF_OK);
}

static void a_value_is_skipped_or_copied_whole(void **state)
{
    (void)state;
    const char *text = "{\"skip\":{\"a\":[1,{}]},\"copy\":{\"a\":[1.50,{}],\"b\":\"\\u0000x\"},"
                       "\"c\":1}";
    struct drip drip = {text, strlen(text), 5};
    struct hf_source source = {.context = &drip, .read = drip_read};
    hf_auto_ptr(hf_json_reader) struct hf_json_reader *r = hf_json_reader_new(&source, NULL, NULL);
    hf_auto(hf_buf) struct hf_buf out = {0};
    struct hf_sink sink = {.context = &out, .write = keep};
    hf_auto(hf_json_writer) struct hf_json_writer w;
    hf_json_writer_init(&w, &sink, NULL);
    struct hf_json_event event;
    hf_json_next(r, &event, NULL);
    hf_json_next(r, &event, NULL);
    assert_true(hf_json_is(&event, "skip"));
    assert_int_equal(hf_json_skip(r, &event, NULL), 0);
    hf_json_next(r, &event, NULL);
    assert_true(hf_json_is(&event, "copy"));
    assert_int_equal(hf_json_copy(r, &event, &w, NULL), 0);
    hf_json_next(r, &event, NULL);
    assert_true(hf_json_is(&event, "c"));
    hf_json_writer_flush(&w, NULL);
    written(&out, "{\n  \"a\": [\n    1.50,\n    {}\n  ],\n  \"b\": \"\\u0000x\"\n}");
}

static void a_complaint_names_the_place(void **state)
{
    (void)state;
    const char *text = "{\"users\":[\n{\"n\":1},\n{\"n\":{\"deep\":2}}]}";
    struct drip drip = {text, strlen(text), 64};
    struct hf_source source = {.context = &drip, .read = drip_read};
    hf_auto_ptr(hf_json_reader) struct hf_json_reader *r = hf_json_reader_new(&source, NULL, NULL);
    struct hf_json_event event;
    do
        hf_json_next(r, &event, NULL);
    while (event.kind != HF_JSON_NUMBER || *event.text != '2');
    struct hf_error err = {0};
    hf_json_complain(r, &err, "no such thing");
    assert_string_equal(err.text, "line 3: users[1].n.deep: no such thing");
}

static void integers_are_exact_or_none(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is;
        int64_t value;
    } cases[] = {{"9223372036854775807", true, INT64_MAX},
                 {"-9223372036854775808", true, INT64_MIN},
                 {"9223372036854775808", false, 0},
                 {"1.0", false, 0},
                 {"1e3", false, 0},
                 {"-0", true, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hf_json_event event = {
            .kind = HF_JSON_NUMBER, .text = cases[i].text, .length = strlen(cases[i].text)};
        int64_t value = 0;
        assert_int_equal(hf_json_integer_of(&event, &value), cases[i].is);
        assert_int_equal(value, cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_layout_is_that_of_javascript),
        cmocka_unit_test(bytes_that_are_no_text_become_replacement_characters),
        cmocka_unit_test(a_failure_of_the_sink_is_told_at_the_flush),
        cmocka_unit_test(doubles_are_printed_as_javascript_prints_them),
        cmocka_unit_test(a_real_never_looks_like_an_integer),
        cmocka_unit_test(every_double_reads_back_as_itself),
        cmocka_unit_test(events_come_with_depth_and_line_however_the_bytes_come),
        cmocka_unit_test(what_is_no_json_is_refused_with_its_line),
        cmocka_unit_test(depth_and_length_are_limited),
        cmocka_unit_test(a_lone_half_of_a_character_becomes_a_replacement_character),
        cmocka_unit_test(a_byte_order_mark_at_the_beginning_is_passed_over),
        cmocka_unit_test(a_value_is_skipped_or_copied_whole),
        cmocka_unit_test(a_complaint_names_the_place),
        cmocka_unit_test(integers_are_exact_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
