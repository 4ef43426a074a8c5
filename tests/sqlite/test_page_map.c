#include "sqlite/page_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after the three that it needs */
#include <cmocka.h>

static void an_empty_map_has_no_pages(void **state)
{
    const struct hf_page_map map = {0};
    (void)state;
    assert_int_equal(hf_page_map_get(&map, 1), 0);
}

static void pages_are_found_after_growing(void **state)
{
    hf_auto(hf_page_map) struct hf_page_map map = {0};
    struct hf_error err = {0};
    (void)state;
    /* Neighbours, and numbers that share their low bits. */
    for (uint32_t i = 1; i <= 20000; i++) {
        assert_int_equal(hf_page_map_put(&map, i, i, &err), 0);
        assert_int_equal(hf_page_map_put(&map, i << 16 | 0x8000, i + 1, &err), 0);
    }
    for (uint32_t i = 1; i <= 20000; i++) {
        assert_int_equal(hf_page_map_get(&map, i), i);
        assert_int_equal(hf_page_map_get(&map, i << 16 | 0x8000), i + 1);
    }
    assert_int_equal(hf_page_map_get(&map, 20001), 0);
    assert_int_equal(hf_page_map_get(&map, UINT32_MAX), 0);
    assert_int_equal(map.used, 40000);
}

static void a_later_frame_replaces_an_earlier_one(void **state)
{
    hf_auto(hf_page_map) struct hf_page_map map = {0};
    struct hf_error err = {0};
    (void)state;
    assert_int_equal(hf_page_map_put(&map, 7, 1, &err), 0);
    assert_int_equal(hf_page_map_put(&map, 7, 5, &err), 0);
    assert_int_equal(hf_page_map_get(&map, 7), 5);
    assert_int_equal(map.used, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_no_pages),
        cmocka_unit_test(pages_are_found_after_growing),
        cmocka_unit_test(a_later_frame_replaces_an_earlier_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
