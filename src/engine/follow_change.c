#include "engine/follow_change.h"

#include <errno.h>
#include <string.h>

#include "engine/page_writer.h"
#include "history/block_pool.h"
#include "sqlite/page_source.h"

/* Gathering what changed, and its images with it. */
struct gathering {
    struct hf_change *change;
    const struct hf_events *events;
    struct hf_block_pool *pool;
    uint64_t gathered; /* pages */
};

static int begin(void *context, const struct hf_state *state, struct hf_error *err)
{
    struct hf_change *change = ((struct gathering *)context)->change;
    change->state = *state;
    if (hf_bitmap_init(&change->rewritten, (uint64_t)state->page_count + 1, err) ||
        hf_bitmap_init(&change->cleared, (uint64_t)state->page_count + 1, err))
        return -1;
    return 0;
}

static int write_run(void *context, uint32_t first, uint32_t count, const uint8_t *images,
                     struct hf_error *err)
{
    struct hf_change *change = context;
    uint64_t size = change->state.page_size;
    return hf_new_file_write(&change->images, images, (size_t)(count * size), (first - 1) * size,
                             err);
}

/* On a worker's thread. */
static int write_block(void *context, const struct hf_live_block *live,
                       struct hf_frame_reader *reader, struct hf_error *err)
{
    return hf_live_block_read(live, NULL, reader, write_run, ((struct gathering *)context)->change,
                              err);
}

static int take_block(void *context, struct hf_live_block *live, struct hf_error *err)
{
    struct gathering *gathering = context;
    struct hf_change *change = gathering->change;
    if (hf_segment_name_same(&live->segment->name, &change->segment))
        memcpy(change->reason, live->segment->trailer.reason, sizeof change->reason);
    for (uint32_t i = 0; i < live->block.entries; i++)
        if (hf_live_block_has(live, i, NULL))
            hf_bitmap_set(&change->rewritten, live->block.pages[i]);
    gathering->gathered += live->live_count;
    hf_progress(gathering->events, "fetch", gathering->gathered * change->state.page_size, 0);
    return hf_block_pool_take(gathering->pool, live, err);
}

static int take_zeros(void *context, uint32_t first, uint32_t count, struct hf_error *err)
{
    struct hf_change *change = ((struct gathering *)context)->change;
    (void)err;
    for (uint32_t i = 0; i < count; i++)
        hf_bitmap_set(&change->cleared, (uint64_t)first + i);
    return 0;
}

static int open_images(struct hf_change *change, const char *beside, struct hf_error *err)
{
    const struct hf_fs *fs = &change->env->fs;
    struct hf_new_file *images = &change->images;
    if (hf_new_file_begin(images, change->env, beside, 0600, err))
        return -1;
    if (fs->unlink(fs->context, images->temporary))
        return hf_error_sys(err, errno, "remove", images->temporary);
    return 0;
}

static void describe(struct hf_change *change, const struct hf_database *database,
                     const struct hf_plan *plan)
{
    *change = (struct hf_change){.env = database->repository->keys.env,
                                 .images.fd = -1,
                                 .segment = plan->steps[0]->name,
                                 .segments = plan->count,
                                 .bytes = plan->bytes};
}

int hf_change_since(struct hf_change *out, const struct hf_database *database,
                    const struct hf_plan *plan, uint32_t base_pages, const char *beside,
                    const struct hf_events *events, struct hf_error *err)
{
    struct hf_change change;
    describe(&change, database, plan);
    struct gathering gathering = {.change = &change, .events = events};
    const struct hf_plan_visitor visitor = {&gathering, begin, take_block, take_zeros};
    hf_auto_ptr(hf_block_pool) struct hf_block_pool *pool =
        hf_block_pool_new(write_block, &gathering, err);
    gathering.pool = pool;
    if (!pool || open_images(&change, beside, err) ||
        hf_plan_walk_from(database, plan, base_pages, &visitor, &change.terms, err) ||
        hf_block_pool_finish(pool, err)) {
        hf_block_pool_free(pool);
        pool = NULL;
        hf_change_release(&change);
        return -1;
    }
    *out = change;
    return 0;
}

/* Comparing the pages of a file with a point's fingerprints. */
struct comparison {
    struct hf_change *change;
    const struct hf_database *database;
    const struct hf_events *events;
    struct hf_page_source *source;
    const struct hf_db_info *info;
    uint8_t *images; /* HF_FRAME_BYTES */
    uint64_t compared;
};

static int compare_begin(void *context, const struct hf_state *state, struct hf_error *err)
{
    struct gathering gathering = {.change = ((struct comparison *)context)->change};
    return begin(&gathering, state, err);
}

/* How many of the file's pages from `page` on can be compared. */
static uint32_t comparable(const struct comparison *comparison, uint32_t page)
{
    const struct hf_db_info *info = comparison->info;
    if (info->page_size != comparison->change->state.page_size || page > info->page_count)
        return 0;
    return info->page_count - page + 1;
}

