#include <stdio.h>
#include <string.h>

#include "history/ledger.h"
#include "history/segment_merge.h"
#include "history/segment_reader.h"
#include "support/seeded.h"

/* The plan's steps for `end` down to the first that begins at `after` + 1 or before. */
static size_t run_of(const struct hf_timeline *timeline, uint64_t end, uint64_t after,
                     const struct hf_timeline_entry **steps)
{
    size_t count = 0;
    for (const struct hf_timeline_entry *step = hf_timeline_at(timeline, end); step;
         step = hf_timeline_before(timeline, step)) {
        steps[count++] = step;
        if (step->name.from <= after + 1)
            break;
    }
    return count;
}

static int merge(struct ledger *ledger, uint64_t end, uint64_t after,
                 struct hf_merge_result *result, struct hf_error *err)
{
    const struct hf_merge_options options = {.level = 1};
    const struct hf_timeline_entry *steps[LEDGER_POINTS];
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    assert_int_equal(hf_timeline_load(&timeline, &ledger->archive->database, err), 0);
    size_t count = run_of(&timeline, end, after, steps);
    if (count < 2)
        return 0;
    return hf_segment_merge(&ledger->archive->database, ledger->archive->pool, steps, count,
                            &options, result, err);
}

static void must_merge(struct ledger *ledger, uint64_t end, uint64_t after,
                       struct hf_merge_result *result)
{
    struct hf_error err = {0};
    if (merge(ledger, end, after, result, &err))
        fail_msg("%s", err.text);
}

static void prove_all(struct ledger *ledger)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    assert_int_equal(hf_timeline_load(&timeline, &ledger->archive->database, NULL), 0);
    for (uint64_t seq = 1; seq <= ledger->seq; seq++)
        if (hf_timeline_at(&timeline, seq))
            ledger_prove(ledger, &timeline, seq);
}

/* Removes what no plan for `kept` points needs. */
static void remove_unneeded(struct ledger *ledger, const uint64_t *kept, size_t count)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    bool needed[1000] = {0};
    char key[HF_OBJECT_NAME_TEXT];
    assert_int_equal(hf_timeline_load(&timeline, &ledger->archive->database, NULL), 0);
    for (size_t i = 0; i < count; i++)
        for (const struct hf_timeline_entry *step = hf_timeline_at(&timeline, kept[i]); step;
             step = hf_timeline_before(&timeline, step))
            needed[step - timeline.entries] = true;
    for (size_t i = 0; i < timeline.count; i++)
        if (!needed[i]) {
            archive_key(ledger->archive, key, &timeline.entries[i].name, 0);
            archive_remove(ledger->archive, key);
        }
}

static void merged_history_restores_bit_for_bit(void **state)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        archive_teardown(state);
        archive_setup(state);
        struct ledger *ledger = calloc(1, sizeof *ledger);
        struct hf_merge_result result;
        assert_non_null(ledger);
        ledger->archive = *state;
        ledger->seed = seed;
        ledger->lock_byte_page = seed % 3 ? 0 : 7;
        ledger_points(ledger, 40);
        /* Runs anywhere, over one another, and of what was merged before. */
        for (int i = 0; i < 12; i++) {
            uint64_t end = 2 + hf_seeded_next(&ledger->seed) % (ledger->seq - 1);
            uint64_t after = hf_seeded_next(&ledger->seed) % (end - 1) + (i % 4 ? 1 : 0);
            must_merge(ledger, end, after, &result);
            prove_all(ledger);
        }
        const uint64_t kept[] = {5, 11, 12, 30, ledger->seq};
        remove_unneeded(ledger, kept, 5);
        prove_all(ledger);
        ledger_points(ledger, 10);
        must_merge(ledger, ledger->seq, 12, &result);
        must_merge(ledger, 30, 0, &result);
        const uint64_t left[] = {30, ledger->seq};
        remove_unneeded(ledger, left, 2);
        prove_all(ledger);
        free(ledger);
    }
}

static struct ledger *ledger_of(void **state, uint64_t points)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    assert_non_null(ledger);
    ledger->archive = *state;
    ledger->seed = 77;
    ledger_points(ledger, points);
    return ledger;
}

static void a_long_run_goes_in_rounds(void **state)
{
    struct ledger *ledger = ledger_of(state, 300);
    struct hf_merge_result result;
    must_merge(ledger, 299, 1, &result);
    assert_int_equal(result.name.from, 2);
    assert_int_equal(result.name.to, 299);
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_plan) struct hf_plan plan = {0};
    assert_int_equal(hf_timeline_load(&timeline, &ledger->archive->database, NULL), 0);
    assert_int_equal(timeline.count, 300 + 5 + 1);
    assert_int_equal(hf_plan_make(&plan, &timeline, 300, NULL), 0);
    assert_int_equal(plan.count, 3);
    ledger_prove(ledger, &timeline, 299);
    ledger_prove(ledger, &timeline, 300);
    free(ledger);
}

