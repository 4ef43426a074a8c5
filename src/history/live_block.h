/*
 * Pages of one index block that somebody wants: what a walk over a plan hands out.
 */
#ifndef HF_HISTORY_LIVE_BLOCK_H
#define HF_HISTORY_LIVE_BLOCK_H

#include "base/bitmap.h"
#include "history/segment_reader.h"

/* Heap; whoever has it frees it. Immutable once made: several threads may read it. */
struct hf_live_block {
    struct hf_segment *segment; /* held */
    const struct hf_segment_object *object;
    struct hf_index_block block;
    uint64_t live[HF_BLOCK_ENTRIES / 64]; /* one bit an entry */
    uint32_t live_count;
};

/* Reads index block `number` of an object of `segment`, no entry live yet. */
struct hf_live_block *hf_live_block_new(struct hf_segment *segment,
                                        const struct hf_segment_object *object, uint32_t number,
                                        struct hf_error *err);
void hf_live_block_free(struct hf_live_block *live);
HF_AUTO_FREE(hf_live_block)

static inline void hf_live_block_add(struct hf_live_block *live, uint32_t entry)
{
    live->live[entry / 64] |= UINT64_C(1) << (entry % 64);
    live->live_count++;
}

/* `wanted` NULL: every live entry; else those whose page's bit is set. */
static inline bool hf_live_block_has(const struct hf_live_block *live, uint32_t entry,
                                     const struct hf_bitmap *wanted)
{
    return (live->live[entry / 64] >> (entry % 64) & 1) &&
           (!wanted || hf_bitmap_get(wanted, live->block.pages[entry]));
}

/* How many entries from `entry` on are had, up to `end`, with page numbers that follow one another.
 */
uint32_t hf_live_block_run(const struct hf_live_block *live, uint32_t entry, uint32_t end,
                           const struct hf_bitmap *wanted);

/*
 * Reads the frames that hold wanted entries, neighbours with one request, and gives each run of
 * wanted pages: pages first .. first+count-1, one after another in `images`.
 */
typedef int (*hf_take_pages)(void *context, uint32_t first, uint32_t count, const uint8_t *images,
                             struct hf_error *err);
int hf_live_block_read(const struct hf_live_block *live, const struct hf_bitmap *wanted,
                       struct hf_frame_reader *reader, hf_take_pages take, void *context,
                       struct hf_error *err);

#endif
