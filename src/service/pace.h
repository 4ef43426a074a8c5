/*
 * When to look at a log, when to rotate it, when to cut. Pure: times and looks in, orders out.
 *
 * A writer at full speed fills the log to its threshold in some milliseconds, a quiet one not in
 * days: the next look comes when the log is expected to be full, or what was seen first has to be
 * cut, or it has been quiet for long enough to bring the rest into the file.
 */
#ifndef HF_SERVICE_PACE_H
#define HF_SERVICE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "sqlite/log_hold.h"

struct hf_pace {
    int64_t interval; /* ms: what was committed is in the repository within it */
    bool gentle;      /* never take the write lock */
    /* The rest begins as zero. Times are those of hf_monotonic. */
    int64_t looked_at, grew_at;
    uint32_t frames; /* at the last look */
    bool is_fast;    /* the writer, by then */
    int64_t cut_at;  /* 0: there is nothing to cut */
    int64_t rotate_after, rotate_pause;
    int64_t storing; /* how long a point takes to store, ms, averaged */
};

struct hf_pace_view {
    int64_t now;
    struct hf_log_look log;
    bool has_pages; /* read from the log and not cut */
    bool may_cut;   /* the cut before is stored */
    bool cut_now;   /* somebody waits for a point */
};

struct hf_pace_order {
    bool rotate, cut;
    uint32_t force_frames; /* as of struct hf_rotation_options */
    bool idle;             /* nothing to do until the log is written to */
    bool watch;            /* be woken when the log is written to */
    int64_t look_at;       /* 0: when woken */
};

struct hf_pace_order hf_pace_decide(struct hf_pace *pace, const struct hf_pace_view *view);

void hf_pace_rotated(struct hf_pace *pace, enum hf_rotation result, int64_t now);
void hf_pace_cut(struct hf_pace *pace);
void hf_pace_stored(struct hf_pace *pace, int64_t took);

#endif
