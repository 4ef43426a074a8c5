/*
 * Prisma text to blocks (schema/prisma/ast.h).
 *
 * The form is Prisma's own, line by line: a line that is no field is one complaint and the reading
 * goes on, and a block that is never closed makes each of its lines a line outside any block.
 */
#ifndef HF_SCHEMA_PRISMA_PARSER_H
#define HF_SCHEMA_PRISMA_PARSER_H

#include "schema/diagnostics.h"
#include "schema/heap.h"
#include "schema/prisma/ast.h"

/* Appends to the list at `*blocks` what `source` holds. Complaints go to `diagnostics`; -1 only for
 * want of memory. `source` must outlive the blocks. */
int hf_prisma_parse(struct hf_prisma_block **blocks, const struct hf_schema_source *source,
                    struct hf_heap *heap, struct hf_diagnostics *diagnostics, struct hf_error *err);

#endif
