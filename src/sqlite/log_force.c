/*
 * Step 4 of a rotation: the end of a log that is written to faster than it can be copied.
 *
 * What is copied and synced with the write lock held makes all writers wait, so that must be
 * little; and copying a frame costs about as much as a fast writer needs to write one, so that
 * without more ado it never becomes little. So writers are slowed down meanwhile.
 */
#include <time.h>

#include "os/signals.h"
#include "sqlite/connection.h"
#include "sqlite/log_rotation_parts.h"
#include "sqlite/write_brake.h"

enum {
    ROUNDS = 8,
    FEW_BYTES = 3 << 20,        /* left to copy: the lock is held for some 25 ms */
    MANY_BYTES = 6 << 20,       /* left to copy: the writer is faster */
    MOST_UNDER_LOCK = 16 << 20, /* bytes copied with the write lock held, even so */
    MUST_END = 256 << 20,       /* bytes of a log that is to become no longer, at a higher price: */
    MOST_AT_LAST = 64 << 20,    /* copied with the write lock held */
    SPIN_US = 50,               /* between two attempts at the write lock */
    SPIN_FOR_MS = 100,          /* SQLite's own busy handler sleeps longer each time, and starves */
    OTHERS_US = 300,            /* between two looks at a checkpoint of somebody else */
    OTHERS_FOR_MS = 100,
    TRIES = 3,
    LET_IN_MS = 30, /* for a writer that sleeps in its busy handler since we had the lock */
};

static int64_t microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* A checkpoint that does not reach the end of the log leaves the file's sync to the one that does,
 * which comes with the write lock held. */
static int sync_file(struct hf_rotation_run *self)
{
    struct hf_log_reader *pin = hf_log_pinned(self->hold);
    int rc = pin->file->pMethods->xSync(pin->file, SQLITE_SYNC_NORMAL);
    /* The system tells this descriptor once: the next checkpoint over it would find nothing wrong.
     */
    return rc == SQLITE_OK ? 0 : hf_connection_error(pin->db, rc, self->hold->path, self->err);
}

static int measure(struct hf_rotation_run *self)
{
    struct hf_wal_index index;
    if (hf_log_hold_index(self->hold, &index, self->err))
        return -1;
    self->frames = index.max_frame;
    self->left = index.max_frame - self->mark;
    self->page_size = index.page_size;
    return 0;
}

static uint64_t bytes(const struct hf_rotation_run *self, uint32_t frames)
{
    return (uint64_t)frames * self->page_size;
}

/* Somebody else who copies, the fast writer itself most often, is waited for. */
static enum hf_rotation copy(struct hf_rotation_run *self)
{
    int64_t until = hf_monotonic() + OTHERS_FOR_MS;
    enum hf_rotation copied = hf_rotation_copy(self);
    while (copied == HF_ROTATION_CHECKPOINT && hf_monotonic() < until) {
        hf_pause_us(OTHERS_US);
        copied = hf_rotation_copy(self);
    }
    return copied == HF_ROTATION_DONE && self->has_older_reader ? HF_ROTATION_READER : copied;
}

/* HF_ROTATION_DONE: little is left to copy, or it becomes no less. */
static enum hf_rotation catch_up(struct hf_rotation_run *self, struct hf_write_brake **brake)
{
    for (int round = 0; round < ROUNDS; round++) {
        if (sync_file(self) || hf_rotation_read(self) || measure(self))
            return HF_ROTATION_FAILED;
        if (bytes(self, self->left) <= FEW_BYTES)
            return HF_ROTATION_DONE;
        if (!*brake && bytes(self, self->left) >= MANY_BYTES)
            *brake = hf_write_brake_start(self->hold->path);
        if (hf_rotation_pin_anew(self))
            return HF_ROTATION_FAILED;
        enum hf_rotation copied = copy(self);
        if (copied != HF_ROTATION_DONE)
            return copied;
    }
    return HF_ROTATION_DONE;
}

/* A big transaction came in before the write lock was had (VACUUM is one): it is copied without the
 * lock, or all other writers would wait for that. */
static bool is_too_much(struct hf_rotation_run *self)
{
    if (measure(self))
        return true;
    uint64_t most = bytes(self, self->frames) < MUST_END ? MOST_UNDER_LOCK : MOST_AT_LAST;
    return bytes(self, self->left) > most;
}

/* Two short waits in a row are one long one for a writer that slept through the moment between. */
static void let_writers_in(struct hf_log_hold *hold)
{
    struct hf_wal_index index;
    while (hold->unlocked_at && hf_monotonic() < hold->unlocked_at + LET_IN_MS &&
           !hf_log_hold_index(hold, &index, NULL) && index.max_frame == hold->unlocked_frames)
        hf_pause_us(OTHERS_US);
}

static bool take_write_lock(struct hf_log_reader *reader)
{
    int64_t until = hf_monotonic() + SPIN_FOR_MS;
    do {
        if (sqlite3_exec(reader->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK)
            return true;
        hf_log_reader_end(reader);
        hf_pause_us(SPIN_US);
    } while (hf_monotonic() < until);
    return false;
}

/* With the write lock held by the free reader, whose transaction pins the log's end: what is left
 * is read and copied, and the old pin begins anew, on slot 0. */
static enum hf_rotation move_pin(struct hf_rotation_run *self)
{
    struct hf_log_hold *hold = self->hold;
    struct hf_log_reader *pin = hf_log_pinned(hold);
    if (hf_rotation_read(self))
        return HF_ROTATION_FAILED;
    int rc = SQLITE_OK;
    for (int i = 0; i < TRIES && pin->slot != 0 && rc == SQLITE_OK; i++) {
        hf_log_reader_end(pin);
        rc = hf_log_checkpoint(pin);
        if (hf_log_reader_begin(hold, pin, self->err))
            return HF_ROTATION_FAILED;
    }
    if (pin->slot == 0)
        return HF_ROTATION_DONE;
    /* In vain: somebody copies at this moment, or reads, and that may last. */
    return rc == SQLITE_BUSY ? HF_ROTATION_LATER : HF_ROTATION_READER;
}

static enum hf_rotation copy_the_last(struct hf_rotation_run *self)
{
    struct hf_log_hold *hold = self->hold;
    struct hf_log_reader *writer = hf_log_free(hold);
    let_writers_in(hold);
    if (!take_write_lock(writer))
        return HF_ROTATION_LATER;
    int64_t began = microseconds();
    enum hf_rotation result = is_too_much(self) ? HF_ROTATION_LATER : move_pin(self);
    hold->unlocked_frames = self->frames;
    hf_log_reader_end(writer);
    hold->unlocked_at = hf_monotonic();
    int64_t held = microseconds() - began;
    hold->counts.forced += result == HF_ROTATION_DONE;
    if (held > hold->counts.longest_hold)
        hold->counts.longest_hold = held;
    return result;
}

static enum hf_rotation try_once(struct hf_rotation_run *self)
{
    struct hf_write_brake *brake = NULL;
    enum hf_rotation caught_up = catch_up(self, &brake);
    hf_write_brake_stop(brake);
    return caught_up == HF_ROTATION_DONE ? copy_the_last(self) : caught_up;
}

enum hf_rotation hf_rotation_force(struct hf_rotation_run *self)
{
    enum hf_rotation result = HF_ROTATION_LATER;
    for (int i = 0; i < TRIES && result == HF_ROTATION_LATER; i++)
        result = try_once(self);
    return result;
}
