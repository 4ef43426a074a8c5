#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void integers_are_little_endian(void **state)
{
    (void)state;
    uint8_t raw[8];
    hf_put_le(raw, 4, 0x01020304);
    assert_memory_equal(raw, "\x04\x03\x02\x01", 4);
    for (int bytes = 1; bytes <= 8; bytes++) {
        uint64_t value = UINT64_C(0x8877665544332211) >> (64 - 8 * bytes);
        hf_put_le(raw, bytes, value);
        assert_true(hf_get_le(raw, bytes) == value);
    }
}

static void sqlites_integers_are_big_endian(void **state)
{
    (void)state;
    uint8_t raw[4];
    hf_put_be32(raw, 0xfedcba98);
    assert_memory_equal(raw, "\xfe\xdc\xba\x98", 4);
    assert_true(hf_get_be32(raw) == 0xfedcba98);
}

static void a_buffer_grows_as_it_is_filled(void **state)
{
    (void)state;
    struct hf_error err;
    hf_auto(hf_buf) struct hf_buf buf = {0};
    for (int i = 0; i < 1000; i++)
        assert_int_equal(hf_buf_append_le(&buf, 3, (uint64_t)i, &err), 0);
    assert_int_equal(buf.length, 3000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(hf_get_le(buf.data + 3 * i, 3), i);
}

static void nothing_appends_zeros(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf buf = {0};
    assert_int_equal(hf_buf_append(&buf, "a", 1, NULL), 0);
    assert_int_equal(hf_buf_append(&buf, NULL, 3, NULL), 0);
    assert_int_equal(hf_buf_append(&buf, NULL, 0, NULL), 0);
    assert_int_equal(buf.length, 4);
    assert_memory_equal(buf.data, "a\0\0", 4);
}

static void room_is_kept_and_content_too(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf buf = {0};
    assert_int_equal(hf_buf_append(&buf, "abc", 3, NULL), 0);
    assert_int_equal(hf_buf_reserve(&buf, 100000, NULL), 0);
    assert_true(buf.capacity - buf.length >= 100000);
    assert_int_equal(buf.length, 3);
    assert_memory_equal(buf.data, "abc", 3);
}

static void too_much_is_out_of_memory(void **state)
{
    (void)state;
    struct hf_error err = {0};
    hf_auto(hf_buf) struct hf_buf buf = {0};
    assert_int_equal(hf_buf_append(&buf, "abc", 3, NULL), 0);
    assert_int_equal(hf_buf_reserve(&buf, SIZE_MAX - 1, &err), -1);
    assert_int_equal(err.code, HF_NO_MEMORY);
    assert_memory_equal(buf.data, "abc", 3);
}

static void released_buffers_are_empty(void **state)
{
    (void)state;
    struct hf_buf buf = {0};
    assert_int_equal(hf_buf_append(&buf, "abc", 3, NULL), 0);
    hf_buf_release(&buf);
    assert_null(buf.data);
    assert_int_equal(buf.length, 0);
    hf_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_little_endian),
        cmocka_unit_test(sqlites_integers_are_big_endian),
        cmocka_unit_test(a_buffer_grows_as_it_is_filled),
        cmocka_unit_test(nothing_appends_zeros),
        cmocka_unit_test(room_is_kept_and_content_too),
        cmocka_unit_test(too_much_is_out_of_memory),
        cmocka_unit_test(released_buffers_are_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
