#include "engine/page_writer.h"

#include <stdatomic.h>

#include "history/block_pool.h"

struct writing {
    const struct hf_page_file *file;
    const struct hf_bitmap *wanted;
    const struct hf_events *events;
    struct hf_block_pool *pool;
    atomic_uint_fast64_t pages;
    uint64_t total;
};

/* On a worker's thread. */
static int write_run(void *context, uint32_t first, uint32_t count, const uint8_t *images,
                     struct hf_error *err)
{
    struct writing *writing = context;
    const struct hf_page_file *file = writing->file;
    writing->pages += count;
    return hf_file_write(file->env, file->fd, file->path, images, (size_t)count * file->page_size,
                         (uint64_t)(first - 1) * file->page_size, err);
}

static int write_block(void *context, const struct hf_live_block *live,
                       struct hf_frame_reader *reader, struct hf_error *err)
{
    struct writing *writing = context;
    const struct hf_page_file *file = writing->file;
    const struct hf_fs *fs = &file->env->fs;
    if (hf_live_block_read(live, writing->wanted, reader, write_run, writing, err))
        return -1;
    /* The disk begins while the next blocks are being opened: the final sync finds less to do.
     * Pages that lie apart are better left to it, which sees their neighbours too. */
    uint64_t first = live->block.pages[0], last = live->block.pages[live->block.entries - 1];
    if (fs->flush_begin && last - first < 2 * (uint64_t)live->block.entries)
        fs->flush_begin(fs->context, file->fd, (off_t)((first - 1) * file->page_size),
                        (off_t)((last - first + 1) * file->page_size));
    return 0;
}

static void tell(struct writing *writing)
{
    hf_progress(writing->events, "restore", writing->pages * writing->file->page_size,
                writing->total * writing->file->page_size);
}

static int take_block(void *context, struct hf_live_block *live, struct hf_error *err)
{
    struct writing *writing = context;
    tell(writing);
    return hf_block_pool_take(writing->pool, live, err);
}

int hf_write_pages(const struct hf_page_file *file, const struct hf_database *database,
                   const struct hf_plan *plan, const struct hf_bitmap *wanted, uint64_t total,
                   const struct hf_events *events, uint64_t *pages, struct hf_error *err)
{
    struct writing writing = {.file = file, .wanted = wanted, .events = events, .total = total};
    const struct hf_plan_visitor visitor = {.context = &writing, .block = take_block};
    hf_auto_ptr(hf_block_pool) struct hf_block_pool *pool =
        hf_block_pool_new(write_block, &writing, err);
    writing.pool = pool;
    if (!pool || hf_plan_walk(database, plan, &visitor, err) || hf_block_pool_finish(pool, err))
        return -1;
    *pages = writing.pages;
    tell(&writing);
    return 0;
}
