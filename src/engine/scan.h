/*
 * Finding what changed: every page of a database against the fingerprints of the newest point.
 */
#ifndef HF_ENGINE_SCAN_H
#define HF_ENGINE_SCAN_H

#include "base/bitmap.h"
#include "base/events.h"
#include "engine/page_origin.h"
#include "engine/state_file.h"
#include "history/timeline.h"

struct hf_scan {
    struct hf_bitmap changed; /* by page number, from 1 */
    uint64_t changed_count;
    uint64_t terms;     /* fingerprint of the source's state */
    bool map_was_whole; /* the old map adds up to the known state's fingerprint */
};

/* Reads all pages of `origin`, compares them with the map in `state`, appends their fingerprints to
 * `map`, and keeps those that differ. Page sizes are the same. */
int hf_scan_compare(struct hf_scan *out, struct hf_page_origin *origin,
                    const struct hf_fingerprint_key *key, const struct hf_state_file *state,
                    struct hf_map_writer *map, const struct hf_events *events,
                    struct hf_error *err);

void hf_scan_release(struct hf_scan *scan);
HF_AUTO_RELEASE(hf_scan)

/*
 * Makes the state file know the point that `newest` ends at, from the indexes of its segments.
 * HF_CORRUPT or HF_NOT_FOUND when they are not whole.
 */
int hf_scan_learn(struct hf_state_file *state, const struct hf_database *database,
                  const struct hf_timeline *timeline, const struct hf_timeline_entry *newest,
                  struct hf_error *err);

#endif
