/*
 * Long random lives of a history, thinned as they go on, with clocks that jump, pins, proofs, two
 * pruners that see one another late, and crashes in the middle of what they do. At every moment
 * what is kept restores, and what a reader planned within the grace is there.
 */
#include <stdio.h>
#include <string.h>

#include "history/past.h"
#include "support/seeded.h"

#define S(n) ((int64_t)(n)*1000)

enum { STEPS = 1500, READERS = 64 };

/* A plan that a reader made and still works by. */
struct reader {
    struct hf_segment_name steps[512];
    size_t count;
    int64_t began;
};

struct play {
    struct past past;
    struct past stale; /* what another pruner listed a moment ago */
    struct reader readers[READERS];
    uint64_t seed;
    int64_t clock; /* of the host */
};

static uint64_t below(struct play *play, uint64_t limit)
{
    return hf_seeded_next(&play->seed) % limit;
}

static bool is_there(const struct past *past, const struct hf_segment_name *name)
{
    for (size_t i = 0; i < past->timeline.count; i++)
        if (hf_segment_name_same(&past->timeline.entries[i].name, name))
            return true;
    return false;
}

/* Somebody begins to restore a kept point. */
static void begin_reading(struct play *play)
{
    struct reader *reader = &play->readers[below(play, READERS)];
    hf_auto(hf_retention_plan) struct hf_retention_plan plan = {0};
    hf_auto(hf_plan) struct hf_plan chain = {0};
    past_plan(&play->past, &plan);
    size_t i = below(play, plan.points.count);
    while (!plan.points.list[i].keep)
        i++; /* the newest is kept */
    assert_int_equal(hf_plan_make(&chain, &play->past.timeline, plan.points.list[i].seq, NULL), 0);
    assert_true(chain.count <= 512);
    reader->began = play->past.now;
    reader->count = chain.count;
    for (size_t step = 0; step < chain.count; step++)
        reader->steps[step] = chain.steps[step]->name;
}

/* What was unpinned meanwhile, or pinned in the last moment, is not promised. */
static void prove_readers(struct play *play)
{
    for (size_t i = 0; i < READERS; i++) {
        struct reader *reader = &play->readers[i];
        if (play->past.now - reader->began >= play->past.grace)
            continue;
        for (size_t step = 0; step < reader->count; step++)
            if (!is_there(&play->past, &reader->steps[step]))
                fail_msg("seed %llu: a reader misses %llu-%llu", (unsigned long long)play->seed,
                         (unsigned long long)reader->steps[step].from,
                         (unsigned long long)reader->steps[step].to);
    }
}

static bool keeps(const struct hf_retention_plan *plan, uint64_t seq)
{
    for (size_t i = 0; i < plan->points.count; i++)
        if (plan->points.list[i].seq == seq)
            return plan->points.list[i].keep;
    return false;
}

/* A point that had expired may be wanted again when one before it is gone, by which its clock was
 * told to be wrong: that is luck, and no promise. */
static void prove_kept(const struct past *past, const struct hf_retention_plan *now,
                       const struct hf_retention_plan *listed)
{
    for (size_t i = 0; i < now->points.count; i++) {
        uint64_t seq = now->points.list[i].seq;
        if (now->points.list[i].keep && keeps(listed, seq) && !past_restores(past, seq))
            fail_msg("point %llu is lost", (unsigned long long)seq);
    }
    for (size_t i = 0; i < past->timeline.count; i++)
        assert_true(past->timeline.entries[i].restorable || past->timeline.entries[i].orphan);
}

static void copy_past(struct past *to, const struct past *from)
{
    hf_timeline_release(&to->timeline);
    *to = *from;
    to->timeline = (struct hf_timeline){0};
    for (size_t i = 0; i < from->timeline.count; i++) {
        struct hf_timeline_entry entry = from->timeline.entries[i];
        entry.restorable = entry.orphan = false;
        assert_int_equal(hf_timeline_add(&to->timeline, &entry, NULL), 0);
    }
    hf_timeline_settle(&to->timeline);
}

