#include "engine/delta.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/bitmap.h"
#include "engine/page_writer.h"
#include "os/pool.h"
#include "sqlite/hot_journal.h"

enum { QUEUE = 4, PIECE_BYTES = 256 << 10 };

struct delta {
    const struct hf_database *database;
    const struct hf_plan *plan;
    const struct hf_state *state;
    const struct hf_restore_options *options;
    struct hf_page_file file;
    uint32_t old_count;
    struct hf_bitmap differs;  /* pages that are rewritten */
    struct hf_bitmap to_clear; /* of those, pages that become zeros */
};

/* Finding the pages that differ, several blocks at once. */
struct comparison {
    struct delta *delta;
    struct hf_pool *pool;
    uint8_t **pieces; /* one a worker */
    atomic_bool failed;
    pthread_mutex_t lock; /* err */
    struct hf_error err;
    uint64_t compared;
};

struct compare_job {
    struct hf_job job;
    struct comparison *comparison;
    struct hf_live_block *live;
};

/* Compares a run of pages that lie one after another in both. */
static int compare_run(struct delta *delta, const struct hf_live_block *live, uint32_t entry,
                       uint32_t count, uint8_t *piece, struct hf_error *err)
{
    const struct hf_index_block *block = &live->block;
    uint64_t size = delta->state->page_size, first = block->pages[entry];
    int64_t got = hf_file_read(delta->file.env, delta->file.fd, delta->file.path, piece,
                               (size_t)(count * size), (first - 1) * size, err);
    if (got < 0)
        return -1;
    for (uint32_t i = 0; i < count; i++)
        if ((i + 1) * size > (uint64_t)got || first + i > delta->old_count ||
            hf_page_fingerprint(&delta->database->fingerprints, piece + i * size, (size_t)size) !=
                block->fingerprints[entry + i])
            hf_bitmap_set_shared(&delta->differs, first + i);
    return 0;
}

static int compare_block(struct delta *delta, const struct hf_live_block *live, uint8_t *piece,
                         struct hf_error *err)
{
    const struct hf_index_block *block = &live->block;
    uint32_t most = PIECE_BYTES / delta->state->page_size;
    for (uint32_t i = 0; i < block->entries;) {
        uint32_t count = 0;
        while (i + count < block->entries && count < most && hf_live_block_has(live, i + count) &&
               block->pages[i + count] == block->pages[i] + count)
            count++;
        if (count && compare_run(delta, live, i, count, piece, err))
            return -1;
        i += count ? count : 1;
    }
    return 0;
}

static void run_compare(struct hf_job *base, int worker)
{
    struct compare_job *job = (struct compare_job *)base;
    struct comparison *comparison = job->comparison;
    struct hf_error err = {0};
    if (!comparison->failed &&
        compare_block(comparison->delta, job->live, comparison->pieces[worker], &err)) {
        pthread_mutex_lock(&comparison->lock);
        if (!comparison->failed)
            comparison->err = err;
        comparison->failed = true;
        pthread_mutex_unlock(&comparison->lock);
    }
    hf_live_block_free(job->live);
    free(job);
}

static int take_block(void *context, struct hf_live_block *live, struct hf_error *err)
{
    struct comparison *comparison = context;
    const struct delta *delta = comparison->delta;
    struct compare_job *job = calloc(1, sizeof *job);
    if (!job) {
        hf_live_block_free(live);
        return hf_error_memory(err);
    }
    comparison->compared += (uint64_t)live->live_count * delta->state->page_size;
    *job = (struct compare_job){{.run = run_compare}, comparison, live};
    hf_pool_submit(comparison->pool, &job->job);
    hf_progress(delta->options->events, "compare", comparison->compared,
                (uint64_t)delta->state->page_count * delta->state->page_size);
    return 0;
}

static int take_zeros(void *context, uint32_t first, uint32_t count, struct hf_error *err)
{
    struct delta *delta = ((struct comparison *)context)->delta;
    (void)err;
    for (uint32_t i = 0; i < count; i++) {
        hf_bitmap_set_shared(&delta->differs, first + i);
        hf_bitmap_set(&delta->to_clear, first + i);
    }
    return 0;
}

static int compare_all(struct delta *delta, struct hf_error *err)
{
    struct comparison comparison = {.delta = delta};
    const struct hf_plan_visitor visitor = {&comparison, NULL, take_block, take_zeros};
    int failed = -1, workers = 0;
    pthread_mutex_init(&comparison.lock, NULL);
    comparison.pool = hf_pool_new(0, QUEUE, err);
    if (!comparison.pool)
        goto out;
    workers = hf_pool_workers(comparison.pool);
    comparison.pieces = calloc((size_t)workers, sizeof(uint8_t *));
    for (int i = 0; comparison.pieces && i < workers; i++)
        if (!(comparison.pieces[i] = malloc(PIECE_BYTES)))
            workers = 0;
    if (!comparison.pieces || !workers) {
        hf_error_memory(err);
        goto out;
    }
    failed = hf_plan_walk(delta->database, delta->plan, &visitor, err);
    hf_pool_drain(comparison.pool);
    if (!failed && comparison.failed) {
        failed = -1;
        if (err)
            *err = comparison.err;
    }
out:
    workers = comparison.pool ? hf_pool_workers(comparison.pool) : 0;
    hf_pool_free(comparison.pool);
    for (int i = 0; comparison.pieces && i < workers; i++)
        free(comparison.pieces[i]);
    free(comparison.pieces);
    pthread_mutex_destroy(&comparison.lock);
    return failed;
}

