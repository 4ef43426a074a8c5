#include "history/archive.h"

#include <stdio.h>

struct part_of_timeline {
    uint64_t from, to;
    uint32_t epoch;
    uint8_t level;
};

static void make_timeline(struct hf_timeline *out, const struct part_of_timeline *parts,
                          size_t count)
{
    *out = (struct hf_timeline){0};
    for (size_t i = 0; i < count; i++) {
        struct hf_timeline_entry entry = {.bytes = 10};
        entry.name = (struct hf_segment_name){.level = parts[i].level,
                                              .epoch = parts[i].epoch,
                                              .from = parts[i].from,
                                              .to = parts[i].to,
                                              .time = (int64_t)(1000 + i)};
        assert_int_equal(hf_timeline_add(out, &entry, NULL), 0);
    }
    hf_timeline_settle(out);
}

/* Length of the plan; 0 when there is none. Also proves that it is one. */
static size_t plan_length(const struct hf_timeline *timeline, uint64_t seq, enum hf_code *code)
{
    hf_auto(hf_plan) struct hf_plan plan = {0};
    struct hf_error err = {0};
    *code = HF_OK;
    if (hf_plan_make(&plan, timeline, seq, &err)) {
        *code = err.code;
        return 0;
    }
    assert_true(plan.steps[0]->name.to == seq);
    assert_true(plan.steps[plan.count - 1]->name.from == 1);
    for (size_t i = 0; i < plan.count; i++)
        assert_false(plan.steps[i]->orphan);
    for (size_t i = 0; i + 1 < plan.count; i++) {
        const struct hf_segment_name *later = &plan.steps[i]->name;
        assert_true(plan.steps[i + 1]->name.to >= later->from - 1 &&
                    plan.steps[i + 1]->name.to < later->to);
    }
    return plan.count;
}

#define ASSERT_PLAN(parts, seq, length, expected)                                                  \
    do {                                                                                           \
        hf_auto(hf_timeline) struct hf_timeline timeline;                                          \
        enum hf_code code;                                                                         \
        make_timeline(&timeline, parts, sizeof(parts) / sizeof *(parts));                          \
        assert_int_equal(plan_length(&timeline, seq, &code), length);                              \
        assert_int_equal(code, expected);                                                          \
    } while (0)

static void a_chain_is_planned_whole(void **state)
{
    (void)state;
    static const struct part_of_timeline chain[] = {
        {3, 3, 1, 0}, {1, 1, 1, 0}, {4, 4, 1, 0}, {2, 2, 1, 0}};
    ASSERT_PLAN(chain, 4, 4, HF_OK);
    ASSERT_PLAN(chain, 1, 1, HF_OK);
    ASSERT_PLAN(chain, 5, 0, HF_NOT_FOUND);
    ASSERT_PLAN(chain, 0, 0, HF_NOT_FOUND);
}

static void a_gap_loses_only_what_is_after_it(void **state)
{
    (void)state;
    static const struct part_of_timeline gap[] = {{1, 1, 1, 0}, {2, 2, 1, 0}, {4, 4, 1, 0},
                                                  {5, 5, 1, 0}, {1, 6, 1, 0}, {7, 7, 1, 0}};
    ASSERT_PLAN(gap, 2, 2, HF_OK);
    ASSERT_PLAN(gap, 4, 0, HF_CORRUPT);
    ASSERT_PLAN(gap, 5, 0, HF_CORRUPT);
    ASSERT_PLAN(gap, 7, 2, HF_OK);
}

static void a_merged_segment_shortens_the_plan_and_may_be_repeated(void **state)
{
    (void)state;
    static const struct part_of_timeline merged[] = {{1, 1, 1, 0}, {2, 2, 1, 0}, {3, 3, 1, 0},
                                                     {4, 4, 1, 0}, {5, 5, 1, 0}, {2, 4, 1, 1},
                                                     {3, 5, 1, 1}, {2, 4, 2, 1}};
    ASSERT_PLAN(merged, 4, 2, HF_OK);
    ASSERT_PLAN(merged, 5, 3, HF_OK); /* 3-5 or 5, then what ends in 2 .. 4 and reaches back */
    ASSERT_PLAN(merged, 3, 3, HF_OK);
}

