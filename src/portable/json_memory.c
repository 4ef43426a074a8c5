#include "portable/json_memory.h"

#include <stddef.h>
#include <stdlib.h>

/* What is given begins right after it, aligned for anything. */
struct hf_json_block {
    struct hf_json_block *next, **link; /* what points to this block */
    max_align_t content[];
};

static void insert(struct hf_json_memory *memory, struct hf_json_block *block)
{
    block->next = memory->first;
    block->link = &memory->first;
    if (block->next)
        block->next->link = &block->next;
    memory->first = block;
}

static struct hf_json_block *block_of(void *content)
{
    return (struct hf_json_block *)(void *)((char *)content -
                                            offsetof(struct hf_json_block, content));
}

static void *give(void *context, size_t size)
{
    struct hf_json_memory *memory = context;
    struct hf_json_block *block = malloc(sizeof *block + size);
    if (!block)
        longjmp(memory->exit, 1);
    insert(memory, block);
    return block->content;
}

static void take(void *context, void *content)
{
    (void)context;
    if (!content)
        return;
    struct hf_json_block *block = block_of(content);
    *block->link = block->next;
    if (block->next)
        block->next->link = block->link;
    free(block);
}

static void *resize(void *context, void *content, size_t size)
{
    struct hf_json_memory *memory = context;
    if (!content)
        return give(context, size);
    struct hf_json_block *block = realloc(block_of(content), sizeof *block + size);
    if (!block)
        longjmp(memory->exit, 1); /* the old block is still in the list */
    *block->link = block;
    if (block->next)
        block->next->link = &block->next;
    return block->content;
}

yajl_alloc_funcs hf_json_memory_functions(struct hf_json_memory *memory)
{
    return (yajl_alloc_funcs){.malloc = give, .realloc = resize, .free = take, .ctx = memory};
}

void hf_json_memory_release(struct hf_json_memory *memory)
{
    while (memory->first)
        take(memory, memory->first->content);
}
