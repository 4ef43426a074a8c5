/*
 * Memory for yajl, which does not look whether it got any: where there is none, it is left by
 * longjmp at its own call, past nothing but its own frames, and everything it had is freed here.
 */
#ifndef HF_PORTABLE_JSON_MEMORY_H
#define HF_PORTABLE_JSON_MEMORY_H

#include <setjmp.h>
#include <yajl/yajl_parse.h>

struct hf_json_block;

/* All zero is empty. Not to be moved once yajl has it. */
struct hf_json_memory {
    struct hf_json_block *first;
    jmp_buf exit; /* set before each call into yajl */
};

yajl_alloc_funcs hf_json_memory_functions(struct hf_json_memory *memory);

/* Frees all that was given and not taken back. */
void hf_json_memory_release(struct hf_json_memory *memory);

#endif
