/*
 * The numbers here were chosen by measurement: docs/performance.md, "Compression".
 *
 * Of zstd's interface outside of its stable part three functions are used, because the stable ones
 * can neither fix a dictionary's parameters, nor train in bounded time, nor leave a dictionary
 * where it is: ZSTD_createCDict_advanced, ZDICT_trainFromBuffer_fastCover and
 * ZSTD_createDDict_byReference. libzstd's shared library exports them since 1.4.
 */
#define ZSTD_STATIC_LINKING_ONLY
#define ZDICT_STATIC_LINKING_ONLY

#include "codec/compress.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zdict.h>
#include <zstd.h>

/*
 * A decoder that may write past what a frame holds puts a block's literals there, and else moves
 * them out of the way twice: a tenth of the time. A block has 128 KiB of literals at most.
 */
enum { ROOM = HF_COMPRESSION_FRAME + ZSTD_BLOCKSIZE_MAX + 4096 };

struct hf_dictionary {
    ZSTD_CDict *write;
    ZSTD_DDict *read; /* refers to `bytes` */
    uint8_t *bytes;   /* of a reader */
    size_t length;
    uint64_t serial; /* no other of this process has it, as it may have the same address */
};

struct hf_compressor {
    int level;
    ZSTD_CCtx *write;
    ZSTD_DCtx *read;
    uint8_t *space; /* HF_DICTIONARY_LIMIT bytes, then the room; or NULL */
    ZSTD_DDict *placed;
    uint64_t placed_serial; /* of the dictionary whose bytes end where the room begins */
};

static bool is_dictionary(const void *bytes, size_t length)
{
    return ZDICT_getDictID(bytes, length) && !ZDICT_isError(ZDICT_getDictHeaderSize(bytes, length));
}

static struct hf_dictionary *new_dictionary(const void *bytes, size_t length, struct hf_error *err)
{
    if (length > HF_DICTIONARY_LIMIT || !is_dictionary(bytes, length)) {
        hf_error_set(err, HF_CORRUPT, "these %zu bytes are no dictionary", length);
        return NULL;
    }
    static atomic_uint_fast64_t last_serial;
    struct hf_dictionary *dictionary = calloc(1, sizeof *dictionary);
    if (!dictionary) {
        hf_error_memory(err);
        return NULL;
    }
    dictionary->serial = ++last_serial;
    return dictionary;
}

/*
 * zstd copies a dictionary's tables for every frame. Those that it would choose for level 3 and a
 * dictionary of this size are 768 KiB; these are 384 KiB, which costs one percent of size and
 * saves a fifth of the time.
 */
static ZSTD_compressionParameters parameters_for(int level, size_t dictionary_length)
{
    ZSTD_compressionParameters parameters =
        ZSTD_getCParams(level, HF_COMPRESSION_FRAME, dictionary_length);
    if (level == HF_COMPRESSION_LEVEL) {
        parameters.strategy = ZSTD_dfast;
        parameters.chainLog = 15;
        parameters.hashLog = 16;
        parameters.searchLog = 1;
        parameters.minMatch = 5;
        parameters.targetLength = 0;
    }
    return parameters;
}

struct hf_dictionary *hf_dictionary_new_writer(const void *bytes, size_t length, int level,
                                               struct hf_error *err)
{
    struct hf_dictionary *dictionary = new_dictionary(bytes, length, err);
    if (!dictionary)
        return NULL;
    dictionary->write = ZSTD_createCDict_advanced(bytes, length, ZSTD_dlm_byCopy, ZSTD_dct_fullDict,
                                                  parameters_for(level, length), ZSTD_defaultCMem);
    if (!dictionary->write) {
        hf_dictionary_free(dictionary);
        hf_error_memory(err);
        return NULL;
    }
    return dictionary;
}

struct hf_dictionary *hf_dictionary_new_reader(const void *bytes, size_t length,
                                               struct hf_error *err)
{
    struct hf_dictionary *dictionary = new_dictionary(bytes, length, err);
    if (!dictionary)
        return NULL;
    dictionary->bytes = malloc(length);
    if (dictionary->bytes) {
        memcpy(dictionary->bytes, bytes, length);
        dictionary->length = length;
        dictionary->read = ZSTD_createDDict_byReference(dictionary->bytes, length);
    }
    if (!dictionary->read) {
        hf_dictionary_free(dictionary);
        hf_error_memory(err);
        return NULL;
    }
    return dictionary;
}

void hf_dictionary_free(struct hf_dictionary *dictionary)
{
    if (!dictionary)
        return;
    ZSTD_freeCDict(dictionary->write);
    ZSTD_freeDDict(dictionary->read);
    free(dictionary->bytes);
    free(dictionary);
}

/* A dictionary is this part of its samples: less is not worth training, more is chance. */
enum { SAMPLES_PER_DICTIONARY = 24, DICTIONARY_LEAST = 32 << 10, DICTIONARY_MOST = 256 << 10 };

