/*
 * A table from a name in a scope to what it names.
 */
#ifndef HF_SCHEMA_PRISMA_NAMES_H
#define HF_SCHEMA_PRISMA_NAMES_H

#include <stddef.h>

#include "schema/heap.h"

/* All zero is an empty table. Scopes are compared by address, names by their bytes; both must stay
 * as long as the table, which lives in its heap. */
struct hf_prisma_names {
    struct hf_prisma_name *slots;
    size_t count, capacity;
};

/* Makes `name` in `scope` mean `thing`. Returns -1 for want of memory. `former` (may be NULL)
 * becomes what it meant, or NULL. */
int hf_prisma_names_put(struct hf_prisma_names *names, struct hf_heap *heap, const void *scope,
                        const char *name, void *thing, void **former, struct hf_error *err);

/* NULL when there is none. */
void *hf_prisma_names_get(const struct hf_prisma_names *names, const void *scope, const char *name);

#endif
