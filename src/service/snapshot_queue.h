/*
 * The points that somebody asked for, in order, and the answers to them. The first goes with the
 * next point that is made; what a job has of it is a copy. Single-owner.
 */
#ifndef HF_SERVICE_SNAPSHOT_QUEUE_H
#define HF_SERVICE_SNAPSHOT_QUEUE_H

#include "service/driver_post.h"
#include "service/replica.h"

struct hf_snapshot_queue {
    struct hf_driver_post *post; /* borrowed */
    struct hf_snapshot *waiting;
    size_t count;
};

/* One more. Without memory it is answered at once. */
void hf_snapshot_queue_add(struct hf_snapshot_queue *self, const struct hf_snapshot *snapshot);

/* Gives the first that waits to a replica that has none. */
void hf_snapshot_queue_give(const struct hf_snapshot_queue *self, struct hf_replica *replica);

/* Answers what the replica has, if anything: it was taken with its newest point, or (`err`) was
 * not. */
void hf_snapshot_queue_answer(struct hf_snapshot_queue *self, struct hf_replica *replica,
                              const struct hf_error *err);

/* Answers all. */
void hf_snapshot_queue_refuse(struct hf_snapshot_queue *self, struct hf_replica *replica,
                              const struct hf_error *err);

void hf_snapshot_queue_release(struct hf_snapshot_queue *self);

#endif
