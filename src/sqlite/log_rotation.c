/*
 * The steps are numbered as in docs/architecture.md, "Capture".
 *
 * At every moment one of the two readers is in a read transaction: a new one begins before the old
 * one ends, and all that was published before the new one is read before the old one ends.
 */
#include <stdio.h>
#include <string.h>

#include "os/signals.h"
#include "sqlite/log_rotation_parts.h"

enum {
    TRIES = 2,        /* newer marks before a rotation is given up */
    FAST_FRAMES = 64, /* committed during one copy: some thousand commits a second */
    LOOKS = 3,
    LOOK_AGAIN_US = 200,
    STOPPED_TEXT = 256,
};

/* A stopped process (SIGSTOP, a debugger) holds its locks for as long as it likes. */
static bool is_stopped(pid_t pid)
{
    char path[32], text[STOPPED_TEXT] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return true;
    size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[got] = 0;
    const char *name_end = strrchr(text, ')');
    return !name_end || strlen(name_end) < 3 || strchr("Tt", name_end[2]);
}

/*
 * FULL, RESTART and TRUNCATE take the write lock between the checkpoint lock and reading the
 * header, and then wait for slot 0 as long as their busy timeout says: while one holds both nobody
 * can have restarted the log since it read the header.
 */
static bool checkpointer_waits_for_us(struct hf_log_hold *hold, const struct hf_wal_index *seen)
{
    hf_auto(hf_lock_table) struct hf_lock_table table = {0};
    struct hf_wal_index now;
    hf_lock_table_load(&table);
    pid_t checkpointer = hf_lock_table_holder(&table, &hold->shm, HF_LOCK_CHECKPOINT);
    if (!checkpointer || checkpointer != hf_lock_table_holder(&table, &hold->shm, HF_LOCK_WRITE) ||
        is_stopped(checkpointer) || hf_log_hold_index(hold, &now, NULL))
        return false;
    return now.max_frame == seen->max_frame && !memcmp(now.salt, seen->salt, sizeof now.salt) &&
           !memcmp(now.checksum, seen->checksum, sizeof now.checksum);
}

/* Step 0. A PASSIVE checkpoint of ours on slot 0 copies nothing. When it gets the checkpoint lock,
 * nobody who read the header before that is at work any more. */
enum hf_log_leave hf_log_hold_prove(struct hf_log_hold *hold, const struct hf_wal_index *index)
{
    if (hf_log_pinned(hold)->slot != 0 || index->backfilled >= index->max_frame ||
        !memcmp(hold->proven_salt, index->salt, sizeof index->salt))
        return HF_LEAVE_SAFE;
    if (hf_log_checkpoint(hf_log_free(hold)) == SQLITE_OK) {
        memcpy(hold->proven_salt, index->salt, sizeof index->salt);
        return HF_LEAVE_SAFE;
    }
    return checkpointer_waits_for_us(hold, index) ? HF_LEAVE_FOR_CHECKPOINTER : HF_LEAVE_NOT_YET;
}

int hf_rotation_read(struct hf_rotation_run *self)
{
    return hf_log_hold_read(self->hold, self->options->take, self->options->context, self->err);
}

/* Begins on the free reader, reads what is published, and only then ends the old pin. */
int hf_rotation_pin_anew(struct hf_rotation_run *self)
{
    struct hf_log_hold *hold = self->hold;
    struct hf_wal_index index;
    struct hf_log_reader *next = hf_log_free(hold);
    if (hf_log_reader_begin(hold, next, self->err))
        return -1;
    if (hf_rotation_read(self) || hf_log_hold_index(hold, &index, self->err)) {
        hf_log_reader_end(next);
        return -1;
    }
    hf_log_reader_end(hf_log_pinned(hold));
    hold->pin = 1 - hold->pin;
    self->mark = index.marks[next->slot];
    return 0;
}

static bool all_in_file(const struct hf_wal_index *index)
{
    return index->backfilled >= index->max_frame;
}

