/*
 * What a running Holdfast says of a database that it looks after.
 */
#ifndef HF_CONSOLE_LIVE_QUESTION_H
#define HF_CONSOLE_LIVE_QUESTION_H

#include <jansson.h>

#include "config/config.h"

/* The answer to "status" over its control socket, within two seconds. NULL: nobody looks after it,
 * or does not answer. The caller frees. */
json_t *hf_live_question(const struct hf_config *config, const struct hf_env *env,
                         const struct hf_config_database *database);

/* The entry of the database in it; NULL: nothing was said of it yet. Borrowed. */
const json_t *hf_live_entry(const json_t *answer, const char *name);

#endif
