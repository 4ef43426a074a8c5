#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>

#include "history/object_header.h"

static void make_header(struct hf_buf *out)
{
    struct hf_error err = {0};
    assert_int_equal(hf_header_begin(out, HF_OBJECT_ABOUT, &err), 0);
    assert_int_equal(hf_field_text(out, HF_TAG_NAME, "library", &err), 0);
    assert_int_equal(hf_field_number(out, HF_TAG_EPOCH, 4, 0x01020304, &err), 0);
    assert_int_equal(hf_field_bytes(out, (enum hf_tag)9999, "from the future", 15, &err), 0);
    assert_int_equal(hf_field_number(out, HF_TAG_FROM, 8, UINT64_MAX, &err), 0);
    hf_header_end(out, 0);
}

static enum hf_code parse(const struct hf_buf *header, struct hf_fields *fields)
{
    struct hf_error err = {0};
    size_t length = 0;
    int failed =
        hf_header_parse(header->data, header->length, HF_OBJECT_ABOUT, fields, &length, &err);
    if (!failed)
        assert_int_equal(length, header->length);
    assert_int_equal(failed != 0, err.code != HF_OK);
    return err.code;
}

static void fields_come_back_and_unknown_ones_are_skipped(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf header = {0};
    struct hf_fields fields;
    char name[16], cut[4];
    make_header(&header);
    assert_int_equal(parse(&header, &fields), HF_OK);
    hf_fields_text(&fields, HF_TAG_NAME, name, sizeof name);
    assert_string_equal(name, "library");
    hf_fields_text(&fields, HF_TAG_NAME, cut, sizeof cut);
    assert_string_equal(cut, "lib");
    hf_fields_text(&fields, HF_TAG_LABEL, name, sizeof name);
    assert_string_equal(name, "");
    assert_true(hf_fields_number_or(&fields, HF_TAG_EPOCH, 0) == 0x01020304);
    assert_true(hf_fields_number_or(&fields, HF_TAG_FROM, 0) == UINT64_MAX);
    assert_true(hf_fields_number_or(&fields, HF_TAG_TO, 7) == 7);
}

static void a_header_cut_at_any_length_is_corrupt(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf whole = {0};
    make_header(&whole);
    for (size_t length = 0; length < whole.length; length++) {
        /* A copy of exactly that length, so that a sanitizer sees a read past it. */
        struct hf_buf cut = {malloc(length ? length : 1), length, length};
        struct hf_fields fields;
        memcpy(cut.data, whole.data, length);
        assert_int_equal(parse(&cut, &fields), HF_CORRUPT);
        if (length >= HF_OBJECT_HEADER_BYTES) { /* and with a length that agrees */
            hf_header_end(&cut, 0);
            enum hf_code code = parse(&cut, &fields);
            assert_true(code == HF_OK || code == HF_CORRUPT);
        }
        hf_buf_release(&cut);
    }
}

static void a_newer_version_or_feature_is_unsupported(void **state)
{
    (void)state;
    struct hf_fields fields;
    for (int at = 10; at <= 20; at += at == 10 ? 6 : 1) {
        hf_auto(hf_buf) struct hf_buf header = {0};
        make_header(&header);
        header.data[at] |= 2;
        /* 16 to 19 are features that are required, from 20 on those that are not. */
        assert_int_equal(parse(&header, &fields), at < 20 ? HF_UNSUPPORTED : HF_OK);
    }
}

static void another_kind_or_magic_is_corrupt(void **state)
{
    (void)state;
    struct hf_fields fields;
    for (int at = 0; at < 10; at++) {
        hf_auto(hf_buf) struct hf_buf header = {0};
        make_header(&header);
        header.data[at] ^= 4;
        assert_int_equal(parse(&header, &fields), HF_CORRUPT);
    }
}

static void a_field_of_the_wrong_size_is_corrupt(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf header = {0};
    struct hf_fields fields;
    struct hf_error err = {0};
    uint64_t number = 5;
    uint8_t bytes[3];
    make_header(&header);
    assert_int_equal(parse(&header, &fields), HF_OK);
    assert_int_equal(hf_fields_number(&fields, (enum hf_tag)9999, &number, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
    assert_int_equal(hf_fields_copy(&fields, HF_TAG_NAME, bytes, sizeof bytes, &err), -1);
    assert_int_equal(number, 5);
}

static void fields_of_one_tag_come_in_their_order(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf body = {0};
    struct hf_error err = {0};
    for (uint8_t i = 0; i < 5; i++) {
        hf_field_number(&body, HF_TAG_ENTRY, 1, i, &err);
        hf_field_number(&body, HF_TAG_BYTES, 8, i, &err);
    }
    struct hf_fields fields = {body.data, body.length}, value;
    uint8_t expected = 0;
    for (size_t cursor = 0; hf_fields_next(&fields, HF_TAG_ENTRY, &cursor, &value);)
        assert_int_equal(value.bytes[0], expected++);
    assert_int_equal(expected, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_come_back_and_unknown_ones_are_skipped),
        cmocka_unit_test(a_header_cut_at_any_length_is_corrupt),
        cmocka_unit_test(a_newer_version_or_feature_is_unsupported),
        cmocka_unit_test(another_kind_or_magic_is_corrupt),
        cmocka_unit_test(a_field_of_the_wrong_size_is_corrupt),
        cmocka_unit_test(fields_of_one_tag_come_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
