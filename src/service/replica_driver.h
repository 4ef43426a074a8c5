/*
 * A database in the replicator's loop: which phase it is in, what runs for it, and what comes next.
 * What is done is service/replica.h; when, service/pace.h; what it is made of has headers of its
 * own. All here is the loop's thread's.
 */
#ifndef HF_SERVICE_REPLICA_DRIVER_H
#define HF_SERVICE_REPLICA_DRIVER_H

#include "service/driver_post.h"
#include "service/replica_status.h"
#include "service/replica_thinning.h"
#include "service/replica_watches.h"
#include "service/snapshot_queue.h"

enum hf_driver_phase {
    HF_DRIVE_BEGIN,  /* nothing is held: begins when trouble allows it */
    HF_DRIVE_FOLLOW, /* the log */
    HF_DRIVE_LOOK,   /* through all of it, when it was written to */
    HF_DRIVE_BREAK,  /* lets go, then begins again */
    HF_DRIVE_LEAVE,  /* lets go, then ends */
    HF_DRIVE_END,
};

/* How far it is with its end, once it was asked to stop. */
struct hf_driver_end {
    bool asked;
    bool begun;          /* nothing was held then, and it has begun for that */
    bool cut;            /* the last cut or look was ordered */
    struct hf_error why; /* why it ended, when that was not asked for */
};

struct hf_driver {
    struct hf_driver_post *post;
    struct hf_replica replica;
    enum hf_driver_phase phase;
    struct hf_task log_task, store_task, prune_task;
    int64_t wake_at; /* hf_monotonic; 0: when something happens */
    struct hf_pace pace;
    struct hf_log_look log; /* the last */
    struct hf_replica_watches watches;
    struct hf_snapshot_queue snapshots;
    struct hf_backlog backlog;
    struct hf_trouble trouble;
    struct hf_thinning thinning;
    struct hf_driver_end end;
    struct hf_replica_view view;
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
json_t *hf_driver_status(const struct hf_driver *self);

void hf_driver_release(struct hf_driver *self);

#endif
