#include "base/bitmap.h"

#include <stdlib.h>

int hf_bitmap_init(struct hf_bitmap *map, uint64_t bits, struct hf_error *err)
{
    uint64_t *words = calloc(bits / 64 + 1, sizeof *words);
    if (!words)
        return hf_error_memory(err);
    *map = (struct hf_bitmap){words, bits};
    return 0;
}

void hf_bitmap_release(struct hf_bitmap *map)
{
    free(map->words);
    *map = (struct hf_bitmap){0};
}

uint64_t hf_bitmap_count(const struct hf_bitmap *map)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i <= map->bits / 64; i++)
        count += (uint64_t)__builtin_popcountll(map->words[i]);
    return count;
}
