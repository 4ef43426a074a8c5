/*
 * Merging: a run of segments becomes one with the newest image of each page, in page order and as a
 * stream. Memory does not depend on the database's or the segments' size but for one bit a page:
 * at most 64 segments are read at once, longer runs go in rounds whose results are segments too.
 */
#ifndef HF_HISTORY_SEGMENT_MERGE_H
#define HF_HISTORY_SEGMENT_MERGE_H

#include "base/events.h"
#include "history/database.h"
#include "history/timeline.h"
#include "os/pool.h"

enum { HF_MERGE_FAN_IN = 64 };

/*
 * The name of what these become, `steps` being part of a plan, newest first. It is made of what is
 * merged alone, so that two who merge the same meet. The level is at least `level`.
 */
void hf_segment_merge_name(struct hf_segment_name *out,
                           const struct hf_timeline_entry *const *steps, size_t count,
                           uint8_t level);

struct hf_merge_options {
    uint8_t level;
    /* Whether the pin that the trailer of point `seq` sets was taken away later. */
    bool (*unpinned)(void *context, uint64_t seq);
    void *context;
    const struct hf_events *events; /* may be NULL */
};

struct hf_merge_result {
    struct hf_segment_name name;
    uint64_t pages, bytes; /* written, in all rounds; 0 when it was there already */
    uint64_t pinned;       /* a point within the run that is pinned: nothing was merged over it */
};

/*
 * Merges `steps` (part of a plan, newest first, two or more; a full one last or none) and puts the
 * result. That it is there already is success; HF_LOCKED: somebody is writing its parts. HF_CORRUPT
 * when the steps do not fit together, or when the images that were written are not those that
 * their indexes call live: then nothing is put.
 */
int hf_segment_merge(const struct hf_database *database, struct hf_pool *pool,
                     const struct hf_timeline_entry *const *steps, size_t count,
                     const struct hf_merge_options *options, struct hf_merge_result *result,
                     struct hf_error *err);

#endif
