#include "history/archive.h"

#include "history/plan_walk.h"
#include "support/scratch.h"

enum { MOST = 64 };

/* What a walk gave, page by page: every page once, images only where `zero` is false. */
struct given {
    struct archive *archive;
    struct hf_state state;
    uint32_t version[MOST]; /* 0: zeros */
    int times[MOST];
};

static int keep_state(void *context, const struct hf_state *state, struct hf_error *err)
{
    (void)err;
    ((struct given *)context)->state = *state;
    return 0;
}

static int take_block(void *context, struct hf_live_block *live, struct hf_error *err)
{
    struct given *given = context;
    static uint8_t expected[4096];
    (void)err;
    for (uint32_t i = 0; i < live->block.entries; i++) {
        uint32_t page = live->block.pages[i];
        if (!hf_live_block_has(live, i, NULL))
            continue;
        given->times[page]++;
        /* The version is the one whose fingerprint this is. */
        for (uint32_t version = 1; version < 10 && !given->version[page]; version++) {
            archive_page(expected, 4096, page, version);
            if (hf_page_fingerprint(&given->archive->database.fingerprints, expected, 4096) ==
                live->block.fingerprints[i])
                given->version[page] = version;
        }
        assert_true(given->version[page]);
    }
    hf_live_block_free(live);
    return 0;
}

static int take_zeros(void *context, uint32_t first, uint32_t count, struct hf_error *err)
{
    struct given *given = context;
    (void)err;
    for (uint32_t i = 0; i < count; i++)
        given->times[first + i]++;
    return 0;
}

static enum hf_code walk(struct archive *archive, uint64_t seq, struct given *given)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_plan) struct hf_plan plan = {0};
    const struct hf_plan_visitor visitor = {given, keep_state, take_block, take_zeros};
    struct hf_error err = {0};
    *given = (struct given){.archive = archive};
    if (hf_timeline_load(&timeline, &archive->database, &err) ||
        hf_plan_make(&plan, &timeline, seq, &err))
        fail_msg("%s", err.text);
    hf_plan_walk(&archive->database, &plan, &visitor, &err);
    return err.code;
}

/* `versions` of pages 1 .. count, 0 for zeros; also what they add up to. */
static uint64_t state_of(const struct archive *archive, const uint32_t *versions, uint32_t count,
                         uint32_t lock_byte_page)
{
    uint64_t state = 0;
    for (uint32_t page = 1; page <= count; page++)
        if (page != lock_byte_page)
            state += archive_term(archive, 4096, page, versions[page - 1]);
    return state;
}

static void assert_gives(struct archive *archive, uint64_t seq, const uint32_t *versions,
                         uint32_t count, uint32_t lock_byte_page)
{
    struct given given;
    assert_int_equal(walk(archive, seq, &given), HF_OK);
    assert_int_equal(given.state.page_count, count);
    for (uint32_t page = 1; page < MOST; page++) {
        assert_int_equal(given.times[page], page <= count && page != lock_byte_page);
        if (given.times[page])
            assert_int_equal(given.version[page], versions[page - 1]);
    }
}

static void the_newest_image_wins(void **state)
{
    struct archive *archive = *state;
    static const uint32_t first[] = {1, 1, 1, 1}, last[] = {1, 3, 2, 1};
    static const uint32_t two[] = {2, 3}, three[] = {2};
    archive_write(archive,
                  &(struct archive_segment){.from = 1,
                                            .to = 1,
                                            .page_count = 4,
                                            .first = 1,
                                            .last = 4,
                                            .version = 1,
                                            .state_after = state_of(archive, first, 4, 0)},
                  NULL);
    archive_write(archive,
                  &(struct archive_segment){.from = 2,
                                            .to = 2,
                                            .page_count = 4,
                                            .pages = two,
                                            .count = 2,
                                            .version = 2,
                                            .state_before = state_of(archive, first, 4, 0),
                                            .state_after = 77},
                  NULL);
    archive_write(archive,
                  &(struct archive_segment){.from = 3,
                                            .to = 3,
                                            .page_count = 4,
                                            .pages = three,
                                            .count = 1,
                                            .version = 3,
                                            .state_before = 77,
                                            .state_after = state_of(archive, last, 4, 0)},
                  NULL);
    assert_gives(archive, 3, last, 4, 0);
    assert_gives(archive, 1, first, 4, 0);
}

static void images_above_page_min_are_dead(void **state)
{
    struct archive *archive = *state;
    /* 6 pages; cut to 2 and grown to 5 within one range: 3 is new, 4 and 5 are zeros. */
    static const uint32_t last[] = {1, 1, 2, 0, 0}, three[] = {3};
    archive_write(archive,
                  &(struct archive_segment){.from = 1,
                                            .to = 1,
                                            .page_count = 6,
                                            .first = 1,
                                            .last = 6,
                                            .version = 1,
                                            .state_after = 5},
                  NULL);
    archive_write(archive,
                  &(struct archive_segment){.from = 2,
                                            .to = 3,
                                            .page_count = 5,
                                            .page_min = 2,
                                            .pages = three,
                                            .count = 1,
                                            .version = 2,
                                            .state_before = 5,
                                            .state_after = state_of(archive, last, 5, 0)},
                  NULL);
    assert_gives(archive, 3, last, 5, 0);
}

