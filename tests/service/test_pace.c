/* When a log is looked at, rotated, cut: time is what the tests say. */
#include "service/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { INTERVAL = 1000, START = 100000, PAGE = 4096 };

static struct hf_pace begin(void)
{
    return (struct hf_pace){.interval = INTERVAL};
}

/* A log with so many frames that are neither read nor in the file. */
static struct hf_pace_view view_at(int64_t now, uint32_t frames)
{
    return (struct hf_pace_view){
        .now = now,
        .log = {.page_size = PAGE,
                .frames = frames,
                .unread = frames,
                .not_in_file = frames,
                .on_slot_0 = true},
        .may_cut = true,
    };
}

static struct hf_pace_order decide(struct hf_pace *pace, int64_t now, uint32_t frames)
{
    struct hf_pace_view view = view_at(now, frames);
    return hf_pace_decide(pace, &view);
}

static void an_empty_log_is_left_alone_until_it_is_written_to(void **state)
{
    struct hf_pace pace = begin();
    (void)state;
    struct hf_pace_order order = decide(&pace, START, 0);
    assert_true(order.idle && order.watch);
    assert_false(order.rotate || order.cut);
    assert_int_equal(order.look_at, 0);
}

static void what_was_committed_is_cut_when_the_interval_is_over(void **state)
{
    struct hf_pace pace = begin();
    (void)state;
    assert_false(decide(&pace, START, 1).cut);
    assert_false(decide(&pace, START + INTERVAL - 1, 2).cut);
    assert_true(decide(&pace, START + INTERVAL, 3).cut);
    /* What comes after it has an interval of its own. */
    hf_pace_cut(&pace);
    assert_false(decide(&pace, START + INTERVAL + 1, 4).cut);
    assert_true(decide(&pace, START + 2 * INTERVAL + 1, 5).cut);
}

static void pages_that_were_read_and_not_cut_are_waited_for_too(void **state)
{
    struct hf_pace pace = begin();
    (void)state;
    struct hf_pace_view view = {
        .now = START, .log.on_slot_0 = true, .has_pages = true, .may_cut = true};
    struct hf_pace_order order = hf_pace_decide(&pace, &view);
    assert_false(order.idle);
    assert_int_equal(order.look_at, START + INTERVAL);
    view.now = START + INTERVAL;
    assert_true(hf_pace_decide(&pace, &view).cut);
}

static void the_time_that_storing_takes_belongs_to_the_interval(void **state)
{
    struct hf_pace pace = begin();
    (void)state;
    hf_pace_stored(&pace, 200);
    decide(&pace, START, 1);
    assert_false(decide(&pace, START + 699, 1).cut);
    assert_true(decide(&pace, START + 700, 1).cut);
    /* A slow repository takes half of it at most. */
    pace = begin();
    hf_pace_stored(&pace, 60000);
    decide(&pace, START, 1);
    assert_false(decide(&pace, START + 499, 1).cut);
    assert_true(decide(&pace, START + 500, 1).cut);
}

static void nothing_is_cut_while_the_cut_before_is_not_stored(void **state)
{
    struct hf_pace pace = begin();
    struct hf_pace_view view = view_at(START, 1);
    (void)state;
    hf_pace_decide(&pace, &view);
    view.now += 10 * INTERVAL;
    view.may_cut = false;
    assert_false(hf_pace_decide(&pace, &view).cut);
    view.may_cut = true;
    assert_true(hf_pace_decide(&pace, &view).cut);
}

static void whoever_waits_for_a_point_gets_it_at_once(void **state)
{
    struct hf_pace pace = begin();
    struct hf_pace_view view = view_at(START, 0);
    (void)state;
    view.cut_now = true;
    assert_true(hf_pace_decide(&pace, &view).cut);
}

static void a_full_log_is_rotated_below_the_applications_own_threshold(void **state)
{
    struct hf_pace pace = begin();
    (void)state;
    assert_false(decide(&pace, START, 799).rotate);
    assert_true(decide(&pace, START + 1, 800).rotate);
}

static void with_large_pages_it_is_full_sooner(void **state)
{
    struct hf_pace pace = begin();
    struct hf_pace_view view = view_at(START, 256);
    (void)state;
    view.log.page_size = 65536;
    assert_true(hf_pace_decide(&pace, &view).rotate);
}

static void a_log_that_is_quiet_is_brought_into_the_file(void **state)
{
    struct hf_pace pace = begin();
    (void)state;
    struct hf_pace_order order = decide(&pace, START, 1);
    assert_false(order.rotate);
    assert_false(decide(&pace, START + 149, 1).rotate);
    assert_true(decide(&pace, START + 150, 1).rotate);
}

/* Somebody else has copied every frame, and may hold up all writers until the log is let go. */
static void a_mark_is_left_though_all_is_in_the_file(void **state)
{
    struct hf_pace pace = begin();
    struct hf_pace_view view = view_at(START, 9);
    (void)state;
    hf_pace_decide(&pace, &view);
    view.log.unread = view.log.not_in_file = 0;
    view.log.on_slot_0 = false;
    view.now = START + 100;
    struct hf_pace_order order = hf_pace_decide(&pace, &view);
    assert_true(order.rotate && !order.idle);
    view.log.on_slot_0 = true;
    order = hf_pace_decide(&pace, &view);
    assert_true(order.idle && !order.rotate);
}

