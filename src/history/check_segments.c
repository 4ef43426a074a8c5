#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "base/time.h"
#include "history/block_pool.h"
#include "history/check_report.h"
#include "history/plan_walk.h"

/* What a worker found in a segment. */
struct damage {
    struct hf_segment_name name;
    enum hf_remedy remedy;
    bool in_data; /* it opens, and what does not need the damaged bytes restores */
    char problem[1024];
};

enum where { IN_STRUCTURE, IN_DATA };

/* How often a history that is being pruned is listed anew. */
enum { MOST_LISTINGS = 10 };

struct segments_check {
    struct hf_checking *checking;
    const struct hf_database *database;
    struct hf_timeline timeline;
    uint64_t *states;           /* that each segment ends in, where that is known */
    bool *knows_state;          /* of each segment */
    struct hf_block_pool *pool; /* NULL when only the structure is checked */
    bool newest_restores;       /* in spite of damage in data */
    pthread_mutex_t lock;       /* the three below */
    struct damage *damages;
    size_t count, capacity;
};

/* Keeps the first damage of each segment. */
static int note_damage(struct segments_check *check, const struct hf_segment_name *name,
                       enum where where, enum hf_remedy remedy, const char *problem,
                       struct hf_error *err)
{
    int failed = 0;
    pthread_mutex_lock(&check->lock);
    for (size_t i = 0; i < check->count; i++)
        if (hf_segment_name_same(&check->damages[i].name, name)) {
            if (where == IN_STRUCTURE && check->damages[i].in_data) {
                check->damages[i].in_data = false;
                check->damages[i].remedy = remedy;
            }
            goto out;
        }
    if (check->count == check->capacity) {
        size_t capacity = check->capacity ? 2 * check->capacity : 16;
        struct damage *damages = realloc(check->damages, capacity * sizeof *damages);
        if (!damages) {
            failed = hf_error_memory(err);
            goto out;
        }
        check->damages = damages;
        check->capacity = capacity;
    }
    struct damage *damage = &check->damages[check->count++];
    damage->name = *name;
    damage->remedy = remedy;
    damage->in_data = where == IN_DATA;
    snprintf(damage->problem, sizeof damage->problem, "%s", problem);
out:
    pthread_mutex_unlock(&check->lock);
    return failed;
}

/* 0: noted; -1: the error says nothing about the segment. */
static int note_error(struct segments_check *check, const struct hf_segment_name *name,
                      enum where where, const struct hf_error *found, struct hf_error *err)
{
    /* What a newer Holdfast wrote is not for this one to remove, nor what points restore from. */
    bool keep = where == IN_DATA || found->code == HF_UNSUPPORTED;
    if (hf_is_damage(found))
        return note_damage(check, name, where, keep ? HF_REMEDY_NONE : HF_REMEDY_REMOVE,
                           found->text, err);
    return hf_error_pass(err, found);
}

static int ignore_pages(void *context, uint32_t first, uint32_t count, const uint8_t *images,
                        struct hf_error *err)
{
    (void)context, (void)first, (void)count, (void)images, (void)err;
    return 0;
}

/* On a worker's thread: reading proves seals and fingerprints. */
static int prove_block(void *context, const struct hf_live_block *live,
                       struct hf_frame_reader *reader, struct hf_error *err)
{
    struct segments_check *check = context;
    struct hf_error found = {0};
    if (hf_live_block_read(live, NULL, reader, ignore_pages, NULL, &found))
        return note_error(check, &live->segment->name, IN_DATA, &found, err);
    return 0;
}

static int prove_object(struct segments_check *check, struct hf_segment *segment,
                        const struct hf_segment_object *object, enum where *where,
                        struct hf_error *err)
{
    struct hf_check_result *result = check->checking->result;
    *where = IN_STRUCTURE; /* nothing restores over an index block that does not open */
    for (uint32_t number = 0; number < object->root.blocks; number++) {
        struct hf_live_block *live = hf_live_block_new(segment, object, number, err);
        if (!live)
            return -1;
        for (uint32_t i = 0; i < live->block.entries; i++)
            hf_live_block_add(live, i);
        if (hf_block_pool_take(check->pool, live, err))
            return -1;
    }
    *where = IN_DATA;
    if (hf_segment_verify_digest(object, err))
        return -1;
    result->bytes_read += object->length;
    hf_progress(check->checking->options->events, "check", result->bytes_read,
                check->checking->bytes_total);
    return 0;
}

/* A segment continues what comes before it, of whatever level, from exactly the state that that
 * ended in. */
