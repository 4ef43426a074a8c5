#include "sqlite/page_map.h"

enum { FIRST_CAPACITY = 1024 };

/* Where `page` is or would be: open addressing over a power of two, never full. */
static struct hf_page_map_entry *slot_of(const struct hf_page_map *map, uint32_t page)
{
    uint32_t mask = map->capacity - 1;
    uint32_t i = page * 2654435769u; /* Fibonacci hashing; the high bits are the mixed ones */
    for (i = (i >> 16 ^ i) & mask; map->entries[i].page && map->entries[i].page != page;)
        i = (i + 1) & mask;
    return &map->entries[i];
}

static int grow(struct hf_page_map *map, struct hf_error *err)
{
    if (map->capacity > UINT32_MAX / 2)
        return hf_error_memory(err);
    struct hf_page_map larger = {.capacity = map->capacity ? 2 * map->capacity : FIRST_CAPACITY,
                                 .used = map->used};
    larger.entries = calloc(larger.capacity, sizeof *larger.entries);
    if (!larger.entries)
        return hf_error_memory(err);
    for (uint32_t i = 0; i < map->capacity; i++)
        if (map->entries[i].page)
            *slot_of(&larger, map->entries[i].page) = map->entries[i];
    free(map->entries);
    *map = larger;
    return 0;
}

int hf_page_map_put(struct hf_page_map *map, uint32_t page, uint32_t frame, struct hf_error *err)
{
    if (map->used >= map->capacity / 4 * 3 && grow(map, err))
        return -1;
    struct hf_page_map_entry *entry = slot_of(map, page);
    map->used += !entry->page;
    *entry = (struct hf_page_map_entry){page, frame};
    return 0;
}

uint32_t hf_page_map_get(const struct hf_page_map *map, uint32_t page)
{
    return map->used ? slot_of(map, page)->frame : 0;
}

void hf_page_map_release(struct hf_page_map *map)
{
    free(map->entries);
    *map = (struct hf_page_map){0};
}
