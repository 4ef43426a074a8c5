/*
 * What Prisma sees in a column's type and default when it looks at a SQLite database.
 */
#ifndef HF_SCHEMA_PRISMA_FAMILY_H
#define HF_SCHEMA_PRISMA_FAMILY_H

#include <stdbool.h>

#include "schema/heap.h"

enum hf_family {
    HF_FAMILY_OTHER, /* Unsupported("...") */
    HF_FAMILY_INT,
    HF_FAMILY_BIGINT,
    HF_FAMILY_FLOAT,
    HF_FAMILY_DECIMAL,
    HF_FAMILY_BOOLEAN,
    HF_FAMILY_STRING,
    HF_FAMILY_DATETIME,
    HF_FAMILY_BYTES,
    HF_FAMILY_JSON,
};

enum hf_family hf_family_of(const char *type);

/* "Int", "DateTime" */
const char *hf_family_name(enum hf_family family);

/* Two types of one family, or one type with two spellings. */
bool hf_family_same(const char *a, const char *b);

/* An SQL condition under which a value of the column `name` (an SQL expression) means the same in a
 * column of the family. */
char *hf_family_fits(struct hf_heap *heap, enum hf_family family, const char *name,
                     struct hf_error *err);

/* Whether two texts of DEFAULT (NULL: none) mean the same in a column of the family. Fails only for
 * memory. */
int hf_default_same(bool *same, enum hf_family family, const char *a, const char *b,
                    struct hf_error *err);

/* A default that ALTER TABLE ADD COLUMN takes in a table with rows: a literal, and not NULL. */
bool hf_default_is_literal(const char *text);

#endif
