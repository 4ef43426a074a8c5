/*
 * What lies between two states of a database, for people: rows by table, and the schema.
 */
#ifndef HF_SERVICE_STATE_COMPARE_H
#define HF_SERVICE_STATE_COMPARE_H

#include <jansson.h>

#include "base/events.h"
#include "sqlite/untrusted.h"

/*
 * Compares two SQLite files, which may be hostile: each is read in one
 * transaction. The answer is what docs/openapi.yml calls a comparison. The stage is
 * "compare", told of in rows. Takes bounded memory, and time by the size of both: belongs into a
 * process that can be killed. NULL: err.
 */
json_t *hf_state_compare(const struct hf_untrusted_file *from, const struct hf_untrusted_file *to,
                         const struct hf_events *events, struct hf_error *err);

#endif
