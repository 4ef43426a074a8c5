/*
 * Points that a list shows together: thousands of continuous ones are a few rows.
 */
#ifndef HF_CLI_LIST_GROUPS_H
#define HF_CLI_LIST_GROUPS_H

#include "history/point.h"

/* Some points that follow one another. */
struct hf_point_group {
    const struct hf_point *first, *last;
    size_t count;
    uint64_t bytes; /* that they added */
};

/* From so many points on are those that nobody asked for grouped. */
enum { HF_LIST_FEW = 50 };

/*
 * The group that begins with list[at]: one point that somebody asked for, or continuous ones of one
 * hour, when that is older than a day of one day, and when that is older than a month of one month.
 * `now` is the newest point's time.
 */
struct hf_point_group hf_point_group_at(const struct hf_points *points, size_t at, int64_t now);

#endif
