#include "history/block_pool.h"

#include <pthread.h>
#include <stdatomic.h>

#include "os/pool.h"

enum { QUEUE = 4 };

struct hf_block_pool {
    hf_block_work work;
    void *context;
    struct hf_pool *threads;
    struct hf_frame_reader **readers; /* one a worker */
    int workers;
    atomic_bool failed;
    pthread_mutex_t lock; /* err */
    struct hf_error err;
};

struct block_job {
    struct hf_job job;
    struct hf_block_pool *pool;
    struct hf_live_block *live;
};

static void keep_first_error(struct hf_block_pool *pool, const struct hf_error *err)
{
    pthread_mutex_lock(&pool->lock);
    if (!pool->failed)
        pool->err = *err;
    pool->failed = true;
    pthread_mutex_unlock(&pool->lock);
}

static void run_block(struct hf_job *base, int worker)
{
    struct block_job *job = (struct block_job *)base;
    struct hf_block_pool *pool = job->pool;
    struct hf_frame_reader *reader = pool->readers[worker];
    struct hf_error err = {0};
    if (!pool->failed && pool->work(pool->context, job->live, reader, &err))
        keep_first_error(pool, &err);
    hf_frame_reader_forget(reader);
    hf_live_block_free(job->live);
    free(job);
}

struct hf_block_pool *hf_block_pool_new(hf_block_work work, void *context, struct hf_error *err)
{
    struct hf_block_pool *pool = calloc(1, sizeof *pool);
    if (!pool) {
        hf_error_memory(err);
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pool->work = work;
    pool->context = context;
    pool->threads = hf_pool_new(0, QUEUE, err);
    if (!pool->threads)
        goto failed;
    pool->workers = hf_pool_workers(pool->threads);
    pool->readers = calloc((size_t)pool->workers, sizeof(struct hf_frame_reader *));
    if (!pool->readers) {
        hf_error_memory(err);
        goto failed;
    }
    for (int i = 0; i < pool->workers; i++)
        if (!(pool->readers[i] = hf_frame_reader_new(err)))
            goto failed;
    return pool;
failed:
    hf_block_pool_free(pool);
    return NULL;
}

static int first_error(struct hf_block_pool *pool, struct hf_error *err)
{
    if (!pool->failed)
        return 0;
    pthread_mutex_lock(&pool->lock);
    if (err)
        *err = pool->err;
    pthread_mutex_unlock(&pool->lock);
    return -1;
}

int hf_block_pool_take(struct hf_block_pool *pool, struct hf_live_block *live, struct hf_error *err)
{
    struct block_job *job = NULL;
    int failed = first_error(pool, err);
    if (!failed && !(job = calloc(1, sizeof *job)))
        failed = hf_error_memory(err);
    if (failed) {
        hf_live_block_free(live);
        return -1;
    }
    *job = (struct block_job){{.run = run_block}, pool, live};
    hf_pool_submit(pool->threads, &job->job);
    return 0;
}

int hf_block_pool_finish(struct hf_block_pool *pool, struct hf_error *err)
{
    hf_pool_drain(pool->threads);
    return first_error(pool, err);
}

void hf_block_pool_free(struct hf_block_pool *pool)
{
    if (!pool)
        return;
    hf_pool_free(pool->threads);
    for (int i = 0; pool->readers && i < pool->workers; i++)
        hf_frame_reader_free(pool->readers[i]);
    free(pool->readers);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
