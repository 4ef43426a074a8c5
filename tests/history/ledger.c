#include "history/ledger.h"

#include <string.h>

#include "history/plan_walk.h"
#include "support/seeded.h"

static uint64_t below(struct ledger *ledger, uint64_t limit)
{
    return hf_seeded_next(&ledger->seed) % limit;
}

static uint64_t fingerprint_of(const struct ledger *ledger, const struct ledger_state *state)
{
    uint64_t sum = 0;
    for (uint32_t page = 1; page <= state->page_count; page++)
        if (page != ledger->lock_byte_page)
            sum += archive_term(ledger->archive, LEDGER_PAGE_SIZE, page, state->version[page]);
    return sum;
}

/* Shrinks to `count` pages: what lies past that is gone for good. */
static void shrink(struct ledger_state *state, uint32_t count)
{
    for (uint32_t page = count + 1; page <= LEDGER_PAGES; page++)
        state->version[page] = 0;
    state->page_count = count;
}

void ledger_point(struct ledger *ledger, uint32_t flags)
{
    uint64_t seq = ++ledger->seq;
    assert_true(seq <= LEDGER_POINTS);
    const struct ledger_state *before = &ledger->states[seq - 1];
    struct ledger_state *state = &ledger->states[seq];
    uint32_t pages[LEDGER_PAGES], count = 0, lowest;
    *state = *before;
    lowest = before->page_count;
    if (seq == 1) {
        state->page_count = lowest = 40;
    } else if (!below(ledger, 6)) {
        /* It shrinks, and may grow again before the segment ends. */
        shrink(state, 1 + (uint32_t)below(ledger, LEDGER_PAGES));
        lowest = state->page_count < lowest ? state->page_count : lowest;
        if (below(ledger, 2))
            state->page_count += (uint32_t)below(ledger, LEDGER_PAGES - state->page_count + 1);
    }
    lowest = state->page_count < lowest ? state->page_count : lowest;
    uint64_t some = seq == 1 ? 0 : 1 + below(ledger, 12);
    for (uint32_t page = 1; page <= state->page_count; page++)
        if (page != ledger->lock_byte_page &&
            (seq == 1 ? below(ledger, 8) > 0 : !below(ledger, some))) {
            state->version[page] = (uint32_t)seq;
            pages[count++] = page;
        }
    state->fingerprint = fingerprint_of(ledger, state);
    /* From the full hour on. */
    int64_t time = (int64_t)(ARCHIVE_TIME / 3600 + 1) * 3600000 + (int64_t)seq * ledger->step;
    if (ledger->step)
        hf_fault_env_set_clock(ledger->archive->world, time);
    const struct archive_segment segment = {
        .from = seq,
        .to = seq,
        .page_size = LEDGER_PAGE_SIZE,
        .page_count = state->page_count,
        .page_min = lowest,
        .lock_byte_page = ledger->lock_byte_page,
        .pages = pages,
        .count = count,
        .version = (uint32_t)seq,
        .state_before = seq == 1 ? 0 : before->fingerprint,
        .state_after = state->fingerprint,
        .flags = flags,
        .time = ledger->step ? time : 0,
    };
    archive_write(ledger->archive, &segment, NULL);
}

void ledger_points(struct ledger *ledger, uint64_t count)
{
    while (count--)
        ledger_point(ledger, 0);
}

struct restoring {
    const struct ledger_state *expected;
    struct hf_frame_reader *reader;
    uint32_t lock_byte_page, pages;
};

static int compare(void *context, uint32_t first, uint32_t count, const uint8_t *images,
                   struct hf_error *err)
{
    struct restoring *restoring = context;
    uint8_t wanted[LEDGER_PAGE_SIZE];
    (void)err;
    for (uint32_t i = 0; i < count; i++) {
        archive_page(wanted, LEDGER_PAGE_SIZE, first + i, restoring->expected->version[first + i]);
        assert_memory_equal(images + (size_t)i * LEDGER_PAGE_SIZE, wanted, LEDGER_PAGE_SIZE);
    }
    restoring->pages += count;
    return 0;
}

static int compare_block(void *context, struct hf_live_block *live, struct hf_error *err)
{
    struct restoring *restoring = context;
    int failed = hf_live_block_read(live, NULL, restoring->reader, compare, context, err);
    hf_frame_reader_forget(restoring->reader);
    hf_live_block_free(live);
    return failed;
}

static int compare_zeros(void *context, uint32_t first, uint32_t count, struct hf_error *err)
{
    struct restoring *restoring = context;
    (void)err;
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(restoring->expected->version[first + i], 0);
    restoring->pages += count;
    return 0;
}

void ledger_prove(struct ledger *ledger, const struct hf_timeline *timeline, uint64_t seq)
{
    struct restoring restoring = {.expected = &ledger->states[seq]};
    const struct hf_plan_visitor visitor = {
        .context = &restoring, .block = compare_block, .zeros = compare_zeros};
    struct hf_error err = {0};
    hf_auto(hf_plan) struct hf_plan plan = {0};
    struct hf_state state;
    restoring.reader = hf_frame_reader_new(&err);
    assert_non_null(restoring.reader);
    if (hf_plan_make(&plan, timeline, seq, &err) ||
        hf_plan_state(&ledger->archive->database, &plan, &state, &err) ||
        hf_plan_walk(&ledger->archive->database, &plan, &visitor, &err))
        fail_msg("point %d: %s", (int)seq, err.text);
    hf_frame_reader_free(restoring.reader);
    uint32_t without = ledger->lock_byte_page && ledger->lock_byte_page <= state.page_count;
    assert_int_equal(state.page_count, restoring.expected->page_count);
    assert_int_equal(restoring.pages + without, state.page_count);
}
