#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "history/retention_window.h"

#define HOURS(n) ((int64_t)(n)*3600 * 1000)

static void assert_shown(const char *typed, const char *shown)
{
    struct hf_retention_rule rule;
    struct hf_error err = {0};
    char text[HF_RETENTION_TEXT];
    if (hf_retention_rule_parse(&rule, typed, &err))
        fail_msg("%s: %s", typed, err.text);
    assert_string_equal(hf_retention_rule_format(text, sizeof text, &rule), shown);
}

static void a_rule_is_shown_as_it_was_typed(void **state)
{
    (void)state;
    assert_shown("1h:all 24h:1m 7d:1h 30d:1d 1y:1w", "1h:all 24h:1m 7d:1h 30d:1d 1y:1w");
    assert_shown(" 1h:all,\t24h:5m\n", "1h:all 24h:5m");
    assert_shown("90s:1s 12mo:1w forever:1y", "90s:1s 12mo:1w forever:1y");
    assert_shown("forever:all", "forever:all");
    assert_shown("last:3", "last:3");
    assert_shown("last:3 7d:1d", "last:3 7d:1d");
}

static void the_presets_are_rules(void **state)
{
    (void)state;
    assert_shown("standard", "1h:all 24h:1m 7d:1h 30d:1d 1y:1w");
    assert_shown("light", "1h:all 24h:1h 7d:1d 30d:1w");
    assert_shown("long", "1h:all 24h:1m 30d:1h 1y:1d forever:1mo");
}

static void what_is_wrong_is_pointed_at(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *says;
    } wrong[] = {
        {"1h:all 24x:1m", "'24x' is no age"},
        {"1h:all 24h:1q", "'1q' is no granularity"},
        {"1h:all 24h", "'24h' is no pair"},
        {"0h:all", "'0h' is no age"},
        {"1h:0m", "'0m' is no granularity"},
        {"1h:all -1d:1m", "'-1d' is no age"},
        {"9999999h:all", "'9999999h' is no age"},
        {"24h:all 1h:1m", "'1h:1m' must reach further back"},
        {"24h:all 24h:1m", "'24h:1m' must reach further back"},
        {"1h:1m 24h:1m", "'24h:1m' must keep fewer points"},
        {"1h:1m 24h:all", "'24h:all' must keep fewer points"},
        {"forever:all 1y:1d", "'1y:1d' must reach further back"},
        {"7d:1d last:3", "'last:3' must stand once"},
        {"last:x", "'last:x' has no number"},
        {"last:0", "'last:0' has no number"},
        {"", "keeps nothing"},
        {"medium", "'medium' is no pair"},
        {"1s:1s 2s:2s 3s:3s 4s:4s 5s:5s 6s:6s 7s:7s 8s:8s 9s:9s 10s:10s 11s:11s 12s:12s 13s:13s "
         "14s:14s 15s:15s 16s:16s 17s:17s",
         "'17s:17s' is one pair too many"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct hf_retention_rule rule;
        struct hf_error err = {0};
        assert_int_equal(hf_retention_rule_parse(&rule, wrong[i].rule, &err), -1);
        assert_int_equal(err.code, HF_CONFIG);
        if (!strstr(err.text, wrong[i].says))
            fail_msg("'%s' says \"%s\" and not \"%s\"", wrong[i].rule, err.text, wrong[i].says);
    }
}

static void counts_become_a_rule(void **state)
{
    (void)state;
    static const struct {
        struct hf_retention_counts counts;
        const char *rule;
    } same[] = {
        {{.last = 10}, "last:10"},
        {{.hourly = 24, .daily = 7, .weekly = 4, .monthly = 12, .yearly = 3},
         "24h:1h 7d:1d 4w:1w 12mo:1mo 3y:1y"},
        {{.last = 5, .daily = 30}, "last:5 30d:1d"},
        /* A thousand hours are longer than a week, so that the daily ones are among them. */
        {{.hourly = 1000, .daily = 7, .weekly = 8}, "1000h:1h 8w:1w"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct hf_retention_rule rule;
        char text[HF_RETENTION_TEXT];
        assert_int_equal(hf_retention_rule_of_counts(&rule, &same[i].counts, NULL), 0);
        assert_string_equal(hf_retention_rule_format(text, sizeof text, &rule), same[i].rule);
        assert_shown(text, text);
    }
    struct hf_retention_rule rule;
    struct hf_error err = {0};
    assert_int_equal(hf_retention_rule_of_counts(&rule, &(struct hf_retention_counts){0}, &err),
                     -1);
    assert_int_equal(err.code, HF_USAGE);
}

static int64_t moment(const char *text)
{
    struct tm day = {0};
    assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &day));
    return (int64_t)timegm(&day) * 1000;
}

static int64_t window(const char *text, uint32_t count, enum hf_span_unit unit,
                      enum hf_retention_zone zone)
{
    return hf_retention_window(moment(text), (struct hf_span){count, unit}, zone);
}