static int check_continuity(struct segments_check *check, const struct hf_segment *segment,
                            size_t index, struct hf_error *err)
{
    const struct hf_timeline *timeline = &check->timeline;
    check->states[index] = segment->trailer.state_after;
    check->knows_state[index] = true;
    if (segment->name.from == 1)
        return 0;
    for (size_t i = index; i-- && timeline->entries[i].name.to >= segment->name.from - 1;)
        if (timeline->entries[i].name.to == segment->name.from - 1 && check->knows_state[i] &&
            check->states[i] != segment->trailer.state_before)
            return note_damage(check, &segment->name, IN_STRUCTURE, HF_REMEDY_REMOVE,
                               "not made from the state that the segment before it "
                               "ends in",
                               err);
    return 0;
}

static int check_segment(struct segments_check *check, size_t index, struct hf_error *err)
{
    const struct hf_timeline_entry *entry = &check->timeline.entries[index];
    struct hf_error found = {0};
    struct hf_segment *segment = hf_segment_open(check->database, &entry->name, &found);
    enum where where;
    int failed = 0;
    check->checking->result->segments++;
    if (!segment)
        return note_error(check, &entry->name, IN_STRUCTURE, &found, err);
    if (!entry->orphan)
        failed = check_continuity(check, segment, index, err);
    for (uint32_t i = 0; check->pool && !failed && i < segment->objects; i++)
        if (prove_object(check, segment, &segment->object[i], &where, &found)) {
            failed = note_error(check, &entry->name, where, &found, err);
            break;
        }
    hf_segment_release(segment);
    return failed;
}

static int drop_block(void *context, struct hf_live_block *live, struct hf_error *err)
{
    (void)context, (void)err;
    hf_live_block_free(live);
    return 0;
}

/* On a worker's thread. Whatever fails here was noted before. */
static int prove_live(void *context, const struct hf_live_block *live,
                      struct hf_frame_reader *reader, struct hf_error *err)
{
    struct segments_check *check = context;
    struct hf_error found = {0};
    if (!hf_live_block_read(live, NULL, reader, ignore_pages, NULL, &found))
        return 0;
    if (!hf_is_damage(&found))
        return hf_error_pass(err, &found);
    pthread_mutex_lock(&check->lock);
    check->newest_restores = false;
    for (size_t i = 0; i < check->count; i++)
        if (hf_segment_name_same(&check->damages[i].name, &live->segment->name))
            check->damages[i].remedy = HF_REMEDY_REMOVE;
    pthread_mutex_unlock(&check->lock);
    return 0;
}

static int take_live(void *context, struct hf_live_block *live, struct hf_error *err)
{
    return hf_block_pool_take(context, live, err);
}

/*
 * Damaged data may be of pages that later segments replaced. Only when the newest point needs them
 * does no point after the segment restore, and its removal loses nothing more: as long as the
 * newest point restores, it is kept, and what is built on it is sound.
 */
static int judge_data_damage(struct segments_check *check, struct hf_error *err)
{
    const struct hf_timeline_entry *newest = hf_timeline_newest(&check->timeline);
    hf_auto(hf_plan) struct hf_plan plan = {0};
    struct hf_error found = {0};
    size_t in_data = 0;
    for (size_t i = 0; i < check->count; i++)
        in_data += check->damages[i].in_data;
    if (!newest || !in_data)
        return 0;
    hf_auto_ptr(hf_block_pool) struct hf_block_pool *pool =
        hf_block_pool_new(prove_live, check, err);
    if (!pool || hf_plan_make(&plan, &check->timeline, newest->name.to, err))
        return -1;
    const struct hf_plan_visitor visitor = {.context = pool, .block = take_live};
    check->newest_restores = true;
    int failed = hf_plan_walk(check->database, &plan, &visitor, &found);
    if (hf_block_pool_finish(pool, err))
        return -1;
    if (!failed)
        return 0;
    check->newest_restores = false;
    return hf_is_damage(&found) ? 0 : hf_error_pass(err, &found);
}

static uint64_t count_points(const struct hf_timeline *timeline)
{
    uint64_t points = 0, last = 0;
    for (size_t i = 0; i < timeline->count; i++)
        if (timeline->entries[i].restorable && timeline->entries[i].name.to != last) {
            last = timeline->entries[i].name.to;
            points++;
        }
    return points;
}

static bool is_damaged(const struct segments_check *check, const struct hf_segment_name *name,
                       const struct damage *only)
{
    if (only)
        return hf_segment_name_same(&only->name, name);
    for (size_t i = 0; i < check->count; i++)
        if (hf_segment_name_same(&check->damages[i].name, name))
            return true;
    return false;
}

struct loss {
    uint64_t points;
    int64_t first, last; /* times of the points that are lost */
};

