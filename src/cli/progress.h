/*
 * Progress for a person at a terminal: one line with stage, bytes, rate and time left, drawn
 * at most ten times a second. Where standard error is no terminal only notices appear.
 */
#ifndef HF_CLI_PROGRESS_H
#define HF_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/events.h"

struct hf_progress_line {
    FILE *out;
    bool draws;
    bool drawn; /* a line stands there without its newline */
    char stage[32];
    int64_t started;         /* of the stage; milliseconds, monotonic */
    int64_t last;            /* when the line was drawn */
    uint64_t first;          /* bytes done when the stage began */
    struct hf_events events; /* what an operation is given */
};

enum hf_progress_mode { HF_PROGRESS_AUTO, HF_PROGRESS_QUIET };

/* `events` point into `progress`, which must stay in its place. */
void hf_progress_line_init(struct hf_progress_line *progress, FILE *out,
                           enum hf_progress_mode mode);

/* Takes the line away, so that other text can be written. */
void hf_progress_line_clear(struct hf_progress_line *progress);

/* The line's text, without what draws it. `out` holds 160 bytes or more. */
const char *hf_progress_line_text(char *out, size_t size, const char *stage, uint64_t done,
                                  uint64_t total, int64_t elapsed, uint64_t since_start);

#endif
