/*
 * What the steps of a rotation have in common. Private to log_rotation.c and log_force.c; the steps
 * are numbered as in docs/architecture.md, "Capture".
 */
#ifndef HF_SQLITE_LOG_ROTATION_PARTS_H
#define HF_SQLITE_LOG_ROTATION_PARTS_H

#include "sqlite/log_hold_parts.h"

/* One rotation on its way. */
struct hf_rotation_run {
    struct hf_log_hold *hold;
    const struct hf_rotation_options *options;
    uint32_t mark;         /* how far the pin lets others copy frames into the file */
    uint32_t frames, left; /* in the log, and of these past the mark, after a copy */
    uint32_t page_size;
    bool has_older_reader;
    struct hf_error *err;
};

/* Reads what is published and was not read yet. */
int hf_rotation_read(struct hf_rotation_run *self);

/* Step 1: begins on the free reader, reads what is published, and only then ends the old pin. */
int hf_rotation_pin_anew(struct hf_rotation_run *self);

/* Step 2: copies frames into the file, up to the pin. HF_ROTATION_DONE: all of those are there. */
enum hf_rotation hf_rotation_copy(struct hf_rotation_run *self);

/* Step 4, after a copy that had no older reader in its way. HF_ROTATION_LATER: not yet. */
enum hf_rotation hf_rotation_force(struct hf_rotation_run *self);

#endif
