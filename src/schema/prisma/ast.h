/*
 * A Prisma schema as it is written: blocks, their lines, attributes and values. Nothing is looked
 * up and nothing is judged here but the form. Everything lives in one heap (schema/heap.h).
 */
#ifndef HF_SCHEMA_PRISMA_AST_H
#define HF_SCHEMA_PRISMA_AST_H

#include <stdbool.h>
#include <stddef.h>

#include "schema/sources.h"

struct hf_prisma_span {
    const struct hf_schema_source *source;
    size_t start, end; /* bytes in its text */
};

enum hf_prisma_value_kind {
    HF_PRISMA_CONSTANT, /* Desc, true, author.id */
    HF_PRISMA_STRING,
    HF_PRISMA_NUMBER,
    HF_PRISMA_ARRAY,
    HF_PRISMA_FUNCTION,
    HF_PRISMA_OBJECT, /* { name: value } */
};

struct hf_prisma_argument {
    const char *name;              /* NULL: it has none */
    struct hf_prisma_value *value; /* NULL: "name:" and nothing after it */
    struct hf_prisma_span span;
    struct hf_prisma_argument *next;
    bool taken; /* by a check that knows it */
};

struct hf_prisma_arguments {
    struct hf_prisma_argument *first;
    struct hf_prisma_span comma; /* after the last one, where none may be; source NULL: none */
};

struct hf_prisma_value {
    enum hf_prisma_value_kind kind;
    struct hf_prisma_span span;
    const char *text; /* a string decoded, a number as written, a constant's or function's name */
    struct hf_prisma_arguments items; /* of an array, a function or an object */
};

struct hf_prisma_attribute {
    const char *name; /* without "@" */
    struct hf_prisma_span span;
    struct hf_prisma_arguments arguments;
    struct hf_prisma_attribute *next;
    bool taken; /* by a check that knows it */
};

enum hf_prisma_arity { HF_PRISMA_REQUIRED, HF_PRISMA_OPTIONAL, HF_PRISMA_LIST };

/* A field, a value of an enum, or a property of a datasource or generator. */
struct hf_prisma_entry {
    const char *name;
    struct hf_prisma_span name_span, span;
    const char *type; /* of a field: the name, or what stands in Unsupported("...") */
    struct hf_prisma_span type_span;
    bool unsupported;
    enum hf_prisma_arity arity;
    struct hf_prisma_value *value; /* of a property; NULL: it has none */
    struct hf_prisma_attribute *attributes;
    const char *documentation; /* the lines after "///", or NULL */
    struct hf_prisma_entry *next;
};

enum hf_prisma_block_kind {
    HF_PRISMA_MODEL,
    HF_PRISMA_VIEW,
    HF_PRISMA_TYPE,
    HF_PRISMA_ENUM,
    HF_PRISMA_DATASOURCE,
    HF_PRISMA_GENERATOR,
};

struct hf_prisma_block {
    enum hf_prisma_block_kind kind;
    const char *name;
    struct hf_prisma_span name_span, span;
    struct hf_prisma_entry *entries;
    size_t entry_count;
    struct hf_prisma_attribute *attributes;
    const char *documentation;
    struct hf_prisma_block *next;
};

#endif
