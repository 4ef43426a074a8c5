#include "schema/prisma/names.h"

#include <stdint.h>
#include <string.h>

struct hf_prisma_name {
    const void *scope;
    const char *name; /* NULL: the slot is free */
    void *thing;
};

/* FNV-1a over the name, begun with the scope. */
static uint64_t hash(const void *scope, const char *name)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325) ^ (uintptr_t)scope;
    for (; *name; name++)
        value = (value ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return value ^ value >> 32;
}

/* The slot of the name, or the free one where it would be. */
static struct hf_prisma_name *slot_of(const struct hf_prisma_names *names, const void *scope,
                                      const char *name)
{
    size_t at = hash(scope, name) & (names->capacity - 1);
    while (names->slots[at].name &&
           (names->slots[at].scope != scope || strcmp(names->slots[at].name, name) != 0))
        at = (at + 1) & (names->capacity - 1);
    return &names->slots[at];
}

static int grow(struct hf_prisma_names *names, struct hf_heap *heap, struct hf_error *err)
{
    struct hf_prisma_names bigger = {.capacity = names->capacity ? 2 * names->capacity : 64};
    bigger.slots = hf_heap_alloc(heap, bigger.capacity * sizeof *bigger.slots, err);
    if (!bigger.slots)
        return -1;
    for (size_t i = 0; i < names->capacity; i++)
        if (names->slots[i].name)
            *slot_of(&bigger, names->slots[i].scope, names->slots[i].name) = names->slots[i];
    bigger.count = names->count;
    *names = bigger;
    return 0;
}

int hf_prisma_names_put(struct hf_prisma_names *names, struct hf_heap *heap, const void *scope,
                        const char *name, void *thing, void **former, struct hf_error *err)
{
    if (names->count >= names->capacity / 2 && grow(names, heap, err))
        return -1;
    struct hf_prisma_name *slot = slot_of(names, scope, name);
    if (former)
        *former = slot->thing;
    names->count += !slot->name;
    *slot = (struct hf_prisma_name){scope, name, thing};
    return 0;
}

void *hf_prisma_names_get(const struct hf_prisma_names *names, const void *scope, const char *name)
{
    return names->capacity ? slot_of(names, scope, name)->thing : NULL;
}
