/*
 * A database in the replicator's loop: where it stands, what runs for it, and what comes next. What
 * is done is service/replica.h; when, service/pace.h. All here is the loop's thread's.
 */
#ifndef HF_SERVICE_GUARDED_H
#define HF_SERVICE_GUARDED_H

#include "os/watch.h"
#include "service/line_link.h"
#include "service/replica.h"
#include "service/usage.h"

struct hf_guarded;

/* One of a database's two sides at work. */
struct hf_task {
    struct hf_job job;
    struct hf_guarded *owner;
    void (*work)(struct hf_replica *replica);
    bool busy;
    struct hf_task *next_done;
};

/* What the loop gives to all of them. */
struct hf_guard_post {
    struct hf_watch watch;
    struct hf_pool *log_pool, *store_pool, *prune_pool;
    struct hf_line_link link;
    int woken_fd; /* eventfd: a job is done, or there is something to send */
    pthread_mutex_t lock;
    struct hf_task *done; /* under the lock */
};

enum hf_guard_phase {
    HF_GUARD_BEGIN,  /* nothing is held: begins at `retry_at` */
    HF_GUARD_FOLLOW, /* the log */
    HF_GUARD_LOOK,   /* through all of it, when it was written to */
    HF_GUARD_BREAK,  /* lets go, then begins again */
    HF_GUARD_LEAVE,  /* lets go, then ends */
    HF_GUARD_END,
};

struct hf_guarded {
    struct hf_guard_post *post;
    struct hf_replica replica;
    struct hf_pace pace;
    enum hf_guard_phase phase;
    struct hf_task log_task, store_task, prune_task;
    int64_t prune_at;
    bool stopping;
    struct hf_error end; /* why it ended, when that was not asked for */

    int64_t wake_at; /* hf_monotonic; 0: when something happens */
    int64_t retry_at, retry_pause;
    int write_watch, fate_watch; /* ids, or -1 */
    bool written, fate;          /* what the watches told, not yet looked at */
    int64_t woken_at;            /* hf_monotonic, by a write to the log; 0: never */
    bool cut_at_last;            /* after it was asked to stop */
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

void hf_guarded_init(struct hf_guarded *self, struct hf_guard_post *post,
                     struct hf_replica_world *world, const char *name, const char *path,
                     char *state_path);

/* Does what is due and can be done without waiting. */
void hf_guarded_step(struct hf_guarded *self);

/* One of its tasks has ended. */
void hf_guarded_task_done(struct hf_guarded *self, struct hf_task *task);

/* One of its watches has told something; -1: any may have. */
void hf_guarded_woken(struct hf_guarded *self, int watch);

/* Asks for a point; the answer goes to the link. */
void hf_guarded_snapshot(struct hf_guarded *self, const struct hf_snapshot *snapshot);

/* Stores what is there, lets go, ends. */
void hf_guarded_stop(struct hf_guarded *self);

/* Its entry of a status. */
json_t *hf_guarded_status(struct hf_guarded *self);

void hf_guarded_release(struct hf_guarded *self);

#endif