static void a_segment_may_begin_in_the_middle_of_another(void **state)
{
    (void)state;
    static const struct part_of_timeline overlapping[] = {{1, 4, 1, 2}, {3, 6, 1, 1}, {6, 8, 1, 1}};
    ASSERT_PLAN(overlapping, 8, 3, HF_OK);
    ASSERT_PLAN(overlapping, 6, 2, HF_OK);
}

static void what_was_written_after_a_take_over_is_an_orphan(void **state)
{
    (void)state;
    static const struct part_of_timeline taken[] = {{1, 1, 1, 0}, {2, 2, 1, 0}, {3, 3, 1, 0},
                                                    {4, 4, 1, 0}, {3, 3, 2, 0}, {4, 4, 3, 0}};
    hf_auto(hf_timeline) struct hf_timeline timeline;
    enum hf_code code;
    make_timeline(&timeline, taken, 6);
    assert_int_equal(plan_length(&timeline, 4, &code), 4);
    assert_int_equal(hf_timeline_at(&timeline, 4)->name.epoch, 3);
    assert_int_equal(hf_timeline_at(&timeline, 3)->name.epoch, 2);
    for (size_t i = 0; i < timeline.count; i++)
        assert_int_equal(timeline.entries[i].orphan,
                         timeline.entries[i].name.epoch == 1 && timeline.entries[i].name.to > 2);
    assert_int_equal(timeline.highest, 4);
    assert_int_equal(timeline.epoch, 3);
}

static void a_point_that_only_an_orphan_ends_at_is_none(void **state)
{
    (void)state;
    static const struct part_of_timeline taken[] = {
        {1, 1, 1, 0}, {2, 2, 1, 0}, {3, 3, 1, 0}, {2, 2, 2, 0}};
    ASSERT_PLAN(taken, 3, 0, HF_NOT_FOUND);
    ASSERT_PLAN(taken, 2, 2, HF_OK);
}

static void a_full_segment_of_a_later_epoch_does_not_end_history(void **state)
{
    (void)state;
    static const struct part_of_timeline after[] = {
        {1, 1, 1, 0}, {2, 2, 1, 0}, {3, 3, 1, 0}, {1, 4, 2, 0}};
    ASSERT_PLAN(after, 3, 3, HF_OK);
    ASSERT_PLAN(after, 4, 1, HF_OK);
}

/* By the words of docs/format.md, without any order. */
static bool orphan_by_definition(const struct part_of_timeline *parts, size_t count, size_t i)
{
    if (parts[i].level)
        return false;
    for (size_t j = 0; j < count; j++)
        if (!parts[j].level && parts[j].epoch > parts[i].epoch && parts[j].to <= parts[i].to)
            return true;
    return false;
}

static size_t shortest(const struct part_of_timeline *parts, size_t count, const bool *orphan,
                       size_t last)
{
    size_t best = SIZE_MAX;
    if (parts[last].from == 1)
        return 1;
    for (size_t i = 0; i < count; i++)
        if (!orphan[i] && parts[i].to + 1 >= parts[last].from && parts[i].to < parts[last].to) {
            size_t length = shortest(parts, count, orphan, i);
            if (length != SIZE_MAX && length + 1 < best)
                best = length + 1;
        }
    return best;
}

