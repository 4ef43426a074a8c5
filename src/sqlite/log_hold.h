/*
 * Holding the log of a live database in WAL mode, so that no commit is lost to it, and reading it.
 *
 * While a hold is open one of its two connections is in a read transaction, without a gap:
 *
 * - on a mark (read slots 1 .. 4), where nobody can restart the log; or
 * - on slot 0, begun when every frame was in the database file: there writers may restart the log
 *   at once, once, and nobody can copy the new frames into the file and restart it again. An
 *   application's writers then never wait for us, and the log stays short.
 *
 * So what was published and not yet read is always still in the log. hf_log_hold_rotate moves the
 * hold from one slot 0 to the next (docs/architecture.md, "Capture", has the steps and why).
 * Continuity is proved by the lock alone; hf_log_hold_check asks the kernel whether it is there.
 *
 * Nothing is ever written to the database but frames that the application committed, by SQLite's
 * own checkpoints. Single-owner, and of one thread at a time.
 */
#ifndef HF_SQLITE_LOG_HOLD_H
#define HF_SQLITE_LOG_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "sqlite/lock_table.h"
#include "sqlite/log_frames.h"

struct hf_log_hold;

/*
 * Begins to hold. What is in the log already counts as not yet read. HF_UNSUPPORTED: the database
 * is not in WAL mode. Else as hf_page_source_open.
 */
struct hf_log_hold *hf_log_hold_open(const char *path, int busy_ms, struct hf_error *err);

/*
 * Puts a database in WAL mode, for good: the mode is kept in its file. HF_LOCKED while somebody
 * works on it; HF_UNSUPPORTED where it cannot be (no shared memory, read-only).
 */
int hf_log_make_wal(const char *path, int busy_ms, struct hf_error *err);

/* What has been read so far of which log, to go on there later. */
struct hf_log_position hf_log_hold_position(const struct hf_log_hold *hold);

/*
 * Goes on where an earlier hold had read to, without reading it again: true when exactly those
 * frames are still in the log, and nobody can take away what follows them before it was read. Then
 * nothing was lost in between, as the log was never restarted. Before the first read.
 */
bool hf_log_hold_resume(struct hf_log_hold *hold, const struct hf_log_position *at);

/* A look at the log without a system call. */
struct hf_log_look {
    uint32_t page_size;
    uint32_t page_count;  /* of the database */
    uint32_t frames;      /* in the log */
    uint32_t unread;      /* of these */
    uint32_t not_in_file; /* of these: not copied into the database file */
    bool on_slot_0;
};

/* HF_LOCKED: a writer died or stopped in the middle of publishing, which the next transaction of
 * anybody mends; look again later. */
int hf_log_hold_look(struct hf_log_hold *hold, struct hf_log_look *out, struct hf_error *err);

/*
 * Gives every published frame that was not read yet to `take`, in order: always whole transactions.
 * Fails with `take`'s error, or with what is wrong with the log: then nothing counts as read, and
 * only a comparison of all pages can tell what changed. HF_LOCKED as above.
 */
int hf_log_hold_read(struct hf_log_hold *hold, hf_log_visit *take, void *context,
                     struct hf_error *err);

/*
 * A page as a reader sees it at the last frame read: its newest frame in this log, else what the
 * file holds, else zeros. For pages that a database has without their ever having been written.
 */
int hf_log_hold_page(struct hf_log_hold *hold, uint32_t page, uint8_t *out, struct hf_error *err);

enum hf_rotation {
    HF_ROTATION_DONE,       /* on slot 0, all of the log read and in the file */
    HF_ROTATION_LATER,      /* commits came faster: the log is held at a mark near its end */
    HF_ROTATION_READER,     /* a long reader of the application is in the way */
    HF_ROTATION_CHECKPOINT, /* somebody else checkpoints */
    HF_ROTATION_FAILED,     /* as hf_log_hold_read, or SQLite's error */
};

struct hf_rotation_options {
    /* From how many frames in the log on, or when a writer is so fast that copying does not catch
     * up, the write lock may be taken for a moment; 0: never. */
    uint32_t force_frames;
    /* Called for what has to be read on the way. */
    hf_log_visit *take;
    void *context;
};

enum hf_rotation hf_log_hold_rotate(struct hf_log_hold *hold,
                                    const struct hf_rotation_options *options,
                                    struct hf_error *err);

/* For a status: how often, and how long (microseconds) the write lock was held at most. */
struct hf_log_hold_counts {
    uint64_t rotations, forced;
    int64_t longest_hold;
};
const struct hf_log_hold_counts *hf_log_hold_counts(const struct hf_log_hold *hold);

/*
 * Looks for what would break the chain: the lock gone from the kernel's table, another file at the
 * path of the database or its -shm, a log shorter than what is published. HF_STALE with the reason.
 */
int hf_log_hold_check(struct hf_log_hold *hold, const struct hf_lock_table *table,
                      struct hf_error *err);

/* When its connections turn out to be the last ones, closing them brings the log into the file and
 * removes it, as an application's last close does. For an end that was asked for: a log that is
 * left would be read again by whoever comes next, or lost by whoever moves the file alone. */
void hf_log_hold_fold_at_end(struct hf_log_hold *hold);

/*
 * Lets go, and waits before at most `wait_ms` until no checkpointer can be in flight that has an
 * old view of the log (SQLite's WAL-reset bug, before 3.51.3, would let it drop commits). NULL is
 * fine.
 */
void hf_log_hold_release(struct hf_log_hold *hold, int wait_ms);

#endif
