/*
 * Restore points as people see them: what the timeline, the trailers, the catalog and later changes
 * (pin, label, proof) say together.
 */
#ifndef HF_HISTORY_POINT_H
#define HF_HISTORY_POINT_H

#include "history/segment_format.h"
#include "history/timeline.h"

enum hf_proof_result { HF_PROOF_NONE = 0, HF_PROOF_PASSED = 1, HF_PROOF_FAILED = 2 };

struct hf_point {
    uint64_t seq; /* its id */
    int64_t time; /* of the state, by the writer's clock, ms */
    /* The same so that a wrong clock does no harm: not after the store received it, not before the
     * point before it. What is looked up by time goes by this. */
    int64_t effective;
    struct hf_segment_name segment;
    uint64_t bytes; /* that it added to the repository */
    uint64_t size;  /* of the database file that it restores to */
    uint64_t pages_stored;
    uint32_t page_size;
    bool full, pinned;
    char label[HF_LABEL_TEXT];
    char reason[HF_REASON_TEXT];
    enum hf_proof_result proof;         /* of the last test restore */
    int64_t proof_time, proof_duration; /* ms */
    uint32_t changes; /* the number of the last later change that is in it; 0: none */
    bool damaged;     /* its trailer cannot be read: only seq, time and bytes are known */
};

struct hf_points {
    struct hf_point *list; /* owned, oldest first */
    size_t count;
};

static inline void hf_points_release(struct hf_points *points)
{
    free(points->list);
    *points = (struct hf_points){0};
}
HF_AUTO_RELEASE(hf_points)

/* The one with this id; NULL when there is none. */
const struct hf_point *hf_points_by_seq(const struct hf_points *points, uint64_t seq);

/* How many have an id below this: they come first. */
size_t hf_points_below(const struct hf_points *points, uint64_t seq);

/* All points of a timeline that can be restored. */
int hf_points_load(struct hf_points *out, const struct hf_database *database,
                   const struct hf_timeline *timeline, struct hf_error *err);

/* The same for somebody who loaded them before (`known`, borrowed; may be empty) and wants to know
 * what is new: neither what a segment says of its point nor a later change ever changes, so only
 * new segments and new changes are read. */
int hf_points_load_again(struct hf_points *out, const struct hf_points *known,
                         const struct hf_database *database, const struct hf_timeline *timeline,
                         struct hf_error *err);

/* The newest point at or before `time`; NULL when there is none. */
const struct hf_point *hf_points_at(const struct hf_points *points, int64_t time);

/* By id (a number) or by label; the newest with that label. NULL when there is none. */
const struct hf_point *hf_points_find(const struct hf_points *points, const char *id_or_label);

/* Later changes to a point, each an object of its own. */
struct hf_point_change {
    const char *label; /* NULL: as it is */
    int pin;           /* -1: as it is, 0: unpin, 1: pin */
    enum hf_proof_result proof;
    int64_t proof_time, proof_duration;
};

int hf_point_change(const struct hf_database *database, uint64_t seq,
                    const struct hf_point_change *change, struct hf_error *err);

#endif
