/* Timelines and plans: pure, against a search of everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>

#include <stdlib.h>

#include "history/timeline.h"

static void add(struct hf_timeline *timeline, uint8_t level, uint64_t from, uint64_t to,
                uint32_t epoch)
{
    struct hf_timeline_entry entry = {
        .name = {.level = level, .from = from, .to = to, .epoch = epoch, .time = 1000},
        .bytes = 10,
    };
    assert_int_equal(hf_timeline_add(timeline, &entry, NULL), 0);
}

/* How many segments the plan for a point has; 0 when there is none. */
static size_t plan_length(const struct hf_timeline *timeline, uint64_t seq)
{
    struct hf_plan plan = {0};
    struct hf_error err = {0};
    if (hf_plan_make(&plan, timeline, seq, &err))
        return 0;
    size_t count = plan.count;
    hf_plan_release(&plan);
    return count;
}

static void increments_after_a_full_segment_are_all_points(void **state)
{
    (void)state;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    for (uint64_t i = 1; i <= 20; i++)
        add(&timeline, 0, i, i, 1);
    hf_timeline_settle(&timeline);
    for (uint64_t i = 1; i <= 20; i++)
        assert_int_equal(plan_length(&timeline, i), i);
    assert_int_equal(hf_timeline_newest(&timeline)->name.to, 20);
    assert_int_equal(timeline.highest, 20);
}

static void a_missing_segment_ends_what_comes_after_it(void **state)
{
    (void)state;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct hf_plan plan = {0};
    struct hf_error err = {0};
    for (uint64_t i = 1; i <= 9; i++)
        if (i != 5)
            add(&timeline, 0, i, i, 1);
    hf_timeline_settle(&timeline);
    assert_int_equal(hf_timeline_newest(&timeline)->name.to, 4);
    assert_int_equal(timeline.highest, 9);
    assert_int_equal(hf_plan_make(&plan, &timeline, 7, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
    err = (struct hf_error){0};
    assert_int_equal(hf_plan_make(&plan, &timeline, 5, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
}

static void a_full_segment_after_a_gap_begins_anew(void **state)
{
    (void)state;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    add(&timeline, 0, 1, 1, 1);
    add(&timeline, 0, 3, 3, 1); /* 2 is missing */
    add(&timeline, 0, 1, 7, 1);
    add(&timeline, 0, 8, 8, 1);
    hf_timeline_settle(&timeline);
    assert_int_equal(plan_length(&timeline, 3), 0);
    assert_int_equal(plan_length(&timeline, 7), 1);
    assert_int_equal(plan_length(&timeline, 8), 2);
}

static void a_merged_segment_shortens_plans_and_overlaps_are_harmless(void **state)
{
    (void)state;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    for (uint64_t i = 1; i <= 12; i++)
        add(&timeline, 0, i, i, 1);
    add(&timeline, 1, 2, 6, 1);
    add(&timeline, 1, 5, 10, 1);
    hf_timeline_settle(&timeline);
    assert_int_equal(plan_length(&timeline, 12), 5); /* 12, 11, 5-10, 2-6, 1 */
    assert_int_equal(plan_length(&timeline, 6), 2);
    assert_int_equal(plan_length(&timeline, 5), 5);
}

static void what_an_earlier_epoch_wrote_past_a_later_one_is_an_orphan(void **state)
{
    (void)state;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct hf_error err = {0};
    struct hf_plan plan = {0};
    for (uint64_t i = 1; i <= 6; i++)
        add(&timeline, 0, i, i, 1);
    add(&timeline, 0, 5, 5, 2); /* took over after 4 */
    add(&timeline, 0, 7, 7, 2);
    hf_timeline_settle(&timeline);
    size_t orphans = 0;
    for (size_t i = 0; i < timeline.count; i++) {
        orphans += timeline.entries[i].orphan;
        if (timeline.entries[i].orphan)
            assert_in_range(timeline.entries[i].name.to, 5, 6);
    }
    assert_int_equal(orphans, 2);
    assert_int_equal(hf_timeline_at(&timeline, 5)->name.epoch, 2);
    assert_int_equal(hf_plan_make(&plan, &timeline, 6, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
    assert_int_equal(plan_length(&timeline, 7), 0); /* it was made from a 6 that does not count */
}

static void a_full_segment_of_a_later_epoch_does_not_end_history(void **state)
{
    (void)state;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    for (uint64_t i = 1; i <= 4; i++)
        add(&timeline, 0, i, i, 1);
    add(&timeline, 0, 1, 5, 2);
    hf_timeline_settle(&timeline);
    for (uint64_t i = 1; i <= 5; i++)
        assert_int_not_equal(plan_length(&timeline, i), 0);
    assert_int_equal(plan_length(&timeline, 5), 1);
}

/* The fewest segments that make `seq`, by trying all: 0 when there are none. */
static size_t fewest(const struct hf_timeline *timeline, const struct hf_timeline_entry *last)
{
    size_t best = 0;
    if (last->orphan)
        return 0;
    if (last->name.from == 1)
        return 1;
    for (size_t i = 0; i < timeline->count; i++) {
        const struct hf_timeline_entry *entry = &timeline->entries[i];
        if (entry->name.to + 1 < last->name.from || entry->name.to >= last->name.to)
            continue;
        size_t before = fewest(timeline, entry);
        if (before && (!best || before + 1 < best))
            best = before + 1;
    }
    return best;
}

static void plans_are_the_shortest_that_a_search_of_everything_finds(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 3000; seed++) {
        hf_auto(hf_timeline) struct hf_timeline timeline = {0};
        unsigned random = seed;
        int count = 1 + rand_r(&random) % 11;
        for (int i = 0; i < count; i++) {
            uint64_t to = 1 + (uint64_t)rand_r(&random) % 9;
            uint64_t from = rand_r(&random) % 3 ? 1 + (uint64_t)rand_r(&random) % to : to;
            add(&timeline, (uint8_t)(rand_r(&random) % 3), from, to,
                1 + (uint32_t)rand_r(&random) % 2);
        }
        hf_timeline_settle(&timeline);
        for (uint64_t seq = 1; seq <= 9; seq++) {
            size_t best = 0;
            for (size_t i = 0; i < timeline.count; i++) {
                size_t here = timeline.entries[i].name.to == seq
                                  ? fewest(&timeline, &timeline.entries[i])
                                  : 0;
                if (here && (!best || here < best))
                    best = here;
            }
            if (plan_length(&timeline, seq) != best)
                fail_msg("seed %u, point %d: %zu segments, the fewest are %zu", seed, (int)seq,
                         plan_length(&timeline, seq), best);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(increments_after_a_full_segment_are_all_points),
        cmocka_unit_test(a_missing_segment_ends_what_comes_after_it),
        cmocka_unit_test(a_full_segment_after_a_gap_begins_anew),
        cmocka_unit_test(a_merged_segment_shortens_plans_and_overlaps_are_harmless),
        cmocka_unit_test(what_an_earlier_epoch_wrote_past_a_later_one_is_an_orphan),
        cmocka_unit_test(a_full_segment_of_a_later_epoch_does_not_end_history),
        cmocka_unit_test(plans_are_the_shortest_that_a_search_of_everything_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
