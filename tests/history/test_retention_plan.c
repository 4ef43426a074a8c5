#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "history/past.h"

#define S(n) ((int64_t)(n)*1000)
#define H(n) S((n)*INT64_C(3600))
#define D(n) H((n)*INT64_C(24))

/* 2026-06-01 00:00:00 UTC, a Monday. */
static const int64_t start = INT64_C(1780272000000);

#define ASSERT_KEPT(past, expected)                                                                \
    do {                                                                                           \
        char text[4096];                                                                           \
        assert_string_equal(past_kept(past, text), expected);                                      \
    } while (0)
#define ASSERT_SEGMENTS(past, expected)                                                            \
    do {                                                                                           \
        char text[4096];                                                                           \
        assert_string_equal(past_segments(past, text), expected);                                  \
    } while (0)

/* A point every quarter of a minute of these seconds after `start`, by clocks that are right. */
static void points_from(struct past *past, int first, int last)
{
    for (int second = first; second <= last; second += 15) {
        past->now = start + S(second);
        past_point(past, past->now);
    }
}

static void every_point_of_the_first_pair_is_kept(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "60s:all 600s:60s", 0);
    points_from(&past, 0, 60);
    ASSERT_KEPT(&past, "1 2 3 4 5");
    past_end(&past);
}

static void a_window_keeps_its_first_point(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "60s:all 600s:60s", 0);
    points_from(&past, 0, 225);
    /* The minutes 0, 60 and 120 have left the first pair, but for the point at 165. */
    ASSERT_KEPT(&past, "1 5 9 12 13 14 15 16");
    past_end(&past);
}

static void a_flood_of_points_displaces_nothing(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "60s:all 600s:60s", 0);
    points_from(&past, 0, 105);
    for (int i = 0; i < 1000; i++) {
        past.now = start + S(120) + i;
        past_point(&past, past.now);
    }
    points_from(&past, 135, 300);
    ASSERT_KEPT(&past, "1 5 9 1012 1016 1017 1018 1019 1020");
    past_end(&past);
}

static void a_full_window_becomes_one_segment_and_its_parts_go_after_the_grace(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "60s:all 600s:60s", S(100));
    points_from(&past, 0, 195);
    past_prune(&past);
    /* The window at 60 is full as well: its points have left, and the one at 120 will stay. */
    ASSERT_SEGMENTS(&past, "0:1-1 0:2-2 0:3-3 0:4-4 1:2-5 0:5-5 0:6-6 0:7-7 0:8-8 1:6-9 0:9-9 "
                           "0:10-10 0:11-11 0:12-12 0:13-13 0:14-14");
    past.now += S(99);
    past_prune(&past);
    assert_int_equal(past.timeline.count, 16);
    past.now += S(1);
    past_prune(&past);
    ASSERT_SEGMENTS(&past, "0:1-1 1:2-5 1:6-9 0:10-10 0:11-11 0:12-12 0:13-13 0:14-14");
    past_end(&past);
}

static void a_window_is_not_merged_before_it_is_full(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "60s:all 600s:60s", 0);
    points_from(&past, 0, 105);
    past_prune(&past);
    /* The points at 15 and 30 have left; the one at 45 will follow them. */
    ASSERT_SEGMENTS(&past, "0:1-1 0:2-2 0:3-3 0:4-4 0:5-5 0:6-6 0:7-7 0:8-8");
    points_from(&past, 120, 120);
    past_prune(&past);
    past_prune(&past);
    ASSERT_SEGMENTS(&past, "0:1-1 1:2-5 0:6-6 0:7-7 0:8-8 0:9-9");
    past_end(&past);
}

static void levels_merge_into_levels(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "10s:all 60s:10s 600s:60s", 0);
    for (int second = 0; second <= 240; second += 2) {
        past.now = start + S(second);
        past_point(&past, past.now);
        past_prune(&past);
    }
    past_prune(&past);
    /* The minutes 0 to 120 are one segment each, then tens of seconds, then points. */
    ASSERT_SEGMENTS(&past, "0:1-1 2:2-31 2:32-61 2:62-91 1:92-96 1:97-101 1:102-106 1:107-111 "
                           "1:112-116 0:117-117 0:118-118 0:119-119 0:120-120 0:121-121");
    past_end(&past);
}