static void a_long_run_writes_its_base_once(void **state)
{
    struct ledger *ledger = ledger_of(state, 150);
    struct hf_merge_result result;
    int full = 0;
    must_merge(ledger, 149, 0, &result);
    assert_int_equal(result.name.from, 1);
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    assert_int_equal(hf_timeline_load(&timeline, &ledger->archive->database, NULL), 0);
    for (size_t i = 0; i < timeline.count; i++)
        full += timeline.entries[i].name.from == 1;
    assert_int_equal(full, 2);
    ledger_prove(ledger, &timeline, 149);
    free(ledger);
}

static void the_result_describes_the_newest_of_its_points(void **state)
{
    struct ledger *ledger = ledger_of(state, 10);
    struct hf_merge_result result;
    hf_auto(hf_trailer) struct hf_trailer merged = {0};
    hf_auto(hf_trailer) struct hf_trailer first = {0};
    hf_auto(hf_trailer) struct hf_trailer last = {0};
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_database *database = &ledger->archive->database;
    assert_int_equal(hf_timeline_load(&timeline, database, NULL), 0);
    must_merge(ledger, 9, 3, &result);
    assert_int_equal(result.name.level, 1);
    assert_int_equal(result.name.time, timeline.entries[8].name.time);
    assert_int_equal(hf_segment_read_trailer(database, &result.name, &merged, NULL), 0);
    assert_int_equal(hf_segment_read_trailer(database, &timeline.entries[3].name, &first, NULL), 0);
    assert_int_equal(hf_segment_read_trailer(database, &timeline.entries[8].name, &last, NULL), 0);
    assert_int_equal(merged.state_before, first.state_before);
    assert_int_equal(merged.state_after, last.state_after);
    assert_int_equal(merged.page_count, last.page_count);
    assert_int_equal(merged.first_commit, first.first_commit);
    assert_int_equal(merged.last_commit, last.last_commit);
    assert_string_equal(merged.reason, last.reason);
    assert_int_equal(merged.flags & HF_SEGMENT_FULL, 0);
    assert_int_equal(merged.pages_stored, result.pages);
    must_merge(ledger, 10, 0, &result);
    hf_trailer_release(&merged);
    assert_int_equal(hf_segment_read_trailer(database, &result.name, &merged, NULL), 0);
    assert_int_equal(result.name.from, 1);
    assert_true(merged.flags & HF_SEGMENT_FULL);
    free(ledger);
}

static void what_somebody_has_merged_already_is_success(void **state)
{
    struct ledger *ledger = ledger_of(state, 10);
    struct hf_merge_result first, again;
    const struct hf_merge_options options = {.level = 1};
    const struct hf_timeline_entry *steps[16];
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    assert_int_equal(hf_timeline_load(&timeline, &ledger->archive->database, NULL), 0);
    size_t count = run_of(&timeline, 8, 2, steps);
    for (int i = 0; i < 2; i++)
        assert_int_equal(hf_segment_merge(&ledger->archive->database, ledger->archive->pool, steps,
                                          count, &options, i ? &again : &first, NULL),
                         0);
    assert_true(hf_segment_name_same(&first.name, &again.name));
    assert_int_equal(again.pages, 0);
    free(ledger);
}

