/*
 * A pool of threads with a bounded queue.
 *
 * A job is an embedded struct hf_job that the caller owns until it is done. Submission
 * blocks while the queue is full, so that a fast producer cannot fill memory. A pool is
 * driven by one thread (submit, wait); jobs run on the pool's threads, each told which
 * worker it runs on (0 .. workers-1), so that it can use that worker's own scratch space.
 * No pool (NULL) is a pool of one worker, the caller: a job runs while it is submitted.
 */
#ifndef HF_OS_POOL_H
#define HF_OS_POOL_H

#include "base/cleanup.h"
#include "base/error.h"

struct hf_pool;

struct hf_job {
    void (*run)(struct hf_job *job, int worker);
    struct hf_job *next; /* the pool's */
    int state;           /* the pool's */
};

/* `workers` 0: as many as there are processors, at most 16. `queue`: jobs waiting at most. */
struct hf_pool *hf_pool_new(int workers, int queue, struct hf_error *err);
int hf_pool_workers(const struct hf_pool *pool);

/* Blocks while the queue is full. Never fails. */
void hf_pool_submit(struct hf_pool *pool, struct hf_job *job);

/* Returns when this job has run; what it wrote is visible then. A job that was never submitted
 * counts as done. */
void hf_pool_wait(struct hf_pool *pool, struct hf_job *job);

/* Returns when everything submitted has run. A job may free itself in its last statement only
 * if nobody waits for it by name. */
void hf_pool_drain(struct hf_pool *pool);

/* Drains, ends the threads, frees. NULL is fine. */
void hf_pool_free(struct hf_pool *pool);
HF_AUTO_FREE(hf_pool)

/* The calling thread lets others go first from here on, when there is too little processor time:
 * 0 to 19, as nice(1). Best effort. */
void hf_thread_be_nice(int nice);

#endif
