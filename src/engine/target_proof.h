/*
 * Is a taken target still the state that was made a restore point? Between the two somebody may
 * have committed, and that would be lost.
 */
#ifndef HF_ENGINE_TARGET_PROOF_H
#define HF_ENGINE_TARGET_PROOF_H

#include "history/plan_walk.h"
#include "sqlite/restore_target.h"

int hf_state_of_point(struct hf_state *out, const struct hf_database *database, uint64_t seq,
                      struct hf_error *err);

/* Reads all of the taken database. HF_STALE when it is not `expected`. */
int hf_target_prove(const struct hf_database *database, struct hf_restore_target *target,
                    const struct hf_state *expected, struct hf_error *err);

#endif
