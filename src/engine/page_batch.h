/*
 * What changed in a database between two moments: the newest image of each page, on its way from
 * the log to a segment. Images are in memory while a budget that many batches share allows, else in
 * a temporary file without a name, up to a bound. Single-owner.
 */
#ifndef HF_ENGINE_PAGE_BATCH_H
#define HF_ENGINE_PAGE_BATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "os/env.h"
#include "sqlite/page_map.h"

/* What all batches of a process may use together. Thread-safe. */
struct hf_batch_budget {
    atomic_size_t memory; /* bytes left */
    atomic_size_t file;   /* bytes left */
};

void hf_batch_budget_init(struct hf_batch_budget *budget, size_t memory, size_t file);

struct hf_page_batch {
    const struct hf_env *env;
    struct hf_batch_budget *budget; /* borrowed */
    uint32_t page_size;             /* 0 until the first page is put */
    struct hf_page_map places;      /* from page to place, counted from 1 */
    uint32_t count;
    struct hf_batch_piece *pieces; /* of equal size, each with room for some pages */
    size_t piece_count;
    size_t pieces_in_file;
    int fd; /* -1: none is in a file */
};

void hf_page_batch_init(struct hf_page_batch *batch, const struct hf_env *env,
                        struct hf_batch_budget *budget);

/* Keeps the image, in the place of an earlier one of that page. All pages have one size.
 * HF_NO_SPACE when the budget is used up: the batch is then as it was. */
int hf_page_batch_put(struct hf_page_batch *batch, uint32_t page, uint32_t page_size,
                      const uint8_t *image, struct hf_error *err);

static inline bool hf_page_batch_has(const struct hf_page_batch *batch, uint32_t page)
{
    return hf_page_map_get(&batch->places, page) != 0;
}

/* The image of a page that it has. */
int hf_page_batch_get(const struct hf_page_batch *batch, uint32_t page, uint8_t *out,
                      struct hf_error *err);

/* All page numbers in ascending order, `batch->count` of them. Caller frees. NULL: no memory, or
 * none. */
uint32_t *hf_page_batch_pages(const struct hf_page_batch *batch);

/* Bytes of images that it keeps room for. */
uint64_t hf_page_batch_bytes(const struct hf_page_batch *batch);

/* Empties it and gives everything back. */
void hf_page_batch_release(struct hf_page_batch *batch);
HF_AUTO_RELEASE(hf_page_batch)

#endif
