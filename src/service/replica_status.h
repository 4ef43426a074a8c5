/*
 * What is told of a database. Single-owner, the loop's thread's: what belongs to a job that is
 * running stays out, and is copied when that has ended.
 */
#ifndef HF_SERVICE_REPLICA_STATUS_H
#define HF_SERVICE_REPLICA_STATUS_H

#include <jansson.h>

#include "service/replica.h"
#include "service/replica_backlog.h"
#include "service/replica_trouble.h"
#include "service/usage.h"

/* All zero is nothing known yet. */
struct hf_replica_view {
    bool changed; /* since it was told */
    enum hf_capture_mode mode;
    char why[256];
    struct hf_point_result point;
    struct hf_replica_scan scan;
    uint64_t spool_bytes;
    struct hf_log_hold_counts rotations;
    struct hf_usage usage;
};

/* A job that has ended had all of the replica, or (`log_is_busy`) its store's side. */
void hf_replica_view_copy(struct hf_replica_view *self, const struct hf_replica *replica,
                          bool log_is_busy);

/* What a job cost. */
void hf_replica_view_count(struct hf_replica_view *self, const struct hf_replica *replica,
                           const struct hf_traffic *traffic);

/* What else a status has, as it is now. Borrowed. */
struct hf_replica_facts {
    const struct hf_replica *replica; /* for what never changes */
    const struct hf_backlog *backlog;
    const struct hf_trouble *trouble;
    const struct hf_log_look *log;
    int64_t next_prune; /* ms since 1970; 0: when there is a new point */
};

/* The database's entry of a status. */
json_t *hf_replica_view_json(const struct hf_replica_view *self,
                             const struct hf_replica_facts *facts);

/* What events and answers say of a point that was made. NULL: no memory. */
json_t *hf_point_json(const struct hf_point_result *point);

#endif
