#include "history/prune.h"

#include <stdio.h>

#include "history/catalog.h"
#include "history/prune_internal.h"
#include "history/segment_merge.h"

enum { QUEUE = 64 };

/* A prune on its way. */
struct acting {
    struct hf_prune *prune;
    struct hf_prune_result *result;
    struct hf_pool *pool; /* once something is merged */
    bool pin_found;       /* in the trailer of a point that was to be merged over */
    bool stopped;
};

static bool must_stop(struct acting *acting)
{
    const struct hf_prune_options *options = &acting->prune->options;
    if (options->stop && options->stop(options->context))
        acting->stopped = acting->result->more = true;
    return acting->stopped;
}

static bool is_unpinned(void *context, uint64_t seq)
{
    const struct hf_prune *prune = context;
    const struct hf_retention_view view = {.marks = prune->marks.list,
                                           .mark_count = prune->marks.count};
    const struct hf_retention_mark *mark = hf_retention_mark_of(&view, seq);
    return mark && mark->pin == HF_PIN_NO && mark->pin_changed;
}

/* Damage in one place must not keep the rest from being thinned; a store that fails does. */
static int pass_over(struct acting *acting, const struct hf_error *why, struct hf_error *err)
{
    const struct hf_events *events = acting->prune->options.events;
    switch (why->code) {
    case HF_LOCKED:
    case HF_NOT_FOUND: /* another pruner is at it, or was */
        hf_notice(events, "%s. The next prune will look again", why->text);
        acting->result->more = true;
        return 0;
    case HF_CORRUPT:
    case HF_UNSUPPORTED:
        hf_notice(events, "%s. What is there is left as it is", why->text);
        acting->result->merges_failed++;
        return 0;
    default:
        return hf_error_pass(err, why);
    }
}

static int note_pin(struct acting *acting, uint64_t seq, struct hf_error *err)
{
    struct hf_retention_mark *mark = hf_retention_marks_at(&acting->prune->marks, seq, err);
    if (!mark)
        return -1;
    mark->pin = HF_PIN_YES;
    acting->pin_found = true;
    return 0;
}

static int merge(struct acting *acting, const struct hf_retention_merge *wanted,
                 struct hf_error *err)
{
    struct hf_prune *prune = acting->prune;
    struct hf_prune_result *result = acting->result;
    const struct hf_merge_options options = {.level = wanted->name.level,
                                             .unpinned = is_unpinned,
                                             .context = prune,
                                             .events = prune->options.events};
    struct hf_merge_result merged = {0};
    struct hf_error local = {0};
    if (!acting->pool)
        acting->pool = hf_pool_new(prune->options.workers, QUEUE, err);
    if (!acting->pool)
        return -1;
    if (hf_segment_merge(prune->database, acting->pool, wanted->steps, wanted->count, &options,
                         &merged, &local))
        return pass_over(acting, &local, err);
    result->bytes_written += merged.bytes;
    if (merged.pinned)
        return note_pin(acting, merged.pinned, err);
    result->merges++;
    result->merged_segments += wanted->count;
    return 0;
}

static int merge_all(struct acting *acting, struct hf_error *err)
{
    const struct hf_retention_plan *plan = &acting->prune->plan;
    for (size_t i = 0; i < plan->merge_count && !must_stop(acting); i++)
        if (merge(acting, &plan->merges[i], err))
            return -1;
    return 0;
}

/* Merges, and plans again where a pin came to light that nobody knew of: at most once a point. */
static int merge_until_done(struct acting *acting, struct hf_error *err)
{
    do {
        acting->pin_found = false;
        if (merge_all(acting, err) || (acting->pin_found && hf_prune_plan(acting->prune, err)))
            return -1;
    } while (acting->pin_found && !acting->stopped);
    return 0;
}

/* What was listed long ago says too little about pins. */
static int look_again(struct hf_prune *prune, struct hf_error *err)
{
    const struct hf_prune_options options = prune->options;
    const struct hf_database *database = prune->database;
    struct hf_prune again = {0};
    if (hf_prune_look(&again, database, &options, err))
        return -1;
    hf_prune_release(prune);
    *prune = again;
    return 0;
}

