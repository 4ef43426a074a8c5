/*
 * When a database's history is thinned next. Single-owner; times are those of hf_monotonic.
 */
#ifndef HF_SERVICE_REPLICA_THINNING_H
#define HF_SERVICE_REPLICA_THINNING_H

#include "service/driver_post.h"
#include "service/replica.h"

struct hf_thinning {
    int64_t at;   /* 0: when there is a new point */
    bool failing; /* and it was told: once, until one succeeds */
};

void hf_thinning_init(struct hf_thinning *self);

/* A point was added. */
void hf_thinning_note_point(struct hf_thinning *self);

/* When that is, by the clock of `env` (ms since 1970); 0: when there is a new point. */
int64_t hf_thinning_due(const struct hf_thinning *self, const struct hf_env *env);
bool hf_thinning_is_due(const struct hf_thinning *self);
void hf_thinning_begun(struct hf_thinning *self);

/* Tells what it did, and says when the next one is due. */
void hf_thinning_ended(struct hf_thinning *self, const struct hf_replica *replica,
                       struct hf_driver_post *post);

#endif
