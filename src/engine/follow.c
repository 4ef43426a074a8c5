#include "engine/follow.h"

#include <inttypes.h>
#include <string.h>

#include "engine/follow_apply.h"
#include "engine/follow_course.h"
#include "engine/follow_create.h"
#include "engine/follow_place.h"
#include "os/signals.h"

enum {
    ATTEMPTS = 4,
    WHOLE_LOOK_PAUSE = 30000, /* ms: what a listing of what is new does not show */
};

struct hf_follower {
    const struct hf_database *database;
    struct hf_follow_options options;
    struct hf_follow_place place;
    bool is_settled;                /* at the newest point, with nothing left to look into */
    int64_t whole_look;             /* of hf_monotonic: when all names are to be listed again */
    uint64_t told_gap, told_orphan; /* points: each trouble is told once */
    bool told_writer;
};

struct hf_follower *hf_follower_new(const struct hf_database *database,
                                    const struct hf_follow_options *options, struct hf_error *err)
{
    struct hf_follower *follower = calloc(1, sizeof *follower);
    if (!follower) {
        hf_error_memory(err);
        return NULL;
    }
    follower->database = database;
    follower->options = *options;
    if (!hf_follow_place_init(&follower->place, database, options->path, options->busy_ms, err))
        return follower;
    free(follower);
    return NULL;
}

void hf_follower_free(struct hf_follower *follower)
{
    if (!follower)
        return;
    hf_follow_place_release(&follower->place);
    free(follower);
}

static const struct hf_position *position(const struct hf_follower *follower)
{
    return hf_follow_position(&follower->place);
}

uint64_t hf_follower_point(const struct hf_follower *follower)
{
    const struct hf_position *at = position(follower);
    return at ? at->segment.to : 0;
}

/*
 * Is there anything to do?
 */

static int note_any(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    (void)object;
    (void)err;
    *(bool *)arg = true;
    return 0;
}

/* What comes next at level 0 begins past where the replica is, or is full. */
static int ask_what_is_new(const struct hf_follower *follower, bool *found, struct hf_error *err)
{
    struct hf_store *store = follower->database->repository->store;
    unsigned long long next = position(follower)->segment.to + 1;
    char prefix[HF_OBJECT_NAME_TEXT], full[HF_OBJECT_NAME_TEXT], after[HF_OBJECT_NAME_TEXT];
    hf_database_object(prefix, follower->database, "segments/0/");
    hf_database_object(after, follower->database, "segments/0/%016llx", next);
    if (hf_store_list(store, prefix, after, note_any, found, err) || *found)
        return *found ? 0 : -1;
    hf_database_object(full, follower->database, "segments/0/%016llx-", 1ULL);
    hf_database_object(after, follower->database, "segments/0/%016llx-%016llx", 1ULL, next);
    return hf_store_list(store, full, after, note_any, found, err);
}

static int is_due(struct hf_follower *follower, bool *due, struct hf_error *err)
{
    *due = !follower->is_settled || hf_monotonic() >= follower->whole_look ||
           !hf_follow_place_is_as_left(&follower->place);
    return *due ? 0 : ask_what_is_new(follower, due, err);
}

/*
 * Going there.
 */

/* One look at everything, and what follows from it. */
struct going {
    struct hf_follower *follower;
    struct hf_follow_step *step;
    struct hf_timeline timeline;
    struct hf_course course;
};

static void tell_step(struct going *going, enum hf_follow_kind kind, const struct hf_plan *plan)
{
    struct hf_follow_step *step = going->step;
    step->kind = kind;
    step->segments = plan->count;
    step->bytes_read = plan->bytes;
    step->is_newest = plan->steps[0]->name.to == going->course.target;
}