static void segments_that_do_not_fit_are_not_merged(void **state)
{
    struct ledger *ledger = ledger_of(state, 4);
    struct hf_merge_result result = {0};
    struct hf_error err = {0};
    ledger->states[4].fingerprint++;
    ledger_points(ledger, 3);
    assert_int_equal(merge(ledger, 7, 2, &result, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
    assert_non_null(strstr(err.text, "is not what the one after it was made from"));
    free(ledger);
}

static void a_full_result_whose_state_is_wrong_is_not_put(void **state)
{
    struct ledger *ledger = ledger_of(state, 3);
    struct hf_merge_result result = {0};
    struct hf_error err = {0};
    int objects = archive_count(ledger->archive, "");
    ledger_point(ledger, 0);
    /* A segment that says of itself that it ends in another state. */
    struct ledger_state wrong = ledger->states[4];
    const uint32_t page = 3;
    const struct archive_segment segment = {.from = 5,
                                            .to = 5,
                                            .page_size = LEDGER_PAGE_SIZE,
                                            .page_count = wrong.page_count,
                                            .pages = &page,
                                            .count = 1,
                                            .version = 5,
                                            .state_before = wrong.fingerprint,
                                            .state_after = wrong.fingerprint};
    archive_write(ledger->archive, &segment, NULL);
    assert_int_equal(merge(ledger, 5, 0, &result, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
    assert_int_equal(archive_count(ledger->archive, ""), objects + 2);
    free(ledger);
}

static void a_pinned_point_within_the_run_stops_it(void **state)
{
    struct ledger *ledger = ledger_of(state, 3);
    struct hf_merge_result result = {0};
    ledger_point(ledger, HF_SEGMENT_PINNED);
    ledger_points(ledger, 3);
    int objects = archive_count(ledger->archive, "");
    must_merge(ledger, 7, 1, &result);
    assert_int_equal(result.pinned, 4);
    assert_int_equal(archive_count(ledger->archive, ""), objects);
    /* One that the run ends at does not, and the result is pinned. */
    hf_auto(hf_trailer) struct hf_trailer merged = {0};
    must_merge(ledger, 4, 1, &result);
    assert_int_equal(result.pinned, 0);
    assert_int_equal(
        hf_segment_read_trailer(&ledger->archive->database, &result.name, &merged, NULL), 0);
    assert_true(merged.flags & HF_SEGMENT_PINNED);
    free(ledger);
}

static void damage_in_a_segment_is_not_carried_on(void **state)
{
    struct ledger *ledger = ledger_of(state, 6);
    struct hf_merge_result result = {0};
    struct hf_error err = {0};
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    char key[HF_OBJECT_NAME_TEXT];
    assert_int_equal(hf_timeline_load(&timeline, &ledger->archive->database, NULL), 0);
    archive_key(ledger->archive, key, &timeline.entries[3].name, 0);
    archive_flip(ledger->archive, key, 230, 3); /* in its first frame */
    assert_int_equal(merge(ledger, 6, 2, &result, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
    free(ledger);
}

/* More than 16 MiB of pages: with a dictionary, and in as many parts as the writer makes. */
static void a_large_run_gets_a_dictionary(void **state)
{
    struct archive *archive = *state;
    const struct hf_merge_options options = {.level = 1};
    struct hf_merge_result result;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct hf_error err = {0};
    uint64_t sum = 0;
    enum { PAGES = 5000 };
    for (uint32_t page = 1; page <= PAGES; page++)
        sum += archive_term(archive, 4096, page, 1);
    archive_write(archive,
                  &(struct archive_segment){.from = 1,
                                            .to = 1,
                                            .page_count = PAGES,
                                            .first = 1,
                                            .last = PAGES,
                                            .version = 1,
                                            .state_after = sum},
                  NULL);
    uint64_t after = sum - archive_term(archive, 4096, 9, 1) + archive_term(archive, 4096, 9, 2);
    archive_write(archive,
                  &(struct archive_segment){.from = 2,
                                            .to = 2,
                                            .page_count = PAGES,
                                            .first = 9,
                                            .last = 9,
                                            .version = 2,
                                            .state_before = sum,
                                            .state_after = after},
                  NULL);
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    const struct hf_timeline_entry *steps[] = {&timeline.entries[1], &timeline.entries[0]};
    if (hf_segment_merge(&archive->database, archive->pool, steps, 2, &options, &result, &err))
        fail_msg("%s", err.text);
    assert_int_equal(result.pages, PAGES);
    struct hf_segment *merged = hf_segment_open(&archive->database, &result.name, &err);
    assert_non_null(merged);
    assert_int_equal(merged->trailer.state_after, after);
    hf_segment_release(merged);
}

int main(void)
{
#define ON_ARCHIVE(test) cmocka_unit_test_setup_teardown(test, archive_setup, archive_teardown)
    const struct CMUnitTest tests[] = {
        ON_ARCHIVE(merged_history_restores_bit_for_bit),
        ON_ARCHIVE(a_long_run_goes_in_rounds),
        ON_ARCHIVE(a_long_run_writes_its_base_once),
        ON_ARCHIVE(the_result_describes_the_newest_of_its_points),
        ON_ARCHIVE(what_somebody_has_merged_already_is_success),
        ON_ARCHIVE(segments_that_do_not_fit_are_not_merged),
        ON_ARCHIVE(a_full_result_whose_state_is_wrong_is_not_put),
        ON_ARCHIVE(a_pinned_point_within_the_run_stops_it),
        ON_ARCHIVE(damage_in_a_segment_is_not_carried_on),
        ON_ARCHIVE(a_large_run_gets_a_dictionary),
    };
    return cmocka_run_group_tests_name("segment merge", tests, NULL, NULL);
}
