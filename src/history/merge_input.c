#include "history/merge_input.h"

int hf_merge_input_init(struct hf_merge_input *input, struct hf_segment *segment, uint32_t limit,
                        struct hf_error *err)
{
    *input = (struct hf_merge_input){.segment = segment, .limit = limit};
    input->index = malloc(sizeof *input->index);
    return input->index ? 0 : hf_error_memory(err);
}

void hf_merge_input_release(struct hf_merge_input *input)
{
    hf_segment_release(input->segment);
    free(input->index);
    free(input->images);
    hf_buf_release(&input->ahead);
    *input = (struct hf_merge_input){0};
}

static const struct hf_segment_object *object_of(const struct hf_merge_input *input)
{
    return &input->segment->object[input->object];
}

/* The next block of this object or of a later one; `has_block` is false past the last. */
static int next_block(struct hf_merge_input *input, struct hf_error *err)
{
    if (input->has_block)
        input->block++;
    input->has_block = input->has_frame = false;
    while (input->object < input->segment->objects &&
           input->block == object_of(input)->root.blocks) {
        input->object++;
        input->block = 0;
    }
    if (input->object == input->segment->objects)
        return 0;
    if (hf_segment_read_block(object_of(input), input->block, input->index, err))
        return -1;
    input->entry = 0;
    input->has_block = true;
    return 0;
}

int hf_merge_input_next(struct hf_merge_input *input, struct hf_error *err)
{
    if (!input->has_block && input->object == input->segment->objects)
        return 0;
    if (input->has_block)
        input->entry++;
    if ((!input->has_block || input->entry == input->index->entries) && next_block(input, err))
        return -1;
    input->page = input->has_block ? input->index->pages[input->entry] : 0;
    /* Pages ascend: all that follow are dead as well. */
    if (input->page > input->limit) {
        input->page = 0;
        input->object = input->segment->objects;
        input->has_block = false;
    }
    return 0;
}

static int hold_frame(struct hf_merge_input *input, uint32_t frame, const uint8_t *images,
                      struct hf_error *err)
{
    size_t length = (size_t)input->index->frame[frame].count * object_of(input)->root.page_size;
    if (length > input->room) {
        free(input->images);
        input->room = 0;
        input->images = malloc(length);
        if (!input->images)
            return hf_error_memory(err);
        input->room = length;
    }
    memcpy(input->images, images, length);
    input->frame = frame;
    input->has_frame = true;
    return 0;
}

/* The reader works with what this input has read ahead, and gives it back after. */
static void exchange(struct hf_merge_input *input, struct hf_frame_reader *reader)
{
    struct hf_buf sealed = reader->sealed;
    uint64_t offset = reader->offset;
    const struct hf_segment_object *object = reader->object;
    reader->sealed = input->ahead;
    reader->offset = input->ahead_offset;
    reader->object = input->ahead_of;
    input->ahead = sealed;
    input->ahead_offset = offset;
    input->ahead_of = object;
}

static bool has_sealed(const struct hf_frame_reader *reader, const struct hf_segment_object *object,
                       const struct hf_frame_ref *frame)
{
    return reader->object == object && frame->offset >= reader->offset &&
           frame->offset + frame->length <= reader->offset + reader->sealed.length;
}

static int read_frame(struct hf_merge_input *input, struct hf_frame_reader *reader, uint32_t frame,
                      size_t ahead, struct hf_error *err)
{
    const struct hf_frame_ref *frames = input->index->frame;
    uint32_t last = frame;
    while (last + 1 < input->index->frames &&
           frames[last + 1].offset + frames[last + 1].length - frames[frame].offset <= ahead)
        last++;
    if (!has_sealed(reader, object_of(input), &frames[frame]) &&
        hf_frame_reader_fetch(reader, object_of(input), &frames[frame], &frames[last], err))
        return -1;
    return hf_segment_read_frame(reader, object_of(input), input->index, frame, err);
}

const uint8_t *hf_merge_input_image(struct hf_merge_input *input, struct hf_frame_reader *reader,
                                    size_t ahead, struct hf_error *err)
{
    const struct hf_index_block *index = input->index;
    uint32_t frame = input->has_frame ? input->frame : 0;
    while (input->entry >= (uint32_t)index->frame[frame].first + index->frame[frame].count)
        frame++;
    if (!input->has_frame || frame != input->frame) {
        exchange(input, reader);
        int failed = read_frame(input, reader, frame, ahead, err) ||
                     hold_frame(input, frame, reader->images, err);
        exchange(input, reader);
        if (failed)
            return NULL;
    }
    size_t place = input->entry - index->frame[frame].first;
    return input->images + place * object_of(input)->root.page_size;
}
