/*
 * Where a replica is to go from where it is, told from the names in the repository alone. Pure.
 */
#ifndef HF_ENGINE_FOLLOW_COURSE_H
#define HF_ENGINE_FOLLOW_COURSE_H

#include <stdbool.h>
#include <stdint.h>

#include "history/timeline.h"

enum hf_course_kind {
    HF_COURSE_NONE,  /* there is no restore point */
    HF_COURSE_STAY,  /* it is at the newest */
    HF_COURSE_DOUBT, /* the newest has its number; whether it is the same state, its trailer says */
    HF_COURSE_FORWARD, /* what changed since is in the repository */
    HF_COURSE_COMPARE, /* page by page: it is nowhere, or at a point that does not count any more,
                          or the only way forward begins at nothing */
    HF_COURSE_AHEAD,   /* of a repository that lost its newest points */
};

struct hf_course {
    enum hf_course_kind kind;
    uint64_t target; /* the newest point */
    bool orphaned;   /* where it is was written by somebody who had been taken over from */
    uint64_t gap;    /* the first point after the newest that cannot be had, or 0: a segment that it
                        needs is missing */
};

/* `at`: the segment that the replica's point ended; NULL when it is nowhere. */
struct hf_course hf_course_choose(const struct hf_timeline *timeline,
                                  const struct hf_segment_name *at);

#endif