int hf_dictionary_train(struct hf_buf *out, const void *samples, size_t count, size_t size,
                        struct hf_error *err)
{
    size_t wanted = count * size / SAMPLES_PER_DICTIONARY;
    if (wanted < DICTIONARY_LEAST || count > UINT32_MAX)
        return 0;
    if (wanted > DICTIONARY_MOST)
        wanted = DICTIONARY_MOST;
    hf_auto_free size_t *sizes = malloc(count * sizeof *sizes);
    if (!sizes)
        return hf_error_memory(err);
    for (size_t i = 0; i < count; i++)
        sizes[i] = size;
    if (hf_buf_reserve(out, wanted, err))
        return -1;
    ZDICT_fastCover_params_t parameters = {.k = 64,
                                           .d = 8,
                                           .f = 20,
                                           .accel = 1,
                                           .splitPoint = 1.0,
                                           .zParams = {.compressionLevel = HF_COMPRESSION_LEVEL}};
    size_t made = ZDICT_trainFromBuffer_fastCover(out->data + out->length, wanted, samples, sizes,
                                                  (unsigned)count, parameters);
    /* An error is about the samples (all alike, or nothing in common) or memory: then without. */
    if (!ZDICT_isError(made))
        out->length += made;
    return 0;
}

struct hf_compressor *hf_compressor_new(int level, struct hf_error *err)
{
    struct hf_compressor *compressor = calloc(1, sizeof *compressor);
    if (!compressor) {
        hf_error_memory(err);
        return NULL;
    }
    compressor->level = level;
    return compressor;
}

void hf_compressor_free(struct hf_compressor *compressor)
{
    if (!compressor)
        return;
    ZSTD_freeCCtx(compressor->write);
    ZSTD_freeDCtx(compressor->read);
    ZSTD_freeDDict(compressor->placed);
    free(compressor->space);
    free(compressor);
}

uint8_t *hf_compressor_room(struct hf_compressor *compressor, struct hf_error *err)
{
    /* Memory that no dictionary was ever put into is never touched, and so takes none. */
    if (!compressor->space)
        compressor->space = malloc(HF_DICTIONARY_LIMIT + ROOM);
    if (!compressor->space) {
        hf_error_memory(err);
        return NULL;
    }
    return compressor->space + HF_DICTIONARY_LIMIT;
}

size_t hf_compress_bound(size_t length)
{
    return ZSTD_compressBound(length);
}

static int ready_to_write(struct hf_compressor *compressor, struct hf_error *err)
{
    if (compressor->write)
        return 0;
    compressor->write = ZSTD_createCCtx();
    if (!compressor->write)
        return hf_error_memory(err);
    ZSTD_CCtx_setParameter(compressor->write, ZSTD_c_compressionLevel, compressor->level);
    ZSTD_CCtx_setParameter(compressor->write, ZSTD_c_dictIDFlag, 0);
    return 0;
}

int hf_compress(struct hf_compressor *compressor, const struct hf_dictionary *dictionary,
                const void *in, size_t length, uint8_t *out, size_t capacity, size_t *made,
                struct hf_error *err)
{
    assert(capacity >= hf_compress_bound(length));
    if (ready_to_write(compressor, err))
        return -1;
    ZSTD_CCtx_refCDict(compressor->write, dictionary ? dictionary->write : NULL);
    size_t result = ZSTD_compress2(compressor->write, out, capacity, in, length);
    if (ZSTD_isError(result))
        return hf_error_set(err, HF_FAILED, "compress %zu bytes: %s", length,
                            ZSTD_getErrorName(result));
    *made = result;
    return 0;
}

/* What ends where the room begins counts as decompressed just before, and matches in it need no
 * detour. */
static const ZSTD_DDict *place_before_room(struct hf_compressor *compressor,
                                           const struct hf_dictionary *dictionary,
                                           struct hf_error *err)
{
    if (compressor->placed_serial == dictionary->serial)
        return compressor->placed;
    uint8_t *place = compressor->space + HF_DICTIONARY_LIMIT - dictionary->length;
    compressor->placed_serial = 0;
    ZSTD_freeDDict(compressor->placed);
    memcpy(place, dictionary->bytes, dictionary->length);
    compressor->placed = ZSTD_createDDict_byReference(place, dictionary->length);
    if (compressor->placed)
        compressor->placed_serial = dictionary->serial;
    else
        hf_error_memory(err);
    return compressor->placed;
}

int hf_decompress(struct hf_compressor *compressor, const struct hf_dictionary *dictionary,
                  const void *in, size_t length, uint8_t *out, size_t expected,
                  struct hf_error *err)
{
    bool in_room = compressor->space && out == compressor->space + HF_DICTIONARY_LIMIT;
    const ZSTD_DDict *chosen = dictionary ? dictionary->read : NULL;
    assert(!in_room || expected <= HF_COMPRESSION_FRAME);
    if (!compressor->read) {
        compressor->read = ZSTD_createDCtx();
        if (!compressor->read)
            return hf_error_memory(err);
    }
    if (in_room && dictionary && !(chosen = place_before_room(compressor, dictionary, err)))
        return -1;
    ZSTD_DCtx_refDDict(compressor->read, chosen);
    size_t result =
        ZSTD_decompressDCtx(compressor->read, out, in_room ? ROOM : expected, in, length);
    if (ZSTD_isError(result))
        return hf_error_set(err, HF_CORRUPT, "decompress %zu bytes: %s", length,
                            ZSTD_getErrorName(result));
    if (result != expected)
        return hf_error_set(err, HF_CORRUPT, "decompressed to %zu bytes, not to %zu", result,
                            expected);
    return 0;
}
