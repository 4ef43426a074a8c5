/*
 * What holding a log and rotating it know in common. Private to log_hold.c and those.
 */
#ifndef HF_SQLITE_LOG_HOLD_PARTS_H
#define HF_SQLITE_LOG_HOLD_PARTS_H

#include "sqlite/log_hold.h"
#include "sqlite/page_map.h"

struct hf_log_reader {
    sqlite3 *db;
    sqlite3_file *file; /* the connection's own, of the database */
    int slot;           /* that its read transaction is on; -1: none is open */
};

struct hf_log_hold {
    char *path;
    struct hf_log_reader readers[2];
    int pin;                   /* which of them holds the log; the other is free */
    struct hf_log_position at; /* all up to here was handed out */
    /* The salt of a log since whose restart the checkpoint lock was seen free: whoever checkpoints
     * it has read the header after that. */
    uint8_t proven_salt[8];
    struct hf_page_map frames; /* of the log up to `mapped`, for hf_log_hold_page */
    struct hf_log_position mapped;
    bool table_knows;         /* the kernel's table shows our locks at all */
    struct stat shm, log;     /* the -shm and the -wal file */
    int64_t unlocked_at;      /* monotonic, ms: when the write lock was let go last; 0: never had */
    uint32_t unlocked_frames; /* in the log then */
    struct hf_log_hold_counts counts;
};

static inline struct hf_log_reader *hf_log_pinned(struct hf_log_hold *hold)
{
    return &hold->readers[hold->pin];
}

static inline struct hf_log_reader *hf_log_free(struct hf_log_hold *hold)
{
    return &hold->readers[1 - hold->pin];
}

/* Begins a read transaction on a reader that has none; its slot is known then. HF_LOCKED when
 * SQLite says that it is busy. */
int hf_log_reader_begin(struct hf_log_hold *hold, struct hf_log_reader *reader,
                        struct hf_error *err);
void hf_log_reader_end(struct hf_log_reader *reader);

/* PASSIVE, by a reader that has no transaction. Gives SQLite's code. */
int hf_log_checkpoint(struct hf_log_reader *reader);

/* The header as it is now. HF_LOCKED when it does not come to rest. */
int hf_log_hold_index(struct hf_log_hold *hold, struct hf_wal_index *out, struct hf_error *err);

/* Whether the hold may leave its slot now: no checkpointer with an old view of this log can be in
 * flight. Best asked as soon as a restarted log is seen, while nobody waits. */
enum hf_log_leave {
    HF_LEAVE_SAFE,
    HF_LEAVE_FOR_CHECKPOINTER, /* safe: one holds the write lock and waits for us */
    HF_LEAVE_NOT_YET,
};
enum hf_log_leave hf_log_hold_prove(struct hf_log_hold *hold, const struct hf_wal_index *index);

#endif
