/*
 * Which restore was the last, and what it replaced. Points say it themselves, by their reasons:
 *
 *   122  before restore       what was there (or any older point that held just that)
 *   123  restore 100 over 122  point 100 brought back over point 122
 *
 * so it survives everything that the history survives, and needs no other memory. To undo is to
 * restore 122, which is noted in the same way: undone again, it brings back what was there before
 * the undo.
 */
#ifndef HF_ENGINE_UNDO_H
#define HF_ENGINE_UNDO_H

#include "history/database.h"
#include "history/point.h"

#define HF_BEFORE_RESTORE "before restore"

/* "restore 100 over 122"; numbers that do not fit both, and `before` 0, leave the second away. */
const char *hf_restore_reason(char out[HF_REASON_TEXT], uint64_t seq, uint64_t before);

/* The last restore, as its point says it. */
struct hf_undo {
    uint64_t recorded; /* the point right after it */
    int64_t time;      /* of that, ms */
    uint64_t restored; /* what was brought back */
    uint64_t before;   /* what was there: what an undo restores */
};

/*
 * HF_NOT_FOUND when no restore is noted, or what was there before it is not kept any more.
 * HF_REFUSED when a later restore began and nobody knows whether it came to its end (a crash, a
 * repository that took nothing more): the person must say which point.
 */
int hf_undo_find(struct hf_undo *out, const struct hf_database *database,
                 const struct hf_timeline *timeline, const struct hf_points *points,
                 struct hf_error *err);

#endif
