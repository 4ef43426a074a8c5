/*
 * From page numbers to frame numbers: which frame of a log holds the newest image of a page.
 */
#ifndef HF_SQLITE_PAGE_MAP_H
#define HF_SQLITE_PAGE_MAP_H

#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

/* All zero is an empty map. 8 bytes an entry, half to three quarters full. */
struct hf_page_map {
    struct hf_page_map_entry {
        uint32_t page, frame;
    } * entries;
    uint32_t capacity, used;
};

/* The page's frame, replacing an earlier one. `page` is not 0. */
int hf_page_map_put(struct hf_page_map *map, uint32_t page, uint32_t frame, struct hf_error *err);

/* 0 when the page is not in the map. */
uint32_t hf_page_map_get(const struct hf_page_map *map, uint32_t page);

void hf_page_map_release(struct hf_page_map *map);
HF_AUTO_RELEASE(hf_page_map)

#endif