/* Acts by what was listed then on what is there now, and may crash at any operation. */
static void prune(struct play *play, const struct past *listed)
{
    struct past *past = &play->past;
    hf_auto(hf_retention_plan) struct hf_retention_plan now = {0};
    hf_auto(hf_retention_plan) struct hf_retention_plan plan = {0};
    uint64_t crash = below(play, 4) ? UINT64_MAX : below(play, 12);
    past_plan(past, &now);
    past_plan(listed, &plan);
    size_t entries = listed->timeline.count;
    struct hf_segment_name *names = calloc(entries + 1, sizeof *names);
    assert_non_null(names);
    for (size_t i = 0; i < entries; i++)
        names[i] = listed->timeline.entries[i].name;
    for (size_t i = 0; i < plan.merge_count && crash; i++, crash--)
        past_segment(past, &plan.merges[i].name,
                     plan.merges[i].name.from == 1 ? 1000 : plan.merges[i].bytes * 9 / 10);
    for (size_t i = entries; i-- && crash;)
        if (plan.fates[i] == HF_FATE_GOES) {
            past_remove(past, &names[i]);
            crash--;
            prove_kept(past, &now, &plan);
        }
    prove_kept(past, &now, &plan);
    free(names);
}

static void pin(struct play *play)
{
    struct past *past = &play->past;
    if (past->mark_count == PAST_MARKS)
        return;
    /* Only points that stay are pinned, and what is pinned stays so. */
    hf_auto(hf_retention_plan) struct hf_retention_plan plan = {0};
    past_plan(past, &plan);
    const struct hf_retention_point *point = &plan.points.list[below(play, plan.points.count)];
    if (!point->keep)
        return;
    struct hf_retention_mark *mark = past_mark(past, point->seq);
    if (below(play, 2)) {
        mark->pin = HF_PIN_YES;
        mark->pin_changed = past->now;
    } else {
        mark->passed = past->now;
    }
}

static void turn_clock(struct play *play)
{
    static const int jumps[] = {-300, -20, 20, 300, 3600};
    play->clock += S(jumps[below(play, 5)]);
}

static void live(struct play *play)
{
    struct past *past = &play->past;
    int64_t passed = S(1) + (int64_t)below(play, 2500);
    past->now += passed;
    play->clock += passed;
    past_point(past, play->clock);
    if (!below(play, 40))
        turn_clock(play);
    if (!below(play, 30))
        pin(play);
    if (!below(play, 3))
        begin_reading(play);
    if (!below(play, 4))
        prune(play, past);
    if (!below(play, 8))
        copy_past(&play->stale, past);
    /* Another one, that lists and dawdles, but not for as long as the grace. */
    else if (!below(play, 6) && play->stale.seq && past->now - play->stale.now < past->grace / 2)
        prune(play, &play->stale);
    prove_readers(play);
}

static void play_life(uint64_t seed, const char *rule)
{
    struct play *play = calloc(1, sizeof *play);
    assert_non_null(play);
    past_begin(&play->past, rule, S(20));
    play->past.now = play->clock = INT64_C(1780272000000);
    play->seed = seed;
    for (size_t i = 0; i < READERS; i++)
        play->readers[i].began = INT64_MIN / 2;
    for (int step = 0; step < STEPS; step++)
        live(play);
    /* When all is quiet it thins out to what the rule keeps. */
    for (int i = 0; i < 5; i++) {
        play->past.now += S(3600);
        past_prune(&play->past);
    }
    assert_true(play->past.timeline.count < STEPS / 3);
    past_end(&play->past);
    past_end(&play->stale);
    free(play);
}

static void whatever_happens_kept_points_restore_and_readers_find_their_objects(void **state)
{
    (void)state;
    static const char *const rules[] = {"10s:all 60s:5s 300s:30s 1000s:100s", "30s:5s", "last:7",
                                        "last:3 20s:all forever:120s"};
    for (uint64_t seed = 1; seed <= 6; seed++)
        for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
            play_life(seed, rules[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_kept_points_restore_and_readers_find_their_objects),
    };
    return cmocka_run_group_tests_name("retention play", tests, NULL, NULL);
}
