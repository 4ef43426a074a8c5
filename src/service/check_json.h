/*
 * What a check has found, as docs/json.md has it.
 */
#ifndef HF_SERVICE_CHECK_JSON_H
#define HF_SERVICE_CHECK_JSON_H

#include <jansson.h>

#include "history/check.h"

/* "remove", "rewrite"; NULL for none. */
const char *hf_remedy_name(enum hf_remedy remedy);

void hf_finding_json(json_t *list, const struct hf_finding *finding); /* appends one */
void hf_check_json(json_t *object, const struct hf_check_result *result);

#endif
