#include "service/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>

static struct hf_pace pace;

static struct hf_pace_order decide(int64_t now, const struct hf_log_look *log)
{
    const struct hf_pace_view view = {.now = now, .log = *log, .may_cut = true};
    return hf_pace_decide(&pace, &view);
}

static int begin(void **state)
{
    (void)state;
    pace = (struct hf_pace){.interval = 1000};
    return 0;
}

/* After slot 0 was left for a checkpoint that holds the write lock until nobody reads the log. */
static void a_mark_is_left_at_once_when_all_is_in_the_file(void **state)
{
    struct hf_log_look log = {
        .page_size = 4096, .page_count = 10, .frames = 7, .not_in_file = 7, .on_slot_0 = true};
    (void)state;
    assert_false(decide(10000, &log).rotate);
    log.on_slot_0 = false;
    log.not_in_file = 0;
    assert_true(decide(10010, &log).rotate);
    hf_pace_rotated(&pace, HF_ROTATION_CHECKPOINT, 10010);
    struct hf_pace_order order = decide(10011, &log);
    assert_false(order.rotate);
    assert_false(order.idle);
    assert_in_range(order.look_at, 10012, 10030);
}

static void on_slot_0_with_all_in_the_file_there_is_nothing_to_do(void **state)
{
    struct hf_log_look log = {.page_size = 4096, .page_count = 10, .frames = 7, .on_slot_0 = true};
    (void)state;
    decide(10000, &log);
    struct hf_pace_order order = decide(20000, &log);
    assert_false(order.rotate);
    assert_true(order.idle);
    assert_int_equal(order.look_at, 0);
}

static void a_quiet_log_is_brought_into_the_file(void **state)
{
    struct hf_log_look log = {
        .page_size = 4096, .page_count = 10, .frames = 7, .not_in_file = 7, .on_slot_0 = true};
    (void)state;
    struct hf_pace_order order = decide(10000, &log);
    assert_false(order.rotate);
    order = decide(order.look_at, &log);
    while (!order.rotate) {
        assert_in_range(order.look_at, 10000, 10400);
        order = decide(order.look_at, &log);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_mark_is_left_at_once_when_all_is_in_the_file, begin),
        cmocka_unit_test_setup(on_slot_0_with_all_in_the_file_there_is_nothing_to_do, begin),
        cmocka_unit_test_setup(a_quiet_log_is_brought_into_the_file, begin),
    };
    return cmocka_run_group_tests_name("service/pace", tests, NULL, NULL);
}
