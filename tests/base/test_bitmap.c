#include "base/bitmap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void bits_are_clear_until_they_are_set(void **state)
{
    (void)state;
    hf_auto(hf_bitmap) struct hf_bitmap map = {0};
    assert_int_equal(hf_bitmap_init(&map, 130, NULL), 0);
    for (uint64_t bit = 0; bit < 130; bit++)
        assert_false(hf_bitmap_get(&map, bit));
    hf_bitmap_set(&map, 0);
    hf_bitmap_set(&map, 64);
    hf_bitmap_set_shared(&map, 129);
    hf_bitmap_set_shared(&map, 129);
    for (uint64_t bit = 0; bit < 130; bit++)
        assert_int_equal(hf_bitmap_get(&map, bit), bit == 0 || bit == 64 || bit == 129);
    assert_int_equal(hf_bitmap_count(&map), 3);
}

static void bits_past_the_end_are_clear(void **state)
{
    (void)state;
    hf_auto(hf_bitmap) struct hf_bitmap map = {0};
    assert_int_equal(hf_bitmap_init(&map, 64, NULL), 0);
    for (uint64_t bit = 0; bit < 64; bit++)
        hf_bitmap_set(&map, bit);
    assert_false(hf_bitmap_get(&map, 64));
    assert_false(hf_bitmap_get(&map, UINT64_MAX));
    assert_int_equal(hf_bitmap_count(&map), 64);
}

static void a_map_may_have_no_bits(void **state)
{
    (void)state;
    hf_auto(hf_bitmap) struct hf_bitmap map = {0};
    assert_int_equal(hf_bitmap_init(&map, 0, NULL), 0);
    assert_false(hf_bitmap_get(&map, 0));
    assert_int_equal(hf_bitmap_count(&map), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_clear_until_they_are_set),
        cmocka_unit_test(bits_past_the_end_are_clear),
        cmocka_unit_test(a_map_may_have_no_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
