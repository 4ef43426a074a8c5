#include "engine/delta.h"

#include <errno.h>

#include "base/bitmap.h"
#include "engine/page_writer.h"
#include "history/block_pool.h"
#include "sqlite/hot_journal.h"

enum { WIDEST_GAP = 4 }; /* pages: reading that many more costs less than another call */

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

/* Finding the pages that differ. */
struct comparison {
    struct delta *delta;
    struct hf_block_pool *pool;
    uint64_t compared; /* pages */
};

/* Compares the live pages of entries first .. end-1, which lie in one stretch of the target. */
static int compare_stretch(struct delta *delta, const struct hf_live_block *live, uint32_t first,
                           uint32_t end, uint8_t *images, struct hf_error *err)
{
    const struct hf_page_file *file = &delta->file;
    const uint32_t *pages = live->block.pages;
    uint64_t size = file->page_size, start = (pages[first] - 1) * size;
    int64_t got = hf_file_read(file->env, file->fd, file->path, images,
                               (size_t)((pages[end - 1] - pages[first] + 1) * size), start, err);
    if (got < 0)
        return -1;
    for (uint32_t i = first; i < end; i++) {
        uint64_t place = (pages[i] - 1) * size - start;
        if (hf_live_block_has(live, i, NULL) &&
            (place + size > (uint64_t)got || pages[i] > delta->old_count ||
             hf_page_fingerprint(&delta->database->fingerprints, images + place, (size_t)size) !=
                 live->block.fingerprints[i]))
            hf_bitmap_set_shared(&delta->differs, pages[i]);
    }
    return 0;
}

/* Where a stretch ends that is worth reading as one: as long as a frame, without wide gaps. */
static uint32_t end_of_stretch(const struct delta *delta, const struct hf_live_block *live,
                               uint32_t first)
{
    const uint32_t *pages = live->block.pages;
    uint32_t most = hf_frame_pages(delta->file.page_size), end = first + 1;
    for (uint32_t i = first + 1; i < live->block.entries && pages[i] - pages[first] < most; i++)
        if (hf_live_block_has(live, i, NULL)) {
            if (pages[i] - pages[end - 1] > WIDEST_GAP)
                break;
            end = i + 1;
        }
    return end;
}

/* On a worker's thread; the reader's room for images serves for the target's. */
static int compare_block(void *context, const struct hf_live_block *live,
                         struct hf_frame_reader *reader, struct hf_error *err)
{
    struct delta *delta = ((struct comparison *)context)->delta;
    for (uint32_t first = 0; first < live->block.entries;) {
        if (!hf_live_block_has(live, first, NULL)) {
            first++;
            continue;
        }
        uint32_t end = end_of_stretch(delta, live, first);
        if (compare_stretch(delta, live, first, end, reader->images, err))
            return -1;
        first = end;
    }
    return 0;
}

static int take_block(void *context, struct hf_live_block *live, struct hf_error *err)
{
    struct comparison *comparison = context;
    const struct delta *delta = comparison->delta;
    uint64_t size = delta->file.page_size;
    comparison->compared += live->live_count;
    hf_progress(delta->options->events, "compare", comparison->compared * size,
                delta->state->page_count * size);
    return hf_block_pool_take(comparison->pool, live, err);
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
    hf_auto_ptr(hf_block_pool) struct hf_block_pool *pool =
        hf_block_pool_new(compare_block, &comparison, err);
    comparison.pool = pool;
    if (!pool || hf_plan_walk(delta->database, delta->plan, &visitor, err))
        return -1;
    return hf_block_pool_finish(pool, err);
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
    if (hf_write_pages(&delta->file, delta->database, delta->plan, &delta->differs,
                       hf_bitmap_count(&delta->differs), delta->options->events, pages, err) ||
        clear_pages(delta, err) || resize_and_sync(delta, err)) {
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
        return hf_error_hint(err, "restore it whole, not only what differs");
    }
    delta.old_count = hf_restore_target_page_count(target);
    delta.file =
        (struct hf_page_file){database->repository->keys.env, hf_restore_target_fd(target, err),
                              hf_restore_target_path(target), state->page_size};
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