static int create(struct going *going, bool replace, struct hf_error *err)
{
    struct hf_follower *follower = going->follower;
    hf_auto(hf_plan) struct hf_plan plan = {0};
    hf_follow_place_leave(&follower->place);
    const struct hf_creating creating = {.database = follower->database,
                                         .path = follower->place.path,
                                         .replace = replace,
                                         .busy_ms = follower->options.busy_ms,
                                         .state = &follower->place.state,
                                         .slot = hf_follow_free_slot(&follower->place),
                                         .events = follower->options.events};
    if (hf_plan_make(&plan, &going->timeline, going->course.target, err) ||
        hf_create_replica(&creating, &plan, &going->step->pages, err) ||
        hf_follow_place_settle(&follower->place, creating.slot, err))
        return -1;
    tell_step(going, HF_FOLLOW_CREATED, &plan);
    return 0;
}

static int apply(struct going *going, enum hf_follow_kind kind, const struct hf_plan *plan,
                 const struct hf_change *change, struct hf_error *err)
{
    struct hf_follower *follower = going->follower;
    struct hf_applied applied;
    struct hf_error local = {0};
    const struct hf_applying applying = {
        .database = follower->database,
        .file = follower->place.file,
        .path = follower->place.path,
        .found = &follower->place.found,
        .from = kind == HF_FOLLOW_ADVANCED ? position(follower) : NULL,
        .state = &follower->place.state,
        .slot = hf_follow_free_slot(&follower->place),
        .patience = follower->options.patience,
    };
    if (hf_apply(&applying, change, &applied, &local)) {
        if (local.code != HF_LOCKED && local.code != HF_CORRUPT)
            hf_follow_place_leave(&follower->place);
        return hf_error_pass(err, &local);
    }
    follower->place.slot = applying.slot;
    memcpy(follower->place.found.header, position(follower)->own,
           sizeof follower->place.found.header);
    follower->place.found.size = (uint64_t)change->state.page_size * change->state.page_count;
    going->step->pages = applied.pages;
    going->step->blocked = applied.blocked;
    tell_step(going, kind, plan);
    return 0;
}

/* Page by page, from whatever the file holds. */
static int go_by_comparison(struct going *going, struct hf_error *err)
{
    struct hf_follower *follower = going->follower;
    hf_auto(hf_plan) struct hf_plan plan = {0};
    hf_auto(hf_change) struct hf_change change = {.images.fd = -1};
    if (hf_plan_make(&plan, &going->timeline, going->course.target, err) ||
        hf_change_from_file(&change, follower->database, &plan, follower->place.path,
                            follower->options.busy_ms, follower->options.events, err))
        return -1;
    return apply(going, HF_FOLLOW_COMPARED, &plan, &change, err);
}

enum proof { PROOF_FAILED, PROOF_UNKNOWN };

/* `proof` tells, when it fails, whether the replica is not what it should be. */
static int go_forward(struct going *going, uint64_t target, enum proof *proof, struct hf_error *err)
{
    struct hf_follower *follower = going->follower;
    const struct hf_position *at = position(follower);
    hf_auto(hf_plan) struct hf_plan plan = {0};
    hf_auto(hf_change) struct hf_change change = {.images.fd = -1};
    *proof = PROOF_UNKNOWN;
    if (hf_plan_from(&plan, &going->timeline, at->segment.to, target, err))
        return -1;
    /* All that is left of the way begins at nothing: reading the replica is cheaper than the
     * repository. */
    if (plan.steps[plan.count - 1]->name.from == 1)
        return go_by_comparison(going, err);
    if (hf_change_since(&change, follower->database, &plan, at->page_count, follower->place.path,
                        follower->options.events, err))
        return -1;
    *proof = PROOF_FAILED;
    if (change.state.page_size != at->page_size)
        return hf_error_set(err, HF_CORRUPT, "point %" PRIu64 " has pages of another size", target);
    return apply(going, HF_FOLLOW_ADVANCED, &plan, &change, err);
}

static uint64_t next_point(const struct hf_timeline *timeline, uint64_t after)
{
    for (size_t i = 0; i < timeline->count; i++)
        if (timeline->entries[i].restorable && timeline->entries[i].name.to > after)
            return timeline->entries[i].name.to;
    return 0;
}

