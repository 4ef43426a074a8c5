/*
 * What differs in the schemas of two states of a database.
 */
#ifndef HF_SQLITE_SCHEMA_COMPARE_H
#define HF_SQLITE_SCHEMA_COMPARE_H

#include "sqlite/compared.h"

struct hf_schema_difference {
    const char *what;   /* "table", "index", "view", "trigger", "column" */
    const char *name;   /* of a column "table.column" */
    const char *change; /* "added", "removed", "changed" */
};

/* Calls `each` for what differs in the two schemas. A virtual table is a table, whose columns its
 * text alone tells of; those that it keeps its data in are left out. */
int hf_schemas_compare(const struct hf_compared *from, const struct hf_compared *to,
                       int (*each)(void *context, const struct hf_schema_difference *difference,
                                   struct hf_error *err),
                       void *context, struct hf_error *err);

#endif
