/*
 * A test restore in JSON.
 */
#ifndef HF_SERVICE_TEST_RESTORE_JSON_H
#define HF_SERVICE_TEST_RESTORE_JSON_H

#include <jansson.h>

#include "engine/test_restore.h"

/* The fields of docs/json.md, "test-restore", into `item`. */
void hf_test_restore_json(json_t *item, const struct hf_test_restore_result *result);

#endif
