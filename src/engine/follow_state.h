/*
 * Which point a read replica is at, kept beside it in "<replica>-holdfast-follow".
 *
 * Two slots of 4,096 bytes (an object header with fields, zeros, BLAKE2b-256). Before a step is
 * committed its outcome is written to the slot that does not describe the replica; whichever slot
 * the replica's own header fits is where it is, whatever a crash has left. While it is open no
 * other Holdfast on this host follows into that replica. Single-owner.
 */
#ifndef HF_ENGINE_FOLLOW_STATE_H
#define HF_ENGINE_FOLLOW_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "history/database.h"
#include "history/segment_name.h"
#include "sqlite/db_header.h"

/* A replica at a point. */
struct hf_position {
    struct hf_segment_name segment; /* that ended at the point */
    uint64_t fingerprint;           /* of the point's state */
    uint32_t page_size, page_count;
    uint64_t device, inode;               /* of the replica's file */
    uint8_t own[HF_DB_HEADER_BYTES];      /* how its page 1 begins */
    uint8_t original[HF_DB_HEADER_BYTES]; /* how the point's page 1 begins */
};

struct hf_follow_slot {
    bool is_whole;
    uint8_t repository[HF_ID_BYTES], database[HF_ID_BYTES];
    struct hf_position position;
};

struct hf_follow_state {
    const struct hf_env *env;
    char *path;
    int fd;
    bool is_locked;
    struct hf_follow_slot slots[2];
};

/* Opens, making it when it is not there. HF_LOCKED: somebody else follows into this replica. */
int hf_follow_state_open(struct hf_follow_state *state, const struct hf_env *env,
                         const char *replica, struct hf_error *err);

/* Writes slot `which` durably. */
int hf_follow_state_put(struct hf_follow_state *state, int which,
                        const struct hf_database *database, const struct hf_position *position,
                        struct hf_error *err);

void hf_follow_state_release(struct hf_follow_state *state);
HF_AUTO_RELEASE(hf_follow_state)

#endif