static void random_timelines_agree_with_the_definition(void **state)
{
    (void)state;
    uint64_t random = 1;
    size_t plans = 0;
    for (int round = 0; round < 4000; round++) {
        struct part_of_timeline parts[9];
        bool orphan[9];
        hf_auto(hf_timeline) struct hf_timeline timeline;
        for (size_t i = 0; i < 9; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            uint64_t x = random >> 33, to = 1 + x % 9;
            parts[i] = (struct part_of_timeline){
                .from = x / 9 % 4 ? to - x / 36 % to : 1,
                .to = to,
                .epoch = 1 + (uint32_t)(x / 1000 % 3) * (round % 2),
                .level = (uint8_t)(x / 5000 % 3 == 0),
            };
        }
        for (size_t i = 0; i < 9; i++)
            orphan[i] = orphan_by_definition(parts, 9, i);
        make_timeline(&timeline, parts, 9);
        for (uint64_t seq = 1; seq <= 9; seq++) {
            size_t best = SIZE_MAX;
            enum hf_code code;
            for (size_t i = 0; i < 9; i++)
                if (parts[i].to == seq && !orphan[i]) {
                    size_t length = shortest(parts, 9, orphan, i);
                    best = length < best ? length : best;
                }
            size_t found = plan_length(&timeline, seq, &code);
            if (found != (best == SIZE_MAX ? 0 : best))
                fail_msg("round %d, point %d: %zu steps, not %zu", round, (int)seq, found, best);
            plans += found > 0;
        }
    }
    assert_true(plans > 4000);
}

static void a_part_without_its_closing_part_is_no_segment(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct hf_segment_name name;
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 2);
    archive_write(archive,
                  &(struct archive_segment){.from = 3,
                                            .to = 3,
                                            .page_count = 80,
                                            .first = 1,
                                            .last = 80,
                                            .version = 9,
                                            .part_bytes = HF_PART_PAGE_BYTES >> 13},
                  &name);
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    assert_int_equal(timeline.count, 3);
    assert_int_equal(timeline.stray_parts, 0);
    hf_timeline_release(&timeline);
    archive_key(archive, key, &name, 0);
    archive_remove(archive, key);
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    assert_int_equal(timeline.count, 2);
    assert_int_equal(timeline.stray_parts, 2);
    assert_int_equal(timeline.highest, 3);
}

/* Nobody asks the store again about what is known, but a name that is gone is. */
static void loading_again_knows_what_is_gone_and_what_is_new(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_timeline) struct hf_timeline before = {0}, again = {0}, fresh = {0};
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 4);
    archive_write(archive,
                  &(struct archive_segment){.from = 5,
                                            .to = 5,
                                            .page_count = 80,
                                            .first = 1,
                                            .last = 80,
                                            .version = 9,
                                            .part_bytes = HF_PART_PAGE_BYTES >> 13},
                  NULL);
    assert_int_equal(hf_timeline_load(&before, &archive->database, NULL), 0);
    archive_key(archive, key, &before.entries[1].name, 0);
    archive_remove(archive, key);
    archive_write(archive,
                  &(struct archive_segment){
                      .from = 6, .to = 6, .page_count = 80, .first = 1, .last = 1, .version = 10},
                  NULL);
    archive_key(archive, key, &before.entries[2].name, 0);
    archive_replace(archive, key, "of another size", 15);
    assert_int_equal(hf_timeline_load_again(&again, &before, &archive->database, NULL), 0);
    assert_int_equal(hf_timeline_load(&fresh, &archive->database, NULL), 0);
    assert_int_equal(again.count, 5);
    assert_int_equal(fresh.count, again.count);
    for (size_t i = 0; i < again.count; i++) {
        assert_true(hf_segment_name_same(&again.entries[i].name, &fresh.entries[i].name));
        assert_int_equal(again.entries[i].bytes,
                         i == 1 ? before.entries[2].bytes : fresh.entries[i].bytes);
        assert_int_equal(again.entries[i].parts, fresh.entries[i].parts);
        assert_int_equal(again.entries[i].restorable, fresh.entries[i].restorable);
    }
}

