#include "codec/gzip.h"

#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

/* Level 4 takes half the time of 6, which is the default of gzip(1), for a seventh more bytes. */
enum { ROOM = 64 << 10, LEVEL = 4, GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8 };

struct hf_gzip_writer {
    const struct hf_sink *below;
    z_stream z;
    bool open;
    uint8_t room[ROOM];
};

struct hf_gzip_writer *hf_gzip_writer_new(const struct hf_sink *below, struct hf_error *err)
{
    struct hf_gzip_writer *writer = calloc(1, sizeof *writer);
    if (writer) {
        writer->below = below;
        writer->open = deflateInit2(&writer->z, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                                    Z_DEFAULT_STRATEGY) == Z_OK;
    }
    if (!writer || !writer->open) {
        hf_error_memory(err);
        hf_gzip_writer_free(writer);
        return NULL;
    }
    return writer;
}

void hf_gzip_writer_free(struct hf_gzip_writer *writer)
{
    if (writer && writer->open)
        deflateEnd(&writer->z);
    free(writer);
}

static int compress_all(struct hf_gzip_writer *writer, int flush, struct hf_error *err)
{
    z_stream *z = &writer->z;
    do {
        z->next_out = writer->room;
        z->avail_out = ROOM;
        deflate(z, flush); /* never fails with room for output and a sound state */
        if (z->avail_out < ROOM &&
            hf_sink_write(writer->below, writer->room, ROOM - z->avail_out, err))
            return -1;
    } while (!z->avail_out);
    return 0;
}

static int writer_write(void *context, const void *bytes, size_t length, struct hf_error *err)
{
    struct hf_gzip_writer *writer = context;
    const uint8_t *next = bytes;
    while (length) {
        uInt step = length < (1u << 30) ? (uInt)length : 1u << 30;
        writer->z.next_in = (z_const Bytef *)next;
        writer->z.avail_in = step;
        if (compress_all(writer, Z_NO_FLUSH, err))
            return -1;
        next += step;
        length -= step;
    }
    return 0;
}

static int writer_finish(void *context, struct hf_error *err)
{
    struct hf_gzip_writer *writer = context;
    writer->z.avail_in = 0;
    return compress_all(writer, Z_FINISH, err);
}

struct hf_sink hf_gzip_writer_sink(struct hf_gzip_writer *writer)
{
    return (struct hf_sink){.context = writer, .write = writer_write, .finish = writer_finish};
}

struct hf_gzip_reader {
    const struct hf_source *below;
    z_stream z;
    bool open;
    bool ended;     /* `below` */
    bool in_member; /* else before one, or after the last */
    uint8_t room[ROOM];
};

struct hf_gzip_reader *hf_gzip_reader_new(const struct hf_source *below, struct hf_error *err)
{
    struct hf_gzip_reader *reader = calloc(1, sizeof *reader);
    if (reader) {
        reader->below = below;
        reader->in_member = true;
        reader->open = inflateInit2(&reader->z, GZIP_WINDOW) == Z_OK;
    }
    if (!reader || !reader->open) {
        hf_error_memory(err);
        hf_gzip_reader_free(reader);
        return NULL;
    }
    return reader;
}

void hf_gzip_reader_free(struct hf_gzip_reader *reader)
{
    if (reader && reader->open)
        inflateEnd(&reader->z);
    free(reader);
}

static int read_more(struct hf_gzip_reader *reader, struct hf_error *err)
{
    int64_t got = hf_source_read(reader->below, reader->room, ROOM, err);
    if (got < 0)
        return -1;
    reader->z.next_in = reader->room;
    reader->z.avail_in = (uInt)got;
    reader->ended = !got;
    return 0;
}

static int inflate_failed(int rc, struct hf_error *err)
{
    if (rc == Z_MEM_ERROR)
        return hf_error_memory(err);
    return hf_error_set(err, HF_CORRUPT, "the gzip data is damaged");
}

static int64_t reader_read(void *context, void *out, size_t capacity, struct hf_error *err)
{
    struct hf_gzip_reader *reader = context;
    z_stream *z = &reader->z;
    uInt room = capacity < (1u << 30) ? (uInt)capacity : 1u << 30;
    z->next_out = out;
    z->avail_out = room;
    while (z->avail_out == room && room) {
        if (!z->avail_in && !reader->ended && read_more(reader, err))
            return -1;
        if (!z->avail_in && reader->ended) {
            if (reader->in_member)
                return hf_error_set(err, HF_CORRUPT, "the gzip data ends in the middle");
            return 0;
        }
        if (!reader->in_member)
            inflateReset(z);
        reader->in_member = true;
        int rc = inflate(z, Z_NO_FLUSH);
        if (rc == Z_STREAM_END)
            reader->in_member = false;
        else if (rc != Z_OK && rc != Z_BUF_ERROR)
            return inflate_failed(rc, err);
    }
    return room - z->avail_out;
}

struct hf_source hf_gzip_reader_source(struct hf_gzip_reader *reader)
{
    return (struct hf_source){.context = reader, .read = reader_read};
}
