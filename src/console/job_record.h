/*
 * What is known of one job, as a JSON object: what GET /api/v1/jobs/{id} answers
 * (docs/openapi.yml), and what its file keeps. Times are in milliseconds since the epoch.
 */
#ifndef HF_CONSOLE_JOB_RECORD_H
#define HF_CONSOLE_JOB_RECORD_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"
#include "console/job.h"

enum hf_job_state { HF_JOB_RUNNING, HF_JOB_DONE, HF_JOB_FAILED, HF_JOB_INTERRUPTED };

/* Of one that runs, with all its stages before it. The caller frees. */
json_t *hf_job_record_new(const char *id, const struct hf_job_wanted *wanted, enum hf_access access,
                          int64_t now);

/* HF_JOB_RUNNING where the record has none that is known. */
enum hf_job_state hf_job_record_state(const json_t *record);

/* Whether who has this access could have started it. */
bool hf_job_record_is_for(const json_t *record, enum hf_access access);

/* What is shown to who has this access: a job that wanted more was about what is not for them, and
 * so may be its words. The caller frees. */
json_t *hf_job_record_shown(const json_t *record, enum hf_access access);

/* What was running before this stage is done; a stage that nobody foresaw is added to the list,
 * while that is short. */
void hf_job_record_enter(json_t *record, const char *stage);

/* How far the stage is that took `spent` milliseconds until now, and how long it will take. */
void hf_job_record_progress(json_t *record, int64_t done, int64_t total, int64_t spent);

/* `result` is taken over (HF_JOB_DONE; NULL: null), `err` says why it came to another end. */
void hf_job_record_end(json_t *record, enum hf_job_state state, json_t *result,
                       const struct hf_error *err, int64_t now);

#endif
