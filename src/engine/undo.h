/*
 * Which restore was the last, and what it replaced. Points say it themselves, by their reasons:
 *
 *   122  before restore       what was there (or any older point that held just that)
 *   123  restore 100 over 122  point 100 brought back over point 122
 *
 * "over nothing" where there was no database; without "over" where it could only be kept beside.
 *
 * So it survives everything that the history survives, and needs no other memory. To undo is to
 * restore 122, which is noted in the same way: undone again, it brings back what was there before
 * the undo.
 */
#ifndef HF_ENGINE_UNDO_H
#define HF_ENGINE_UNDO_H

#include "history/database.h"
#include "history/point.h"

#define HF_BEFORE_RESTORE "before restore"

/* What a restore put its point in the place of. */
enum hf_replaced {
    HF_REPLACED_NOTHING, /* there was no database */
    HF_REPLACED_POINT,   /* a point holds it */
    HF_REPLACED_FILE,    /* no point could be taken: the file itself is kept beside */
};

/* "restore 100 over 122"; what does not fit with it is left away. `before` is of
 * HF_REPLACED_POINT. */
const char *hf_restore_reason(char out[HF_REASON_TEXT], uint64_t seq, enum hf_replaced replaced,
                              uint64_t before);

/* The last restore, as its point says it. */
struct hf_undo {
    uint64_t recorded; /* the point right after it */
    int64_t time;      /* of that, ms */
    uint64_t restored; /* what was brought back */
    enum hf_replaced replaced;
    uint64_t before; /* what was there: what an undo restores */
};

/*
 * HF_NOT_FOUND when no restore is noted, there was no database before it, or what was there is not
 * kept any more.
 * HF_REFUSED when a later restore began and nobody knows whether it came to its end (a crash, a
 * repository that took nothing more): the person must say which point.
 */
int hf_undo_find(struct hf_undo *out, const struct hf_database *database,
                 const struct hf_timeline *timeline, const struct hf_points *points,
                 struct hf_error *err);

#endif
