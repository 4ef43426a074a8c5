#include "engine/log_capture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sqlite/db_header.h"

enum { LOOKS = 8 };

struct hf_log_capture {
    const char *path;
    const struct hf_env *env;
    struct hf_log_hold *hold;
    struct hf_page_batch pages;
    uint32_t page_size, page_count, page_min;
    uint32_t lock_byte_page;
    bool shrank; /* since the last cut */
    int64_t first_seen;
};

struct hf_log_capture *hf_log_capture_open(const char *path, const struct hf_env *env,
                                           struct hf_batch_budget *budget, int busy_ms,
                                           struct hf_error *err)
{
    struct hf_log_capture *capture = calloc(1, sizeof *capture);
    if (!capture) {
        hf_error_memory(err);
        return NULL;
    }
    capture->path = path;
    capture->env = env;
    hf_page_batch_init(&capture->pages, env, budget);
    capture->hold = hf_log_hold_open(path, busy_ms, err);
    if (capture->hold)
        return capture;
    hf_log_capture_free(capture, 0);
    return NULL;
}

static struct hf_log_position position_of(const struct hf_db_stamp *stamp)
{
    struct hf_log_position at = {.frame = stamp->log_frames};
    memcpy(at.salt, stamp->log_salt, sizeof at.salt);
    memcpy(at.checksum, stamp->log_checksum, sizeof at.checksum);
    return at;
}

bool hf_log_capture_resume(struct hf_log_capture *capture, const struct hf_db_stamp *stamp)
{
    struct hf_log_position at = position_of(stamp);
    return hf_log_hold_resume(capture->hold, &at);
}

void hf_log_capture_base(struct hf_log_capture *capture, uint32_t page_size, uint32_t page_count)
{
    capture->page_size = page_size;
    capture->page_count = capture->page_min = page_count;
    capture->lock_byte_page = hf_lock_byte_page(page_size);
}

int hf_log_capture_look(struct hf_log_capture *capture, struct hf_log_look *out,
                        struct hf_error *err)
{
    return hf_log_hold_look(capture->hold, out, err);
}

int hf_log_capture_check(struct hf_log_capture *capture, const struct hf_lock_table *table,
                         struct hf_error *err)
{
    return hf_log_hold_check(capture->hold, table, err);
}

/* For each frame: the newest image counts, and a commit says how large the database is. */
static int take(void *context, const struct hf_log_frame *frame, struct hf_error *err)
{
    struct hf_log_capture *capture = context;
    if (frame->page_size != capture->page_size)
        return hf_error_set(err, HF_STALE, "the page size of '%s' has changed", capture->path);
    if (!capture->first_seen)
        capture->first_seen = hf_now(capture->env);
    if (frame->commit_pages) {
        capture->shrank |= frame->commit_pages < capture->page_count;
        capture->page_count = frame->commit_pages;
        if (frame->commit_pages < capture->page_min)
            capture->page_min = frame->commit_pages;
    }
    if (frame->page == capture->lock_byte_page)
        return 0;
    return hf_page_batch_put(&capture->pages, frame->page, frame->page_size, frame->image, err);
}

enum hf_rotation hf_log_capture_rotate(struct hf_log_capture *capture, uint32_t force_frames,
                                       struct hf_error *err)
{
    const struct hf_rotation_options options = {force_frames, take, capture};
    return hf_log_hold_rotate(capture->hold, &options, err);
}

bool hf_log_capture_has_pages(const struct hf_log_capture *capture)
{
    return capture->first_seen != 0;
}

uint64_t hf_log_capture_bytes(const struct hf_log_capture *capture)
{
    return hf_page_batch_bytes(&capture->pages);
}

/*
 * Pages that the database has again or anew without their having been written: SQLite leaves out
 * pages that a transaction made and freed. They are what a reader would see, which after a shrink
 * is not what the batch has.
 */
static int add_unwritten(struct hf_log_capture *capture, struct hf_error *err)
{
    hf_auto_free uint8_t *image = NULL;
    for (uint64_t p = (uint64_t)capture->page_min + 1; p <= capture->page_count; p++) {
        uint32_t page = (uint32_t)p;
        if (page == capture->lock_byte_page ||
            (!capture->shrank && hf_page_batch_has(&capture->pages, page)))
            continue;
        if (!image && !(image = malloc(capture->page_size)))
            return hf_error_memory(err);
        if (hf_log_hold_page(capture->hold, page, image, err) ||
            hf_page_batch_put(&capture->pages, page, capture->page_size, image, err))
            return -1;
    }
    return 0;
}

/* The files as they are now; a stamp that is not settled never lets anybody believe that nothing
 * has changed. */
static void stamp_files(const struct hf_log_capture *capture, struct hf_db_stamp *stamp)
{
    struct stat file;
    struct hf_log_position at = hf_log_hold_position(capture->hold);
    *stamp = (struct hf_db_stamp){.log_frames = at.frame};
    memcpy(stamp->log_salt, at.salt, sizeof at.salt);
    memcpy(stamp->log_checksum, at.checksum, sizeof at.checksum);
    if (capture->env->fs.stat(capture->env->fs.context, capture->path, &file))
        return;
    stamp->device = file.st_dev;
    stamp->inode = file.st_ino;
    stamp->size = (uint64_t)file.st_size;
    stamp->modified = (uint64_t)file.st_mtim.tv_sec * 1000000000u + (uint64_t)file.st_mtim.tv_nsec;
    stamp->changed = (uint64_t)file.st_ctim.tv_sec * 1000000000u + (uint64_t)file.st_ctim.tv_nsec;
}

/*
 * Reads what is published, and tells a moment at which just that was: the clock is read after the
 * header that bounds what is read, and the header once more after the clock. What was published in
 * between is read as well. Beside a writer who publishes at each look this ends with what came
 * while the clock was read left to the next cut: nothing is held that is later than the time.
 */
static int read_until_now(struct hf_log_capture *capture, int64_t *time, struct hf_error *err)
{
    struct hf_log_look look = {.unread = 1};
    for (int i = 0; i < LOOKS && look.unread; i++) {
        if (hf_log_hold_read(capture->hold, take, capture, err))
            return -1;
        *time = hf_now(capture->env);
        if (hf_log_hold_look(capture->hold, &look, err))
            return -1;
    }
    return 0;
}

int hf_log_capture_cut(struct hf_log_capture *capture, const struct hf_lock_table *table,
                       struct hf_cut *out, struct hf_error *err)
{
    int64_t time;
    if (hf_log_hold_check(capture->hold, table, err) || read_until_now(capture, &time, err) ||
        add_unwritten(capture, err))
        return -1;
    *out = (struct hf_cut){
        .pages = capture->pages,
        .page_size = capture->page_size,
        .page_count = capture->page_count,
        .page_min = capture->page_min,
        .time = time,
        .first_seen = capture->first_seen,
    };
    stamp_files(capture, &out->stamp);
    hf_page_batch_init(&capture->pages, capture->env, out->pages.budget);
    capture->page_min = capture->page_count;
    capture->shrank = false;
    capture->first_seen = 0;
    return 0;
}

const struct hf_log_hold_counts *hf_log_capture_counts(const struct hf_log_capture *capture)
{
    return hf_log_hold_counts(capture->hold);
}

void hf_log_capture_fold_at_end(struct hf_log_capture *capture)
{
    hf_log_hold_fold_at_end(capture->hold);
}

void hf_log_capture_free(struct hf_log_capture *capture, int wait_ms)
{
    if (!capture)
        return;
    hf_log_hold_release(capture->hold, wait_ms);
    hf_page_batch_release(&capture->pages);
    free(capture);
}
