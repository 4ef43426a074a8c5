#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cli/list_groups.h"

#define S(n) ((int64_t)(n)*1000)
#define H(n) S((n)*INT64_C(3600))
#define D(n) H((n)*INT64_C(24))

enum { MOST = 20000 };

/* 2026-06-01 00:00:00 UTC */
static const int64_t start = INT64_C(1780272000000);

struct list {
    struct hf_points points;
};

static int make_list(void **state)
{
    struct list *list = calloc(1, sizeof *list);
    list->points.list = calloc(MOST, sizeof *list->points.list);
    *state = list;
    return 0;
}

static int free_list(void **state)
{
    struct list *list = *state;
    hf_points_release(&list->points);
    free(list);
    return 0;
}

static struct hf_point *add(struct list *list, int64_t time, const char *reason)
{
    assert_true(list->points.count < MOST);
    struct hf_point *point = &list->points.list[list->points.count++];
    *point =
        (struct hf_point){.seq = list->points.count, .time = time, .effective = time, .bytes = 10};
    snprintf(point->reason, sizeof point->reason, "%s", reason);
    return point;
}

static size_t count_groups(const struct list *list)
{
    const struct hf_points *points = &list->points;
    int64_t now = points->list[points->count - 1].effective;
    size_t groups = 0;
    for (size_t at = 0; at < points->count; groups++) {
        struct hf_point_group group = hf_point_group_at(points, at, now);
        assert_ptr_equal(group.first, &points->list[at]);
        assert_ptr_equal(group.last, &points->list[at + group.count - 1]);
        assert_int_equal(group.bytes, 10 * group.count);
        at += group.count;
    }
    return groups;
}

static void points_that_somebody_asked_for_stand_alone(void **state)
{
    struct list *list = *state;
    for (int i = 0; i < 100; i++)
        add(list, start + S(i), i % 2 ? "manual" : "boot");
    assert_int_equal(count_groups(list), 100);
}

static void continuous_points_are_a_row_an_hour_a_day_a_month(void **state)
{
    struct list *list = *state;
    for (int month = 0; month < 3; month++)
        for (int i = 0; i < 50; i++)
            add(list, start + D(30 * month) + H(i % 7) / 10 + S(i), "continuous");
    size_t old = count_groups(list);
    assert_true(old <= 4);
    for (int day = 0; day < 5; day++)
        for (int i = 0; i < 1000; i++)
            add(list, start + D(100 + day) + S(60 * i), "continuous");
    size_t days = count_groups(list) - old;
    /* Four days, and the hours of the last. */
    assert_true(days >= 4 + 16 && days <= 4 + 26);
}

static void what_has_a_label_a_pin_or_a_proof_is_not_hidden(void **state)
{
    struct list *list = *state;
    for (int i = 0; i < 60; i++)
        add(list, start + S(i), "continuous");
    assert_int_equal(count_groups(list), 1);
    strcpy(list->points.list[10].label, "before the move");
    assert_int_equal(count_groups(list), 3);
    list->points.list[20].pinned = true;
    assert_int_equal(count_groups(list), 5);
    list->points.list[30].proof = HF_PROOF_PASSED;
    assert_int_equal(count_groups(list), 7);
    list->points.list[40].damaged = true;
    assert_int_equal(count_groups(list), 9);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_list, free_list)
    const struct CMUnitTest tests[] = {
        TEST(points_that_somebody_asked_for_stand_alone),
        TEST(continuous_points_are_a_row_an_hour_a_day_a_month),
        TEST(what_has_a_label_a_pin_or_a_proof_is_not_hidden),
    };
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests_name("list groups", tests, NULL, NULL);
}