/* A checkpoint sets the marks of slots that nobody has to its own end or to the highest number, so
 * that a lower one that is left is a reader's who was there before the pin. */
static enum hf_rotation copy_once(struct hf_rotation_run *self)
{
    struct hf_wal_index index;
    if (hf_log_checkpoint(hf_log_free(self->hold)) != SQLITE_OK)
        return HF_ROTATION_CHECKPOINT;
    if (hf_log_hold_index(self->hold, &index, self->err))
        return HF_ROTATION_FAILED;
    if (index.backfilled < self->mark)
        return HF_ROTATION_READER;
    self->left = index.max_frame - self->mark;
    self->frames = index.max_frame;
    self->has_older_reader = false;
    for (int slot = 1; slot < HF_READ_SLOTS; slot++)
        self->has_older_reader |= index.marks[slot] < self->mark;
    return HF_ROTATION_DONE;
}

/* Whoever begins a transaction locks a slot for a moment to move its mark, and looks like a reader
 * then; one that reads is still there at the third look. */
enum hf_rotation hf_rotation_copy(struct hf_rotation_run *self)
{
    enum hf_rotation copied = copy_once(self);
    for (int i = 1; i < LOOKS && (copied == HF_ROTATION_READER ||
                                  (copied == HF_ROTATION_DONE && self->has_older_reader));
         i++) {
        hf_pause_us(LOOK_AGAIN_US);
        copied = copy_once(self);
    }
    return copied;
}

/* Whether to take the write lock now: the log is long, or so much was committed during a copy that
 * another one would not catch up either. The longer a fast writer is left alone, the longer the
 * lock must be held; and past its own threshold it would begin to checkpoint itself. */
static bool must_force(const struct hf_rotation_run *self)
{
    uint32_t long_log = self->options->force_frames;
    return long_log && self->left && (self->left >= FAST_FRAMES || self->frames >= long_log);
}

static enum hf_rotation rotate(struct hf_rotation_run *self)
{
    struct hf_log_hold *hold = self->hold;
    struct hf_wal_index index;
    if (hf_rotation_read(self) || hf_log_hold_index(hold, &index, self->err))
        return HF_ROTATION_FAILED;
    if (hf_log_pinned(hold)->slot == 0 && all_in_file(&index))
        return HF_ROTATION_DONE;
    if (hf_log_hold_prove(hold, &index) == HF_LEAVE_NOT_YET)
        return HF_ROTATION_CHECKPOINT;
    if (hf_rotation_pin_anew(self))
        return HF_ROTATION_FAILED;
    for (int i = 0; i < TRIES && hf_log_pinned(hold)->slot != 0; i++) {
        enum hf_rotation copied = hf_rotation_copy(self);
        if (copied != HF_ROTATION_DONE)
            return copied;
        if (must_force(self))
            return self->has_older_reader ? HF_ROTATION_READER : hf_rotation_force(self);
        /* Step 3: with nothing committed meanwhile this lands on slot 0. */
        if (hf_rotation_pin_anew(self))
            return HF_ROTATION_FAILED;
    }
    return hf_log_pinned(hold)->slot == 0 ? HF_ROTATION_DONE : HF_ROTATION_LATER;
}

enum hf_rotation hf_log_hold_rotate(struct hf_log_hold *hold,
                                    const struct hf_rotation_options *options, struct hf_error *err)
{
    struct hf_error local = {0};
    struct hf_rotation_run self = {.hold = hold, .options = options, .err = &local};
    enum hf_rotation result = rotate(&self);
    hold->counts.rotations += result == HF_ROTATION_DONE;
    /* Busy is no reason to doubt anything: the pin is where it was. */
    if (result == HF_ROTATION_FAILED && local.code == HF_LOCKED && hf_log_pinned(hold)->slot >= 0)
        return HF_ROTATION_LATER;
    if (result == HF_ROTATION_FAILED)
        hf_error_pass(err, &local);
    return result;
}