static void a_pinned_point_within_a_window_gets_a_bridge(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "60s:all 600s:60s", S(100));
    points_from(&past, 0, 135);
    past_prune(&past);
    ASSERT_SEGMENTS(&past, "0:1-1 0:2-2 0:3-3 0:4-4 1:2-5 0:5-5 0:6-6 0:7-7 0:8-8 0:9-9 0:10-10");
    *past_mark(&past, 3) =
        (struct hf_retention_mark){.seq = 3, .pin = HF_PIN_YES, .pin_changed = past.now};
    past.now += S(20);
    past_prune(&past);
    ASSERT_SEGMENTS(&past, "0:1-1 0:2-2 1:2-3 0:3-3 0:4-4 1:2-5 0:5-5 0:6-6 0:7-7 0:8-8 0:9-9 "
                           "0:10-10");
    past.now += S(100);
    past_prune(&past);
    ASSERT_SEGMENTS(&past, "0:1-1 1:2-3 1:2-5 0:6-6 0:7-7 0:8-8 0:9-9 0:10-10");
    past_mark(&past, 3)->pin = HF_PIN_NO;
    past_mark(&past, 3)->pin_changed = past.now;
    past.now += S(99);
    past_prune(&past);
    assert_true(past_restores(&past, 3));
    past.now += S(1);
    past_prune(&past);
    ASSERT_SEGMENTS(&past, "0:1-1 1:2-5 0:6-6 0:7-7 0:8-8 0:9-9 0:10-10");
    past_end(&past);
}

static void the_newest_and_the_newest_proven_point_stay(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "60s:1s", 0);
    for (int i = 0; i < 3; i++)
        past_point(&past, past.now = start + S(i));
    past_mark(&past, 1)->passed = past.now;
    past_mark(&past, 2)->passed = past.now;
    for (int i = 1; i < 20; i++) {
        past.now = start + D(i);
        past_point(&past, past.now);
    }
    ASSERT_KEPT(&past, "2 18 19 20 21 22");
    past_end(&past);
}

static void a_count_keeps_the_newest_whatever_their_age(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "last:3 60s:all", 0);
    for (int i = 0; i < 30; i++) {
        past.now = start + D(i);
        past_point(&past, past.now);
    }
    /* Each gap counts for a quarter of the minute. */
    ASSERT_KEPT(&past, "26 27 28 29 30");
    past_end(&past);
}

/* A busy week, then whatever the case does. Kept: how many of the points of that week. */
static void busy_week(struct past *past)
{
    past_begin(past, "1h:all 24h:1m 7d:1h 30d:1d 1y:1w", H(1));
    for (int i = 0; i < 7 * 24 * 2; i++) {
        past->now = start + i * H(1) / 2;
        past_point(past, past->now);
    }
}

static size_t kept_up_to(const struct past *past, uint64_t seq)
{
    hf_auto(hf_retention_plan) struct hf_retention_plan plan = {0};
    size_t kept = 0;
    past_plan(past, &plan);
    for (size_t i = 0; i < plan.points.count; i++)
        kept += plan.points.list[i].keep && plan.points.list[i].seq <= seq;
    return kept;
}

/* Half-hourly points: all of the last day, the hourly ones before. */
enum { WEEK = 7 * 24 * 2, KEPT = 48 + 6 * 24 };

static void clocks_that_jump_make_nothing_expire(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t time, received; /* of one more point, after the newest */
        size_t least;           /* of the week's points are kept */
    } cases[] = {
        {"the next point in time", H(1) / 2, H(1) / 2, KEPT - 3},
        {"the host's clock is a year ahead", D(365), H(1) / 2, KEPT - 3},
        {"the store's clock is a year ahead", H(1) / 2, D(365), KEPT - 3},
        {"the host's clock is a year behind", -D(365), H(1) / 2, KEPT - 3},
        {"both are a year behind", -D(365), -D(365), KEPT - 3},
        /* A quarter of a day of every minute, of the week of every hour, and no more. */
        {"both are a year ahead", D(365), D(365), KEPT - 12 - 6 - 42},
        {"nobody backed up for a month", D(31), D(31), KEPT - 12 - 6 - 42},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct past past;
        busy_week(&past);
        assert_int_equal(past.seq, WEEK);
        int64_t newest = past.now;
        past.now = newest + cases[i].received;
        past_point(&past, newest + cases[i].time);
        size_t kept = kept_up_to(&past, WEEK);
        if (kept < cases[i].least || kept > KEPT + 1)
            fail_msg("%s: %zu of %d", cases[i].name, kept, KEPT);
        past_end(&past);
    }
}

static void a_clock_that_came_back_leaves_all_as_it_was(void **state)
{
    (void)state;
    struct past past;
    busy_week(&past);
    int64_t newest = past.now;
    /* Ten points of a year ago, then the clock is right again. */
    for (int i = 1; i <= 10; i++) {
        past.now = newest + i * S(60);
        past_point(&past, past.now - D(365));
    }
    past.now += S(60);
    past_point(&past, past.now);
    assert_true(kept_up_to(&past, WEEK) >= KEPT - 3);
    past_end(&past);
}

