/*
 * Random histories whose every state is known: pages change, the database grows, shrinks, shrinks
 * and grows within one segment, and has pages without an image.
 */
#ifndef HF_TESTS_HISTORY_LEDGER_H
#define HF_TESTS_HISTORY_LEDGER_H

#include "history/archive.h"

enum { LEDGER_PAGES = 90, LEDGER_POINTS = 400, LEDGER_PAGE_SIZE = 512 };

/* What a point must restore to: which version of each page, 0 being zeros. */
struct ledger_state {
    uint32_t page_count;
    uint32_t version[LEDGER_PAGES + 1];
    uint64_t fingerprint;
};

struct ledger {
    struct archive *archive;
    struct ledger_state states[LEDGER_POINTS + 1];
    uint64_t seed;
    uint64_t seq;
    uint32_t lock_byte_page; /* 0: far away */
    int64_t step;            /* ms from point to point, by all clocks; 0: these stand still */
};

/* The next point, an increment; the first is full. `flags` are the trailer's. */
void ledger_point(struct ledger *ledger, uint32_t flags);
void ledger_points(struct ledger *ledger, uint64_t count);

/* Restores the point by what is in the repository and compares every page. */
void ledger_prove(struct ledger *ledger, const struct hf_timeline *timeline, uint64_t seq);

#endif
