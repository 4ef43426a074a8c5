/*
 * Walks the indexes of a plan's segments, newest first, and says where the live image of each page
 * of a restore point is. Restore, comparison and the rebuilding of fingerprint maps are this walk
 * with different eyes.
 */
#ifndef HF_HISTORY_PLAN_WALK_H
#define HF_HISTORY_PLAN_WALK_H

#include "history/live_block.h"
#include "history/timeline.h"

/* What a restore point is, from the trailer of the segment that ends at it. */
struct hf_state {
    uint32_t page_size;
    uint32_t page_count;
    uint32_t lock_byte_page;
    uint64_t fingerprint;
};

struct hf_plan_visitor {
    void *context;
    /* Before the first block. May be NULL. */
    int (*begin)(void *context, const struct hf_state *state, struct hf_error *err);
    /* A block with at least one live page; the visitor owns it from here on. */
    int (*block)(void *context, struct hf_live_block *live, struct hf_error *err);
    /* Pages first .. first+count-1 have no image: zeros. May be NULL. */
    int (*zeros)(void *context, uint32_t first, uint32_t count, struct hf_error *err);
};

/*
 * Every page of the point but the lock-byte page is given once, in a live block or as zeros.
 * HF_CORRUPT when segments do not fit together or the state's fingerprint is not the trailer's.
 */
int hf_plan_walk(const struct hf_database *database, const struct hf_plan *plan,
                 const struct hf_plan_visitor *visitor, struct hf_error *err);

/*
 * The same for a plan that begins at a state with `base_pages` pages (hf_plan_from): gives only
 * what changed since, and writes what that adds to the state's fingerprint. Whether the whole is
 * the point is for the caller to prove, who has the rest.
 */
int hf_plan_walk_from(const struct hf_database *database, const struct hf_plan *plan,
                      uint32_t base_pages, const struct hf_plan_visitor *visitor, uint64_t *terms,
                      struct hf_error *err);

/* The newest step's trailer as a state. */
int hf_plan_state(const struct hf_database *database, const struct hf_plan *plan,
                  struct hf_state *out, struct hf_error *err);

#endif
