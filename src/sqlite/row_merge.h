/*
 * Two states of a table read side by side, in the order of what tells their rows apart.
 */
#ifndef HF_SQLITE_ROW_MERGE_H
#define HF_SQLITE_ROW_MERGE_H

#include <stdint.h>

#include "base/events.h"
#include "sqlite/compared.h"
#include "sqlite/row_order.h"

/* How far a comparison has come, in rows of both states. */
struct hf_compare_course {
    const struct hf_events *events;
    uint64_t total, done; /* of all tables; of those that are done with */
    uint64_t share, seen; /* of the table that is being read: rows there may be, and met so far */
    int passes;           /* how often each is met: sorted ones twice */
};

/* Goes on to a table with about so many rows, both states taken together. */
void hf_compare_course_enter(struct hf_compare_course *course, uint64_t rows);

struct hf_row_counts {
    uint64_t from, to;                /* rows of either */
    uint64_t added, removed, changed; /* on the way from one to the other */
};

/* Takes bounded memory; what must be sorted is, in temporary files. */
int hf_rows_merge(struct hf_row_counts *out, const struct hf_compared *from,
                  const struct hf_compared *to, const struct hf_row_order *order,
                  struct hf_compare_course *course, struct hf_error *err);

#endif