/* Pins are refused from half the grace on: what was listed until then knows of them all. */
static bool is_too_old(struct acting *acting)
{
    struct hf_prune *prune = acting->prune;
    int64_t since = hf_now(prune->database->repository->keys.env) - prune->listed;
    if (prune->grace && (since > prune->grace / 4 || since < 0))
        acting->stopped = acting->result->more = true;
    return acting->stopped;
}

static int remove_object(struct acting *acting, const struct hf_segment_name *name, uint16_t part,
                         struct hf_error *err)
{
    const struct hf_database *database = acting->prune->database;
    struct hf_segment_name wanted = *name;
    char text[HF_SEGMENT_NAME_TEXT], object[HF_OBJECT_NAME_TEXT];
    wanted.part = part;
    hf_segment_name_format(text, &wanted);
    hf_database_object(object, database, "segments/%s", text);
    if (hf_store_remove(database->repository->store, object, err))
        return -1;
    acting->result->deleted.objects++;
    return 0;
}

/* The closing part refers to the others, and goes first. */
static int remove_segment(struct acting *acting, const struct hf_timeline_entry *entry,
                          struct hf_error *err)
{
    for (uint32_t part = 0; part <= entry->parts; part++)
        if (remove_object(acting, &entry->name, (uint16_t)part, err))
            return -1;
    acting->result->deleted.bytes += entry->bytes;
    return 0;
}

/* From the newest on: what builds on others goes before them, so that at no moment there is a
 * segment whose predecessor is missing. */
static int remove_segments(struct acting *acting, struct hf_error *err)
{
    const struct hf_prune *prune = acting->prune;
    for (size_t i = prune->timeline.count; i--;) {
        if (prune->plan.fates[i] != HF_FATE_GOES)
            continue;
        if (must_stop(acting) || is_too_old(acting))
            return 0;
        if (remove_segment(acting, &prune->timeline.entries[i], err))
            return -1;
    }
    return 0;
}

/* Unless it was closed after it was listed. */
static int remove_stray(struct acting *acting, const struct hf_stray_part *stray,
                        struct hf_error *err)
{
    const struct hf_database *database = acting->prune->database;
    struct hf_segment_name closing = stray->name;
    char text[HF_SEGMENT_NAME_TEXT], object[HF_OBJECT_NAME_TEXT];
    struct hf_stored stored;
    struct hf_error local = {0};
    closing.part = 0;
    hf_segment_name_format(text, &closing);
    hf_database_object(object, database, "segments/%s", text);
    if (!hf_store_stat(database->repository->store, object, &stored, &local))
        return 0;
    if (local.code != HF_NOT_FOUND)
        return hf_error_pass(err, &local);
    acting->result->deleted.bytes += stray->bytes;
    return remove_object(acting, &stray->name, stray->name.part, err);
}

static int remove_strays(struct acting *acting, struct hf_error *err)
{
    const struct hf_prune *prune = acting->prune;
    for (size_t i = 0; i < prune->timeline.stray_parts && !must_stop(acting); i++)
        if (prune->plan.stray_fates[i] == HF_FATE_GOES &&
            remove_stray(acting, &prune->timeline.strays[i], err))
            return -1;
    return 0;
}

/* History went on over the point, and left it out. */
static bool is_passed(const struct hf_timeline *timeline, uint64_t seq)
{
    for (size_t i = 0; i < timeline->count; i++) {
        const struct hf_timeline_entry *entry = &timeline->entries[i];
        if (entry->name.to == seq)
            return false;
        if (entry->name.to > seq && entry->restorable && entry->name.level &&
            entry->name.from <= seq)
            return true;
    }
    return false;
}

/* Labels, pins and proofs of points that are there no more. */
static int remove_records(struct acting *acting, struct hf_error *err)
{
    const struct hf_prune *prune = acting->prune;
    char object[HF_OBJECT_NAME_TEXT];
    for (size_t i = 0; i < prune->marks.record_count && !must_stop(acting); i++) {
        const struct hf_point_record *record = &prune->marks.records[i];
        if (record->received > prune->now - prune->grace ||
            !is_passed(&prune->timeline, record->seq))
            continue;
        hf_database_object(object, prune->database, "points/%016llx.%08x",
                           (unsigned long long)record->seq, record->number);
        if (hf_store_remove(prune->database->repository->store, object, err))
            return -1;
        acting->result->deleted.objects++;
    }
    return 0;
}

