/*
 * A plan of schema sync for people, as SQL with comments.
 */
#ifndef HF_CLI_SCHEMA_OUTPUT_H
#define HF_CLI_SCHEMA_OUTPUT_H

#include <stdio.h>

#include "schema/sync_apply.h"

/* The whole plan: a script that could be executed, each step's words as a comment before it. */
void hf_schema_plan_text(FILE *out, const struct hf_sync_plan *plan);

/* The words alone of what is done, one step a line. */
void hf_schema_steps_text(FILE *out, const struct hf_sync_plan *plan);

/* Each step that stands in the way, with what can be done about it. */
void hf_schema_obstacles_text(FILE *out, const struct hf_sync_plan *plan,
                              enum hf_data_loss data_loss);

#endif
