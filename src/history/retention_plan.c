#include "history/retention_plan.h"

#include "history/retention_merges.h"

/* One look at a timeline: which of its objects the plans of kept points have. */
struct look {
    struct hf_retention_points points;
    bool *needed; /* owned, of each entry */
};

static void look_release(struct look *look)
{
    hf_retention_points_release(&look->points);
    free(look->needed);
}

static uint64_t oldest_kept(const struct hf_retention_points *points)
{
    for (size_t i = 0; i < points->count; i++)
        if (points->list[i].keep)
            return points->list[i].seq;
    return 0;
}

/*
 * The first segment that an epoch wrote at level 0 is what makes an orphan of anything that its
 * predecessor may still write, however late: it stays for as long as there is history before it.
 */
static void hold_epochs(struct look *look, const struct hf_timeline *timeline)
{
    uint64_t oldest = oldest_kept(&look->points);
    uint32_t highest = 1;
    for (size_t i = 0; i < timeline->count; i++) {
        const struct hf_segment_name *name = &timeline->entries[i].name;
        if (name->level || name->epoch <= highest)
            continue;
        highest = name->epoch;
        if (oldest < name->to)
            look->needed[i] = true;
    }
}

static int look_at(struct look *look, const struct hf_retention_view *view, struct hf_error *err)
{
    const struct hf_timeline *timeline = view->timeline;
    look->needed = calloc(timeline->count + 1, sizeof *look->needed);
    if (!look->needed)
        return hf_error_memory(err);
    if (hf_retention_points_judge(&look->points, view, err))
        return -1;
    for (size_t i = 0; i < look->points.count; i++) {
        const struct hf_timeline_entry *step = look->points.list[i].entry;
        if (!look->points.list[i].keep)
            continue;
        /* What comes before a step depends on the step alone: from one that is known on, all is. */
        for (; step && !look->needed[step - timeline->entries];
             step = hf_timeline_before(timeline, step))
            look->needed[step - timeline->entries] = true;
    }
    hold_epochs(look, timeline);
    return 0;
}

/* As a look, `grace` ago: `needed` is given by the entries of today. */
static int look_back(bool *needed, const struct hf_retention_task *task, struct hf_error *err)
{
    const struct hf_timeline *today = task->view.timeline;
    struct hf_retention_view view = task->view;
    hf_auto(hf_timeline) struct hf_timeline then = {0};
    struct look look = {0};
    view.at -= task->grace;
    view.timeline = &then;
    for (size_t i = 0; i < today->count; i++) {
        struct hf_timeline_entry entry = today->entries[i];
        entry.orphan = entry.restorable = false;
        if (entry.received <= view.at && hf_timeline_add(&then, &entry, err))
            return -1;
    }
    hf_timeline_settle(&then);
    int failed = look_at(&look, &view, err);
    /* Both are in one order. */
    for (size_t i = 0, j = 0; !failed && i < today->count; i++)
        if (today->entries[i].received <= view.at)
            needed[i] = look.needed[j++];
    look_release(&look);
    return failed;
}

static void judge(struct hf_retention_plan *out, const struct hf_retention_task *task,
                  const bool *needed, const bool *was_needed)
{
    const struct hf_timeline *timeline = task->view.timeline;
    int64_t settled = task->view.at - task->grace;
    uint64_t oldest = oldest_kept(&out->points);
    for (size_t i = 0; i < timeline->count; i++) {
        const struct hf_timeline_entry *entry = &timeline->entries[i];
        bool passed = entry->orphan || entry->restorable || entry->name.to < oldest;
        out->fates[i] = needed[i]                                    ? HF_FATE_NEEDED
                        : !passed                                    ? HF_FATE_ALONE
                        : was_needed[i] || entry->received > settled ? HF_FATE_WAITS
                                                                     : HF_FATE_GOES;
    }
}

/* A backup that takes long may still be writing the segment that they are parts of: it is given up
 * when nothing of it has come for a day. */
static void judge_strays(struct hf_retention_plan *out, const struct hf_retention_task *task)
{
    static const int64_t day = INT64_C(24) * 3600 * 1000;
    const struct hf_timeline *timeline = task->view.timeline;
    int64_t settled = task->view.at - (task->grace > day ? task->grace : day);
    for (size_t i = 0, end = 0; i < timeline->stray_parts; i = end) {
        int64_t newest = INT64_MIN;
        for (; end < timeline->stray_parts &&
               hf_segment_name_same(&timeline->strays[i].name, &timeline->strays[end].name);
             end++)
            if (timeline->strays[end].received > newest)
                newest = timeline->strays[end].received;
        for (size_t j = i; j < end; j++)
            out->stray_fates[j] = newest > settled ? HF_FATE_WAITS : HF_FATE_GOES;
    }
}

