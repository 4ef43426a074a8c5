/*
 * What a running Holdfast says of a database that it looks after.
 */
#ifndef HF_CONSOLE_LIVE_QUESTION_H
#define HF_CONSOLE_LIVE_QUESTION_H

#include "config/config.h"
#include "service/live_status.h"

/* As hf_live_ask_status. */
json_t *hf_live_question(const struct hf_config *config, const struct hf_env *env,
                         const struct hf_config_database *database);

#endif
