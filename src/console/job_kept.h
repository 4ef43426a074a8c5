/*
 * A job as the console keeps it, in memory and as files of the folder "jobs". Of job*.c alone.
 * Single-threaded.
 */
#ifndef HF_CONSOLE_JOB_KEPT_H
#define HF_CONSOLE_JOB_KEPT_H

#include <sys/types.h>

#include "console/console_state.h"
#include "console/job.h"
#include "console/job_record.h"
#include "console/job_watchers.h"

enum { HF_MOST_JOBS = 48 };

struct hf_job {
    char id[HF_ID_TEXT]; /* "": free */
    struct hf_jobs *jobs;
    struct hf_guard *guard; /* NULL: it has ended, and its process with it */
    hf_worker_answer work;
    void (*ended)(struct hf_console *console, const char *id, json_t *result, void *context);
    void *ended_context;
    json_t *kept; /* as it is shown */
    enum hf_job_state state;
    bool changes_database, is_whole, is_cancelled;
    pid_t orphan;     /* its process, begun by a console before this one; 0: it is this one's */
    uint64_t birth;   /* of that */
    int64_t stage_at; /* of hf_monotonic: when its stage began */
    struct hf_job_watchers watchers;
};

struct hf_jobs {
    struct hf_console *console;
    char *folder;
    struct hf_job jobs[HF_MOST_JOBS];
};

/* Writes the record. One that cannot be written costs the memory of it, and not the job. */
void hf_job_keep(const struct hf_job *job);

/* The record that is in a file of the folder, or NULL. */
json_t *hf_job_read(const struct hf_jobs *jobs, const char *path);

/* Its place is free, and its files are gone. */
void hf_job_forget(struct hf_job *job);

/* What one that lasts came to, written by its own process (`what` is taken over): the console may
 * be another by then. NULL: there is none. */
void hf_job_keep_outcome(const struct hf_job *job, json_t *what);
json_t *hf_job_outcome(const struct hf_job *job);
void hf_job_drop_outcome(const struct hf_job *job);

/* It has ended, which is kept. `result` is taken over. */
void hf_job_end(struct hf_job *job, enum hf_job_state state, json_t *result,
                const struct hf_error *err);
void hf_job_tell_of_end(struct hf_job *job);

#endif
