#include "codec/age.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "codec/age_header.h"
#include "codec/key.h"

/*
 * The payload is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): chunks of 64 KiB, each sealed
 * with a nonce of its number and a byte that is 1 for the last. The last chunk is empty only when
 * there is no other.
 */
enum {
    CHUNK = 64 << 10,
    TAG = crypto_aead_chacha20poly1305_ietf_ABYTES,
    SEALED = CHUNK + TAG,
    MOST_HEADER = 64 << 10,
};

struct payload {
    uint8_t key[HF_AGE_PAYLOAD_KEY];
    uint64_t number; /* of the next chunk */
};

static void payload_init(struct payload *payload, const struct hf_age_file_key *key,
                         const uint8_t nonce[HF_AGE_NONCE])
{
    hf_age_derive(payload->key, key->bytes, sizeof key->bytes, nonce, HF_AGE_NONCE, "payload");
}

static void next_nonce(uint8_t nonce[12], struct payload *payload, bool last)
{
    memset(nonce, 0, 12);
    for (int i = 0; i < 8; i++)
        nonce[10 - i] = (uint8_t)(payload->number >> 8 * i);
    nonce[11] = last;
    payload->number++;
}

struct hf_age_writer {
    const struct hf_sink *below;
    struct payload payload;
    size_t held;
    uint8_t plain[CHUNK];
    uint8_t sealed[SEALED];
};

static int write_header(struct hf_age_writer *writer, const struct hf_age_encryption *how,
                        struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf header = {0};
    hf_auto(hf_age_file_key) struct hf_age_file_key key;
    uint8_t nonce[HF_AGE_NONCE];
    if (how->random(how->random_context, key.bytes, sizeof key.bytes, err) ||
        how->random(how->random_context, nonce, sizeof nonce, err) ||
        hf_age_header_write(&header, &key, how, err))
        return -1;
    payload_init(&writer->payload, &key, nonce);
    if (hf_sink_write(writer->below, header.data, header.length, err))
        return -1;
    return hf_sink_write(writer->below, nonce, sizeof nonce, err);
}

struct hf_age_writer *hf_age_writer_new(const struct hf_sink *below,
                                        const struct hf_age_encryption *how, struct hf_error *err)
{
    struct hf_age_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        hf_error_memory(err);
        return NULL;
    }
    writer->below = below;
    if (write_header(writer, how, err)) {
        hf_age_writer_free(writer);
        return NULL;
    }
    return writer;
}

void hf_age_writer_free(struct hf_age_writer *writer)
{
    if (writer)
        hf_wipe(writer, sizeof *writer);
    free(writer);
}

static int seal_chunk(struct hf_age_writer *writer, bool last, struct hf_error *err)
{
    uint8_t nonce[12];
    next_nonce(nonce, &writer->payload, last);
    crypto_aead_chacha20poly1305_ietf_encrypt(writer->sealed, NULL, writer->plain, writer->held,
                                              NULL, 0, NULL, nonce, writer->payload.key);
    size_t length = writer->held + TAG;
    writer->held = 0;
    return hf_sink_write(writer->below, writer->sealed, length, err);
}

static int writer_write(void *context, const void *bytes, size_t length, struct hf_error *err)
{
    struct hf_age_writer *writer = context;
    const uint8_t *next = bytes;
    while (length) {
        if (writer->held == CHUNK && seal_chunk(writer, false, err))
            return -1;
        size_t step = CHUNK - writer->held < length ? CHUNK - writer->held : length;
        memcpy(writer->plain + writer->held, next, step);
        writer->held += step;
        next += step;
        length -= step;
    }
    return 0;
}

static int writer_finish(void *context, struct hf_error *err)
{
    return seal_chunk(context, true, err);
}

struct hf_sink hf_age_writer_sink(struct hf_age_writer *writer)
{
    return (struct hf_sink){.context = writer, .write = writer_write, .finish = writer_finish};
}

struct hf_age_reader {
    const struct hf_source *below;
    struct payload payload;
    bool ended;             /* `below` */
    bool last;              /* the last chunk is open */
    size_t sealed;          /* bytes in `in` */
    size_t taken;           /* of `plain` */
    size_t opened;          /* bytes in `plain` */
    uint8_t in[SEALED + 1]; /* one more than a chunk tells whether it is the last */
    uint8_t plain[CHUNK];
};

