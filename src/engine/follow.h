/*
 * Following: a read replica of a database, kept up to date from the repository while ordinary
 * SQLite connections read it (docs/follow.md).
 *
 * The replica is a restore point bit for bit, but for what page 1 says of itself
 * (sqlite/replica_header.h). A step looks for newer points, fetches and proves what changed, and
 * makes all of it one transaction of the replica's file: whoever reads has one point or the other.
 * Readers are kept out only while pages are written, never while the repository is talked to.
 * Killed at any moment, the next SQLite that opens the file, and the next follower, go on from a
 * point. Single-owner.
 */
#ifndef HF_ENGINE_FOLLOW_H
#define HF_ENGINE_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/events.h"
#include "history/database.h"

struct hf_follow_options {
    const char *path; /* of the replica */
    bool overwrite;   /* a file there that is no replica of this database; once */
    int busy_ms;      /* how long to wait for who writes to the file: nobody should */
    int patience;     /* ms that new readers wait for the ones that are there, at each try */
    const struct hf_events *events;
};

enum hf_follow_kind {
    HF_FOLLOW_NOTHING,  /* it is at the newest point */
    HF_FOLLOW_CREATED,  /* from a new file */
    HF_FOLLOW_ADVANCED, /* by what changed */
    HF_FOLLOW_COMPARED, /* by comparing all pages */
};

struct hf_follow_step {
    enum hf_follow_kind kind;
    uint64_t from, seq; /* points; from is 0 where it was at none */
    int64_t time;       /* of the point `seq` */
    uint64_t segments, bytes_read;
    uint64_t pages;   /* written */
    uint64_t size;    /* of the replica */
    int64_t duration; /* ms */
    int64_t blocked;  /* ms of it that readers were kept out */
    bool is_newest;   /* false: a newer point is there, to be had with the next step */
};

struct hf_follower;

/* Everything is borrowed. HF_LOCKED: somebody else follows into this replica. */
struct hf_follower *hf_follower_new(const struct hf_database *database,
                                    const struct hf_follow_options *options, struct hf_error *err);

/*
 * Goes to the newest point. On an error the replica stays at a point, and the next call tries
 * again. HF_LOCKED: readers, or somebody who writes, have the file. HF_STALE: the repository lost
 * what the replica has. HF_CORRUPT, HF_NOT_FOUND: newer points cannot be had, or there is none.
 * HF_REFUSED: the file is no replica of this database. HF_UNREACHABLE, HF_IO, HF_NO_SPACE.
 */
int hf_follow(struct hf_follower *follower, struct hf_follow_step *out, struct hf_error *err);

/* The point that the replica is at, 0: not known. */
uint64_t hf_follower_point(const struct hf_follower *follower);

/* NULL is fine. */
void hf_follower_free(struct hf_follower *follower);
HF_AUTO_FREE(hf_follower)

#endif
