/*
 * Since when something that was committed waits to be confirmed by the repository: as pages that
 * were cut, or that are still to be. Times are milliseconds since 1970, when it was first seen; 0:
 * nothing waits. All zero is an empty one.
 */
#ifndef HF_SERVICE_REPLICA_BACKLOG_H
#define HF_SERVICE_REPLICA_BACKLOG_H

#include <stdbool.h>
#include <stdint.h>

struct hf_backlog {
    int64_t uncut_since, cut_since;
};

/* The earlier of both. */
static inline int64_t hf_backlog_since(const struct hf_backlog *self)
{
    return self->cut_since ? self->cut_since : self->uncut_since;
}

/* Whether there is something to cut now. */
static inline void hf_backlog_note(struct hf_backlog *self, bool uncut, int64_t now)
{
    if (!uncut)
        self->uncut_since = 0;
    else if (!self->uncut_since)
        self->uncut_since = now;
}

static inline void hf_backlog_cut(struct hf_backlog *self)
{
    self->cut_since = self->uncut_since;
    self->uncut_since = 0;
}

static inline void hf_backlog_stored(struct hf_backlog *self)
{
    self->cut_since = 0;
}

#endif
