#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* 2026-11-22T12:05:10.250Z, a Sunday. */
#define NOW INT64_C(1795349110250)
#define HOUR INT64_C(3600000)

static void set_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static int utc(void **state)
{
    (void)state;
    set_zone("UTC");
    return 0;
}

static int helsinki(void **state)
{
    (void)state;
    /* Rules in full, so that the tests need no zone files: +2, summer +3 from the last Sunday of
     * March 03:00 to the last Sunday of October 04:00. */
    set_zone("EET-2EEST,M3.5.0/3,M10.5.0/4");
    return 0;
}

static void reads(const char *text, const char *iso)
{
    int64_t time = 0;
    char got[32];
    if (!hf_time_parse(text, NOW, &time))
        fail_msg("'%s' was not understood", text);
    if (strcmp(hf_time_iso(got, sizeof got, time), iso) != 0)
        fail_msg("'%s' is %s and not %s", text, got, iso);
}

static void refuses(const char *text)
{
    int64_t time = 42;
    if (hf_time_parse(text, NOW, &time))
        fail_msg("'%s' was understood as %lld", text, (long long)time);
    assert_int_equal(time, 42);
}

static void now_is_now(void **state)
{
    (void)state;
    reads("now", "2026-11-22T12:05:10.250Z");
    reads(" NOW ", "2026-11-22T12:05:10.250Z");
}

static void ages_are_understood_in_letters_and_words(void **state)
{
    (void)state;
    reads("15m ago", "2026-11-22T11:50:10.250Z");
    reads("15 min ago", "2026-11-22T11:50:10.250Z");
    reads("2 hours ago", "2026-11-22T10:05:10.250Z");
    reads("1h30m ago", "2026-11-22T10:35:10.250Z");
    reads("1 h 30 min", "2026-11-22T10:35:10.250Z");
    reads("90s", "2026-11-22T12:03:40.250Z");
    reads("3d", "2026-11-19T12:05:10.250Z");
    reads("1 Week Ago", "2026-11-15T12:05:10.250Z");
    reads("0s", "2026-11-22T12:05:10.250Z");
}

static void ages_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"15",        "m",         "ago",       "-5m",
                                      "30m1h",     "1h1h",      "5 parsecs", "1.5h",
                                      "5m before", "12345678s", "5mago"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(bad[i]);
}

static void clocks_mean_today_unless_a_day_is_named(void **state)
{
    (void)state;
    reads("14:05", "2026-11-22T14:05:00.000Z");
    reads("9:05", "2026-11-22T09:05:00.000Z");
    reads("14:05:10.5", "2026-11-22T14:05:10.500Z");
    reads("today 14:05", "2026-11-22T14:05:00.000Z");
    reads("today", "2026-11-22T00:00:00.000Z");
    reads("yesterday 14:05:10", "2026-11-21T14:05:10.000Z");
    reads("Yesterday", "2026-11-21T00:00:00.000Z");
}

static void dates_are_understood(void **state)
{
    (void)state;
    reads("2026-11-22", "2026-11-22T00:00:00.000Z");
    reads("2026-11-22 14:05", "2026-11-22T14:05:00.000Z");
    reads("2026-11-22 14:05:10", "2026-11-22T14:05:10.000Z");
    reads("2026-11-22 14:05:10.250", "2026-11-22T14:05:10.250Z");
    reads("  2026-11-22   14:05  ", "2026-11-22T14:05:00.000Z");
    reads("1969-12-31 23:59:59", "1969-12-31T23:59:59.000Z");
}

static void iso_times_carry_their_zone(void **state)
{
    (void)state;
    reads("2026-11-22T14:05:10.250Z", "2026-11-22T14:05:10.250Z");
    reads("2026-11-22T14:05Z", "2026-11-22T14:05:00.000Z");
    reads("2026-11-22T14:05:10+02:00", "2026-11-22T12:05:10.000Z");
    reads("2026-11-22T14:05:10-0330", "2026-11-22T17:35:10.000Z");
    reads("2026-11-22T01:05:10+02", "2026-11-21T23:05:10.000Z");
    reads("2026-11-22 14:05 UTC", "2026-11-22T14:05:00.000Z");
}