static void the_lock_byte_page_is_never_given(void **state)
{
    struct archive *archive = *state;
    static const uint32_t pages[] = {1, 2, 4, 5}, versions[] = {1, 1, 0, 1, 1};
    archive_write(archive,
                  &(struct archive_segment){.from = 1,
                                            .to = 1,
                                            .page_count = 5,
                                            .lock_byte_page = 3,
                                            .pages = pages,
                                            .count = 4,
                                            .version = 1,
                                            .state_after = state_of(archive, versions, 5, 3)},
                  NULL);
    assert_gives(archive, 1, versions, 5, 3);
}

static void segments_that_do_not_fit_together_are_corrupt(void **state)
{
    struct archive *archive = *state;
    static const uint32_t versions[] = {1, 2}, two[] = {2};
    struct given given;
    uint64_t whole = state_of(archive, versions, 2, 0);
    for (int wrong = 0; wrong < 3; wrong++) {
        uint64_t base = 1 + 2 * (uint64_t)wrong;
        archive_write(archive,
                      &(struct archive_segment){.from = 1,
                                                .to = base,
                                                .page_count = 2,
                                                .first = 1,
                                                .last = 2,
                                                .version = 1,
                                                .state_after = 40},
                      NULL);
        archive_write(archive,
                      &(struct archive_segment){.from = base + 1,
                                                .to = base + 1,
                                                .page_count = 2,
                                                .pages = two,
                                                .count = 1,
                                                .version = 2,
                                                .state_before = wrong == 1 ? 41 : 40,
                                                .state_after = whole + (wrong == 2)},
                      NULL);
        assert_int_equal(walk(archive, base + 1, &given), wrong ? HF_CORRUPT : HF_OK);
    }
}

static uint64_t walk_from(struct archive *archive, uint64_t base, uint32_t base_pages, uint64_t seq,
                          struct given *given)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_plan) struct hf_plan plan = {0};
    const struct hf_plan_visitor visitor = {given, keep_state, take_block, take_zeros};
    struct hf_error err = {0};
    uint64_t terms = 0;
    *given = (struct given){.archive = archive};
    if (hf_timeline_load(&timeline, &archive->database, &err) ||
        hf_plan_from(&plan, &timeline, base, seq, &err) ||
        hf_plan_walk_from(&archive->database, &plan, base_pages, &visitor, &terms, &err))
        fail_msg("%s", err.text);
    return terms;
}

static void from_a_state_only_what_changed_is_given(void **state)
{
    struct archive *archive = *state;
    /* 6 pages; page 2 changes, then the database is cut to 2 pages and grows to 5: 3 is new, 4 and
     * 5 are zeros though the state at hand has something there. */
    static const uint32_t two[] = {2}, three[] = {3}, last[] = {0, 2, 3, 0, 0};
    struct given given;
    archive_write(archive,
                  &(struct archive_segment){.from = 1,
                                            .to = 1,
                                            .page_count = 6,
                                            .first = 1,
                                            .last = 6,
                                            .version = 1,
                                            .state_after = 5},
                  NULL);
    archive_write(archive,
                  &(struct archive_segment){.from = 2,
                                            .to = 2,
                                            .page_count = 6,
                                            .pages = two,
                                            .count = 1,
                                            .version = 2,
                                            .state_before = 5,
                                            .state_after = 6},
                  NULL);
    archive_write(archive,
                  &(struct archive_segment){.from = 3,
                                            .to = 4,
                                            .page_count = 5,
                                            .page_min = 2,
                                            .pages = three,
                                            .count = 1,
                                            .version = 3,
                                            .state_before = 6,
                                            .state_after = 7},
                  NULL);
    uint64_t terms = walk_from(archive, 1, 6, 4, &given);
    for (uint32_t page = 1; page <= 5; page++) {
        assert_int_equal(given.times[page], page != 1);
        assert_int_equal(given.version[page], last[page - 1]);
    }
    assert_int_equal(terms, state_of(archive, last, 5, 1));
    walk_from(archive, 1, 6, 2, &given);
    for (uint32_t page = 1; page <= 6; page++)
        assert_int_equal(given.times[page], page == 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, archive_setup, archive_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_newest_image_wins),
        TEST(images_above_page_min_are_dead),
        TEST(the_lock_byte_page_is_never_given),
        TEST(segments_that_do_not_fit_together_are_corrupt),
        TEST(from_a_state_only_what_changed_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
