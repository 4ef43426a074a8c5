/*
 * Carrying out a restore. In the worker's process.
 */
#ifndef HF_CONSOLE_RESTORE_WORK_H
#define HF_CONSOLE_RESTORE_WORK_H

#include "console/worker.h"

/* {"database", "point", "file" (beside the database; or null: in place), "state" (null: whatever it
 * is)}. HF_STALE: the database has changed since. */
json_t *hf_carry_out_restore(void *context, const json_t *question, const struct hf_events *events,
                             struct hf_error *err);

#endif
