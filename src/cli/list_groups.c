#include "cli/list_groups.h"

#include <string.h>

#include "history/retention_window.h"

static const int64_t day = INT64_C(24) * 3600 * 1000;

/* Nobody looks for it by what it is, only by when it was. */
static bool is_continuous(const struct hf_point *point)
{
    bool automatic = !strcmp(point->reason, "continuous") || !strcmp(point->reason, "scan");
    return automatic && !point->label[0] && !point->pinned && !point->damaged &&
           point->proof == HF_PROOF_NONE;
}

static struct hf_span span_of(const struct hf_point *point, int64_t now)
{
    int64_t age = now - point->effective;
    return (struct hf_span){1, age <= day        ? HF_SPAN_HOUR
                               : age <= 31 * day ? HF_SPAN_DAY
                                                 : HF_SPAN_MONTH};
}

struct hf_point_group hf_point_group_at(const struct hf_points *points, size_t at, int64_t now)
{
    const struct hf_point *first = &points->list[at];
    struct hf_point_group group = {first, first, 1, first->bytes};
    struct hf_span span = span_of(first, now);
    int64_t window = hf_retention_window(first->effective, span, HF_RETENTION_LOCAL);
    if (!is_continuous(first))
        return group;
    while (++at < points->count) {
        const struct hf_point *point = &points->list[at];
        if (!is_continuous(point) ||
            hf_retention_window(point->effective, span, HF_RETENTION_LOCAL) != window)
            break;
        group.last = point;
        group.count++;
        group.bytes += point->bytes;
    }
    return group;
}