/* The points that cannot be restored without the damaged segments (or without one of them). */
static int count_loss(const struct segments_check *check, const struct damage *only,
                      struct loss *out, struct hf_error *err)
{
    hf_auto(hf_timeline) struct hf_timeline left = {0};
    const struct hf_timeline *timeline = &check->timeline;
    uint64_t last = 0;
    *out = (struct loss){0};
    for (size_t i = 0; i < timeline->count; i++) {
        struct hf_timeline_entry entry = timeline->entries[i];
        entry.restorable = entry.orphan = false;
        if (!is_damaged(check, &entry.name, only) && hf_timeline_add(&left, &entry, err))
            return -1;
    }
    hf_timeline_settle(&left);
    for (size_t i = 0; i < timeline->count; i++) {
        const struct hf_timeline_entry *entry = &timeline->entries[i];
        if (!entry->restorable || entry->name.to == last)
            continue;
        last = entry->name.to;
        if (hf_timeline_at(&left, last))
            continue;
        if (!out->points++)
            out->first = entry->name.time;
        out->last = entry->name.time;
    }
    return 0;
}

static void describe_loss(char *out, size_t size, const struct loss *loss)
{
    char first[48], last[48];
    hf_time_local(first, sizeof first, loss->first);
    hf_time_local(last, sizeof last, loss->last);
    if (!loss->points)
        snprintf(out, size, "no restore point needs it");
    else if (loss->points == 1)
        snprintf(out, size, "the restore point of %s is lost", first);
    else
        snprintf(out, size, "%" PRIu64 " restore points from %s to %s are lost", loss->points,
                 first, last);
}

static void name_object(struct hf_finding *finding, const struct segments_check *check,
                        const struct hf_segment_name *name)
{
    char text[HF_SEGMENT_NAME_TEXT];
    hf_segment_name_format(text, name);
    hf_database_object(finding->object, check->database, "segments/%s", text);
    snprintf(finding->database, sizeof finding->database, "%s", check->database->name);
}

static int tell_damages(struct segments_check *check, struct hf_error *err)
{
    struct loss loss;
    for (size_t i = 0; i < check->count; i++) {
        const struct damage *damage = &check->damages[i];
        struct hf_finding finding = {HF_CHECK_LOSS, damage->remedy, "", "", "", ""};
        name_object(&finding, check, &damage->name);
        snprintf(finding.problem, sizeof finding.problem, "%s", damage->problem);
        if (count_loss(check, damage, &loss, err))
            return -1;
        if (damage->in_data && check->newest_restores)
            snprintf(finding.consequence, sizeof finding.consequence,
                     "%" PRIu64 " restore points may lack pages; the newest one restores, and new "
                     "ones do",
                     loss.points);
        else
            describe_loss(finding.consequence, sizeof finding.consequence, &loss);
        if (hf_check_tell(check->checking, &finding, err))
            return -1;
    }
    if (count_loss(check, NULL, &loss, err))
        return -1;
    check->checking->result->points_lost += loss.points;
    return 0;
}

/* What the names alone show: segments that nothing reaches. */
static int tell_unreachable(struct segments_check *check, struct hf_error *err)
{
    const struct hf_timeline *timeline = &check->timeline;
    const struct hf_timeline_entry *newest = hf_timeline_newest(timeline);
    uint64_t reached = 0;
    for (size_t i = 0; i < timeline->count; i++) {
        const struct hf_timeline_entry *entry = &timeline->entries[i];
        /* While history has not gone on past it, what is missing may still be put back. */
        bool passed = newest && newest->name.to > entry->name.to;
        struct hf_finding finding = {.remedy = entry->orphan || passed ? HF_REMEDY_REMOVE
                                                                       : HF_REMEDY_NONE};
        if (entry->restorable) {
            reached = entry->name.to;
            continue;
        }
        name_object(&finding, check, &entry->name);
        if (entry->orphan) {
            snprintf(finding.problem, sizeof finding.problem,
                     "written by a Holdfast that had been taken over from");
            snprintf(finding.consequence, sizeof finding.consequence,
                     "nothing is lost: it was never acknowledged");
        } else {
            finding.severity = HF_CHECK_LOSS;
            snprintf(finding.problem, sizeof finding.problem,
                     "segments between %" PRIu64 " and %" PRIu64 " are missing", reached,
                     entry->name.from);
            snprintf(finding.consequence, sizeof finding.consequence,
                     "restore point %" PRIu64 " cannot be restored", entry->name.to);
        }
        if (hf_check_tell(check->checking, &finding, err))
            return -1;
    }
    return 0;
}

