/*
 * A replica's place on the disk: what is there, and which point that is. Single-owner.
 */
#ifndef HF_ENGINE_FOLLOW_PLACE_H
#define HF_ENGINE_FOLLOW_PLACE_H

#include "engine/follow_state.h"
#include "sqlite/shared_file.h"

enum { HF_NOWHERE = -1 };

enum hf_standing {
    HF_STANDS_AT_POINT, /* the replica, as it was left */
    HF_STANDS_WRITTEN,  /* the replica, and somebody wrote to it */
    HF_STANDS_RUINED,   /* the replica, and it is no database any more */
    HF_STANDS_ABSENT,   /* nothing */
    HF_STANDS_FOREIGN,  /* something else */
};

struct hf_follow_place {
    const struct hf_database *database;
    char *path; /* without symbolic links */
    int busy_ms;
    struct hf_follow_state state;
    struct hf_shared_file *file; /* NULL: not open */
    struct hf_shared_look found; /* the file, when it was last asked */
    int slot;                    /* of the state: where the replica is, or HF_NOWHERE */
    struct stat left;            /* the file as the last step left it */
};

/* HF_LOCKED: somebody else follows into this replica. */
int hf_follow_place_init(struct hf_follow_place *place, const struct hf_database *database,
                         const char *path, int busy_ms, struct hf_error *err);
void hf_follow_place_release(struct hf_follow_place *place);

/* Opens the file and finds out. What is in WAL mode by somebody's doing leaves it: HF_LOCKED while
 * others have it open so. */
int hf_follow_place_ask(struct hf_follow_place *place, enum hf_standing *standing,
                        struct hf_error *err);

/* From here on nothing is known of the file, until it is asked again. */
void hf_follow_place_leave(struct hf_follow_place *place);

/* Remembers the file as it is now, and tells later, without opening it, whether it still is. */
int hf_follow_place_remember(struct hf_follow_place *place);
bool hf_follow_place_is_as_left(const struct hf_follow_place *place);

/* Whether the open file, looked at again, is what this slot says; then it is there. */
int hf_follow_place_settle(struct hf_follow_place *place, int slot, struct hf_error *err);

/* NULL: nowhere. */
const struct hf_position *hf_follow_position(const struct hf_follow_place *place);

/* The slot that may be written: never the one that tells where the replica is. */
int hf_follow_free_slot(const struct hf_follow_place *place);

#endif
