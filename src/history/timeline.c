#include "history/timeline.h"

#include <stdio.h>

struct loading {
    struct hf_timeline *timeline;
    struct hf_timeline_entry open; /* the segment whose objects are being listed */
    bool any;
    size_t prefix;
};

static void note_highest(struct hf_timeline *timeline, const struct hf_segment_name *name)
{
    if (name->to > timeline->highest)
        timeline->highest = name->to;
    if (name->epoch > timeline->epoch)
        timeline->epoch = name->epoch;
}

static int end_segment(struct loading *state, struct hf_error *err)
{
    if (!state->any)
        return 0;
    state->any = false;
    return hf_timeline_add(state->timeline, &state->open, err);
}

static int add_stray(struct hf_timeline *timeline, const struct hf_stray_part *stray,
                     struct hf_error *err)
{
    size_t count = timeline->stray_parts;
    if (!(count & (count - 1))) {
        size_t capacity = count ? 2 * count : 1;
        struct hf_stray_part *strays = realloc(timeline->strays, capacity * sizeof *strays);
        if (!strays)
            return hf_error_memory(err);
        timeline->strays = strays;
    }
    timeline->strays[timeline->stray_parts++] = *stray;
    return 0;
}

/* Names list parts right after the closing object, which sorts first: it has no suffix. */
static int take_object(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct loading *state = arg;
    struct hf_segment_name name;
    if (!hf_segment_name_parse(&name, object->key + state->prefix))
        return 0;
    note_highest(state->timeline, &name);
    if (name.part && state->any && hf_segment_name_same(&name, &state->open.name)) {
        state->open.bytes += object->size;
        if (name.part > state->open.parts)
            state->open.parts = name.part;
        return 0;
    }
    if (end_segment(state, err))
        return -1;
    if (name.part) {
        const struct hf_stray_part stray = {name, object->size, object->received};
        return add_stray(state->timeline, &stray, err);
    }
    state->open = (struct hf_timeline_entry){
        .name = name, .bytes = object->size, .received = object->received};
    state->any = true;
    return 0;
}

void hf_timeline_release(struct hf_timeline *timeline)
{
    free(timeline->entries);
    free(timeline->strays);
    *timeline = (struct hf_timeline){0};
}

int hf_timeline_add(struct hf_timeline *timeline, const struct hf_timeline_entry *entry,
                    struct hf_error *err)
{
    if (timeline->count == timeline->capacity) {
        size_t capacity = timeline->capacity ? 2 * timeline->capacity : 64;
        struct hf_timeline_entry *entries = realloc(timeline->entries, capacity * sizeof *entries);
        if (!entries)
            return hf_error_memory(err);
        timeline->entries = entries;
        timeline->capacity = capacity;
    }
    timeline->entries[timeline->count++] = *entry;
    note_highest(timeline, &entry->name);
    return 0;
}

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_entries(const void *left, const void *right)
{
    const struct hf_segment_name *a = &((const struct hf_timeline_entry *)left)->name;
    const struct hf_segment_name *b = &((const struct hf_timeline_entry *)right)->name;
    int result = order(a->to, b->to);
    if (!result)
        result = order(a->from, b->from);
    if (!result)
        result = order(b->level, a->level);
    if (!result)
        result = order(b->epoch, a->epoch);
    return result ? result : order((uint64_t)a->time, (uint64_t)b->time);
}

/*
 * The lowest `to` that a later epoch wrote at level 0 ends every earlier epoch: what those wrote at
 * it or past it is an orphan.
 */
static void mark_orphans(struct hf_timeline *timeline)
{
    uint32_t highest = 0; /* epoch that wrote at level 0 up to here */
    for (size_t i = 0, end = 0; i < timeline->count; i++) {
        struct hf_timeline_entry *entry = &timeline->entries[i];
        for (; end < timeline->count && timeline->entries[end].name.to == entry->name.to; end++)
            if (!timeline->entries[end].name.level && timeline->entries[end].name.epoch > highest)
                highest = timeline->entries[end].name.epoch;
        entry->orphan = !entry->name.level && entry->name.epoch < highest;
    }
}

static void mark_restorable(struct hf_timeline *timeline)
{
    uint64_t reached = 0, here = 0; /* the newest point below this `to`; at it */
    uint64_t to = 0;
    for (size_t i = 0; i < timeline->count; i++) {
        struct hf_timeline_entry *entry = &timeline->entries[i];
        if (entry->name.to != to) {
            reached = here > reached ? here : reached;
            to = entry->name.to;
        }
        if (entry->orphan || (entry->name.from > 1 && reached + 1 < entry->name.from))
            continue;
        entry->restorable = true;
        here = to;
    }
}

