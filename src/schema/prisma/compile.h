/*
 * A Prisma schema (provider sqlite) to the statements that Prisma itself would run on an empty
 * database.
 */
#ifndef HF_SCHEMA_PRISMA_COMPILE_H
#define HF_SCHEMA_PRISMA_COMPILE_H

#include "schema/diagnostics.h"
#include "schema/wanted.h"

/* As hf_schema_compile (schema/compile.h), for sources of that dialect. */
int hf_prisma_compile(struct hf_wanted *out, const struct hf_schema_sources *sources,
                      struct hf_diagnostics *diagnostics, struct hf_error *err);

#endif