static int remove_clock(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    const struct acting *acting = arg;
    const struct hf_prune *prune = acting->prune;
    if (object->received > prune->now - prune->grace)
        return 0;
    return hf_store_remove(prune->database->repository->store, object->key, err);
}

/* What was put to ask for the time, and then left by a crash. */
static int remove_clocks(struct acting *acting, struct hf_error *err)
{
    const struct hf_database *database = acting->prune->database;
    char prefix[HF_OBJECT_NAME_TEXT];
    hf_database_object(prefix, database, "clock/");
    return hf_store_list(database->repository->store, prefix, "", remove_clock, acting, err);
}

/* It only saves reads: what fails here costs time later, and nothing else. */
static void refresh_catalog(struct acting *acting)
{
    const struct hf_prune *prune = acting->prune;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct hf_error local = {0};
    if (hf_timeline_load(&timeline, prune->database, &local) ||
        hf_catalog_refresh(prune->database, &timeline, acting->result->merges, &local))
        hf_notice(prune->options.events, "%s. Listing points will take longer", local.text);
}

static void count_points(struct acting *acting)
{
    const struct hf_retention_points *points = &acting->prune->plan.points;
    acting->result->points = points->count;
    acting->result->kept = 0;
    for (size_t i = 0; i < points->count; i++)
        acting->result->kept += points->list[i].keep != 0;
}

static void add(struct hf_prune_sum *sum, uint64_t objects, uint64_t bytes)
{
    sum->objects += objects;
    sum->bytes += bytes;
}

static void count_fates(const struct hf_prune *prune, enum hf_fate fate, struct hf_prune_sum *sum)
{
    for (size_t i = 0; i < prune->timeline.count; i++)
        if (prune->plan.fates[i] == fate)
            add(sum, 1 + (uint64_t)prune->timeline.entries[i].parts,
                prune->timeline.entries[i].bytes);
    for (size_t i = 0; i < prune->timeline.stray_parts; i++)
        if (prune->plan.stray_fates[i] == fate)
            add(sum, 1, prune->timeline.strays[i].bytes);
}

static void foretell(struct acting *acting)
{
    const struct hf_retention_plan *plan = &acting->prune->plan;
    for (size_t i = 0; i < plan->merge_count; i++) {
        acting->result->merges++;
        acting->result->merged_segments += plan->merges[i].count;
    }
    count_fates(acting->prune, HF_FATE_GOES, &acting->result->deleted);
}

static int act(struct acting *acting, struct hf_error *err)
{
    if (merge_until_done(acting, err))
        return -1;
    if (acting->result->merges && look_again(acting->prune, err))
        return -1;
    if (remove_segments(acting, err) || remove_strays(acting, err) || remove_records(acting, err))
        return -1;
    return acting->result->deleted.objects ? remove_clocks(acting, err) : 0;
}

int hf_prune_act(struct hf_prune *prune, struct hf_prune_result *result, struct hf_error *err)
{
    struct acting acting = {.prune = prune, .result = result};
    int failed = 0;
    *result = (struct hf_prune_result){0};
    count_points(&acting);
    if (prune->options.dry_run)
        foretell(&acting);
    else
        failed = act(&acting, err);
    hf_pool_free(acting.pool);
    if (failed)
        return -1;
    count_fates(prune, HF_FATE_WAITS, &result->waits);
    if (!prune->options.dry_run && result->merges)
        refresh_catalog(&acting);
    return 0;
}

int hf_prune(const struct hf_database *database, const struct hf_prune_options *options,
             struct hf_prune_result *result, struct hf_error *err)
{
    hf_auto(hf_prune) struct hf_prune prune = {0};
    if (hf_prune_look(&prune, database, options, err))
        return -1;
    return hf_prune_act(&prune, result, err);
}