static int64_t earlier(const struct hf_timeline_entry *entry)
{
    int64_t time = entry->name.time;
    return entry->received && entry->received < time ? entry->received : time;
}

/* eff(i) = max(eff(i-1), min(time in the name, time the store received it)), of all segments that
 * end at the point: one that was merged later must not make it younger. */
static void set_effective(struct hf_timeline *timeline)
{
    int64_t newest = INT64_MIN;
    for (size_t i = 0, end = 0; i < timeline->count; i = end) {
        int64_t time = INT64_MAX;
        for (; end < timeline->count &&
               timeline->entries[end].name.to == timeline->entries[i].name.to;
             end++)
            if (timeline->entries[end].restorable && earlier(&timeline->entries[end]) < time)
                time = earlier(&timeline->entries[end]);
        if (time != INT64_MAX && time > newest)
            newest = time;
        for (size_t j = i; j < end; j++)
            timeline->entries[j].effective = newest;
    }
}

void hf_timeline_settle(struct hf_timeline *timeline)
{
    if (timeline->count)
        qsort(timeline->entries, timeline->count, sizeof *timeline->entries, compare_entries);
    mark_orphans(timeline);
    mark_restorable(timeline);
    set_effective(timeline);
}

/* The first entry with `to` at least this. */
static size_t lower_bound(const struct hf_timeline *timeline, uint64_t to)
{
    size_t low = 0, high = timeline->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (timeline->entries[middle].name.to < to)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct knowledge {
    const struct hf_timeline *timeline;
    size_t prefix;
};

/* Of a segment in parts only the sum of their sizes is known. */
static bool find_known(void *arg, struct hf_stored *object)
{
    const struct knowledge *known = arg;
    const struct hf_timeline *timeline = known->timeline;
    struct hf_segment_name name;
    if (strlen(object->key) < known->prefix ||
        !hf_segment_name_parse(&name, object->key + known->prefix) || name.part)
        return false;
    for (size_t i = lower_bound(timeline, name.to);
         i < timeline->count && timeline->entries[i].name.to == name.to; i++) {
        const struct hf_timeline_entry *entry = &timeline->entries[i];
        if (entry->parts || !hf_segment_name_same(&entry->name, &name))
            continue;
        object->size = entry->bytes;
        object->received = entry->received;
        return true;
    }
    return false;
}

int hf_timeline_load(struct hf_timeline *out, const struct hf_database *database,
                     struct hf_error *err)
{
    static const struct hf_timeline none;
    return hf_timeline_load_again(out, &none, database, err);
}

int hf_timeline_load_again(struct hf_timeline *out, const struct hf_timeline *known,
                           const struct hf_database *database, struct hf_error *err)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct loading state = {.timeline = &timeline};
    char prefix[HF_OBJECT_NAME_TEXT];
    hf_database_object(prefix, database, "segments/");
    state.prefix = strlen(prefix);
    struct knowledge knowledge = {known, state.prefix};
    const struct hf_store_known remembered = {find_known, &knowledge};
    if (hf_store_list_again(database->repository->store, prefix, &remembered, take_object, &state,
                            err) ||
        end_segment(&state, err))
        return -1;
    hf_timeline_settle(&timeline);
    *out = timeline;
    timeline = (struct hf_timeline){0};
    return 0;
}

const struct hf_timeline_entry *hf_timeline_newest(const struct hf_timeline *timeline)
{
    for (size_t i = timeline->count; i--;)
        if (timeline->entries[i].restorable)
            return hf_timeline_at(timeline, timeline->entries[i].name.to);
    return NULL;
}

const struct hf_timeline_entry *hf_timeline_at(const struct hf_timeline *timeline, uint64_t seq)
{
    for (size_t i = lower_bound(timeline, seq);
         i < timeline->count && timeline->entries[i].name.to == seq; i++)
        if (timeline->entries[i].restorable)
            return &timeline->entries[i];
    return NULL;
}

const struct hf_timeline_entry *hf_timeline_before(const struct hf_timeline *timeline,
                                                   const struct hf_timeline_entry *step)
{
    if (step->name.from == 1)
        return NULL;
    const struct hf_timeline_entry *best = NULL;
    for (size_t i = lower_bound(timeline, step->name.to); i--;) {
        const struct hf_timeline_entry *entry = &timeline->entries[i];
        if (entry->name.to + 1 < step->name.from)
            break;
        /* Of two with one range, the first in order, as in hf_timeline_at. */
        if (entry->restorable &&
            (!best || entry->name.from < best->name.from ||
             (entry->name.from == best->name.from && entry->name.to == best->name.to)))
            best = entry;
    }
    return best;
}

