/*
 * Reading a write-ahead log and proving each frame:
 * https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
#ifndef HF_SQLITE_LOG_FRAMES_H
#define HF_SQLITE_LOG_FRAMES_H

#include <sqlite3.h>

#include "sqlite/wal_index.h"

enum { HF_LOG_HEADER_BYTES = 32, HF_FRAME_HEADER_BYTES = 24 };

struct hf_log_frame {
    uint32_t number; /* from 1 */
    uint32_t page;
    uint32_t page_size;
    uint32_t
        commit_pages; /* a transaction's last frame: the database's page count after it; else 0 */
    const uint8_t *image; /* valid until the visitor returns */
};

/* How far a log has been read. All zero: nothing yet. */
struct hf_log_position {
    uint8_t salt[8];      /* of the log's frames when they were read */
    uint32_t frame;       /* the last one that was read */
    uint32_t checksum[2]; /* cumulative, of that frame */
};

/* Returns 0 to go on. NULL only proves. */
typedef int hf_log_visit(void *context, const struct hf_log_frame *frame, struct hf_error *err);

/*
 * Visits the frames after `at` up to index->max_frame in order through the log's file object, and
 * moves `at` there. Each frame's salt and checksum must be right, and the last one's checksum the
 * published one; if not, or if the log ends early, or `at` is not in this log, HF_CORRUPT, and `at`
 * stays. The caller's read lock must keep the log from being restarted.
 */
int hf_log_frames_visit(sqlite3_file *log, const struct hf_wal_index *index,
                        struct hf_log_position *at, hf_log_visit *visit, void *context,
                        struct hf_error *err);

/* Where in the log the image of a frame begins. */
static inline sqlite3_int64 hf_log_image_offset(uint32_t frame, uint32_t page_size)
{
    return HF_LOG_HEADER_BYTES + (sqlite3_int64)(frame - 1) * (HF_FRAME_HEADER_BYTES + page_size) +
           HF_FRAME_HEADER_BYTES;
}

#endif