/* Entries first .. first+count-1 are pages that follow one another. */
static int compare_run(const struct comparison *comparison, const struct hf_index_block *block,
                       uint32_t first, uint32_t count, struct hf_error *err)
{
    uint32_t size = comparison->info->page_size;
    if (hf_page_source_read(comparison->source, block->pages[first], count, comparison->images,
                            err))
        return -1;
    for (uint32_t i = 0; i < count; i++)
        if (hf_page_fingerprint(&comparison->database->fingerprints,
                                comparison->images + (size_t)i * size,
                                size) != block->fingerprints[first + i])
            hf_bitmap_set(&comparison->change->rewritten, block->pages[first + i]);
    return 0;
}

static int compare_entries(const struct comparison *comparison, const struct hf_live_block *live,
                           struct hf_error *err)
{
    const struct hf_index_block *block = &live->block;
    uint32_t most = hf_frame_pages(comparison->change->state.page_size);
    for (uint32_t i = 0; i < block->entries;) {
        uint32_t count = hf_live_block_run(live, i, block->entries, NULL);
        uint32_t there = comparable(comparison, block->pages[i]);
        count = count < most ? count : most;
        if (count && !there) {
            hf_bitmap_set(&comparison->change->rewritten, block->pages[i]);
            count = 1;
        } else if (count) {
            count = count < there ? count : there;
            if (compare_run(comparison, block, i, count, err))
                return -1;
        }
        i += count ? count : 1;
    }
    return 0;
}

static int compare_block(void *context, struct hf_live_block *live, struct hf_error *err)
{
    struct comparison *comparison = context;
    uint64_t size = comparison->change->state.page_size;
    comparison->compared += live->live_count;
    hf_progress(comparison->events, "compare", comparison->compared * size,
                comparison->change->state.page_count * size);
    int failed = compare_entries(comparison, live, err);
    hf_live_block_free(live);
    return failed;
}

static int compare_zeros(void *context, uint32_t first, uint32_t count, struct hf_error *err)
{
    struct gathering gathering = {.change = ((struct comparison *)context)->change};
    return take_zeros(&gathering, first, count, err);
}

static int compare(struct comparison *comparison, const struct hf_plan *plan, struct hf_error *err)
{
    const struct hf_plan_visitor visitor = {comparison, compare_begin, compare_block,
                                            compare_zeros};
    return hf_plan_walk(comparison->database, plan, &visitor, err);
}

/* What was found to differ is fetched; page 1 always differs by the replica's own marks. */
static int fetch(struct hf_change *change, const struct hf_database *database,
                 const struct hf_plan *plan, const char *path, const struct hf_events *events,
                 struct hf_error *err)
{
    uint64_t pages;
    hf_bitmap_set(&change->rewritten, 1);
    if (open_images(change, path, err))
        return -1;
    struct hf_page_file file = {change->env, change->images.fd, change->images.temporary,
                                change->state.page_size};
    return hf_write_pages(&file, database, plan, &change->rewritten,
                          hf_bitmap_count(&change->rewritten), events, &pages, err);
}

int hf_change_from_file(struct hf_change *out, const struct hf_database *database,
                        const struct hf_plan *plan, const char *path, int busy_ms,
                        const struct hf_events *events, struct hf_error *err)
{
    struct hf_change change;
    describe(&change, database, plan);
    hf_auto_free uint8_t *images = malloc(HF_FRAME_BYTES);
    if (!images)
        return hf_error_memory(err);
    hf_auto_ptr(hf_page_source) struct hf_page_source *source =
        hf_page_source_open(path, busy_ms, err);
    if (!source)
        return -1;
    struct comparison comparison = {.change = &change,
                                    .database = database,
                                    .events = events,
                                    .source = source,
                                    .info = hf_page_source_info(source),
                                    .images = images};
    int failed = compare(&comparison, plan, err);
    /* The file's readers and writers need not wait for the repository. */
    hf_page_source_free(source);
    source = NULL;
    if (failed || fetch(&change, database, plan, path, events, err)) {
        hf_change_release(&change);
        return -1;
    }
    *out = change;
    return 0;
}

int hf_change_read(const struct hf_change *change, uint32_t first, uint32_t count, uint8_t *images,
                   struct hf_error *err)
{
    uint64_t size = change->state.page_size;
    int64_t got = hf_file_read(change->env, change->images.fd, "images of pages", images,
                               (size_t)(count * size), (first - 1) * size, err);
    if (got >= 0 && (uint64_t)got < count * size)
        return hf_error_set(err, HF_IO, "the images that were fetched ended early");
    return got < 0 ? -1 : 0;
}

void hf_change_release(struct hf_change *change)
{
    hf_bitmap_release(&change->rewritten);
    hf_bitmap_release(&change->cleared);
    hf_new_file_release(&change->images);
}