static int append_step(struct hf_plan *plan, const struct hf_timeline_entry *step,
                       struct hf_error *err)
{
    if (!(plan->count & (plan->count - 1))) {
        size_t capacity = plan->count ? 2 * plan->count : 1;
        const struct hf_timeline_entry **steps =
            realloc(plan->steps, capacity * sizeof(const struct hf_timeline_entry *));
        if (!steps)
            return hf_error_memory(err);
        plan->steps = steps;
    }
    plan->steps[plan->count++] = step;
    plan->bytes += step->bytes;
    return 0;
}

static int explain_missing(const struct hf_timeline *timeline, uint64_t seq, struct hf_error *err)
{
    size_t at = lower_bound(timeline, seq);
    if (at == timeline->count || timeline->entries[at].name.to != seq) {
        hf_error_set(err, HF_NOT_FOUND, "there is no restore point %llu", (unsigned long long)seq);
        return hf_error_hint_typed(err, "holdfast list", "look at which there are");
    }
    if (timeline->entries[at].orphan) {
        hf_error_set(err, HF_NOT_FOUND,
                     "restore point %llu was written by a Holdfast that had "
                     "been taken over from",
                     (unsigned long long)seq);
        return hf_error_hint_typed(err, "holdfast list", "look at which there are");
    }
    uint64_t reached = 0;
    for (size_t i = 0; i < at; i++)
        if (timeline->entries[i].restorable)
            reached = timeline->entries[i].name.to;
    hf_error_set(err, HF_CORRUPT, "segments after %llu that restore point %llu needs are missing",
                 (unsigned long long)reached, (unsigned long long)seq);
    return hf_error_hint_typed(err, "holdfast list, holdfast check",
                               "others can be restored, and a check says what is missing");
}

int hf_plan_make(struct hf_plan *out, const struct hf_timeline *timeline, uint64_t seq,
                 struct hf_error *err)
{
    struct hf_plan plan = {0};
    const struct hf_timeline_entry *step = hf_timeline_at(timeline, seq);
    if (!step)
        return explain_missing(timeline, seq, err);
    for (; step; step = hf_timeline_before(timeline, step))
        if (append_step(&plan, step, err)) {
            hf_plan_release(&plan);
            return -1;
        }
    *out = plan;
    return 0;
}

enum { NO_STEP = -1 };

/* How a segment's end is reached from the state at hand. */
struct way {
    uint64_t bytes; /* read on the whole way; UINT64_MAX: it is not reached */
    int64_t before; /* the segment applied just before, NO_STEP: none */
};

/* The cheapest way to the end of `step`, over the ends of the `count` segments before it. */
static struct way way_to(const struct hf_timeline_entry *entries, const struct way *ways,
                         size_t first, size_t step, uint64_t base)
{
    const struct hf_segment_name *name = &entries[step].name;
    struct way best = {UINT64_MAX, NO_STEP};
    if (!entries[step].restorable)
        return best;
    if (name->from - 1 <= base)
        best.bytes = entries[step].bytes;
    for (size_t i = step; i-- > first && entries[i].name.to + 1 >= name->from;)
        if (ways[i].bytes != UINT64_MAX && ways[i].bytes + entries[step].bytes < best.bytes)
            best = (struct way){ways[i].bytes + entries[step].bytes, (int64_t)i};
    return best;
}

int hf_plan_from(struct hf_plan *out, const struct hf_timeline *timeline, uint64_t base,
                 uint64_t seq, struct hf_error *err)
{
    struct hf_plan plan = {0};
    size_t first = lower_bound(timeline, base + 1), end = lower_bound(timeline, seq + 1);
    int64_t best = NO_STEP;
    hf_auto_free struct way *ways = calloc(end + 1, sizeof *ways);
    if (!ways)
        return hf_error_memory(err);
    for (size_t i = first; i < end; i++) {
        ways[i] = way_to(timeline->entries, ways, first, i, base);
        if (timeline->entries[i].name.to == seq && ways[i].bytes != UINT64_MAX &&
            (best == NO_STEP || ways[i].bytes < ways[best].bytes))
            best = (int64_t)i;
    }
    if (best == NO_STEP)
        return explain_missing(timeline, seq, err);
    for (; best != NO_STEP; best = ways[best].before)
        if (append_step(&plan, &timeline->entries[best], err)) {
            hf_plan_release(&plan);
            return -1;
        }
    *out = plan;
    return 0;
}

void hf_plan_release(struct hf_plan *plan)
{
    free(plan->steps);
    *plan = (struct hf_plan){0};
}
