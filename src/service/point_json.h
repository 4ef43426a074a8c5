/*
 * A restore point in JSON.
 */
#ifndef HF_SERVICE_POINT_JSON_H
#define HF_SERVICE_POINT_JSON_H

#include <jansson.h>

#include "history/point.h"

/* "passed", "failed" or "" */
const char *hf_proof_name(enum hf_proof_result proof);

/* The fields of docs/json.md, "Points". */
void hf_json_point(json_t *object, const struct hf_point *point);

#endif
