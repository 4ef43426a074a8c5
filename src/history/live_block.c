#include "history/live_block.h"

struct hf_live_block *hf_live_block_new(struct hf_segment *segment,
                                        const struct hf_segment_object *object, uint32_t number,
                                        struct hf_error *err)
{
    struct hf_live_block *live = calloc(1, sizeof *live);
    if (!live) {
        hf_error_memory(err);
        return NULL;
    }
    live->segment = hf_segment_hold(segment);
    live->object = object;
    if (hf_segment_read_block(object, number, &live->block, err)) {
        hf_live_block_free(live);
        return NULL;
    }
    return live;
}

void hf_live_block_free(struct hf_live_block *live)
{
    if (!live)
        return;
    hf_segment_release(live->segment);
    free(live);
}

uint32_t hf_live_block_run(const struct hf_live_block *live, uint32_t entry, uint32_t end,
                           const struct hf_bitmap *wanted)
{
    const uint32_t *pages = live->block.pages;
    uint32_t count = 0;
    while (entry + count < end && hf_live_block_has(live, entry + count, wanted) &&
           pages[entry + count] == pages[entry] + count)
        count++;
    return count;
}

static bool wants_frame(const struct hf_live_block *live, uint32_t frame,
                        const struct hf_bitmap *wanted)
{
    const struct hf_frame_ref *ref = &live->block.frame[frame];
    for (uint32_t i = 0; i < ref->count; i++)
        if (hf_live_block_has(live, ref->first + i, wanted))
            return true;
    return false;
}

/* The frame after the last one that one request can bring together with `first`. */
static uint32_t end_of_request(const struct hf_live_block *live, uint32_t first,
                               const struct hf_bitmap *wanted)
{
    const struct hf_frame_ref *frames = live->block.frame;
    uint32_t end = first + 1;
    while (end < live->block.frames &&
           frames[end].offset + frames[end].length - frames[first].offset <= HF_READ_AHEAD &&
           wants_frame(live, end, wanted))
        end++;
    return end;
}

static int give_frame(const struct hf_live_block *live, const struct hf_frame_ref *frame,
                      const struct hf_bitmap *wanted, const uint8_t *images, hf_take_pages take,
                      void *context, struct hf_error *err)
{
    uint32_t end = (uint32_t)frame->first + frame->count;
    for (uint32_t entry = frame->first; entry < end;) {
        uint32_t count = hf_live_block_run(live, entry, end, wanted);
        size_t place = (size_t)(entry - frame->first) * live->object->root.page_size;
        if (count && take(context, live->block.pages[entry], count, images + place, err))
            return -1;
        entry += count ? count : 1;
    }
    return 0;
}

int hf_live_block_read(const struct hf_live_block *live, const struct hf_bitmap *wanted,
                       struct hf_frame_reader *reader, hf_take_pages take, void *context,
                       struct hf_error *err)
{
    const struct hf_frame_ref *frames = live->block.frame;
    for (uint32_t frame = 0; frame < live->block.frames;) {
        if (!wants_frame(live, frame, wanted)) {
            frame++;
            continue;
        }
        uint32_t end = end_of_request(live, frame, wanted);
        if (hf_frame_reader_fetch(reader, live->object, &frames[frame], &frames[end - 1], err))
            return -1;
        for (; frame < end; frame++)
            if (hf_segment_read_frame(reader, live->object, &live->block, frame, err) ||
                give_frame(live, &frames[frame], wanted, reader->images, take, context, err))
                return -1;
    }
    return 0;
}