/* Keeps what every page that will change, or be cut off, holds now. */
static int keep_old_images(struct delta *delta, struct hf_hot_journal *journal,
                           struct hf_error *err)
{
    uint64_t size = delta->state->page_size;
    hf_auto_free uint8_t *image = malloc((size_t)size);
    if (!image)
        return hf_error_memory(err);
    for (uint64_t page = 1; page <= delta->old_count; page++) {
        if (page <= delta->state->page_count && !hf_bitmap_get(&delta->differs, page))
            continue;
        if (page == delta->state->lock_byte_page)
            continue;
        int64_t got = hf_file_read(delta->file.env, delta->file.fd, delta->file.path, image,
                                   (size_t)size, (page - 1) * size, err);
        if (got < 0)
            return -1;
        memset(image + got, 0, (size_t)(size - (uint64_t)got));
        if (hf_hot_journal_add(journal, (uint32_t)page, image, err))
            return -1;
    }
    return hf_hot_journal_arm(journal, err);
}

static int place_block(void *context, struct hf_live_block *live, struct hf_error *err)
{
    return hf_page_writer_take(context, live, err);
}

static int rewrite_pages(struct delta *delta, uint64_t *pages, struct hf_error *err)
{
    hf_auto_ptr(hf_page_writer) struct hf_page_writer *writer =
        hf_page_writer_new(&delta->file, &delta->differs, delta->options->events, err);
    if (!writer)
        return -1;
    const struct hf_plan_visitor visitor = {.context = writer, .block = place_block};
    hf_page_writer_expect(writer, hf_bitmap_count(&delta->differs) * delta->state->page_size);
    if (hf_plan_walk(delta->database, delta->plan, &visitor, err))
        return -1;
    return hf_page_writer_finish(writer, pages, err);
}

static int clear_pages(struct delta *delta, struct hf_error *err)
{
    static const uint8_t zeros[65536];
    uint64_t size = delta->state->page_size;
    for (uint64_t page = 1; page <= delta->state->page_count; page++)
        if (hf_bitmap_get(&delta->to_clear, page) &&
            hf_file_write(delta->file.env, delta->file.fd, delta->file.path, zeros, (size_t)size,
                          (page - 1) * size, err))
            return -1;
    return 0;
}

static int resize_and_sync(struct delta *delta, struct hf_error *err)
{
    const struct hf_fs *fs = &delta->file.env->fs;
    uint64_t size = (uint64_t)delta->state->page_size * delta->state->page_count;
    if (fs->truncate(fs->context, delta->file.fd, (off_t)size))
        return hf_error_sys(err, errno, "resize", delta->file.path);
    if (fs->sync(fs->context, delta->file.fd))
        return hf_error_sys(err, errno, "sync", delta->file.path);
    return 0;
}

static int rewrite(struct delta *delta, uint64_t *pages, struct hf_error *err)
{
    hf_auto_ptr(hf_hot_journal) struct hf_hot_journal *journal = hf_hot_journal_begin(
        delta->file.env, delta->file.path, delta->state->page_size, delta->old_count, err);
    if (!journal || keep_old_images(delta, journal, err))
        return -1;
    if (rewrite_pages(delta, pages, err) || clear_pages(delta, err) ||
        resize_and_sync(delta, err)) {
        hf_error_hint(err, "SQLite rolls the file back to what it was when it next opens it");
        return -1;
    }
    return hf_hot_journal_commit(journal, err);
}

int hf_delta_restore(const struct hf_database *database, const struct hf_plan *plan,
                     const struct hf_state *state, struct hf_restore_target *target,
                     const struct hf_restore_options *options, uint64_t *pages_written,
                     struct hf_error *err)
{
    struct delta delta = {.database = database, .plan = plan, .state = state, .options = options};
    if (hf_restore_target_page_size(target) != state->page_size) {
        hf_error_set(err, HF_REFUSED, "'%s' has pages of %u bytes, the restore point of %u",
                     options->target, hf_restore_target_page_size(target), state->page_size);
        return hf_error_hint(err, "restore it whole, without --delta");
    }
    delta.old_count = hf_restore_target_page_count(target);
    delta.file = (struct hf_page_file){database->repository->keys.env,
                                       hf_restore_target_fd(target, err), options->target};
    if (delta.file.fd < 0)
        return -1;
    *pages_written = 0;
    int failed = hf_bitmap_init(&delta.differs, (uint64_t)state->page_count + 1, err) ||
                 hf_bitmap_init(&delta.to_clear, (uint64_t)state->page_count + 1, err) ||
                 compare_all(&delta, err);
    bool same = !failed && !hf_bitmap_count(&delta.differs) && delta.old_count == state->page_count;
    if (!failed && !same)
        failed = rewrite(&delta, pages_written, err);
    hf_bitmap_release(&delta.differs);
    hf_bitmap_release(&delta.to_clear);
    return failed ? -1 : 0;
}
