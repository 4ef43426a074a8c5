/*
 * A database's segments in order, and which of them make a restore point
 * (docs/architecture.md, "Which segments make a point"). Planning is pure.
 */
#ifndef HF_HISTORY_TIMELINE_H
#define HF_HISTORY_TIMELINE_H

#include "history/database.h"
#include "history/segment_name.h"

struct hf_timeline_entry {
    struct hf_segment_name name; /* part 0 */
    uint64_t bytes;              /* of all its objects */
    int64_t received;            /* when the store received the closing part, by its clock */
    /* Of its point, once settled: not after the store received it, not before an older point's. */
    int64_t effective;
    uint16_t parts;  /* the highest part besides the closing one; 0: it is one object */
    bool orphan;     /* written by somebody who had been taken over from */
    bool restorable; /* some plan ends here */
};

/* An object of a segment that was never closed. */
struct hf_stray_part {
    struct hf_segment_name name;
    uint64_t bytes;
    int64_t received;
};

/* Entries sort by `to`, then `from`, then level. */
struct hf_timeline {
    struct hf_timeline_entry *entries; /* owned */
    size_t count, capacity;
    struct hf_stray_part *strays; /* owned */
    size_t stray_parts;
    uint64_t highest; /* sequence number in any name, 0 when there is none */
    uint32_t epoch;   /* the highest in any name */
};

/* Lists the segments. */
int hf_timeline_load(struct hf_timeline *out, const struct hf_database *database,
                     struct hf_error *err);
/* The same for somebody who loaded it before (`known`, borrowed; may be empty): of segments that it
 * knows only the names are listed. */
int hf_timeline_load_again(struct hf_timeline *out, const struct hf_timeline *known,
                           const struct hf_database *database, struct hf_error *err);

void hf_timeline_release(struct hf_timeline *timeline);
HF_AUTO_RELEASE(hf_timeline)

/* Adds one segment; pure, for hf_timeline_load and tests. A segment from 1 needs no predecessor:
 * it is `full`. */
int hf_timeline_add(struct hf_timeline *timeline, const struct hf_timeline_entry *entry,
                    struct hf_error *err);

/* Sorts, marks orphans and what is restorable. After the last hf_timeline_add. */
void hf_timeline_settle(struct hf_timeline *timeline);

/* The newest entry that is a restore point; NULL when there is none. */
const struct hf_timeline_entry *hf_timeline_newest(const struct hf_timeline *timeline);

/* The entry that ends at `seq` and reaches back furthest; NULL when there is none. */
const struct hf_timeline_entry *hf_timeline_at(const struct hf_timeline *timeline, uint64_t seq);

/* What a plan applies before this step: of what ends within [from-1, to-1], the one that reaches
 * back furthest. NULL for a step from 1. */
const struct hf_timeline_entry *hf_timeline_before(const struct hf_timeline *timeline,
                                                   const struct hf_timeline_entry *step);

/* Segments to apply for one point, newest first. */
struct hf_plan {
    const struct hf_timeline_entry **steps; /* owned array of borrowed entries */
    size_t count;
    uint64_t bytes;
};

/*
 * The smallest cover of 1..seq by segments that end at `seq` or before. HF_NOT_FOUND: `seq` is no
 * restore point. HF_CORRUPT: a segment is missing; the error says from where to where.
 */
int hf_plan_make(struct hf_plan *out, const struct hf_timeline *timeline, uint64_t seq,
                 struct hf_error *err);

/*
 * The segments with the fewest bytes that turn the state `base`, which the caller has, into point
 * `seq`, which is above it; `base` need not be a point any more. HF_NOT_FOUND, HF_CORRUPT as above.
 * For hf_plan_walk_from.
 */
int hf_plan_from(struct hf_plan *out, const struct hf_timeline *timeline, uint64_t base,
                 uint64_t seq, struct hf_error *err);

void hf_plan_release(struct hf_plan *plan);
HF_AUTO_RELEASE(hf_plan)

#endif