static bool is_listed(const struct hf_timeline *timeline, const struct hf_segment_name *name)
{
    for (size_t i = 0; i < timeline->count; i++)
        if (hf_segment_name_same(&timeline->entries[i].name, name))
            return true;
    return false;
}

static bool same_listing(const struct hf_timeline *a, const struct hf_timeline *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!hf_segment_name_same(&a->entries[i].name, &b->entries[i].name))
            return false;
    return true;
}

/* Lists until nothing moves: what a listing saw of a prune's middle is no state of the history. */
static int list_again(struct segments_check *check, bool *changed, struct hf_error *err)
{
    bool same = false;
    *changed = false;
    for (int i = 0; !same && i < MOST_LISTINGS; i++) {
        struct hf_timeline now = {0};
        if (hf_timeline_load(&now, check->database, err))
            return -1;
        same = same_listing(&now, &check->timeline);
        *changed |= !same;
        hf_timeline_release(&check->timeline);
        check->timeline = now;
    }
    return 0;
}

static bool is_suspicious(const struct segments_check *check)
{
    for (size_t i = 0; i < check->timeline.count; i++)
        if (!check->timeline.entries[i].restorable)
            return true;
    return check->count;
}

/* What was removed while it was being checked is no damage: a prune knows what it does. Whether it
 * did, the points say that are there now. */
static int forget_what_is_gone(struct segments_check *check, struct hf_error *err)
{
    size_t left = 0;
    bool changed;
    if (!is_suspicious(check))
        return 0;
    if (list_again(check, &changed, err))
        return -1;
    for (size_t i = 0; i < check->count; i++)
        if (is_listed(&check->timeline, &check->damages[i].name))
            check->damages[left++] = check->damages[i];
    check->count = left;
    return 0;
}

static int walk_newest(const struct segments_check *check, struct hf_error *err)
{
    const struct hf_timeline_entry *newest = hf_timeline_newest(&check->timeline);
    const struct hf_plan_visitor visitor = {.block = drop_block};
    hf_auto(hf_plan) struct hf_plan plan = {0};
    if (!newest)
        return 0;
    if (hf_plan_make(&plan, &check->timeline, newest->name.to, err))
        return -1;
    return hf_plan_walk(check->database, &plan, &visitor, err);
}

/* The indexes of the newest point's segments must add up to its state. */
static int check_newest_state(struct segments_check *check, struct hf_error *err)
{
    struct hf_error found = {0};
    if (check->count)
        return 0;
    int failed = walk_newest(check, &found);
    bool changed = failed && found.code == HF_NOT_FOUND;
    for (int i = 0; changed && i < MOST_LISTINGS; i++) {
        if (list_again(check, &changed, err))
            return -1;
        found = (struct hf_error){0};
        failed = walk_newest(check, &found);
        changed = changed && failed && found.code == HF_NOT_FOUND;
    }
    const struct hf_timeline_entry *newest = hf_timeline_newest(&check->timeline);
    return failed ? note_error(check, &newest->name, IN_STRUCTURE, &found, err) : 0;
}

static int check_all(struct segments_check *check, struct hf_error *err)
{
    check->states = calloc(check->timeline.count + 1, sizeof *check->states);
    check->knows_state = calloc(check->timeline.count + 1, sizeof *check->knows_state);
    if (!check->states || !check->knows_state)
        return hf_error_memory(err);
    for (size_t i = 0; i < check->timeline.count; i++)
        if (check_segment(check, i, err))
            return -1;
    if (check->pool && hf_block_pool_finish(check->pool, err))
        return -1;
    if (forget_what_is_gone(check, err))
        return -1;
    if (check_newest_state(check, err) || judge_data_damage(check, err))
        return -1;
    check->checking->result->points += count_points(&check->timeline);
    if (tell_damages(check, err))
        return -1;
    return tell_unreachable(check, err);
}

int hf_check_segments(struct hf_checking *checking, const struct hf_database *database,
                      struct hf_error *err)
{
    struct segments_check check = {.checking = checking, .database = database};
    int failed = hf_timeline_load(&check.timeline, database, err);
    pthread_mutex_init(&check.lock, NULL);
    if (!failed && checking->options->depth == HF_CHECK_DATA) {
        check.pool = hf_block_pool_new(prove_block, &check, err);
        failed = check.pool ? 0 : -1;
    }
    if (!failed)
        failed = check_all(&check, err);
    hf_block_pool_free(check.pool);
    hf_timeline_release(&check.timeline);
    pthread_mutex_destroy(&check.lock);
    free(check.states);
    free(check.knows_state);
    free(check.damages);
    return failed;
}
