/*
 * From a schema's text to the schema that is wanted.
 */
#ifndef HF_SCHEMA_COMPILE_H
#define HF_SCHEMA_COMPILE_H

#include "schema/diagnostics.h"
#include "schema/wanted.h"

/* Reads, checks and lowers `sources` by their dialect. -1 with HF_CONFIG when there is anything in
 * `diagnostics` afterwards (then `err` says the first of it), or for want of memory. */
int hf_schema_compile(struct hf_wanted *out, const struct hf_schema_sources *sources,
                      struct hf_diagnostics *diagnostics, struct hf_error *err);

#endif
