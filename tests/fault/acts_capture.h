/*
 * Acts of continuous protection: see stage.h.
 */
#ifndef HF_TESTS_FAULT_ACTS_CAPTURE_H
#define HF_TESTS_FAULT_ACTS_CAPTURE_H

#include "fault/stage.h"

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

#endif
