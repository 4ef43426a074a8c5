#include "history/retention_merges.h"

#include "history/segment_merge.h"

/* So many segments that nothing will ever stand between are worth one in their place. */
enum { LONG_RUN = 16 };

/* The part of a point's chain that is considered. */
struct run {
    const struct hf_timeline_entry **steps; /* owned; newest first */
    size_t count, capacity;
    uint64_t bytes;
    const struct hf_timeline_entry *base; /* the full segment that the run begins after, or NULL */
};

static int append_step(struct run *run, const struct hf_timeline_entry *step, struct hf_error *err)
{
    if (run->count == run->capacity) {
        size_t capacity = run->capacity ? 2 * run->capacity : 16;
        const struct hf_timeline_entry **steps =
            realloc(run->steps, capacity * sizeof(const struct hf_timeline_entry *));
        if (!steps)
            return hf_error_memory(err);
        run->steps = steps;
        run->capacity = capacity;
    }
    run->steps[run->count++] = step;
    run->bytes += step->bytes;
    return 0;
}

/* The steps of the plan for `end` down to the first that begins at `after` + 1 or before. */
static int walk(struct run *run, const struct hf_timeline *timeline,
                const struct hf_timeline_entry *end, uint64_t after, struct hf_error *err)
{
    const struct hf_timeline_entry *step = end;
    *run = (struct run){0};
    for (; step && step->name.from > 1; step = hf_timeline_before(timeline, step)) {
        if (append_step(run, step, err))
            return -1;
        if (step->name.from <= after + 1)
            return 0;
    }
    run->base = step;
    return 0;
}

static int append_merge(struct hf_retention_plan *plan, struct run *run, uint8_t level,
                        struct hf_error *err)
{
    size_t count = plan->merge_count;
    if (!(count & (count - 1))) {
        size_t capacity = count ? 2 * count : 1;
        struct hf_retention_merge *merges = realloc(plan->merges, capacity * sizeof *merges);
        if (!merges)
            return hf_error_memory(err);
        plan->merges = merges;
    }
    struct hf_retention_merge *merge = &plan->merges[plan->merge_count++];
    *merge = (struct hf_retention_merge){.steps = run->steps, .count = run->count};
    hf_segment_merge_name(&merge->name, run->steps, run->count, level);
    merge->bytes = run->bytes;
    run->steps = NULL;
    return 0;
}

/* A point that will still be kept when the rest of its run has gone. */
static bool stays(const struct hf_retention_point *point, size_t pair)
{
    return point->keep & HF_KEEP_PINNED || (pair < 32 && point->windows >> pair);
}

struct gap {
    const struct hf_retention_point *before;          /* kept, or NULL: there is none */
    const struct hf_retention_point *oldest, *newest; /* that go */
    const struct hf_retention_point *after;           /* kept */
};

/* What is past the rule's end is only there to hold up what is not: it is merged when that pays. */
static int merge_past_end(struct hf_retention_plan *plan, const struct hf_retention_view *view,
                          const struct gap *gap, struct hf_error *err)
{
    const struct hf_retention_point *end =
        gap->after->keep & HF_KEEP_NEWEST ? gap->newest : gap->after;
    uint8_t level = hf_retention_level(view->rule, view->rule->count);
    struct run run;
    int failed = walk(&run, view->timeline, end->entry, gap->before ? gap->before->seq : 0, err);
    if (!failed && run.base && !gap->before && run.count && run.bytes >= run.base->bytes / 3)
        failed = append_step(&run, run.base, err) || append_merge(plan, &run, level, err);
    else if (!failed && (run.count >= LONG_RUN || (run.count > 1 && end->keep & HF_KEEP_PINNED)))
        failed = append_merge(plan, &run, level, err);
    free(run.steps);
    return failed;
}

static int merge_window(struct hf_retention_plan *plan, const struct hf_retention_view *view,
                        const struct gap *gap, struct hf_error *err)
{
    struct run run;
    if (gap->after->keep & HF_KEEP_NEWEST || !stays(gap->after, gap->oldest->pair))
        return 0;
    int failed =
        walk(&run, view->timeline, gap->after->entry, gap->before ? gap->before->seq : 0, err);
    if (!failed && run.count > 1)
        failed = append_merge(plan, &run, hf_retention_level(view->rule, gap->oldest->pair), err);
    free(run.steps);
    return failed;
}

int hf_retention_merges_find(struct hf_retention_plan *plan, const struct hf_retention_view *view,
                             struct hf_error *err)
{
    struct gap gap = {0};
    for (size_t i = 0; i < plan->points.count; i++) {
        const struct hf_retention_point *point = &plan->points.list[i];
        if (!point->keep) {
            gap.oldest = gap.oldest ? gap.oldest : point;
            gap.newest = point;
            continue;
        }
        gap.after = point;
        if (gap.oldest &&
            (gap.oldest->pair == view->rule->count ? merge_past_end(plan, view, &gap, err)
                                                   : merge_window(plan, view, &gap, err)))
            return -1;
        gap = (struct gap){.before = point};
    }
    return 0;
}
