/*
 * Acts of a read replica: see stage.h.
 */
#ifndef HF_TESTS_FAULT_ACTS_FOLLOW_H
#define HF_TESTS_FAULT_ACTS_FOLLOW_H

#include "fault/stage.h"

/* The replica is the stage's target, at the first point; there is a second one. */
void prepare_replica(struct stage *stage);
void prepare_replica_of_same_size(struct stage *stage);
void prepare_shrinking_replica(struct stage *stage);
void prepare_written_replica(struct stage *stage);

/* There is a point, and no replica. */
void prepare_no_replica(struct stage *stage);

int follow_once(struct stage *stage, const struct stage_tools *tools, struct hf_error *err);

/* It is one of the points (the newest, when that was acknowledged), or was not made yet. */
void prove_replica(struct stage *stage, bool succeeded);
void prove_written_replica(struct stage *stage, bool succeeded);

#endif
