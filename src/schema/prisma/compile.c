#include "schema/prisma/compile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "schema/prisma/ddl.h"
#include "schema/prisma/parser.h"

static void out_of_memory(struct hf_prisma_schema *schema)
{
    if (!schema->failed)
        hf_error_memory(schema->err);
    schema->failed = true;
}

void *hf_prisma_alloc(struct hf_prisma_schema *schema, size_t size)
{
    void *memory = hf_heap_alloc(schema->heap, size, schema->err);
    schema->failed |= !memory;
    return memory;
}

char *hf_prisma_print(struct hf_prisma_schema *schema, const char *format, ...)
{
    char *formatted = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&formatted, format, args);
    va_end(args);
    if (length < 0) {
        out_of_memory(schema);
        return NULL;
    }
    char *text = hf_heap_slice(schema->heap, formatted, (size_t)length, schema->err);
    schema->failed |= !text;
    free(formatted);
    return text;
}

void hf_prisma_complain(struct hf_prisma_schema *schema, struct hf_prisma_span span,
                        const char *format, ...)
{
    char *message = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&message, format, args);
    va_end(args);
    if (length < 0)
        out_of_memory(schema);
    else if (!schema->failed && hf_diagnose(schema->diagnostics, span.source, span.start,
                                            span.end - span.start, schema->err, "%s", message))
        schema->failed = true;
    free(length < 0 ? NULL : message);
}

/* The passes stop where Prisma's do: after the form, after names and types and attributes, and at
 * the end. */
static void understand(struct hf_prisma_schema *schema, const struct hf_schema_sources *sources)
{
    hf_prisma_read_config(schema);
    if (schema->failed || schema->diagnostics->count)
        return;
    hf_prisma_resolve_names(schema);
    if (schema->failed)
        return;
    hf_prisma_resolve_types(schema);
    if (schema->failed)
        return;
    hf_prisma_resolve_attributes(schema);
    if (schema->failed || schema->diagnostics->count)
        return;
    hf_prisma_infer_relations(schema);
    if (!schema->failed)
        hf_prisma_check(schema);
    if (!schema->failed && !schema->diagnostics->count)
        hf_prisma_check_hints(schema);
    if (!schema->failed && !schema->diagnostics->count && !schema->datasource)
        hf_prisma_complain(schema, (struct hf_prisma_span){&sources->list[0], 0, 0},
                           "the schema has no datasource: add datasource db { provider = "
                           "\"sqlite\" }, on three lines");
}

static int compile(struct hf_wanted *wanted, const struct hf_schema_sources *sources,
                   struct hf_prisma_schema *schema)
{
    for (size_t i = 0; i < sources->count; i++)
        if (hf_prisma_parse(&schema->blocks, &sources->list[i], schema->heap, schema->diagnostics,
                            schema->err))
            return -1;
    understand(schema, sources);
    if (schema->failed)
        return -1;
    if (schema->diagnostics->count)
        return hf_diagnostics_error(schema->diagnostics, schema->err);
    wanted->dialect = HF_SCHEMA_PRISMA;
    return hf_prisma_lower(wanted, schema, schema->err);
}

int hf_prisma_compile(struct hf_wanted *out, const struct hf_schema_sources *sources,
                      struct hf_diagnostics *diagnostics, struct hf_error *err)
{
    hf_auto(hf_heap) struct hf_heap heap = {0};
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    struct hf_prisma_schema schema = {.heap = &heap, .diagnostics = diagnostics, .err = err};
    if (compile(&wanted, sources, &schema))
        return -1;
    *out = wanted;
    wanted = (struct hf_wanted){0};
    return 0;
}
