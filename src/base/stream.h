/*
 * Bytes on their way through filters (compression, encryption, a file). Contracts only.
 */
#ifndef HF_BASE_STREAM_H
#define HF_BASE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Takes bytes. `finish` writes what was held back and is called once, after the last write; it does
 * not finish the sink behind a filter. After a failure only the owner's release may be called. */
struct hf_sink {
    void *context;
    int (*write)(void *context, const void *bytes, size_t length, struct hf_error *err);
    int (*finish)(void *context, struct hf_error *err); /* may be NULL */
};

/* Gives bytes: up to `capacity` of them, 0 only at the end. Returns the count, or -1. */
struct hf_source {
    void *context;
    int64_t (*read)(void *context, void *out, size_t capacity, struct hf_error *err);
};

static inline int hf_sink_write(const struct hf_sink *sink, const void *bytes, size_t length,
                                struct hf_error *err)
{
    return sink->write(sink->context, bytes, length, err);
}

static inline int hf_sink_finish(const struct hf_sink *sink, struct hf_error *err)
{
    return sink->finish ? sink->finish(sink->context, err) : 0;
}

static inline int64_t hf_source_read(const struct hf_source *source, void *out, size_t capacity,
                                     struct hf_error *err)
{
    return source->read(source->context, out, capacity, err);
}

#endif
