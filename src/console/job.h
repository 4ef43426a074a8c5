/*
 * What takes a while and was asked for by somebody: each in a process of its own, with stages and
 * progress to look at, and a result that stays. Single-threaded.
 *
 * A job outlives the page that asked for it. What is known of it is kept in a file, so that a
 * console that was ended in its middle can say so.
 */
#ifndef HF_CONSOLE_JOB_H
#define HF_CONSOLE_JOB_H

#include <jansson.h>

#include "console/exchange.h"
#include "console/worker.h"
#include "os/signals.h"

struct hf_jobs;

struct hf_job_wanted {
    const char *kind;          /* "snapshot", "restore" */
    const char *database;      /* or NULL */
    const char *const *stages; /* their names in order; ends with NULL. NULL: those it tells of */
    /* Does the work, in a process of its own, where `context` is the console's. */
    hf_worker_answer work;
    json_t *question; /* for it; taken over. May hold secrets: it is not kept, nor shown */
    /* Its member with the path of a file that the job works with: it has that to its end, whoever
     * removes it meanwhile. NULL: none. */
    const char *file;
    bool is_alone; /* not beside another of its kind for this database: HF_LOCKED */
    /* Not beside another change of this database, which would be missing in the preview or the
     * restore point of one of them: HF_LOCKED. It is not stopped in its middle: its process goes on
     * when the console ends, and the next one hears of it. */
    bool changes_database;
    bool is_whole; /* nobody stops it in its middle */
    /* In the console when it has ended: `result` (NULL: it failed) may be changed before it is
     * kept. May be NULL. */
    void (*ended)(struct hf_console *console, const char *id, json_t *result, void *context);
    void *ended_context;
};

struct hf_jobs *hf_jobs_new(struct hf_console *console, struct hf_error *err);
void hf_jobs_free(struct hf_jobs *jobs);

/* Starts one for who has this access: whoever has less sees only how it goes, and not what it
 * tells. Its id, or NULL: HF_LOCKED; HF_NO_MEMORY, also when it has no question. */
const char *hf_job_start(struct hf_jobs *jobs, const struct hf_job_wanted *wanted,
                         enum hf_access access, struct hf_error *err);

/* The same with the access of the route, and answers: 202 {"job":id}, or the error. */
const char *hf_job_start_for(struct hf_exchange *exchange, const struct hf_job_wanted *wanted);

/* As of GET /api/v1/jobs/{id}, to who has this access. NULL: there is none. The caller frees. */
json_t *hf_job_json(const struct hf_jobs *jobs, const char *id, enum hf_access access);
json_t *hf_jobs_json(const struct hf_jobs *jobs, enum hf_access access);

/* One of this kind that is running, or NULL. Borrowed. */
const char *hf_job_running(const struct hf_jobs *jobs, const char *kind);

/* Whether this one is running. */
bool hf_job_goes_on(const struct hf_jobs *jobs, const char *id);

/* Its result while it is kept; NULL: none. Borrowed. */
const json_t *hf_job_result(const struct hf_jobs *jobs, const char *id);

/* A stream of its state, until it has ended. */
void hf_job_stream(struct hf_jobs *jobs, const char *id, struct hf_exchange *exchange);

/* HF_NOT_FOUND; HF_STALE: it has ended; HF_REFUSED: it cannot be stopped, or not with this access.
 */
int hf_job_cancel(struct hf_jobs *jobs, const char *id, enum hf_access access,
                  struct hf_error *err);

int64_t hf_jobs_deadline(const struct hf_jobs *jobs);
bool hf_jobs_take(struct hf_jobs *jobs, const struct hf_happening *happening);

#endif