/* Sizes count: the entries' bytes are set by hand. */
static void the_way_from_a_state_reads_the_fewest_bytes(void **state)
{
    (void)state;
    static const struct part_of_timeline parts[] = {{1, 1, 1, 0}, {2, 2, 1, 0}, {3, 3, 1, 0},
                                                    {4, 4, 1, 0}, {1, 4, 1, 2}, {2, 4, 1, 1}};
    hf_auto(hf_timeline) struct hf_timeline timeline;
    make_timeline(&timeline, parts, 6);
    static const struct {
        uint64_t base, seq;
        size_t length;
        uint64_t from; /* of the oldest */
    } ways[] = {{1, 4, 1, 2}, {2, 4, 2, 3}, {3, 4, 1, 4}, {1, 3, 2, 2}, {1, 2, 1, 2}};
    for (size_t i = 0; i < timeline.count; i++)
        if (timeline.entries[i].name.level)
            timeline.entries[i].bytes = timeline.entries[i].name.from == 1 ? 1000 : 25;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        hf_auto(hf_plan) struct hf_plan plan = {0};
        assert_int_equal(hf_plan_from(&plan, &timeline, ways[i].base, ways[i].seq, NULL), 0);
        assert_int_equal(plan.count, ways[i].length);
        assert_int_equal(plan.steps[plan.count - 1]->name.from, ways[i].from);
    }
}

static void a_state_that_is_no_point_any_more_is_within_a_merged_segment(void **state)
{
    (void)state;
    static const struct part_of_timeline merged[] = {{1, 8, 1, 2}, {6, 12, 1, 1}, {13, 13, 1, 0}};
    hf_auto(hf_timeline) struct hf_timeline timeline;
    hf_auto(hf_plan) struct hf_plan plan = {0};
    struct hf_error err = {0};
    make_timeline(&timeline, merged, 3);
    assert_int_equal(hf_plan_from(&plan, &timeline, 9, 13, &err), 0);
    assert_int_equal(plan.count, 2);
    assert_int_equal(plan.steps[1]->name.from, 6);
    assert_int_equal(hf_plan_from(&plan, &timeline, 9, 14, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
}

static void orphans_are_no_way(void **state)
{
    (void)state;
    static const struct part_of_timeline taken[] = {
        {1, 1, 1, 0}, {2, 2, 1, 0}, {3, 3, 1, 0}, {3, 3, 2, 0}, {4, 4, 2, 0}};
    hf_auto(hf_timeline) struct hf_timeline timeline;
    hf_auto(hf_plan) struct hf_plan plan = {0};
    make_timeline(&timeline, taken, 5);
    assert_int_equal(hf_plan_from(&plan, &timeline, 1, 4, NULL), 0);
    assert_int_equal(plan.count, 3);
    assert_int_equal(plan.steps[1]->name.epoch, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_planned_whole),
        cmocka_unit_test(a_gap_loses_only_what_is_after_it),
        cmocka_unit_test(a_merged_segment_shortens_the_plan_and_may_be_repeated),
        cmocka_unit_test(a_segment_may_begin_in_the_middle_of_another),
        cmocka_unit_test(what_was_written_after_a_take_over_is_an_orphan),
        cmocka_unit_test(a_point_that_only_an_orphan_ends_at_is_none),
        cmocka_unit_test(a_full_segment_of_a_later_epoch_does_not_end_history),
        cmocka_unit_test(random_timelines_agree_with_the_definition),
        cmocka_unit_test_setup_teardown(a_part_without_its_closing_part_is_no_segment,
                                        archive_setup, archive_teardown),
        cmocka_unit_test_setup_teardown(loading_again_knows_what_is_gone_and_what_is_new,
                                        archive_setup, archive_teardown),
        cmocka_unit_test(the_way_from_a_state_reads_the_fewest_bytes),
        cmocka_unit_test(a_state_that_is_no_point_any_more_is_within_a_merged_segment),
        cmocka_unit_test(orphans_are_no_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