static void time_that_passes_without_points_expires_nothing(void **state)
{
    (void)state;
    struct past past;
    busy_week(&past);
    past.now += D(3650);
    assert_true(kept_up_to(&past, WEEK) >= KEPT - 3);
    past_end(&past);
}

static void a_copied_repository_keeps_the_same_points_and_waits_again(void **state)
{
    (void)state;
    struct past past;
    char before[4096], after[4096];
    busy_week(&past);
    past_prune(&past);
    past_kept(&past, before);
    past.now += D(200);
    for (size_t i = 0; i < past.timeline.count; i++) {
        past.timeline.entries[i].received = past.now;
        past.timeline.entries[i].restorable = false;
    }
    hf_timeline_settle(&past.timeline);
    assert_string_equal(past_kept(&past, after), before);
    hf_auto(hf_retention_plan) struct hf_retention_plan plan = {0};
    past_plan(&past, &plan);
    for (size_t i = 0; i < past.timeline.count; i++)
        assert_int_not_equal(plan.fates[i], HF_FATE_GOES);
    past_end(&past);
}

/* Days of 23, 24 and 25 hours: the first point of each is kept, and each day has one. */
static void days_of_a_zone_keep_their_first_point(void **state)
{
    (void)state;
    struct past past;
    struct tm day;
    setenv("TZ", "EET-2EEST,M3.5.0/3,M10.5.0/4", 1);
    tzset();
    past_begin(&past, "1h:1h 90d:1d", 0);
    past.zone = HF_RETENTION_LOCAL;
    int64_t first = start + D(139); /* 2026-10-18 00:00 UTC */
    for (int i = 0; i < 14 * 24; i++) {
        past.now = first + H(i) + S(1800);
        past_point(&past, past.now);
    }
    hf_auto(hf_retention_plan) struct hf_retention_plan plan = {0};
    past_plan(&past, &plan);
    int last = -1, days = 0;
    for (size_t i = 0; i + 6 < plan.points.count; i++) {
        time_t seconds = (time_t)(plan.points.list[i].effective / 1000);
        localtime_r(&seconds, &day);
        bool is_first = day.tm_yday != last;
        last = day.tm_yday;
        days += is_first;
        assert_int_equal(plan.points.list[i].keep != 0, is_first);
    }
    assert_int_equal(days, 14);
    setenv("TZ", "UTC", 1);
    tzset();
    past_end(&past);
}

static void windows_that_do_not_divide_each_other_lose_no_later_one(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "7d:1d 60d:1w forever:1mo", 0);
    for (int i = 0; i < 400; i++) {
        past.now = start + D(i) + H(3);
        past_point(&past, past.now);
        past_prune(&past);
    }
    /* Of every month there is the point of its first day. */
    for (int i = 0; i < 400; i++) {
        time_t seconds = (time_t)((start + D(i)) / 1000);
        struct tm day;
        gmtime_r(&seconds, &day);
        if (day.tm_mday == 1)
            assert_true(past_restores(&past, (uint64_t)i + 1));
    }
    past_end(&past);
}

static void the_base_moves_on_when_that_frees_a_third(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "10d:1d", 0);
    past_point(&past, start); /* a full segment of 1000 bytes; each increment has 10 */
    uint64_t base = 1;
    int moves = 0;
    for (int i = 1; i < 400; i++) {
        past.now = start + D(i);
        past_point(&past, past.now);
        past_prune(&past);
        assert_int_equal(past.timeline.entries[0].name.from, 1);
        moves += past.timeline.entries[0].name.to != base;
        base = past.timeline.entries[0].name.to;
        assert_true(past.timeline.count < 64);
    }
    assert_true(moves >= 3 && moves <= 12);
    assert_true(base > 300);
    past_end(&past);
}

static void a_rule_for_the_newest_alone_still_moves_the_base(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "last:1", 0);
    for (int i = 0; i < 400; i++) {
        past.now = start + D(i);
        past_point(&past, past.now);
        past_prune(&past);
        assert_true(past.timeline.count < 64);
    }
    assert_true(past.timeline.entries[0].name.to > 300);
    ASSERT_KEPT(&past, "400");
    past_end(&past);
}

static void orphans_go_and_what_tells_them_from_history_stays(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "60s:all 600s:60s", 0);
    points_from(&past, 0, 30);
    past.epoch = 2;
    past_segment(&past, &(struct hf_segment_name){.epoch = 2, .from = 3, .to = 3, .time = start},
                 9);
    points_from(&past, 45, 135);
    past_prune(&past);
    past_prune(&past);
    /* 0:3-3 of epoch 1 has gone; that of epoch 2 stays though 1:2-5 has what it has. */
    ASSERT_SEGMENTS(&past, "0:1-1 0:3-3 1:2-5 0:6-6 0:7-7 0:8-8 0:9-9 0:10-10");
    assert_int_equal(past.timeline.entries[1].name.epoch, 2);
    past_segment(&past, &(struct hf_segment_name){.epoch = 1, .from = 4, .to = 4, .time = start},
                 9);
    assert_true(past.timeline.entries[2].orphan);
    past_end(&past);
}

