/*
 * The page index of a segment: for every page image its page number, frame, place in the frame and
 * fingerprint, in blocks of at most 1,024 entries under a root (docs/format.md, "Page index").
 * Pure: bytes in, values out; sealing is the segment's matter.
 */
#ifndef HF_HISTORY_PAGE_INDEX_H
#define HF_HISTORY_PAGE_INDEX_H

#include <stdint.h>

#include "base/bytes.h"

enum {
    HF_BLOCK_ENTRIES = 1024,
    HF_FRAME_BYTES = 128 << 10, /* of page images before compression, at most */
    HF_INDEX_ROW_BYTES = 28,
};

struct hf_frame_ref {
    uint64_t offset; /* in the object */
    uint32_t length; /* sealed */
    uint16_t first;  /* entry of the block that its first page is */
    uint16_t count;  /* of pages, 1 or more */
};

/* One block, decoded. Entries are in ascending page order; frames follow one another. */
struct hf_index_block {
    uint32_t entries, frames;
    uint64_t first_frame; /* number in the object: a frame's nonce */
    uint32_t pages[HF_BLOCK_ENTRIES];
    uint64_t fingerprints[HF_BLOCK_ENTRIES];
    struct hf_frame_ref frame[HF_BLOCK_ENTRIES];
};

/* What the root says of one block. */
struct hf_index_row {
    uint32_t first_page, last_page;
    uint32_t entries, frames;
    uint64_t first_frame_offset;
    uint32_t length; /* of the block, sealed */
    /* Derived when the root is read: */
    uint64_t offset;      /* of the block in the object */
    uint64_t first_frame; /* number of its first frame */
};

struct hf_index_root {
    uint32_t page_size;
    uint32_t blocks;
    uint64_t entries;
    struct hf_index_row *rows; /* owned */
};

/* How many pages of this size a frame holds when it is full. */
static inline uint32_t hf_frame_pages(uint32_t page_size)
{
    return HF_FRAME_BYTES / page_size;
}

/* Appends the plain bytes of a block. */
int hf_index_block_encode(struct hf_buf *out, const struct hf_index_block *block,
                          struct hf_error *err);

/* HF_CORRUPT unless it is exactly what `row` of a root with this page size announces. */
int hf_index_block_decode(struct hf_index_block *out, const uint8_t *bytes, size_t length,
                          const struct hf_index_row *row, uint32_t page_size, struct hf_error *err);

int hf_index_root_encode(struct hf_buf *out, const struct hf_index_root *root,
                         struct hf_error *err);

/* `index_offset`: where the first block begins; `index_length`: of all blocks. HF_CORRUPT unless
 * blocks fill exactly that, in ascending page order. */
int hf_index_root_decode(struct hf_index_root *out, const uint8_t *bytes, size_t length,
                         uint64_t index_offset, uint64_t index_length, struct hf_error *err);

void hf_index_root_release(struct hf_index_root *root);
HF_AUTO_RELEASE(hf_index_root)

#endif