static void windows_are_those_of_the_calendar(void **state)
{
    (void)state;
    static const struct {
        const char *last, *first; /* of one window, of the next */
        uint32_t count;
        enum hf_span_unit unit;
    } borders[] = {
        {"2026-11-22 14:04:59", "2026-11-22 14:05:00", 1, HF_SPAN_MINUTE},
        {"2026-11-22 14:04:59", "2026-11-22 14:05:00", 5, HF_SPAN_MINUTE},
        {"2026-11-22 13:59:59", "2026-11-22 14:00:00", 1, HF_SPAN_HOUR},
        {"2026-11-22 23:59:59", "2026-11-23 00:00:00", 1, HF_SPAN_DAY},
        {"2026-11-22 23:59:59", "2026-11-23 00:00:00", 1, HF_SPAN_WEEK}, /* a Monday */
        {"2026-11-30 23:59:59", "2026-12-01 00:00:00", 1, HF_SPAN_MONTH},
        {"2024-02-29 23:59:59", "2024-03-01 00:00:00", 1, HF_SPAN_MONTH},
        {"2026-12-31 23:59:59", "2027-01-01 00:00:00", 1, HF_SPAN_YEAR},
        {"1969-12-31 23:59:59", "1970-01-01 00:00:00", 1, HF_SPAN_HOUR},
        {"1969-12-31 23:59:59", "1970-01-01 00:00:00", 1, HF_SPAN_DAY},
        {"1969-12-28 23:59:59", "1969-12-29 00:00:00", 1, HF_SPAN_WEEK},
    };
    for (size_t i = 0; i < sizeof borders / sizeof *borders; i++) {
        int64_t one = window(borders[i].last, borders[i].count, borders[i].unit, HF_RETENTION_UTC);
        assert_int_equal(
            window(borders[i].first, borders[i].count, borders[i].unit, HF_RETENTION_UTC), one + 1);
    }
    assert_int_equal(window("2026-11-16 00:00:00", 1, HF_SPAN_WEEK, HF_RETENTION_UTC),
                     window("2026-11-22 23:59:59", 1, HF_SPAN_WEEK, HF_RETENTION_UTC));
}

static void days_of_a_zone_are_23_and_25_hours_long_where_its_clock_changes(void **state)
{
    (void)state;
    static const struct {
        const char *first, *last; /* of one local day, in UTC */
        int hours;
    } days[] = {
        {"2026-03-28 22:00:00", "2026-03-29 20:59:59", 23},
        {"2026-10-24 21:00:00", "2026-10-25 21:59:59", 25},
        {"2026-11-21 22:00:00", "2026-11-22 21:59:59", 24},
    };
    setenv("TZ", "EET-2EEST,M3.5.0/3,M10.5.0/4", 1);
    tzset();
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        int64_t first = moment(days[i].first), last = moment(days[i].last) + 999;
        struct hf_span day = {1, HF_SPAN_DAY};
        int64_t one = hf_retention_window(first, day, HF_RETENTION_LOCAL);
        assert_int_equal(last + 1 - first, HOURS(days[i].hours));
        assert_int_equal(hf_retention_window(last, day, HF_RETENTION_LOCAL), one);
        assert_int_equal(hf_retention_window(first - 1, day, HF_RETENTION_LOCAL), one - 1);
        assert_int_equal(hf_retention_window(last + 1, day, HF_RETENTION_LOCAL), one + 1);
    }
    /* Hours stay those of UTC: the one that is repeated is two. */
    assert_int_equal(window("2026-10-25 00:30:00", 1, HF_SPAN_HOUR, HF_RETENTION_LOCAL) + 1,
                     window("2026-10-25 01:30:00", 1, HF_SPAN_HOUR, HF_RETENTION_LOCAL));
    /* The week and the month of a zone begin with its day. */
    assert_int_equal(window("2026-11-22 21:59:59", 1, HF_SPAN_WEEK, HF_RETENTION_LOCAL) + 1,
                     window("2026-11-22 22:00:00", 1, HF_SPAN_WEEK, HF_RETENTION_LOCAL));
    assert_int_equal(window("2026-11-30 21:59:59", 1, HF_SPAN_MONTH, HF_RETENTION_LOCAL) + 1,
                     window("2026-11-30 22:00:00", 1, HF_SPAN_MONTH, HF_RETENTION_LOCAL));
    setenv("TZ", "UTC", 1);
    tzset();
}

static void a_window_has_a_name_for_people(void **state)
{
    (void)state;
    static const struct {
        struct hf_span every;
        const char *name;
    } names[] = {
        {{10, HF_SPAN_SECOND}, "2026-11-22 14:05:10 UTC"},
        {{1, HF_SPAN_MINUTE}, "2026-11-22 14:05 UTC"},
        {{2, HF_SPAN_HOUR}, "2026-11-22 14:00 UTC"},
        {{1, HF_SPAN_DAY}, "2026-11-22"},
        {{1, HF_SPAN_WEEK}, "week of 2026-11-16"},
        {{1, HF_SPAN_MONTH}, "2026-11"},
        {{1, HF_SPAN_YEAR}, "2026"},
    };
    char text[32];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(hf_retention_window_text(text, sizeof text,
                                                     moment("2026-11-22 14:05:17"), names[i].every,
                                                     HF_RETENTION_UTC),
                            names[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_is_shown_as_it_was_typed),
        cmocka_unit_test(the_presets_are_rules),
        cmocka_unit_test(what_is_wrong_is_pointed_at),
        cmocka_unit_test(counts_become_a_rule),
        cmocka_unit_test(windows_are_those_of_the_calendar),
        cmocka_unit_test(days_of_a_zone_are_23_and_25_hours_long_where_its_clock_changes),
        cmocka_unit_test(a_window_has_a_name_for_people),
    };
    return cmocka_run_group_tests_name("retention rule", tests, NULL, NULL);
}
