#include "history/prune_internal.h"

#include <stdio.h>
#include <string.h>

#include "history/point.h"
#include "history/write_probe.h"

/* The newest object tells the store's time well enough while it is not older than this. */
static int64_t fresh_for(int64_t grace)
{
    static const int64_t minute = INT64_C(60) * 1000;
    return grace / 8 < minute ? grace / 8 : minute;
}

int64_t hf_prune_grace(const struct hf_database *database)
{
    static const int64_t hour = INT64_C(3600) * 1000;
    const char *kind = database->repository->store->ops->kind;
    bool local = !strcmp(kind, "directory") || !strcmp(kind, "memory");
    return local ? hour : 24 * hour;
}

static int64_t newest_received(const struct hf_timeline *timeline)
{
    int64_t newest = 0;
    for (size_t i = 0; i < timeline->count; i++)
        if (timeline->entries[i].received > newest)
            newest = timeline->entries[i].received;
    for (size_t i = 0; i < timeline->stray_parts; i++)
        if (timeline->strays[i].received > newest)
            newest = timeline->strays[i].received;
    return newest;
}

static int plan(struct hf_prune *prune, struct hf_error *err)
{
    const struct hf_retention_task task = {
        .view = {&prune->timeline, prune->options.rule, prune->options.zone, prune->marks.list,
                 prune->marks.count, prune->now},
        .grace = prune->grace,
    };
    hf_retention_plan_release(&prune->plan);
    return hf_retention_plan_make(&prune->plan, &task, err);
}

static bool has_fate(const struct hf_prune *prune, enum hf_fate fate)
{
    for (size_t i = 0; i < prune->timeline.count; i++)
        if (prune->plan.fates[i] == fate)
            return true;
    for (size_t i = 0; i < prune->timeline.stray_parts; i++)
        if (prune->plan.stray_fates[i] == fate)
            return true;
    return false;
}

/* What waits may have waited long enough: nothing may have come since that tells the time. The
 * store is only asked when the clock here says so. */
static int plan_by_store_time(struct hf_prune *prune, struct hf_error *err)
{
    int64_t here = hf_now(prune->database->repository->keys.env), told = prune->now;
    if (plan(prune, err))
        return -1;
    if (!has_fate(prune, HF_FATE_WAITS) || here - told < fresh_for(prune->grace))
        return 0;
    prune->now = here;
    if (plan(prune, err))
        return -1;
    if (prune->options.dry_run || !has_fate(prune, HF_FATE_GOES))
        return 0;
    prune->now = told;
    return hf_write_probe(prune->database, &prune->now, err) ? -1 : plan(prune, err);
}

int hf_prune_plan(struct hf_prune *prune, struct hf_error *err)
{
    const struct hf_retention_plan *made = &prune->plan;
    if (plan(prune, err))
        return -1;
    /* What is found to be pinned changes the plan, and what is in doubt then is among the same. */
    while (made->unsure_count)
        if (hf_retention_marks_look_up(&prune->marks, prune->database, &prune->timeline,
                                       made->unsure, made->unsure_count, err) ||
            plan(prune, err))
            return -1;
    return 0;
}

static int look(struct hf_prune *prune, struct hf_error *err)
{
    if (hf_timeline_load(&prune->timeline, prune->database, err))
        return -1;
    prune->now = newest_received(&prune->timeline);
    if (plan_by_store_time(prune, err))
        return -1;
    if (prune->options.quick && !prune->plan.merge_count && !has_fate(prune, HF_FATE_GOES))
        return 0;
    if (hf_retention_marks_load(&prune->marks, prune->database, err))
        return -1;
    return hf_prune_plan(prune, err);
}

int hf_prune_look(struct hf_prune *out, const struct hf_database *database,
                  const struct hf_prune_options *options, struct hf_error *err)
{
    hf_auto(hf_prune) struct hf_prune prune = {.database = database, .options = *options};
    prune.grace = options->grace < 0 ? hf_prune_grace(database) : options->grace;
    prune.listed = hf_now(database->repository->keys.env);
    if (look(&prune, err))
        return -1;
    *out = prune;
    prune = (struct hf_prune){0};
    return 0;
}

void hf_prune_release(struct hf_prune *prune)
{
    hf_retention_plan_release(&prune->plan);
    hf_retention_marks_release(&prune->marks);
    hf_timeline_release(&prune->timeline);
    *prune = (struct hf_prune){0};
}

int hf_prune_pin(const struct hf_database *database, const struct hf_prune_options *options,
                 uint64_t seq, struct hf_error *err)
{
    static const struct hf_point_change pin = {.pin = 1};
    struct hf_prune_options half = *options;
    hf_auto(hf_prune) struct hf_prune prune = {0};
    half.grace = (options->grace < 0 ? hf_prune_grace(database) : options->grace) / 2;
    half.quick = false;
    if (hf_prune_look(&prune, database, &half, err))
        return -1;
    if (!hf_timeline_at(&prune.timeline, seq)) {
        hf_error_set(err, HF_NOT_FOUND, "there is no restore point %llu", (unsigned long long)seq);
        return hf_error_hint_typed(err, "holdfast list", "look at which there are");
    }
    if (hf_retention_point_goes(&prune.plan, &prune.timeline, seq)) {
        hf_error_set(err, HF_REFUSED,
                     "restore point %llu has expired, and what it needs is about to be deleted",
                     (unsigned long long)seq);
        return hf_error_hint(err, "restore it to a file of its own as long as it is there");
    }
    return hf_point_change(database, seq, &pin, err);
}