/* What cannot be read on the way to the newest point may lie beyond nearer ones. */
static int go_around_damage(struct going *going, const struct hf_error *found, struct hf_error *err)
{
    struct hf_follower *follower = going->follower;
    struct hf_error local = {0};
    enum proof proof;
    uint64_t next = next_point(&going->timeline, hf_follower_point(follower));
    if (next && next < going->course.target && !go_forward(going, next, &proof, &local))
        return 0;
    if (!hf_follower_point(follower)) /* the file was touched: it has to be looked at again */
        return hf_error_pass(err, &local);
    local = (struct hf_error){0};
    if (!go_by_comparison(going, &local))
        return 0;
    return hf_error_pass(err, local.code == HF_CORRUPT ? found : &local);
}

static int go_on(struct going *going, struct hf_error *err)
{
    struct hf_follower *follower = going->follower;
    struct hf_error local = {0};
    enum proof proof;
    if (!go_forward(going, going->course.target, &proof, &local))
        return 0;
    if (local.code != HF_CORRUPT)
        return hf_error_pass(err, &local);
    if (proof == PROOF_UNKNOWN)
        return go_around_damage(going, &local, err);
    hf_notice(follower->options.events,
              "the replica does not hold what point %" PRIu64 " had: comparing all of it",
              hf_follower_point(follower));
    return go_by_comparison(going, err);
}

/* The newest point has the number of the replica's, and another segment. */
static int settle_doubt(struct going *going, struct hf_error *err)
{
    struct hf_follower *follower = going->follower;
    const struct hf_timeline_entry *entry = hf_timeline_at(&going->timeline, going->course.target);
    hf_auto(hf_trailer) struct hf_trailer trailer = {0};
    struct hf_position now = *position(follower);
    if (hf_segment_read_trailer(follower->database, &entry->name, &trailer, err))
        return -1;
    if (trailer.state_after != now.fingerprint) {
        hf_notice(follower->options.events,
                  "point %" PRIu64 " is not what it was: history was rolled back and written anew",
                  going->course.target);
        return go_by_comparison(going, err);
    }
    now.segment = entry->name;
    int slot = hf_follow_free_slot(&follower->place);
    if (hf_follow_state_put(&follower->place.state, slot, follower->database, &now, err))
        return -1;
    follower->place.slot = slot;
    return 0;
}

/* What was written is taken back. A file that is damaged by it makes way for a new one. */
static int go_from_written(struct going *going, struct hf_error *err)
{
    struct hf_follower *follower = going->follower;
    struct hf_error local = {0};
    if (!follower->told_writer)
        hf_notice(follower->options.events,
                  "somebody wrote to the replica '%s': what was written is taken back",
                  follower->options.path);
    follower->told_writer = true;
    if (!go_by_comparison(going, &local))
        return 0;
    return local.code == HF_CORRUPT ? create(going, true, err) : hf_error_pass(err, &local);
}

static int report_behind(const struct going *going, struct hf_error *err)
{
    hf_error_set(err, HF_STALE,
                 "the repository's newest point is %" PRIu64 ", the replica has point %" PRIu64
                 ": the repository was rolled back or lost its newest points",
                 going->course.target, hf_follower_point(going->follower));
    return hf_error_hint(err, "the replica stays as it is until a newer point comes; if its data "
                              "are the newest there are, keep a copy of it");
}

static int go(struct going *going, struct hf_error *err)
{
    switch (going->course.kind) {
    case HF_COURSE_STAY:
        return 0;
    case HF_COURSE_DOUBT:
        return settle_doubt(going, err);
    case HF_COURSE_FORWARD:
        return go_on(going, err);
    case HF_COURSE_COMPARE:
        return go_by_comparison(going, err);
    case HF_COURSE_AHEAD:
        return report_behind(going, err);
    default:
        hf_error_set(err, HF_NOT_FOUND, "'%s' has no restore point yet",
                     going->follower->database->name);
        return hf_error_hint(err, "'holdfast backup' takes one");
    }
}

