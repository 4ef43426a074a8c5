#include "engine/follow_course.h"

/* Its object may be gone, merged into another one: the rule of docs/format.md is asked anew. */
static bool is_orphan(const struct hf_timeline *timeline, const struct hf_segment_name *at)
{
    for (size_t i = 0; i < timeline->count && timeline->entries[i].name.to <= at->to; i++) {
        const struct hf_segment_name *later = &timeline->entries[i].name;
        if (!later->level && !at->level && later->epoch > at->epoch)
            return true;
    }
    return false;
}

static bool has(const struct hf_timeline *timeline, const struct hf_segment_name *at)
{
    for (size_t i = timeline->count; i-- && timeline->entries[i].name.to >= at->to;)
        if (hf_segment_name_same(&timeline->entries[i].name, at))
            return true;
    return false;
}

static uint64_t first_beyond(const struct hf_timeline *timeline, uint64_t newest)
{
    for (size_t i = 0; i < timeline->count; i++)
        if (timeline->entries[i].name.to > newest && !timeline->entries[i].orphan)
            return timeline->entries[i].name.to;
    return 0;
}

struct hf_course hf_course_choose(const struct hf_timeline *timeline,
                                  const struct hf_segment_name *at)
{
    struct hf_course course = {.kind = HF_COURSE_NONE};
    const struct hf_timeline_entry *newest = hf_timeline_newest(timeline);
    course.gap = first_beyond(timeline, newest ? newest->name.to : 0);
    course.orphaned = at && is_orphan(timeline, at);
    if (!newest)
        return course;
    course.target = newest->name.to;
    if (!at || course.orphaned)
        course.kind = HF_COURSE_COMPARE;
    else if (at->to > course.target)
        course.kind = HF_COURSE_AHEAD;
    else if (at->to < course.target)
        course.kind = HF_COURSE_FORWARD;
    else
        course.kind = has(timeline, at) ? HF_COURSE_STAY : HF_COURSE_DOUBT;
    return course;
}