static void days_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"2026-02-29", "2100-02-29", "2026-04-31",      "2026-13-01",
                                      "2026-00-10", "2026-01-00", "2026-11-32 10:00"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(bad[i]);
    reads("2024-02-29", "2024-02-29T00:00:00.000Z");
    reads("2000-02-29 23:59", "2000-02-29T23:59:00.000Z");
}

static void other_text_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " ",
                                      "nowhere",
                                      "tomorrow 10:00",
                                      "24:00",
                                      "12:60",
                                      "12:30:60",
                                      "12",
                                      "12:",
                                      "12:3",
                                      "12:30:",
                                      "12:30:10.",
                                      "12:30:10.1234",
                                      "2026-11",
                                      "26-11-22",
                                      "2026-1-2",
                                      "2026/11/22",
                                      "2026-11-22T",
                                      "2026-11-22T14:05+2",
                                      "2026-11-22T14:05+24:00",
                                      "2026-11-22T14:05+02:60",
                                      "2026-11-22 14:05 CET",
                                      "2026-11-22 14:05 tomorrow",
                                      "2026-11-22 x",
                                      "today x",
                                      "yesterdays",
                                      "14:05 ago",
                                      "2026-11-22T14:05Zulu"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(bad[i]);
}

static void local_times_follow_the_zone(void **state)
{
    (void)state;
    reads("2026-11-22 14:05", "2026-11-22T12:05:00.000Z");
    reads("2026-07-01 14:05", "2026-07-01T11:05:00.000Z");
    reads("14:05", "2026-11-22T12:05:00.000Z");
    reads("2026-11-22T14:05Z", "2026-11-22T14:05:00.000Z");
}

static void yesterday_is_the_local_yesterday(void **state)
{
    (void)state;
    int64_t time;
    char text[32];
    /* 23:30 UTC is 01:30 of the next day in Helsinki. */
    assert_true(hf_time_parse("yesterday 12:00", INT64_C(1795390200000), &time));
    assert_string_equal(hf_time_iso(text, sizeof text, time), "2026-11-22T10:00:00.000Z");
}

static void a_local_time_that_a_clock_change_skips_is_an_existing_one(void **state)
{
    (void)state;
    int64_t time;
    /* 2026-03-29: 03:00 becomes 04:00. mktime takes one of the two neighbours. */
    assert_true(hf_time_parse("2026-03-29 03:30", NOW, &time));
    assert_true(time == INT64_C(1774744200000) || time == INT64_C(1774747800000));
    reads("2026-03-29 02:59", "2026-03-29T00:59:00.000Z");
    reads("2026-03-29 04:00", "2026-03-29T01:00:00.000Z");
}

static void a_repeated_local_time_is_told_apart_by_its_zone(void **state)
{
    (void)state;
    int64_t time;
    assert_true(hf_time_parse("2026-10-25 03:30", NOW, &time));
    assert_true(time == INT64_C(1792888200000) || time == INT64_C(1792891800000));
    reads("2026-10-25 03:30:00 EEST", "2026-10-25T00:30:00.000Z");
    reads("2026-10-25 03:30:00 EET", "2026-10-25T01:30:00.000Z");
    refuses("2026-11-22 14:05 EEST");
}

static void what_is_written_can_be_read_again(void **state)
{
    (void)state;
    for (int64_t time = INT64_C(1774728000000); time < INT64_C(1792900800000); time += 7 * HOUR) {
        char text[48];
        int64_t back = 0;
        assert_true(hf_time_parse(hf_time_local(text, sizeof text, time), NOW, &back));
        assert_int_equal(back, time);
        assert_true(hf_time_parse(hf_time_iso(text, sizeof text, time + 123), NOW, &back));
        assert_int_equal(back, time + 123);
    }
}

