/*
 * Restore by difference: reads the target, and rewrites only the pages that are not what the point
 * had. A rollback journal in SQLite's format protects the rewriting (sqlite/hot_journal.h).
 */
#ifndef HF_ENGINE_DELTA_H
#define HF_ENGINE_DELTA_H

#include "engine/restore.h"
#include "history/plan_walk.h"
#include "sqlite/restore_target.h"

/* `target` is a taken database of the same page size, else HF_REFUSED. Writes how many pages
 * differed. */
int hf_delta_restore(const struct hf_database *database, const struct hf_plan *plan,
                     const struct hf_state *state, struct hf_restore_target *target,
                     const struct hf_restore_options *options, uint64_t *pages_written,
                     struct hf_error *err);

#endif
