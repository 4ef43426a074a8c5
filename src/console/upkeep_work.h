/*
 * Jobs that look after the repository. Each is of a job's process (hf_worker_answer).
 */
#ifndef HF_CONSOLE_UPKEEP_WORK_H
#define HF_CONSOLE_UPKEEP_WORK_H

#include "console/worker.h"

/* {read_data} -> as of `holdfast check`, and `whole`. */
json_t *hf_check_work(void *context, const json_t *question, const struct hf_events *events,
                      struct hf_error *err);

/* {database?, rule?, dry_run} -> {databases:[{database, ...as of `holdfast prune`}], points, kept,
 * bytes_freed}, all databases when none is named, and the rule in force when none is given. */
json_t *hf_prune_work(void *context, const json_t *question, const struct hf_events *events,
                      struct hf_error *err);

/* {} -> {checks:[{check:"reachable"|"key"|"writable", ok, text, hint}], ok}. */
json_t *hf_repository_test_work(void *context, const json_t *question,
                                const struct hf_events *events, struct hf_error *err);

#endif
