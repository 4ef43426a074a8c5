/*
 * Which runs of segments are to become one. Pure.
 *
 * A window is full when all points between two kept ones have left the finer pair and the later one
 * will stay: then the run after the earlier one up to the later one is merged, once. Before the
 * oldest kept point there is the base, a full segment: it is written anew only when what comes
 * after it is a third of it, as otherwise that costs more than it frees.
 */
#ifndef HF_HISTORY_RETENTION_MERGES_H
#define HF_HISTORY_RETENTION_MERGES_H

#include "history/retention_plan.h"

/* Fills `merges` of a plan whose points are judged. */
int hf_retention_merges_find(struct hf_retention_plan *plan, const struct hf_retention_view *view,
                             struct hf_error *err);

#endif