static void the_next_look_comes_before_the_log_is_full(void **state)
{
    struct hf_pace pace = begin();
    (void)state;
    decide(&pace, START, 0);
    /* 40 frames a millisecond: 400 more are there in 10. */
    struct hf_pace_order order = decide(&pace, START + 10, 400);
    assert_in_range(order.look_at, START + 12, START + 20);
    assert_false(order.watch);
    /* A quiet one: never later than the burst that may come. */
    order = decide(&pace, START + 20, 401);
    assert_in_range(order.look_at, START + 22, START + 70);
}

static void looks_are_never_closer_than_two_milliseconds(void **state)
{
    struct hf_pace pace = begin();
    (void)state;
    for (int64_t now = START; now < START + 3000; now++) {
        struct hf_pace_order order = decide(&pace, now, (uint32_t)(now - START) * 7);
        assert_true(!order.look_at || order.look_at >= now + 2);
    }
}

static void the_write_lock_is_asked_for_with_a_bound_and_never_when_gentle(void **state)
{
    struct hf_pace pace = begin();
    (void)state;
    assert_in_range(decide(&pace, START, 800).force_frames, 801, 16384);
    pace = begin();
    pace.gentle = true;
    struct hf_pace_order order = decide(&pace, START, 100000);
    assert_true(order.rotate);
    assert_int_equal(order.force_frames, 0);
}

static void a_rotation_in_vain_is_tried_again_ever_more_rarely(void **state)
{
    struct hf_pace pace = begin();
    int64_t now = START, pause = 0;
    (void)state;
    for (int i = 0; i < 12; i++) {
        assert_true(decide(&pace, now, 900).rotate);
        hf_pace_rotated(&pace, HF_ROTATION_READER, now);
        int64_t next = pace.rotate_after - now;
        assert_true(next >= 100 && next >= pause && next <= 5000);
        assert_false(decide(&pace, pace.rotate_after - 1, 900).rotate);
        pause = next;
        now = pace.rotate_after;
    }
    assert_int_equal(pause, 5000);
    hf_pace_rotated(&pace, HF_ROTATION_DONE, now);
    assert_true(decide(&pace, now + 1, 900).rotate);
}

static void commits_that_come_faster_make_nobody_wait_longer(void **state)
{
    struct hf_pace pace = begin();
    (void)state;
    for (int i = 0; i < 20; i++)
        hf_pace_rotated(&pace, HF_ROTATION_LATER, START);
    assert_in_range(pace.rotate_after, START + 1, START + 10);
    /* Somebody else's checkpoint is soon over, too. */
    for (int i = 0; i < 20; i++)
        hf_pace_rotated(&pace, HF_ROTATION_CHECKPOINT, START);
    assert_in_range(pace.rotate_after, START + 1, START + 100);
}

/* A log that was restarted has fewer frames than before: all of them are new. */
static void a_log_that_began_anew_has_grown(void **state)
{
    struct hf_pace pace = begin();
    (void)state;
    decide(&pace, START, 500);
    struct hf_pace_order order = decide(&pace, START + 200, 3);
    assert_false(order.rotate);
    assert_int_equal(pace.grew_at, START + 200);
}

static void a_log_that_begins_anew_is_looked_at_soon(void **state)
{
    struct hf_pace pace = begin();
    (void)state;
    decide(&pace, START, 10);
    decide(&pace, START + 10, 310);
    hf_pace_rotated(&pace, HF_ROTATION_DONE, START + 200);
    /* 40 frames a millisecond, and not 40 in 190. */
    struct hf_pace_order order = decide(&pace, START + 201, 40);
    assert_in_range(order.look_at, START + 202, START + 201 + 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_log_is_left_alone_until_it_is_written_to),
        cmocka_unit_test(what_was_committed_is_cut_when_the_interval_is_over),
        cmocka_unit_test(pages_that_were_read_and_not_cut_are_waited_for_too),
        cmocka_unit_test(the_time_that_storing_takes_belongs_to_the_interval),
        cmocka_unit_test(nothing_is_cut_while_the_cut_before_is_not_stored),
        cmocka_unit_test(whoever_waits_for_a_point_gets_it_at_once),
        cmocka_unit_test(a_full_log_is_rotated_below_the_applications_own_threshold),
        cmocka_unit_test(with_large_pages_it_is_full_sooner),
        cmocka_unit_test(a_log_that_is_quiet_is_brought_into_the_file),
        cmocka_unit_test(a_mark_is_left_though_all_is_in_the_file),
        cmocka_unit_test(the_next_look_comes_before_the_log_is_full),
        cmocka_unit_test(looks_are_never_closer_than_two_milliseconds),
        cmocka_unit_test(the_write_lock_is_asked_for_with_a_bound_and_never_when_gentle),
        cmocka_unit_test(a_rotation_in_vain_is_tried_again_ever_more_rarely),
        cmocka_unit_test(commits_that_come_faster_make_nobody_wait_longer),
        cmocka_unit_test(a_log_that_began_anew_has_grown),
        cmocka_unit_test(a_log_that_begins_anew_is_looked_at_soon),
    };
    return cmocka_run_group_tests_name("service/pace", tests, NULL, NULL);
}
