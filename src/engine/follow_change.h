/*
 * What a replica's file must be changed by to become a restore point: which pages, and their
 * images, proven by seal and fingerprint, in a file of their own. All of it is had before the
 * replica is locked.
 */
#ifndef HF_ENGINE_FOLLOW_CHANGE_H
#define HF_ENGINE_FOLLOW_CHANGE_H

#include "base/bitmap.h"
#include "base/events.h"
#include "history/plan_walk.h"
#include "os/file.h"

struct hf_change {
    const struct hf_env *env;
    struct hf_segment_name segment; /* that ends at the point */
    struct hf_state state;          /* what the point is */
    char reason[HF_REASON_TEXT];    /* of that segment */
    struct hf_bitmap rewritten;     /* by page number: pages that the file below has an image of */
    struct hf_bitmap cleared;       /* pages that become zeros */
    uint64_t terms;                 /* what both add to the state's fingerprint */
    /* Images of the rewritten pages, each at its place in the database. Without a name, sparse, and
     * never synced: the page cache is where it lives. */
    struct hf_new_file images;
    uint64_t segments, bytes; /* of the plan */
};

/* What changed between `base_pages` pages of a known state and the point that `plan` (of
 * hf_plan_from) ends at. `beside`: the images' file is in this file's directory. */
int hf_change_since(struct hf_change *out, const struct hf_database *database,
                    const struct hf_plan *plan, uint32_t base_pages, const char *beside,
                    const struct hf_events *events, struct hf_error *err);

/* What differs between the database at `path` and the point that `plan` ends at: every page when
 * theirs have another size. The lock-byte page and those past the end of the shorter one aside. */
int hf_change_from_file(struct hf_change *out, const struct hf_database *database,
                        const struct hf_plan *plan, const char *path, int busy_ms,
                        const struct hf_events *events, struct hf_error *err);

/* Images of rewritten pages that follow one another. */
int hf_change_read(const struct hf_change *change, uint32_t first, uint32_t count, uint8_t *images,
                   struct hf_error *err);

void hf_change_release(struct hf_change *change);
HF_AUTO_RELEASE(hf_change)

#endif
