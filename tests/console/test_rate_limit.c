/* How often guessing is possible: time is what the tests say. */
#include "console/rate_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { BURST = 3, INTERVAL = 10000, START = 1000000 };

static struct hf_rate_limit begin(void)
{
    return (struct hf_rate_limit){
        .burst = BURST, .interval = INTERVAL, .all_burst = 100, .all_interval = 10};
}

static void a_burst_is_possible_and_then_one_an_interval(void **state)
{
    struct hf_rate_limit limit = begin();
    (void)state;
    for (int i = 0; i < BURST; i++)
        assert_int_equal(hf_rate_limit_try(&limit, "10.0.0.1", false, START), 0);
    assert_int_equal(hf_rate_limit_try(&limit, "10.0.0.1", false, START), 10);
    assert_int_equal(hf_rate_limit_try(&limit, "10.0.0.1", false, START + INTERVAL - 1), 1);
    assert_int_equal(hf_rate_limit_try(&limit, "10.0.0.1", false, START + INTERVAL), 0);
    assert_int_equal(hf_rate_limit_try(&limit, "10.0.0.1", false, START + INTERVAL), 10);
}

static void what_is_refused_is_not_counted(void **state)
{
    struct hf_rate_limit limit = begin();
    (void)state;
    for (int i = 0; i < 1000; i++)
        hf_rate_limit_try(&limit, "10.0.0.1", false, START);
    assert_int_equal(hf_rate_limit_try(&limit, "10.0.0.1", false, START + INTERVAL), 0);
}

static void one_address_does_not_stop_another(void **state)
{
    struct hf_rate_limit limit = begin();
    (void)state;
    for (int i = 0; i < 10; i++)
        hf_rate_limit_try(&limit, "10.0.0.1", false, START);
    assert_int_equal(hf_rate_limit_try(&limit, "10.0.0.2", false, START), 0);
}

static void many_addresses_together_are_bounded_too(void **state)
{
    struct hf_rate_limit limit = begin();
    int allowed = 0;
    char address[64];
    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(address, sizeof address, "10.0.%d.%d", i / 250, i % 250);
        allowed += !hf_rate_limit_try(&limit, address, false, START);
    }
    assert_int_equal(allowed, 100);
}

static void the_right_one_forgets_what_was_tried(void **state)
{
    struct hf_rate_limit limit = begin();
    (void)state;
    for (int i = 0; i < BURST; i++)
        hf_rate_limit_try(&limit, "10.0.0.1", false, START);
    hf_rate_limit_forget(&limit, "10.0.0.1");
    assert_int_equal(hf_rate_limit_try(&limit, "10.0.0.1", false, START), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_possible_and_then_one_an_interval),
        cmocka_unit_test(what_is_refused_is_not_counted),
        cmocka_unit_test(one_address_does_not_stop_another),
        cmocka_unit_test(many_addresses_together_are_bounded_too),
        cmocka_unit_test(the_right_one_forgets_what_was_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
