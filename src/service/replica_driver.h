/*
 * A database in the replicator's loop: where it stands, what runs for it, and what comes next. What
 * is done is service/replica.h; when, service/pace.h. All here is the loop's thread's.
 */
#ifndef HF_SERVICE_REPLICA_DRIVER_H
#define HF_SERVICE_REPLICA_DRIVER_H

#include <pthread.h>

#include "os/watch.h"
#include "service/json_channel.h"
#include "service/replica.h"
#include "service/usage.h"

struct hf_driver;

/* One of a database's sides at work. */
struct hf_task {
    struct hf_job job;
    struct hf_driver *owner;
    void (*work)(struct hf_replica *replica);
    bool busy;
    struct hf_task *next_done;
};

/* What the loop gives to all of them. */
struct hf_driver_post {
    struct hf_watch watch;
    struct hf_pool *log_pool, *store_pool, *prune_pool;
    struct hf_json_channel channel;
    int woken_fd; /* eventfd: there is something under the lock */
    pthread_mutex_t lock;
    struct hf_task *done; /* under the lock, as what jobs want to tell */
    json_t *notices;
};

enum hf_driver_phase {
    HF_DRIVE_BEGIN,  /* nothing is held: begins at `retry_at` */
    HF_DRIVE_FOLLOW, /* the log */
    HF_DRIVE_LOOK,   /* through all of it, when it was written to */
    HF_DRIVE_BREAK,  /* lets go, then begins again */
    HF_DRIVE_LEAVE,  /* lets go, then ends */
    HF_DRIVE_END,
};

struct hf_driver {
    struct hf_driver_post *post;
    struct hf_replica replica;
    struct hf_pace pace;
    enum hf_driver_phase phase;
    struct hf_task log_task, store_task, prune_task;
    int64_t prune_at;
    bool stopping;
    struct hf_error end; /* why it ended, when that was not asked for */

    int64_t wake_at; /* hf_monotonic; 0: when something happens */
    int64_t retry_at, retry_pause;
    int write_watch, fate_watch; /* ids, or -1 */
    int log_watch;               /* of the log of a database that is looked through */
    bool written, fate;          /* what the watches told, not yet looked at */
    int64_t woken_at;            /* hf_monotonic, by a write to the log; 0: never */
    bool cut_at_last;            /* after it was asked to stop */
    bool begun_at_last;          /* the same, when nothing was held then */
    int64_t begun_at;

    struct hf_snapshot *snapshots; /* asked for, the first is on its way */
    size_t snapshot_count;

    /* For the status; what jobs own is copied when they have ended. */
    bool changed;
    enum hf_capture_mode phase_mode;
    char phase_why[256];
    struct hf_point_result seen;
    struct hf_replica_scan seen_scan;
    uint64_t spool_bytes;
    struct hf_log_hold_counts rotations;
    int64_t uncut_since, cut_since; /* ms since 1970 when it was first seen; 0: nothing is */
    int64_t pending_since;          /* the earlier of both */
    int64_t failing_since;
    char failing[512];
    struct hf_log_look log;
    struct hf_usage usage;
};

void hf_driver_init(struct hf_driver *self, struct hf_driver_post *post,
                    struct hf_replica_world *world, const char *name, const char *path,
                    char *state_path);

/* Does what is due and can be done without waiting. */
void hf_driver_step(struct hf_driver *self);

/* One of its tasks has ended. */
void hf_driver_task_done(struct hf_driver *self, struct hf_task *task);

/* One of its watches has told something; -1: any may have. */
void hf_driver_woken(struct hf_driver *self, int watch);

/* Asks for a point; the answer goes to the channel. */
void hf_driver_snapshot(struct hf_driver *self, const struct hf_snapshot *snapshot);

/* Stores what is there, lets go, ends. */
void hf_driver_stop(struct hf_driver *self);

/* Its entry of a status. */
json_t *hf_driver_status(struct hf_driver *self);

void hf_driver_release(struct hf_driver *self);

#endif
