/*
 * What is to be done with a timeline by a rule: which runs of segments to merge, and which objects
 * may be deleted. Pure: values in, values out; prune.h acts by it.
 *
 * What must be there is what readers would plan with (hf_plan_make): an object may go when no plan
 * of a kept point has it, nor had `grace` ago, by the store's clock, with what was there then. As
 * that depends on the listing alone, two pruners hold on to the same objects, and a reader that
 * listed within the grace still finds them.
 */
#ifndef HF_HISTORY_RETENTION_PLAN_H
#define HF_HISTORY_RETENTION_PLAN_H

#include "history/retention_points.h"

struct hf_retention_task {
    struct hf_retention_view view; /* its `at` is the store's time now */
    int64_t grace;                 /* ms */
};

/* Segments that become one: those of a plan's chain, newest first. */
struct hf_retention_merge {
    const struct hf_timeline_entry **steps; /* owned array of borrowed entries */
    size_t count;
    struct hf_segment_name name; /* of the result */
    uint64_t bytes;              /* of the steps */
};

enum hf_fate {
    HF_FATE_NEEDED, /* a kept point's plan has it, or it tells an orphan from history */
    HF_FATE_WAITS,  /* no kept point needs it, but not for as long as the grace */
    HF_FATE_GOES,
    HF_FATE_ALONE, /* what comes before it is missing: a matter for check */
};

struct hf_retention_plan {
    struct hf_retention_points points;
    struct hf_retention_merge *merges; /* owned, oldest first */
    size_t merge_count;
    enum hf_fate *fates;       /* owned, of each entry of the timeline */
    enum hf_fate *stray_fates; /* owned, of each stray part */
    /* Points that would be lost and whose pin is unknown: look, and plan again. */
    uint64_t *unsure; /* owned */
    size_t unsure_count;
};

int hf_retention_plan_make(struct hf_retention_plan *out, const struct hf_retention_task *task,
                           struct hf_error *err);
void hf_retention_plan_release(struct hf_retention_plan *plan);
HF_AUTO_RELEASE(hf_retention_plan)

/* Whether an object that `seq` is restored from goes: what is there only for a moment. */
bool hf_retention_point_goes(const struct hf_retention_plan *plan,
                             const struct hf_timeline *timeline, uint64_t seq);

#endif
