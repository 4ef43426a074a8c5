/*
 * Acts of continuous protection: see stage.h.
 */
#ifndef HF_TESTS_FAULT_ACTS_CAPTURE_H
#define HF_TESTS_FAULT_ACTS_CAPTURE_H

#include "fault/stage.h"
#include "service/replica.h"

/* A point is made of the pages of the live database, as a cut of its log would be; again with the
 * same cut when that failed, and after a scan when this host does not know the history. */
int append_cut(struct stage *stage, const struct stage_tools *tools, struct hf_error *err);

/* What was committed last is in a log that goes on from where the newest point was cut. */
void prepare_followed_log(struct stage *stage);

/* Holds the log, reads, cuts, stores, brings the log into the file, lets go; then goes on from the
 * state file. */
int follow_log(struct stage *stage, const struct stage_tools *tools, struct hf_error *err);

/* The application can write at once. */
void prove_usable(struct stage *stage, bool succeeded);

/*
 * Of these acts, for others.
 */
/* With a replica of the live database; `made` becomes its newest point. */
int capture_play(struct stage *stage, const struct stage_tools *tools,
                 int (*play)(struct hf_replica *replica, struct hf_error *err),
                 struct hf_error *err);
int capture_begin(struct hf_replica *replica, struct hf_error *err);
/* Makes a point of what is in the log; where that could not be held, of all. */
int capture_store(struct hf_replica *replica, bool rotate, struct hf_error *err);
/* Begins, stores, lets go. */
int capture_cycle(struct hf_replica *replica, struct hf_error *err);

#endif
