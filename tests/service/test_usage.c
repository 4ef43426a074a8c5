/* What a repository cost, by the hour. */
#include "service/usage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { HOUR = 3600000 };

static const int64_t midnight = INT64_C(20000) * 24 * HOUR;

static void what_was_added_is_counted(void **state)
{
    struct hf_usage usage = {0};
    (void)state;
    hf_usage_add(&usage, midnight, 2, 100);
    hf_usage_add(&usage, midnight + 5, 1, 11);
    struct hf_usage_sum day = hf_usage_of_day(&usage, midnight + 6);
    assert_int_equal(day.requests, 3);
    assert_int_equal(day.bytes, 111);
}

static void today_begins_at_midnight_and_a_day_has_24_hours(void **state)
{
    struct hf_usage usage = {0};
    (void)state;
    hf_usage_add(&usage, midnight - 1, 1, 10);
    hf_usage_add(&usage, midnight, 1, 5);
    assert_int_equal(hf_usage_of_today(&usage, midnight + HOUR).bytes, 5);
    assert_int_equal(hf_usage_of_day(&usage, midnight + HOUR).bytes, 15);
    assert_int_equal(hf_usage_of_day(&usage, midnight + 22 * HOUR).bytes, 15);
    assert_int_equal(hf_usage_of_day(&usage, midnight + 23 * HOUR).bytes, 5);
    assert_int_equal(hf_usage_of_today(&usage, midnight + 23 * HOUR).bytes, 5);
}

static void what_is_older_than_a_day_is_forgotten(void **state)
{
    struct hf_usage usage = {0};
    (void)state;
    for (int hour = 0; hour < 100; hour++)
        hf_usage_add(&usage, midnight + (int64_t)hour * HOUR, 1, 7);
    assert_int_equal(hf_usage_of_day(&usage, midnight + 99LL * HOUR).requests, 24);
    assert_int_equal(hf_usage_of_day(&usage, midnight + 200LL * HOUR).requests, 0);
}

/* The clock was set back: what was counted in a future that is not yet does not count. */
static void a_clock_that_is_set_back_counts_nothing_twice(void **state)
{
    struct hf_usage usage = {0};
    (void)state;
    hf_usage_add(&usage, midnight + 5LL * HOUR, 1, 7);
    hf_usage_add(&usage, midnight, 1, 2);
    assert_int_equal(hf_usage_of_day(&usage, midnight).bytes, 2);
    assert_int_equal(hf_usage_of_day(&usage, midnight + 5LL * HOUR).bytes, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_counted),
        cmocka_unit_test(today_begins_at_midnight_and_a_day_has_24_hours),
        cmocka_unit_test(what_is_older_than_a_day_is_forgotten),
        cmocka_unit_test(a_clock_that_is_set_back_counts_nothing_twice),
    };
    return cmocka_run_group_tests_name("service/usage", tests, NULL, NULL);
}
