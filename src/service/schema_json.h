/*
 * Schemas in the words of docs/json.md.
 */
#ifndef HF_SERVICE_SCHEMA_JSON_H
#define HF_SERVICE_SCHEMA_JSON_H

#include <jansson.h>

#include "schema/diagnostics.h"
#include "service/schema_change.h"

/* The members `risk`, `steps` and `changes`. */
void hf_schema_plan_json(json_t *object, const struct hf_sync_plan *plan);

/* Those of "schema apply" besides. */
void hf_schema_changed_json(json_t *object, const struct hf_schema_changed *changed);

/* The member `statements`. */
void hf_schema_statements_json(json_t *object, const struct hf_wanted *wanted);

/* The member `diagnostics`. */
void hf_schema_diagnostics_json(json_t *object, const struct hf_diagnostics *diagnostics);

/* Steps that do something. */
int64_t hf_schema_plan_changes(const struct hf_sync_plan *plan);

#endif
