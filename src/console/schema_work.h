/*
 * What workers do about the schema of a database. Each is of a job's process (hf_worker_answer).
 *
 * A schema is {"path", "language": "prisma"|"sql"}, a file that was sent, or neither: the
 * configured one. HF_CONFIG: there is none, or it has mistakes, the first of which is told.
 */
#ifndef HF_CONSOLE_SCHEMA_WORK_H
#define HF_CONSOLE_SCHEMA_WORK_H

#include "console/worker.h"

/* {"database", a schema, "accepts_loss"} -> as of `holdfast schema plan`, with "bound" besides when
 * it could be done: console/planning.h. */
json_t *hf_plan_schema(void *context, const json_t *question, const struct hf_events *events,
                       struct hf_error *err);

/* With "seen", of the plan -> as of `holdfast schema apply`. HF_STALE: it would be another plan. */
json_t *hf_carry_out_schema(void *context, const json_t *question, const struct hf_events *events,
                            struct hf_error *err);

/* {"database", "language"} -> as of `holdfast schema pull`. */
json_t *hf_pull_schema(void *context, const json_t *question, const struct hf_events *events,
                       struct hf_error *err);

/* {a schema} -> as of `holdfast schema show`. */
json_t *hf_show_schema(void *context, const json_t *question, const struct hf_events *events,
                       struct hf_error *err);

#endif