static void precision_is_the_least_unit_typed(void **state)
{
    (void)state;
    assert_int_equal(hf_time_precision("14:05"), 60000);
    assert_int_equal(hf_time_precision("2026-11-22 14:05"), 60000);
    assert_int_equal(hf_time_precision("2026-11-22T14:05:10Z"), 1000);
    assert_int_equal(hf_time_precision("14:05:10.2"), 100);
    assert_int_equal(hf_time_precision("14:05:10.25"), 10);
    assert_int_equal(hf_time_precision("14:05:10.250"), 1);
    assert_int_equal(hf_time_precision("2026-11-22"), 24 * HOUR);
    assert_int_equal(hf_time_precision("yesterday"), 24 * HOUR);
    assert_int_equal(hf_time_precision("now"), 1);
    assert_int_equal(hf_time_precision("15m ago"), 1);
    assert_int_equal(hf_time_precision("nonsense"), 1);
}

static void a_day_is_as_long_as_its_clock_change_makes_it(void **state)
{
    (void)state;
    assert_int_equal(hf_time_precision("2026-03-29"), 23 * HOUR);
    assert_int_equal(hf_time_precision("2026-10-25"), 25 * HOUR);
    assert_int_equal(hf_time_precision("2026-10-26"), 24 * HOUR);
}

static void times_are_written_with_their_zone(void **state)
{
    (void)state;
    char text[48];
    assert_string_equal(hf_time_iso(text, sizeof text, NOW), "2026-11-22T12:05:10.250Z");
    assert_string_equal(hf_time_local(text, sizeof text, NOW), "2026-11-22 14:05:10 EET");
    assert_string_equal(hf_time_iso(text, sizeof text, -1), "1969-12-31T23:59:59.999Z");
    assert_string_equal(hf_time_iso(text, sizeof text, 0), "1970-01-01T00:00:00.000Z");
}

static void ages_are_short(void **state)
{
    (void)state;
    static const struct {
        int64_t distance;
        const char *text;
    } cases[] = {
        {0, "just now"},
        {1999, "just now"},
        {-1500, "just now"},
        {42000, "42 s ago"},
        {59999, "59 s ago"},
        {60000, "1 min ago"},
        {15 * 60000, "15 min ago"},
        {3 * HOUR, "3 h ago"},
        {47 * HOUR, "47 h ago"},
        {48 * HOUR, "2 d ago"},
        {12 * 24 * HOUR, "12 d ago"},
        {-5 * 60000, "in 5 min"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[48];
        assert_string_equal(hf_time_age(text, sizeof text, NOW - cases[i].distance, NOW),
                            cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(now_is_now, utc),
        cmocka_unit_test_setup(ages_are_understood_in_letters_and_words, utc),
        cmocka_unit_test_setup(ages_that_make_no_sense_are_refused, utc),
        cmocka_unit_test_setup(clocks_mean_today_unless_a_day_is_named, utc),
        cmocka_unit_test_setup(dates_are_understood, utc),
        cmocka_unit_test_setup(iso_times_carry_their_zone, utc),
        cmocka_unit_test_setup(days_that_do_not_exist_are_refused, utc),
        cmocka_unit_test_setup(other_text_is_refused, utc),
        cmocka_unit_test_setup(local_times_follow_the_zone, helsinki),
        cmocka_unit_test_setup(yesterday_is_the_local_yesterday, helsinki),
        cmocka_unit_test_setup(a_local_time_that_a_clock_change_skips_is_an_existing_one, helsinki),
        cmocka_unit_test_setup(a_repeated_local_time_is_told_apart_by_its_zone, helsinki),
        cmocka_unit_test_setup(what_is_written_can_be_read_again, helsinki),
        cmocka_unit_test_setup(precision_is_the_least_unit_typed, utc),
        cmocka_unit_test_setup(a_day_is_as_long_as_its_clock_change_makes_it, helsinki),
        cmocka_unit_test_setup(times_are_written_with_their_zone, helsinki),
        cmocka_unit_test_setup(ages_are_short, utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
