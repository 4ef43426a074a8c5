/*
 * Making a read replica where there is none: a point restored to a new file.
 */
#ifndef HF_ENGINE_FOLLOW_CREATE_H
#define HF_ENGINE_FOLLOW_CREATE_H

#include "base/events.h"
#include "engine/follow_state.h"
#include "history/timeline.h"

struct hf_creating {
    const struct hf_database *database;
    const char *path;
    bool replace; /* what is there; else HF_REFUSED when something is */
    int busy_ms;
    struct hf_follow_state *state;
    int slot; /* of the state: becomes where the new file is */
    const struct hf_events *events;
};

/* The file appears whole and proven, or not at all; `pages` becomes how many it has. */
int hf_create_replica(const struct hf_creating *creating, const struct hf_plan *plan,
                      uint64_t *pages, struct hf_error *err);

#endif
