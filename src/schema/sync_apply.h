/*
 * Doing a plan in one transaction.
 */
#ifndef HF_SCHEMA_SYNC_APPLY_H
#define HF_SCHEMA_SYNC_APPLY_H

#include "base/events.h"
#include "schema/sync_plan.h"

enum hf_data_loss { HF_DATA_LOSS_REFUSED, HF_DATA_LOSS_ACCEPTED };

struct hf_sync_apply_options {
    struct hf_sync_options plan;
    enum hf_data_loss data_loss;
    /* Called with each plan that is made, also an empty one: the first, and the one behind the lock
     * that is done. What fails here stops the work. May be NULL. */
    int (*agrees)(void *context, const struct hf_sync_plan *plan, struct hf_error *err);
    /* Called with the plan before anything is written, when there is something to do; what fails
     * here stops the work: the place where a restore point is taken. May be NULL. */
    int (*before)(void *context, const struct hf_sync_plan *plan, struct hf_error *err);
    void *context;
    const struct hf_events *events; /* may be NULL */
};

/*
 * Plans, calls `before`, and does the plan in one transaction, inside which it is made again, so
 * that what happens in between cannot harm. Row counts, new foreign key violations and the
 * integrity of rebuilt tables are proven before the commit. On failure the database is, to the
 * byte, what it was. HF_REFUSED: data would be lost or a step is impossible, with the first such
 * step in the text. HF_STALE: it would lose data that the plan before `before` did not, and that is
 * therefore in no restore point. HF_LOCKED: the database is in use. `done` (may be NULL) becomes
 * the plan, also when it was refused.
 */
int hf_sync_apply(sqlite3 *live, const struct hf_wanted *wanted,
                  const struct hf_sync_apply_options *options, struct hf_sync_plan *done,
                  struct hf_error *err);

#endif
