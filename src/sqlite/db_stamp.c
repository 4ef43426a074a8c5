/*
 * Why equal stamps mean equal pages. Let T be the moment that a read transaction's state is from,
 * and read the clock, take file times before it (B) and after it (A). A stamp holds the times of A
 * and the log's facts; it is settled only when A equals B. Let stamp 1 be settled, stamp 2 a later
 * one that is equal, and suppose that a commit or a checkpoint came between T1 and T2:
 *
 * - Its last write to the database or its log came after B1. A write gives the file the clock's
 * time, and B1's times are at least 2 s older than the clock was before B1. That is more than the
 * steps in which times are kept: the kernel's tick (1 to 10 ms), 1 s on some file systems, 2 s on
 * FAT. So the write gave a time that differs from B1's, and if it came before A2, stamp 2 differs.
 * - It cannot have come after A2 and before T2, as T is before A.
 * - It may have come before B1: a writer in WAL mode writes its frames first and publishes them in
 * the wal-index later, at once or after having been stopped for minutes. Then the published frame
 * count and checksum differ: both stamps carry what was published at T.
 * - A time in the future (a clock that was set back, a file from elsewhere) may be given again:
 * never settled.
 *
 * In WAL mode page 1 and so the change counter stay as they are in many commits; the counter is
 * kept for the rollback modes, where it also catches a clock that was turned back onto the very
 * same nanosecond.
 */
#include "sqlite/db_stamp.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const uint64_t second = 1000000000;
static const uint64_t coarsest_step = 2 * second;

static uint64_t nanoseconds(struct timespec time)
{
    return (uint64_t)time.tv_sec * second + (uint64_t)time.tv_nsec;
}

static int look(struct hf_db_stamp *stamp, const char *path, const char *log_path,
                struct hf_error *err)
{
    struct stat file, log;
    if (stat(path, &file))
        return hf_error_sys(err, errno, "stat", path);
    if (stat(log_path, &log)) {
        if (errno != ENOENT)
            return hf_error_sys(err, errno, "stat", log_path);
        log = (struct stat){0};
    }
    *stamp = (struct hf_db_stamp){
        .device = file.st_dev,
        .inode = file.st_ino,
        .size = (uint64_t)file.st_size,
        .modified = nanoseconds(file.st_mtim),
        .changed = nanoseconds(file.st_ctim),
        .log_size = (uint64_t)log.st_size,
        /* An empty log says nothing, and a reader may have made it a moment ago. */
        .log_modified = log.st_size ? nanoseconds(log.st_mtim) : 0,
    };
    return 0;
}

static bool same_files(const struct hf_db_stamp *a, const struct hf_db_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified == b->modified && a->changed == b->changed && a->log_size == b->log_size &&
           a->log_modified == b->log_modified;
}

static bool is_old(uint64_t time, uint64_t now)
{
    return time <= now && now - time >= coarsest_step;
}

int hf_db_watch_begin(struct hf_db_watch *watch, const char *path, const char *log_path,
                      struct hf_error *err)
{
    struct timespec clock;
    clock_gettime(CLOCK_REALTIME, &clock);
    *watch = (struct hf_db_watch){path, log_path, nanoseconds(clock), {0}};
    return look(&watch->before, path, log_path, err);
}

int hf_db_watch_end(const struct hf_db_watch *watch, struct hf_db_stamp *stamp,
                    struct hf_error *err)
{
    if (look(stamp, watch->path, watch->log_path, err))
        return -1;
    stamp->settled = same_files(stamp, &watch->before) && is_old(stamp->modified, watch->started) &&
                     is_old(stamp->changed, watch->started) &&
                     is_old(stamp->log_modified, watch->started);
    return 0;
}

bool hf_db_stamp_equal(const struct hf_db_stamp *a, const struct hf_db_stamp *b)
{
    return same_files(a, b) && a->log_frames == b->log_frames &&
           !memcmp(a->log_salt, b->log_salt, sizeof a->log_salt) &&
           !memcmp(a->log_checksum, b->log_checksum, sizeof a->log_checksum) &&
           a->change_counter == b->change_counter;
}
