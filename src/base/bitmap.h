/*
 * One bit for each page: what a restore has placed, what a comparison found different.
 */
#ifndef HF_BASE_BITMAP_H
#define HF_BASE_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

struct hf_bitmap {
    uint64_t *words;
    uint64_t bits;
};

/* All bits clear. */
int hf_bitmap_init(struct hf_bitmap *map, uint64_t bits, struct hf_error *err);
void hf_bitmap_release(struct hf_bitmap *map);
HF_AUTO_RELEASE(hf_bitmap)

static inline bool hf_bitmap_get(const struct hf_bitmap *map, uint64_t bit)
{
    return bit < map->bits && (map->words[bit / 64] >> (bit % 64) & 1);
}

/* Not for several threads on one map. `bit` must be below `bits`. */
static inline void hf_bitmap_set(struct hf_bitmap *map, uint64_t bit)
{
    map->words[bit / 64] |= UINT64_C(1) << (bit % 64);
}

/* As hf_bitmap_set, for several threads at once. */
static inline void hf_bitmap_set_shared(struct hf_bitmap *map, uint64_t bit)
{
    __atomic_fetch_or(&map->words[bit / 64], UINT64_C(1) << (bit % 64), __ATOMIC_RELAXED);
}

/* How many bits are set. */
uint64_t hf_bitmap_count(const struct hf_bitmap *map);

#endif
