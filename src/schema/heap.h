/*
 * Memory of a model or a plan: it lives and dies together, and what cannot be had is told as
 * struct hf_error. Single-owner.
 */
#ifndef HF_SCHEMA_HEAP_H
#define HF_SCHEMA_HEAP_H

#include <sqlite3.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sqlite/sql_token.h"

struct hf_heap {
    struct hf_heap_block *newest;
    size_t used; /* of the newest */
};

/* Zeroed. NULL for want of memory. */
void *hf_heap_alloc(struct hf_heap *heap, size_t size, struct hf_error *err);

/* Room for one more element after `count`: `list` itself, or a copy twice as large at the powers of
 * two, so that a count is all that is kept. */
void *hf_heap_grow(struct hf_heap *heap, void *list, size_t count, size_t size,
                   struct hf_error *err);

/* A copy of `length` bytes and a NUL. */
char *hf_heap_slice(struct hf_heap *heap, const char *text, size_t length, struct hf_error *err);

/* A copy; NULL stays NULL without being a failure: look at `text` first where that matters. */
char *hf_heap_text(struct hf_heap *heap, const char *text, struct hf_error *err);

/* A name or text of SQL without its quotes. */
char *hf_heap_unquote(struct hf_heap *heap, const struct hf_sql_token *token, struct hf_error *err);

/* As sqlite3_mprintf: %w and %Q quote names and texts. */
char *hf_heap_print(struct hf_heap *heap, struct hf_error *err, const char *format, ...);

/* Ends what was built and takes it over. */
char *hf_heap_finish(struct hf_heap *heap, sqlite3_str *text, struct hf_error *err);

void hf_heap_release(struct hf_heap *heap);
HF_AUTO_RELEASE(hf_heap)

#endif
