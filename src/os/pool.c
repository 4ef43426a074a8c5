#include "os/pool.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MOST_PROCESSORS = 16 };

enum job_state { JOB_IDLE, JOB_QUEUED };

struct worker {
    struct hf_pool *pool;
    pthread_t thread;
    struct hf_job *running; /* kept here and not in the job, which may free itself */
};

struct hf_pool {
    pthread_mutex_t lock;    /* everything below */
    pthread_cond_t work;     /* for workers: the queue is not empty, or the pool ends */
    pthread_cond_t progress; /* for the driver: a job left the queue or has run */
    struct hf_job *first, **last;
    int waiting, room;
    bool ending;
    int busy;
    int started;
    int count;
    struct worker workers[];
};

static struct hf_job *take(struct hf_pool *pool)
{
    struct hf_job *job = pool->first;
    pool->first = job->next;
    if (!pool->first)
        pool->last = &pool->first;
    pool->waiting--;
    job->next = NULL;
    job->state = JOB_IDLE;
    return job;
}

static void *work(void *arg)
{
    struct worker *self = arg;
    struct hf_pool *pool = self->pool;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->first && !pool->ending)
            pthread_cond_wait(&pool->work, &pool->lock);
        if (!pool->first)
            break;
        struct hf_job *job = take(pool);
        self->running = job;
        pool->busy++;
        pthread_cond_signal(&pool->progress);
        pthread_mutex_unlock(&pool->lock);
        job->run(job, (int)(self - pool->workers));
        pthread_mutex_lock(&pool->lock);
        self->running = NULL;
        pool->busy--;
        pthread_cond_signal(&pool->progress);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* As many as this process may run on: a container is often given fewer than the machine has. */
static int processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
    return count < MOST_PROCESSORS ? count : MOST_PROCESSORS;
}

/* Workers block all signals, so that these reach the thread that expects them. */
static int start_workers(struct hf_pool *pool)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = 0;
    while (!failed && pool->started < pool->count) {
        struct worker *worker = &pool->workers[pool->started];
        worker->pool = pool;
        failed = pthread_create(&worker->thread, NULL, work, worker);
        if (failed)
            break;
        char name[16];
        snprintf(name, sizeof name, "hf-worker-%d", pool->started % 1000);
        pthread_setname_np(worker->thread, name);
        pool->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

struct hf_pool *hf_pool_new(int workers, int queue, struct hf_error *err)
{
    assert(workers >= 0 && queue > 0);
    if (!workers)
        workers = processors();
    struct hf_pool *pool = calloc(1, sizeof *pool + (size_t)workers * sizeof *pool->workers);
    if (!pool) {
        hf_error_memory(err);
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->progress, NULL);
    pool->last = &pool->first;
    pool->room = queue;
    pool->count = workers;
    int failed = start_workers(pool);
    if (failed) {
        hf_error_sys(err, failed, "start", "a thread");
        hf_pool_free(pool);
        return NULL;
    }
    return pool;
}

int hf_pool_workers(const struct hf_pool *pool)
{
    return pool ? pool->count : 1;
}

void hf_pool_submit(struct hf_pool *pool, struct hf_job *job)
{
    if (!pool) {
        job->run(job, 0);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    while (pool->waiting == pool->room)
        pthread_cond_wait(&pool->progress, &pool->lock);
    job->next = NULL;
    job->state = JOB_QUEUED;
    *pool->last = job;
    pool->last = &job->next;
    pool->waiting++;
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
}

static bool is_running(const struct hf_pool *pool, const struct hf_job *job)
{
    for (int i = 0; i < pool->started; i++)
        if (pool->workers[i].running == job)
            return true;
    return false;
}

void hf_pool_wait(struct hf_pool *pool, struct hf_job *job)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    while (job->state == JOB_QUEUED || is_running(pool, job))
        pthread_cond_wait(&pool->progress, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

void hf_pool_drain(struct hf_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    while (pool->first || pool->busy)
        pthread_cond_wait(&pool->progress, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

void hf_pool_free(struct hf_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->progress);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* On Linux a priority is a thread's own. */
void hf_thread_be_nice(int nice)
{
    setpriority(PRIO_PROCESS, (id_t)gettid(), nice);
}
