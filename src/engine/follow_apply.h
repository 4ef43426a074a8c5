/*
 * Changing a replica's file from one state to another, as one transaction for whoever reads it.
 */
#ifndef HF_ENGINE_FOLLOW_APPLY_H
#define HF_ENGINE_FOLLOW_APPLY_H

#include "engine/follow_change.h"
#include "engine/follow_state.h"
#include "sqlite/shared_file.h"

struct hf_applying {
    const struct hf_database *database;
    struct hf_shared_file *file;
    const char *path;
    const struct hf_shared_look *found; /* the file must still look like this */
    /* Where the replica is: the change is from there, and is proven by it. NULL: the file was
     * compared. */
    const struct hf_position *from;
    struct hf_follow_state *state;
    int slot;     /* of the state: written before the change is committed */
    int patience; /* ms: for readers */
};

struct hf_applied {
    uint64_t pages;  /* written */
    int64_t blocked; /* ms that readers were kept out */
};

/*
 * Proves that the change leads to the point's state, and makes it. HF_STALE: somebody has written
 * to the file. HF_CORRUPT: the change does not lead there from what the file holds; nothing is
 * done. HF_LOCKED: readers or a writer have it for longer than was waited; nothing is done. After
 * any other error SQLite rolls the file back when it next opens it, or the change is made: the
 * state's slots tell.
 */
int hf_apply(const struct hf_applying *applying, const struct hf_change *change,
             struct hf_applied *out, struct hf_error *err);

#endif