static bool anything_may_go(const struct hf_retention_task *task, const bool *needed)
{
    const struct hf_timeline *timeline = task->view.timeline;
    for (size_t i = 0; i < timeline->count; i++)
        if (!needed[i] && timeline->entries[i].received <= task->view.at - task->grace)
            return true;
    return false;
}

static bool entry_goes(const struct hf_retention_plan *plan, const struct hf_timeline *timeline,
                       const struct hf_retention_point *point)
{
    size_t i = (size_t)(point->entry - timeline->entries);
    while (i && timeline->entries[i - 1].name.to == point->seq)
        i--;
    for (; i < timeline->count && timeline->entries[i].name.to == point->seq; i++)
        if (plan->fates[i] == HF_FATE_GOES)
            return true;
    return false;
}

/*
 * A pin may be in the trailer of a point's own segment. Who merged a run looked at those of all
 * points within it, so that only what no merged increment reaches over is in doubt.
 */
static int find_unsure(struct hf_retention_plan *plan, const struct hf_timeline *timeline,
                       struct hf_error *err)
{
    uint64_t reached = UINT64_MAX; /* how far back increments that end after the point reach */
    size_t entry = timeline->count;
    for (size_t i = plan->points.count; i--;) {
        const struct hf_retention_point *point = &plan->points.list[i];
        for (; entry && timeline->entries[entry - 1].name.to > point->seq; entry--) {
            const struct hf_segment_name *name = &timeline->entries[entry - 1].name;
            if (name->level && name->from > 1 && name->from < reached)
                reached = name->from;
        }
        if (point->keep || point->pin != HF_PIN_UNKNOWN || reached <= point->seq ||
            !entry_goes(plan, timeline, point))
            continue;
        if (!plan->unsure)
            plan->unsure = calloc(plan->points.count, sizeof *plan->unsure);
        if (!plan->unsure)
            return hf_error_memory(err);
        plan->unsure[plan->unsure_count++] = point->seq;
    }
    return 0;
}

static int fill(struct hf_retention_plan *out, struct look *look, bool *was_needed,
                const struct hf_retention_task *task, struct hf_error *err)
{
    const struct hf_timeline *timeline = task->view.timeline;
    if (look_at(look, &task->view, err))
        return -1;
    if (anything_may_go(task, look->needed) && look_back(was_needed, task, err))
        return -1;
    out->points = look->points;
    look->points = (struct hf_retention_points){0};
    judge(out, task, look->needed, was_needed);
    judge_strays(out, task);
    if (find_unsure(out, timeline, err))
        return -1;
    return hf_retention_merges_find(out, &task->view, err);
}

int hf_retention_plan_make(struct hf_retention_plan *out, const struct hf_retention_task *task,
                           struct hf_error *err)
{
    const struct hf_timeline *timeline = task->view.timeline;
    hf_auto(hf_retention_plan) struct hf_retention_plan plan = {0};
    struct look look = {0};
    hf_auto_free bool *was_needed = calloc(timeline->count + 1, sizeof *was_needed);
    plan.fates = calloc(timeline->count + 1, sizeof *plan.fates);
    plan.stray_fates = calloc(timeline->stray_parts + 1, sizeof *plan.stray_fates);
    int failed = was_needed && plan.fates && plan.stray_fates
                     ? fill(&plan, &look, was_needed, task, err)
                     : hf_error_memory(err);
    look_release(&look);
    if (failed)
        return -1;
    *out = plan;
    plan = (struct hf_retention_plan){0};
    return 0;
}

void hf_retention_plan_release(struct hf_retention_plan *plan)
{
    hf_retention_points_release(&plan->points);
    for (size_t i = 0; i < plan->merge_count; i++)
        free(plan->merges[i].steps);
    free(plan->merges);
    free(plan->fates);
    free(plan->stray_fates);
    free(plan->unsure);
    *plan = (struct hf_retention_plan){0};
}

bool hf_retention_point_goes(const struct hf_retention_plan *plan,
                             const struct hf_timeline *timeline, uint64_t seq)
{
    const struct hf_timeline_entry *step = hf_timeline_at(timeline, seq);
    for (; step; step = hf_timeline_before(timeline, step))
        if (plan->fates[step - timeline->entries] == HF_FATE_GOES)
            return true;
    return false;
}
