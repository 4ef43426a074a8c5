/*
 * What a prune does, or would do, for people and for programs.
 */
#ifndef HF_CLI_PRUNE_OUTPUT_H
#define HF_CLI_PRUNE_OUTPUT_H

#include <jansson.h>

#include "history/prune.h"

/* What is kept and by which part of the rule, and what goes, grouped by windows of the calendar. */
int hf_prune_tables(const struct hf_prune *prune, struct hf_error *err);
void hf_prune_lists(const struct hf_prune *prune, json_t *item);

/* What was done, or with a dry run what would be. */
void hf_prune_told(const char *database, const struct hf_prune *prune,
                   const struct hf_prune_result *result);

#endif
