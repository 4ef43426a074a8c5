/*
 * When a point will expire, as it is told beforehand, against what the rule keeps and what prune
 * leaves when that time comes and points go on being made.
 */
#include <stdio.h>
#include <string.h>

#include "history/past.h"
#include "support/seeded.h"

#define S(n) ((int64_t)(n)*1000)

enum { POINTS = 60, HORIZON = 4000 /* s, past every limit of the rules */ };

static const char *const rules[] = {"10s:all 60s:5s 300s:30s 1000s:100s", "30s:5s", "last:7",
                                    "last:3 20s:all forever:120s", "40s:all 41s:20s 400s:60s"};

struct story {
    struct past past;
    struct hf_retention_points told;
    uint64_t seed;
};

static uint64_t below(struct story *story, uint64_t limit)
{
    return hf_seeded_next(&story->seed) % limit;
}

static void judge(struct hf_retention_points *out, const struct past *past,
                  const struct hf_timeline *timeline, int64_t at)
{
    const struct hf_retention_view view = {timeline,    &past->rule,      past->zone,
                                           past->marks, past->mark_count, at};
    struct hf_error err = {0};
    if (hf_retention_points_judge(out, &view, &err))
        fail_msg("%s", err.text);
}

/* Bursts and pauses, some points pinned and proven, and then nothing for a while. */
static void begin(struct story *story, uint64_t seed, const char *rule)
{
    struct past *past = &story->past;
    *story = (struct story){.seed = seed};
    past_begin(past, rule, S(20));
    past->now = INT64_C(1780272000000);
    for (int i = 0; i < POINTS; i++) {
        past->now += below(story, 12) ? (int64_t)below(story, 9000) : S(below(story, 600));
        past_point(past, past->now);
        if (!below(story, 15))
            past_mark(past, past->seq)->pin = HF_PIN_YES;
        if (!below(story, 15))
            past_mark(past, past->seq)->passed = past->now;
    }
    past->now += below(story, 2) ? S(below(story, 900)) : 0;
    judge(&story->told, past, &past->timeline, past->now);
}

static void end(struct story *story)
{
    hf_retention_points_release(&story->told);
    past_end(&story->past);
}

static void add(struct hf_timeline *timeline, int64_t time)
{
    const struct hf_timeline_entry entry = {.name = {.epoch = 1,
                                                     .from = timeline->highest + 1,
                                                     .to = timeline->highest + 1,
                                                     .time = time},
                                            .bytes = 10,
                                            .received = time};
    assert_int_equal(hf_timeline_add(timeline, &entry, NULL), 0);
}

/* Whether the rule keeps the point at `then`, points having been made each second from now on. */
static bool is_kept(const struct story *story, uint64_t seq, int64_t then)
{
    const struct past *past = &story->past;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_retention_points) struct hf_retention_points points = {0};
    for (size_t i = 0; i < past->timeline.count; i++) {
        struct hf_timeline_entry entry = past->timeline.entries[i];
        entry.restorable = entry.orphan = false;
        assert_int_equal(hf_timeline_add(&timeline, &entry, NULL), 0);
    }
    for (int64_t time = past->now; time < then; time += S(1))
        add(&timeline, time);
    add(&timeline, then);
    hf_timeline_settle(&timeline);
    judge(&points, past, &timeline, then);
    for (size_t i = 0; i < points.count; i++)
        if (points.list[i].seq == seq)
            return points.list[i].keep;
    fail_msg("point %llu is not there", (unsigned long long)seq);
    return false;
}

static void prove(const struct story *story, const struct hf_retention_point *point, bool kept,
                  int64_t then)
{
    if (is_kept(story, point->seq, then) != kept)
        fail_msg("seed %llu: point %llu is%s kept at %lld, and should expire at %lld",
                 (unsigned long long)story->seed, (unsigned long long)point->seq,
                 kept ? " not" : "", (long long)then, (long long)point->expires);
}

static void a_point_is_kept_until_it_expires_and_not_after(void **state)
{
    size_t limited = 0, expired = 0, forever = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 8 * sizeof rules / sizeof *rules; seed++) {
        struct story story;
        begin(&story, seed, rules[seed % (sizeof rules / sizeof *rules)]);
        for (size_t i = 0; i < story.told.count; i++) {
            const struct hf_retention_point *point = &story.told.list[i];
            if (point->expires <= story.past.now) {
                prove(&story, point, false, story.past.now);
                expired++;
            } else if (point->expires != INT64_MAX) {
                prove(&story, point, true, point->expires - 1);
                prove(&story, point, false, point->expires);
                limited++;
            } else if (!(point->keep & (HF_KEEP_LAST | HF_KEEP_NEWEST))) {
                prove(&story, point, true, story.past.now + S(HORIZON));
                forever++;
            }
        }
        end(&story);
    }
    assert_true(limited > 200 && expired > 200 && forever > 50);
}

/* What was kept for the sake of others is known by its number, not by a time. */
static void no_time_is_told_for_the_newest_points(void **state)
{
    struct story story;
    (void)state;
    begin(&story, 3, "last:7");
    for (size_t i = 0; i < story.told.count; i++)
        if (story.told.count - i <= 7)
            assert_true(story.told.list[i].expires == INT64_MAX);
    end(&story);
}

static void nothing_that_is_pruned_goes_before_it_was_said_to(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2 * sizeof rules / sizeof *rules; seed++) {
        struct story story;
        begin(&story, seed, rules[seed % (sizeof rules / sizeof *rules)]);
        hf_retention_points_release(&story.told);
        past_prune(&story.past);
        judge(&story.told, &story.past, &story.past.timeline, story.past.now);
        /* Their entries go with the timeline: times stay. */
        for (int64_t until = story.past.now + S(HORIZON) / 4; story.past.now < until;
             story.past.now += S(2)) {
            past_point(&story.past, story.past.now);
            past_prune(&story.past);
            for (size_t i = 0; i < story.told.count; i++)
                if (story.told.list[i].keep && story.told.list[i].expires > story.past.now &&
                    !(story.told.list[i].keep & (HF_KEEP_LAST | HF_KEEP_NEWEST)) &&
                    !past_restores(&story.past, story.told.list[i].seq))
                    fail_msg("seed %llu: point %llu went too soon", (unsigned long long)seed,
                             (unsigned long long)story.told.list[i].seq);
        }
        end(&story);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_is_kept_until_it_expires_and_not_after),
        cmocka_unit_test(no_time_is_told_for_the_newest_points),
        cmocka_unit_test(nothing_that_is_pruned_goes_before_it_was_said_to),
    };
    return cmocka_run_group_tests_name("retention expiry", tests, NULL, NULL);
}
