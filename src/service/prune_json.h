/*
 * What a prune has done, or would do, as docs/json.md has it.
 */
#ifndef HF_SERVICE_PRUNE_JSON_H
#define HF_SERVICE_PRUNE_JSON_H

#include <jansson.h>

#include "history/prune.h"

void hf_prune_json(json_t *item, const struct hf_prune *prune,
                   const struct hf_prune_result *result);

#endif
