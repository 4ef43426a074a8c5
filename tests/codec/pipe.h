/*
 * Bytes in memory as a source and as a sink.
 */
#ifndef HF_TESTS_CODEC_PIPE_H
#define HF_TESTS_CODEC_PIPE_H

#include <string.h>

#include "base/bytes.h"
#include "base/stream.h"

/* Gives at most `step` bytes a call. */
struct memory_source {
    const uint8_t *bytes;
    size_t left;
    size_t step;
};

static inline int64_t memory_read(void *context, void *out, size_t capacity, struct hf_error *err)
{
    (void)err;
    struct memory_source *memory = context;
    size_t count = memory->step < capacity ? memory->step : capacity;
    count = count < memory->left ? count : memory->left;
    memcpy(out, memory->bytes, count);
    memory->bytes += count;
    memory->left -= count;
    return (int64_t)count;
}

static inline int buf_write(void *context, const void *bytes, size_t length, struct hf_error *err)
{
    return hf_buf_append(context, bytes, length, err);
}

/* Everything that a source gives, `step` bytes at a time. */
static inline int drain(struct hf_buf *out, const struct hf_source *source, size_t step,
                        struct hf_error *err)
{
    uint8_t room[4096];
    int64_t got;
    step = step < sizeof room ? step : sizeof room;
    while ((got = hf_source_read(source, room, step, err)) > 0)
        hf_buf_append(out, room, (size_t)got, NULL);
    return (int)got;
}

#endif
