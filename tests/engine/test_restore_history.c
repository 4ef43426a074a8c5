/*
 * A restore and a history that is incomplete, damaged, has overlaps, or is thinned meanwhile.
 */
#include "engine/follow_rig.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/prune.h"

enum { POINTS = 6 };

static const enum hf_restore_manner manners[] = {HF_RESTORE_NEW, HF_RESTORE_REPLACE,
                                                 HF_RESTORE_DELTA};
enum { MANNERS = sizeof manners / sizeof *manners };

static void make_points(struct workshop *shop)
{
    workshop_fill(shop, 60);
    workshop_backup(shop);
    for (int i = 1; i < POINTS; i++) {
        workshop_sql(shop, "UPDATE film SET data = randomblob(1700) WHERE id %% 6 = %d", i);
        workshop_backup(shop);
    }
}

/* What is at the target before: nothing, or point 1. */
static void set_target(struct workshop *shop, enum hf_restore_manner manner)
{
    char *copy = workshop_copy(shop, 1);
    hf_scratch_remove(shop->target);
    if (manner != HF_RESTORE_NEW)
        hf_scratch_copy(copy, shop->target);
    free(copy);
}

static bool target_is(const struct workshop *shop, uint64_t seq)
{
    char *copy = workshop_copy(shop, seq);
    bool same = hf_scratch_exists(shop->target) && hf_scratch_same(shop->target, copy);
    free(copy);
    return same;
}

static bool restore(struct workshop *shop, uint64_t seq, enum hf_restore_manner manner,
                    struct hf_error *err)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_restore_options options = {
        .target = shop->target, .manner = manner, .events = &shop->events};
    struct hf_restore_result result;
    *err = (struct hf_error){0};
    set_target(shop, manner);
    return !hf_timeline_load(&timeline, &shop->database, err) &&
           !hf_restore(&shop->database, &timeline, seq, &options, &result, err);
}

static void assert_restores(struct workshop *shop, uint64_t seq)
{
    for (int i = 0; i < MANNERS; i++) {
        struct hf_error err;
        if (!restore(shop, seq, manners[i], &err))
            fail_msg("point %" PRIu64 ": %s", seq, err.text);
        assert_true(target_is(shop, seq));
    }
}

/* And what was at the target is as it was. */
static void assert_fails(struct workshop *shop, uint64_t seq, enum hf_code code)
{
    for (int i = 0; i < MANNERS; i++) {
        struct hf_error err;
        assert_false(restore(shop, seq, manners[i], &err));
        if (err.code != code)
            fail_msg("%d: %s", err.code, err.text);
        assert_true(manners[i] == HF_RESTORE_NEW ? !hf_scratch_exists(shop->target)
                                                 : target_is(shop, 1));
    }
}

static void a_gap_is_told_and_what_is_before_it_restores(void **state)
{
    struct workshop *shop = *state;
    const struct hf_backup_options full = {.path = shop->db, .full = true};
    make_points(shop);
    rig_remove_segments(shop, "0000000000000004-*");
    assert_restores(shop, 3);
    assert_fails(shop, 4, HF_NOT_FOUND);
    assert_fails(shop, 5, HF_CORRUPT);
    assert_fails(shop, 6, HF_CORRUPT);
    uint64_t seq = workshop_backup_with(shop, &full).seq;
    assert_restores(shop, seq);
}

static char *segment_of(struct workshop *shop, const char *name)
{
    char all[700];
    glob_t found = {0};
    snprintf(all, sizeof all, "%s/databases/*/segments/0/%s", shop->place, name);
    assert_int_equal(glob(all, 0, NULL, &found), 0);
    char *path = strdup(found.gl_pathv[0]);
    assert_non_null(path);
    globfree(&found);
    return path;
}

static void an_object_that_is_cut_short_anywhere_makes_nothing(void **state)
{
    struct workshop *shop = *state;
    char *kept = hf_scratch_path(&shop->scratch, "kept");
    make_points(shop);
    char *path = segment_of(shop, "0000000000000004-*");
    uint64_t size = hf_scratch_size(path);
    hf_scratch_copy(path, kept);
    for (uint64_t length = 0; length < size; length += 1 + size / 37) {
        assert_int_equal(chmod(path, 0600), 0);
        assert_int_equal(truncate(path, (off_t)length), 0);
        assert_fails(shop, 5, HF_CORRUPT);
        hf_scratch_remove(path);
        hf_scratch_copy(kept, path);
    }
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, (off_t)size - 1), 0);
    assert_fails(shop, 4, HF_CORRUPT);
    assert_restores(shop, 3);
    free(path);
    free(kept);
}

static void segments_that_overlap_give_the_points_that_were(void **state)
{
    struct workshop *shop = *state;
    make_points(shop);
    rig_merge(shop, 2, 4);
    rig_merge(shop, 3, 5);
    rig_merge(shop, 1, 3);
    for (uint64_t seq = 1; seq <= POINTS; seq++)
        assert_restores(shop, seq);
    /* Only by segments that reach into one another does a way lead to the newest point. */
    for (int seq = 2; seq <= 5; seq++) {
        char name[64];
        snprintf(name, sizeof name, "%016x-%016x.*", (unsigned)seq, (unsigned)seq);
        rig_remove_segments(shop, name);
    }
    for (uint64_t seq = 3; seq <= POINTS; seq++)
        assert_restores(shop, seq);
}

struct meanwhile {
    struct workshop *shop;
    unsigned at, calls;
};

/* Merges, and deletes what was merged. */
static void thin(struct workshop *shop)
{
    const struct hf_retention_rule rule = {.last = 1};
    const struct hf_prune_options options = {.rule = &rule};
    struct hf_prune_result result;
    struct hf_error err = {0};
    for (int i = 0; i < 3; i++)
        if (hf_prune(&shop->database, &options, &result, &err))
            fail_msg("%s", err.text);
}

static void thin_meanwhile(void *context, const char *stage, uint64_t done, uint64_t total)
{
    struct meanwhile *meanwhile = context;
    (void)stage, (void)done, (void)total;
    if (++meanwhile->calls == meanwhile->at)
        thin(meanwhile->shop);
}

/* History is thinned at each moment in which a running restore says how far it is. */
static void retention_during_a_restore_takes_nothing_from_it(void **state)
{
    struct workshop *shop = *state;
    char *kept = hf_scratch_path(&shop->scratch, "kept");
    struct meanwhile meanwhile = {.shop = shop};
    make_points(shop);
    hf_scratch_copy(shop->place, kept);
    shop->events = (struct hf_events){.context = &meanwhile, .progress = thin_meanwhile};
    for (int i = 0; i < MANNERS; i++)
        for (unsigned at = 1;; at++) {
            struct hf_error err;
            meanwhile.at = at;
            meanwhile.calls = 0;
            if (!restore(shop, POINTS, manners[i], &err))
                fail_msg("thinned at %u: %s", at, err.text);
            assert_true(target_is(shop, POINTS));
            if (meanwhile.calls < at) {
                assert_true(at > 2);
                break;
            }
            hf_scratch_remove(shop->place);
            hf_scratch_copy(kept, shop->place);
        }
    free(kept);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_gap_is_told_and_what_is_before_it_restores),
        TEST(an_object_that_is_cut_short_anywhere_makes_nothing),
        TEST(segments_that_overlap_give_the_points_that_were),
        TEST(retention_during_a_restore_takes_nothing_from_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
