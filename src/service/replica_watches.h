/*
 * What the kernel tells of a database's files: that they were written to, and that another one is
 * in the database's place. Single-owner.
 *
 * The system keeps one watch a file. Who looks through a database watches its file for writes, and
 * its log; who follows the log watches the log for writes and the file for its fate alone, so the
 * one way of watching is given up before the other begins.
 */
#ifndef HF_SERVICE_REPLICA_WATCHES_H
#define HF_SERVICE_REPLICA_WATCHES_H

#include <stdint.h>

#include "os/watch.h"

struct hf_replica_watches {
    struct hf_watch *system;  /* borrowed */
    const char *path;         /* of the database, borrowed */
    int file, log, fate;      /* ids, or -1 */
    bool written, fate_known; /* what they told; set back by who has looked */
    int64_t woken_at;         /* hf_monotonic, by the last write; 0: never */
};

void hf_replica_watches_init(struct hf_replica_watches *self, struct hf_watch *system,
                             const char *path);

/* Watches nothing any more. */
void hf_replica_watches_forget(struct hf_replica_watches *self);

/* For looking through the database: its file and, where there is one, its log. What is written from
 * here on is told. */
void hf_replica_watches_look(struct hf_replica_watches *self);

/* For following the log: the file's fate. The log as below. */
void hf_replica_watches_follow(struct hf_replica_watches *self);

/* Watches the log for one write, unless it is watched already. False: it cannot be. */
bool hf_replica_watches_log(struct hf_replica_watches *self);

/* The same; says when to look at the log at the latest when nothing is told. What was written to it
 * is published after that, and after its fsync, of which nothing tells: once woken, it is looked at
 * again and again, ever more rarely. Times of hf_monotonic. */
int64_t hf_replica_watches_log_until(struct hf_replica_watches *self, int64_t now);

/* Takes what a watch has told; -1: any may have. True when it is one of these. */
bool hf_replica_watches_take(struct hf_replica_watches *self, int id);

#endif
