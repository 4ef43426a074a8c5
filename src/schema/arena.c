#include "schema/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 << 10, ALIGNMENT = _Alignof(max_align_t) };

struct hf_arena_block {
    struct hf_arena_block *older;
    size_t used, size;
    _Alignas(max_align_t) char bytes[];
};

static struct hf_arena_block *new_block(struct hf_arena *arena, size_t size)
{
    if (size < BLOCK_SIZE)
        size = BLOCK_SIZE;
    struct hf_arena_block *block = calloc(1, sizeof *block + size);
    if (!block)
        return NULL;
    block->older = arena->newest;
    block->size = size;
    arena->newest = block;
    return block;
}

void *hf_arena_alloc(struct hf_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct hf_arena_block *block = arena->newest;
    if (!block || block->size - block->used < size)
        block = new_block(arena, size);
    if (!block)
        return NULL;
    void *memory = block->bytes + block->used;
    block->used += size;
    return memory;
}

char *hf_arena_copy(struct hf_arena *arena, const char *text, size_t length)
{
    char *copy = hf_arena_alloc(arena, length + 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

char *hf_arena_print(struct hf_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : hf_arena_alloc(arena, (size_t)length + 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void hf_arena_release(struct hf_arena *arena)
{
    struct hf_arena_block *older;
    for (struct hf_arena_block *block = arena->newest; block; block = older) {
        older = block->older;
        free(block);
    }
    arena->newest = NULL;
}
