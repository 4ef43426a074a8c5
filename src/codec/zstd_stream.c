#include "codec/zstd_stream.h"

#include <stdbool.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { ROOM = 128 << 10, LEVEL = 3 };

static int zstd_failed(size_t code, struct hf_error *err)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation:
        return hf_error_memory(err);
    case ZSTD_error_frameParameter_windowTooLarge:
        return hf_error_set(err, HF_UNSUPPORTED, "the zstd data needs a window of over 128 MiB");
    default:
        return hf_error_set(err, HF_CORRUPT, "the zstd data is damaged: %s",
                            ZSTD_getErrorName(code));
    }
}

struct hf_zstd_writer {
    const struct hf_sink *below;
    ZSTD_CCtx *zstd;
    uint8_t room[ROOM];
};

struct hf_zstd_writer *hf_zstd_writer_new(const struct hf_sink *below, struct hf_error *err)
{
    struct hf_zstd_writer *writer = calloc(1, sizeof *writer);
    if (writer) {
        writer->below = below;
        writer->zstd = ZSTD_createCCtx();
    }
    if (!writer || !writer->zstd ||
        ZSTD_isError(ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_compressionLevel, LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_checksumFlag, 1))) {
        hf_error_memory(err);
        hf_zstd_writer_free(writer);
        return NULL;
    }
    return writer;
}

void hf_zstd_writer_free(struct hf_zstd_writer *writer)
{
    if (writer)
        ZSTD_freeCCtx(writer->zstd);
    free(writer);
}

static int compress_all(struct hf_zstd_writer *writer, ZSTD_inBuffer *in, ZSTD_EndDirective how,
                        struct hf_error *err)
{
    size_t left;
    do {
        ZSTD_outBuffer out = {writer->room, ROOM, 0};
        left = ZSTD_compressStream2(writer->zstd, &out, in, how);
        if (ZSTD_isError(left))
            return zstd_failed(left, err);
        if (out.pos && hf_sink_write(writer->below, writer->room, out.pos, err))
            return -1;
    } while (in->pos < in->size || (how == ZSTD_e_end && left));
    return 0;
}

static int writer_write(void *context, const void *bytes, size_t length, struct hf_error *err)
{
    ZSTD_inBuffer in = {bytes, length, 0};
    return length ? compress_all(context, &in, ZSTD_e_continue, err) : 0;
}

static int writer_finish(void *context, struct hf_error *err)
{
    ZSTD_inBuffer in = {"", 0, 0};
    return compress_all(context, &in, ZSTD_e_end, err);
}

struct hf_sink hf_zstd_writer_sink(struct hf_zstd_writer *writer)
{
    return (struct hf_sink){.context = writer, .write = writer_write, .finish = writer_finish};
}

struct hf_zstd_reader {
    const struct hf_source *below;
    ZSTD_DCtx *zstd;
    ZSTD_inBuffer in;
    bool ended;    /* `below` */
    bool in_frame; /* also before the first */
    uint8_t room[ROOM];
};

struct hf_zstd_reader *hf_zstd_reader_new(const struct hf_source *below, struct hf_error *err)
{
    struct hf_zstd_reader *reader = calloc(1, sizeof *reader);
    if (reader) {
        reader->below = below;
        reader->in.src = reader->room;
        reader->in_frame = true;
        reader->zstd = ZSTD_createDCtx();
    }
    if (!reader || !reader->zstd) {
        hf_error_memory(err);
        hf_zstd_reader_free(reader);
        return NULL;
    }
    return reader;
}

void hf_zstd_reader_free(struct hf_zstd_reader *reader)
{
    if (reader)
        ZSTD_freeDCtx(reader->zstd);
    free(reader);
}

static int64_t reader_read(void *context, void *room, size_t capacity, struct hf_error *err)
{
    struct hf_zstd_reader *reader = context;
    ZSTD_outBuffer out = {room, capacity, 0};
    while (!out.pos && capacity) {
        if (reader->in.pos == reader->in.size && !reader->ended) {
            int64_t got = hf_source_read(reader->below, reader->room, ROOM, err);
            if (got < 0)
                return -1;
            reader->in.pos = 0;
            reader->in.size = (size_t)got;
            reader->ended = !got;
        }
        bool starved = reader->in.pos == reader->in.size;
        if (starved && !reader->in_frame)
            return 0;
        size_t left = ZSTD_decompressStream(reader->zstd, &out, &reader->in);
        if (ZSTD_isError(left))
            return zstd_failed(left, err);
        reader->in_frame = left;
        if (starved && left && !out.pos)
            return hf_error_set(err, HF_CORRUPT, "the zstd data ends in the middle");
    }
    return (int64_t)out.pos;
}

struct hf_source hf_zstd_reader_source(struct hf_zstd_reader *reader)
{
    return (struct hf_source){.context = reader, .read = reader_read};
}