/* Fills `in` up to its end or the source's. */
static int fill(struct hf_age_reader *reader, struct hf_error *err)
{
    while (reader->sealed < sizeof reader->in && !reader->ended) {
        int64_t got = hf_source_read(reader->below, reader->in + reader->sealed,
                                     sizeof reader->in - reader->sealed, err);
        if (got < 0)
            return -1;
        reader->ended = !got;
        reader->sealed += (size_t)got;
    }
    return 0;
}

static void drop(struct hf_age_reader *reader, size_t length)
{
    reader->sealed -= length;
    memmove(reader->in, reader->in + length, reader->sealed);
}

/* Where the header ends: after the line that begins with "---". 0: not within these bytes. */
static size_t header_length(const uint8_t *text, size_t length)
{
    const uint8_t *end = text;
    while ((end = memchr(end, '\n', length - (size_t)(end - text)))) {
        end++;
        size_t left = length - (size_t)(end - text);
        if (left >= 3 && !memcmp(end, "---", 3)) {
            end = memchr(end, '\n', left);
            return end ? (size_t)(end + 1 - text) : 0;
        }
    }
    return 0;
}

static int read_header(struct hf_age_reader *reader, const struct hf_age_decryption *how,
                       struct hf_error *err)
{
    _Static_assert(MOST_HEADER <= SEALED, "a header fits where chunks go");
    hf_auto(hf_age_file_key) struct hf_age_file_key key;
    if (fill(reader, err))
        return -1;
    size_t magic = strlen(HF_AGE_MAGIC);
    if (reader->sealed < magic || memcmp(reader->in, HF_AGE_MAGIC, magic) != 0)
        return hf_error_set(err, HF_CORRUPT, "this is no age file of version 1");
    size_t length = header_length(reader->in, reader->sealed);
    if (!length || length > MOST_HEADER)
        return hf_error_set(err, HF_CORRUPT, "the age header is damaged: it does not end");
    if (hf_age_header_open(&key, (const char *)reader->in, length, how, err))
        return -1;
    drop(reader, length);
    if (fill(reader, err))
        return -1;
    if (reader->sealed < HF_AGE_NONCE)
        return hf_error_set(err, HF_CORRUPT, "the age file ends in the middle");
    payload_init(&reader->payload, &key, reader->in);
    drop(reader, HF_AGE_NONCE);
    return 0;
}

struct hf_age_reader *hf_age_reader_new(const struct hf_source *below,
                                        const struct hf_age_decryption *how, struct hf_error *err)
{
    struct hf_age_reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        hf_error_memory(err);
        return NULL;
    }
    reader->below = below;
    if (read_header(reader, how, err)) {
        hf_age_reader_free(reader);
        return NULL;
    }
    return reader;
}

void hf_age_reader_free(struct hf_age_reader *reader)
{
    if (reader)
        hf_wipe(reader, sizeof *reader);
    free(reader);
}

static int open_chunk(struct hf_age_reader *reader, struct hf_error *err)
{
    uint8_t nonce[12];
    if (fill(reader, err))
        return -1;
    bool last = reader->sealed <= SEALED;
    size_t length = last ? reader->sealed : SEALED;
    unsigned long long number = reader->payload.number;
    next_nonce(nonce, &reader->payload, last);
    if (length < TAG ||
        crypto_aead_chacha20poly1305_ietf_decrypt(reader->plain, NULL, NULL, reader->in, length,
                                                  NULL, 0, nonce, reader->payload.key) ||
        (length == TAG && number))
        return hf_error_set(err, HF_CORRUPT,
                            "the age file is damaged or cut off in the 64 KiB from byte %llu of "
                            "its content on",
                            number * CHUNK);
    drop(reader, length);
    reader->last = last;
    reader->taken = 0;
    reader->opened = length - TAG;
    return 0;
}

static int64_t reader_read(void *context, void *out, size_t capacity, struct hf_error *err)
{
    struct hf_age_reader *reader = context;
    if (reader->taken == reader->opened && !reader->last && open_chunk(reader, err))
        return -1;
    size_t left = reader->opened - reader->taken, step = left < capacity ? left : capacity;
    memcpy(out, reader->plain + reader->taken, step);
    reader->taken += step;
    return (int64_t)step;
}

struct hf_source hf_age_reader_source(struct hf_age_reader *reader)
{
    return (struct hf_source){.context = reader, .read = reader_read};
}