static void what_a_gap_cut_off_is_left_alone(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "60s:all 600s:60s", 0);
    points_from(&past, 0, 30);
    past_segment(&past, &(struct hf_segment_name){.epoch = 1, .from = 5, .to = 5, .time = start},
                 9);
    past.now += H(5);
    hf_auto(hf_retention_plan) struct hf_retention_plan plan = {0};
    past_plan(&past, &plan);
    assert_int_equal(plan.fates[3], HF_FATE_ALONE);
    past_end(&past);
}

static void parts_of_a_segment_that_may_still_be_written_wait_for_a_day(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "60s:all", S(10));
    points_from(&past, 0, 0);
    struct hf_stray_part strays[] = {
        {{.from = 2, .to = 2, .epoch = 1, .time = start, .part = 1}, 5, start},
        {{.from = 2, .to = 2, .epoch = 1, .time = start, .part = 2}, 5, start + H(20)},
        {{.from = 3, .to = 3, .epoch = 1, .time = start, .part = 1}, 5, start},
    };
    past.timeline.strays = strays;
    past.timeline.stray_parts = 3;
    past.now = start + H(25);
    hf_auto(hf_retention_plan) struct hf_retention_plan plan = {0};
    past_plan(&past, &plan);
    assert_int_equal(plan.stray_fates[0], HF_FATE_WAITS);
    assert_int_equal(plan.stray_fates[1], HF_FATE_WAITS);
    assert_int_equal(plan.stray_fates[2], HF_FATE_GOES);
    past.timeline.strays = NULL;
    past_end(&past);
}

static void a_point_whose_pin_is_unknown_is_asked_about_before_it_goes(void **state)
{
    (void)state;
    struct past past;
    past_begin(&past, "60s:all", 0);
    points_from(&past, 0, 15);
    /* A new chain: nothing needs the first one. */
    past.now = start + S(100);
    past_segment(&past, &(struct hf_segment_name){.epoch = 1, .from = 1, .to = 3, .time = past.now},
                 9);
    points_from(&past, 115, 250);
    hf_auto(hf_retention_plan) struct hf_retention_plan plan = {0};
    past_plan(&past, &plan);
    assert_int_equal(plan.unsure_count, 2);
    assert_int_equal(plan.unsure[0], 2);
    assert_int_equal(plan.unsure[1], 1);
    past_mark(&past, 2)->pin = HF_PIN_YES;
    past_prune(&past);
    assert_true(past_restores(&past, 2));
    past_end(&past);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_of_the_first_pair_is_kept),
        cmocka_unit_test(a_window_keeps_its_first_point),
        cmocka_unit_test(a_flood_of_points_displaces_nothing),
        cmocka_unit_test(a_full_window_becomes_one_segment_and_its_parts_go_after_the_grace),
        cmocka_unit_test(a_window_is_not_merged_before_it_is_full),
        cmocka_unit_test(levels_merge_into_levels),
        cmocka_unit_test(a_pinned_point_within_a_window_gets_a_bridge),
        cmocka_unit_test(the_newest_and_the_newest_proven_point_stay),
        cmocka_unit_test(a_count_keeps_the_newest_whatever_their_age),
        cmocka_unit_test(clocks_that_jump_make_nothing_expire),
        cmocka_unit_test(a_clock_that_came_back_leaves_all_as_it_was),
        cmocka_unit_test(time_that_passes_without_points_expires_nothing),
        cmocka_unit_test(a_copied_repository_keeps_the_same_points_and_waits_again),
        cmocka_unit_test(days_of_a_zone_keep_their_first_point),
        cmocka_unit_test(windows_that_do_not_divide_each_other_lose_no_later_one),
        cmocka_unit_test(the_base_moves_on_when_that_frees_a_third),
        cmocka_unit_test(a_rule_for_the_newest_alone_still_moves_the_base),
        cmocka_unit_test(orphans_go_and_what_tells_them_from_history_stays),
        cmocka_unit_test(what_a_gap_cut_off_is_left_alone),
        cmocka_unit_test(parts_of_a_segment_that_may_still_be_written_wait_for_a_day),
        cmocka_unit_test(a_point_whose_pin_is_unknown_is_asked_about_before_it_goes),
    };
    return cmocka_run_group_tests_name("retention plan", tests, NULL, NULL);
}
