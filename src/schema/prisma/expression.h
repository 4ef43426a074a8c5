/*
 * Values and attributes of a Prisma schema: what stands after "@" and "=".
 */
#ifndef HF_SCHEMA_PRISMA_EXPRESSION_H
#define HF_SCHEMA_PRISMA_EXPRESSION_H

#include "schema/diagnostics.h"
#include "schema/heap.h"
#include "schema/prisma/lexer.h"

struct hf_prisma_parser {
    struct hf_prisma_cursor cursor;
    struct hf_heap *heap;
    struct hf_diagnostics *diagnostics;
    struct hf_error *err;
    bool failed; /* out of memory: `err` is filled, and everything returns at once */
};

/* Each moves the cursor past what it read, or leaves it and returns NULL (false) when that is not
 * there. Complaints about escapes may have been added all the same: who gives up a line that was
 * half read drops them (hf_diagnostics_truncate). */
struct hf_prisma_value *hf_prisma_parse_value(struct hf_prisma_parser *parser);
struct hf_prisma_value *hf_prisma_parse_string(struct hf_prisma_parser *parser);
struct hf_prisma_attribute *hf_prisma_parse_attribute(struct hf_prisma_parser *parser,
                                                      const char *sign);

struct hf_prisma_span hf_prisma_span_from(const struct hf_prisma_parser *parser, size_t start);

/* Zeroed memory; remembers a failure. */
void *hf_prisma_new(struct hf_prisma_parser *parser, size_t size);
const char *hf_prisma_text(struct hf_prisma_parser *parser, size_t start, size_t end);

#endif
