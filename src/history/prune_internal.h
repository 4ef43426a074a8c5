/*
 * What looking and acting of a prune share.
 */
#ifndef HF_HISTORY_PRUNE_INTERNAL_H
#define HF_HISTORY_PRUNE_INTERNAL_H

#include "history/prune.h"

/* Plans by what is listed and known, and looks up what the plan is in doubt about. */
int hf_prune_plan(struct hf_prune *prune, struct hf_error *err);

#endif
