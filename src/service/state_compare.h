/*
 * What lies between two states of a database, for people: rows by table, and the schema.
 */
#ifndef HF_SERVICE_STATE_COMPARE_H
#define HF_SERVICE_STATE_COMPARE_H

#include <jansson.h>

#include "base/error.h"
#include "base/events.h"

/*
 * Compares two SQLite files, which may be hostile, and of which either may be in use: each is read
 * in one transaction. The answer is what docs/openapi.yml calls a comparison. The stage is
 * "compare", told of in rows. Takes bounded memory, and time by the size of both: belongs into a
 * process that can be killed. NULL: err.
 */
json_t *hf_state_compare(const char *from_path, const char *to_path, const struct hf_events *events,
                         struct hf_error *err);

#endif
