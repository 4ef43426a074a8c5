/*
 * Memory that is given back all at once: what a reader of schemas builds lives as long as its
 * reading.
 */
#ifndef HF_SCHEMA_ARENA_H
#define HF_SCHEMA_ARENA_H

#include <stddef.h>

#include "base/cleanup.h"

/* All zero is an empty arena. */
struct hf_arena {
    struct hf_arena_block *newest;
};

/* Zeroed, aligned for any type. NULL: no memory. */
void *hf_arena_alloc(struct hf_arena *arena, size_t size);

/* The bytes, and a NUL after them. NULL: no memory. */
char *hf_arena_copy(struct hf_arena *arena, const char *text, size_t length);

/* Formatted text. NULL: no memory. */
char *hf_arena_print(struct hf_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void hf_arena_release(struct hf_arena *arena);
HF_AUTO_RELEASE(hf_arena)

#endif