static void tell_what_is_wrong(struct going *going)
{
    struct hf_follower *follower = going->follower;
    const struct hf_events *events = follower->options.events;
    const struct hf_course *course = &going->course;
    if (course->gap && course->gap != follower->told_gap)
        hf_notice(events,
                  "points from %" PRIu64 " on cannot be followed: segments before them are "
                  "missing ('holdfast check' says which)",
                  course->gap);
    follower->told_gap = course->gap;
    uint64_t orphan = course->orphaned ? hf_follower_point(follower) : 0;
    if (orphan && orphan != follower->told_orphan)
        hf_notice(events,
                  "point %" PRIu64 " was written by a Holdfast that had been taken over from: "
                  "going to point %" PRIu64 " of the one that took over",
                  orphan, course->target);
    follower->told_orphan = orphan;
}

static int go_from(struct going *going, enum hf_standing standing, struct hf_error *err)
{
    struct hf_follower *follower = going->follower;
    const struct hf_position *at = position(follower);
    going->step->from = hf_follower_point(follower);
    going->course = hf_course_choose(&going->timeline, at ? &at->segment : NULL);
    tell_what_is_wrong(going);
    if (going->course.kind == HF_COURSE_NONE || standing == HF_STANDS_AT_POINT)
        return go(going, err);
    if (standing == HF_STANDS_WRITTEN)
        return go_from_written(going, err);
    return create(going,
                  standing == HF_STANDS_RUINED ||
                      (standing == HF_STANDS_FOREIGN && follower->options.overwrite),
                  err);
}

static int attempt(struct hf_follower *follower, struct hf_follow_step *step, struct hf_error *err)
{
    enum hf_standing standing = HF_STANDS_AT_POINT;
    struct going going = {.follower = follower, .step = step};
    *step = (struct hf_follow_step){0};
    if ((!follower->place.file || follower->place.slot == HF_NOWHERE ||
         !hf_follow_place_is_as_left(&follower->place)) &&
        hf_follow_place_ask(&follower->place, &standing, err))
        return -1;
    if (hf_timeline_load(&going.timeline, follower->database, err))
        return -1;
    int failed = go_from(&going, standing, err);
    if (!failed && step->kind == HF_FOLLOW_NOTHING)
        step->is_newest = true;
    hf_timeline_release(&going.timeline);
    return failed;
}

static void settle(struct hf_follower *follower, const struct hf_follow_step *step)
{
    follower->is_settled = step->is_newest && follower->place.slot != HF_NOWHERE &&
                           !hf_follow_place_remember(&follower->place);
    follower->whole_look = hf_monotonic() + WHOLE_LOOK_PAUSE;
    follower->options.overwrite = false;
    follower->told_writer = false;
}

static void tell_where(const struct hf_follower *follower, struct hf_follow_step *step)
{
    const struct hf_position *at = position(follower);
    if (!at)
        return;
    step->seq = at->segment.to;
    step->time = at->segment.time;
    step->size = (uint64_t)at->page_size * at->page_count;
}

/* Somebody wrote to the replica meanwhile, which has to be looked at again; or retention removed a
 * segment that was being read. */
static bool is_passing(const struct hf_follower *follower, enum hf_code code)
{
    return (code == HF_STALE && !follower->place.file) || code == HF_NOT_FOUND;
}

int hf_follow(struct hf_follower *follower, struct hf_follow_step *out, struct hf_error *err)
{
    struct hf_follow_step step = {.is_newest = true};
    struct hf_error local = {0};
    int64_t began = hf_monotonic();
    bool due = true;
    if (is_due(follower, &due, err))
        return -1;
    int failed = due ? -1 : 0;
    for (int i = 0; due && failed && i < ATTEMPTS; i++) {
        if (i && !is_passing(follower, local.code))
            break;
        local = (struct hf_error){0};
        failed = attempt(follower, &step, &local);
    }
    if (failed) {
        follower->is_settled = false;
        return hf_error_pass(err, &local);
    }
    if (due)
        settle(follower, &step);
    tell_where(follower, &step);
    step.duration = hf_monotonic() - began;
    *out = step;
    return 0;
}
