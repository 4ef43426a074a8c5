/*
 * One segment as a stream of its page images in page order: what a merge reads several of at once.
 * It holds one index block and one frame at a time. Single-owner.
 */
#ifndef HF_HISTORY_MERGE_INPUT_H
#define HF_HISTORY_MERGE_INPUT_H

#include "history/segment_reader.h"

struct hf_merge_input {
    struct hf_segment *segment; /* owned */
    uint32_t limit;             /* images of pages above it are dead */
    uint32_t page;              /* what it stands at; 0: before the first, or past the last */
    uint32_t object, block, entry;
    struct hf_index_block *index; /* owned; of the block, once it was read */
    bool has_block;
    uint32_t frame;  /* of the block, whose images are held */
    uint8_t *images; /* owned; NULL: none yet */
    size_t room;
    bool has_frame;
    struct hf_buf ahead; /* sealed frames that were read with one request */
    uint64_t ahead_offset;
    const struct hf_segment_object *ahead_of;
};

/* Takes the reference of `segment`, also when it fails. */
int hf_merge_input_init(struct hf_merge_input *input, struct hf_segment *segment, uint32_t limit,
                        struct hf_error *err);
void hf_merge_input_release(struct hf_merge_input *input);

/* Goes to the next page that is not dead: `page` becomes 0 when there is none. */
int hf_merge_input_next(struct hf_merge_input *input, struct hf_error *err);

/* The image of the page that it stands at, until the next call. `reader` may serve all inputs;
 * `ahead` bytes are read with one request, or one frame when that is more. */
const uint8_t *hf_merge_input_image(struct hf_merge_input *input, struct hf_frame_reader *reader,
                                    size_t ahead, struct hf_error *err);

#endif
