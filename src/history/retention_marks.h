/*
 * What is known of points besides the names of their segments: pins and proofs, from the records
 * under points/, the catalog and, where it must be, trailers.
 */
#ifndef HF_HISTORY_RETENTION_MARKS_H
#define HF_HISTORY_RETENTION_MARKS_H

#include "history/point.h"
#include "history/retention_points.h"

/* A record of a point that may be there no more. */
struct hf_point_record {
    uint64_t seq;
    uint32_t number;
    int64_t received;
};

struct hf_retention_marks {
    struct hf_retention_mark *list; /* owned, by seq */
    size_t count, capacity;
    struct hf_point_record *records; /* owned, by seq */
    size_t record_count, record_capacity;
};

/* Reads all records. One that is damaged may have been a pin, and counts as one. */
int hf_retention_marks_load(struct hf_retention_marks *out, const struct hf_database *database,
                            struct hf_error *err);
/* The same, without records, from points that were loaded: nothing is read. One whose trailer is
 * damaged may be pinned, and counts as that. */
int hf_retention_marks_of_points(struct hf_retention_marks *out, const struct hf_points *points,
                                 struct hf_error *err);
void hf_retention_marks_release(struct hf_retention_marks *marks);
HF_AUTO_RELEASE(hf_retention_marks)

/* The mark of a point, made when there is none; NULL only for memory. Until the next call. */
struct hf_retention_mark *hf_retention_marks_at(struct hf_retention_marks *marks, uint64_t seq,
                                                struct hf_error *err);

/* Finds out whether the points' own trailers pin them. One that cannot be read may do so. */
int hf_retention_marks_look_up(struct hf_retention_marks *marks, const struct hf_database *database,
                               const struct hf_timeline *timeline, const uint64_t *seqs,
                               size_t count, struct hf_error *err);

#endif
