#include "schema/heap.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 32 << 10, ALIGNMENT = 16 };

struct hf_heap_block {
    struct hf_heap_block *older;
    size_t size;
    _Alignas(ALIGNMENT) char bytes[];
};

void *hf_heap_alloc(struct hf_heap *heap, size_t size, struct hf_error *err)
{
    if (size > SIZE_MAX / 2) {
        hf_error_memory(err);
        return NULL;
    }
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!heap->newest || heap->newest->size - heap->used < size) {
        size_t room = size > BLOCK ? size : BLOCK;
        struct hf_heap_block *block = malloc(sizeof *block + room);
        if (!block) {
            hf_error_memory(err);
            return NULL;
        }
        block->older = heap->newest;
        block->size = room;
        heap->newest = block;
        heap->used = 0;
    }
    void *memory = heap->newest->bytes + heap->used;
    heap->used += size;
    return memset(memory, 0, size);
}

void *hf_heap_grow(struct hf_heap *heap, void *list, size_t count, size_t size,
                   struct hf_error *err)
{
    if (count & (count - 1))
        return list;
    if (count > SIZE_MAX / 4 / size) {
        hf_error_memory(err);
        return NULL;
    }
    void *bigger = hf_heap_alloc(heap, (count ? 2 * count : 1) * size, err);
    if (bigger && count)
        memcpy(bigger, list, count * size);
    return bigger;
}

char *hf_heap_slice(struct hf_heap *heap, const char *text, size_t length, struct hf_error *err)
{
    char *copy = hf_heap_alloc(heap, length + 1, err);
    if (copy && length)
        memcpy(copy, text, length);
    return copy;
}

char *hf_heap_text(struct hf_heap *heap, const char *text, struct hf_error *err)
{
    return text ? hf_heap_slice(heap, text, strlen(text), err) : NULL;
}

char *hf_heap_print(struct hf_heap *heap, struct hf_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = sqlite3_vmprintf(format, args);
    va_end(args);
    char *copy = text ? hf_heap_text(heap, text, err) : NULL;
    if (!text)
        hf_error_memory(err);
    sqlite3_free(text);
    return copy;
}

char *hf_heap_unquote(struct hf_heap *heap, const struct hf_sql_token *token, struct hf_error *err)
{
    char *out = hf_heap_slice(heap, token->text, token->length, err);
    if (out)
        hf_sql_unquote(out, token);
    return out;
}

char *hf_heap_finish(struct hf_heap *heap, sqlite3_str *text, struct hf_error *err)
{
    int failed = sqlite3_str_errcode(text);
    char *value = sqlite3_str_finish(text);
    char *copy = NULL;
    if (failed)
        hf_error_memory(err);
    else
        copy = hf_heap_text(heap, value ? value : "", err);
    sqlite3_free(value);
    return copy;
}

void hf_heap_release(struct hf_heap *heap)
{
    while (heap->newest) {
        struct hf_heap_block *older = heap->newest->older;
        free(heap->newest);
        heap->newest = older;
    }
    heap->used = 0;
}
