/*
 * What workers do with a portable copy that was sent for a database: saying what an import would
 * do, and doing it. Each is of a job's process (hf_worker_answer).
 *
 * {"database", "path" of the copy, "passphrase", "identity", "user" (each may be missing), "merge",
 * "accept_data_loss", "edited", "generic"}
 */
#ifndef HF_CONSOLE_IMPORT_WORK_H
#define HF_CONSOLE_IMPORT_WORK_H

#include "console/worker.h"

/* The answer is as of `holdfast import --dry-run`, with "bound" besides: console/planning.h. */
json_t *hf_preview_import(void *context, const json_t *question, const struct hf_events *events,
                          struct hf_error *err);

/* With "state" (null: whatever it is), else HF_STALE when the database has changed since. */
json_t *hf_carry_out_import(void *context, const json_t *question, const struct hf_events *events,
                            struct hf_error *err);

#endif
