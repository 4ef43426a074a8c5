/*
 * The numbers here were chosen by measurement: docs/performance.md, "Compression".
 *
 * Of zstd's interface outside of its stable part two functions are used, because the stable ones
 * can neither fix a dictionary's parameters nor train in bounded time: ZSTD_createCDict_advanced
 * and ZDICT_trainFromBuffer_fastCover. libzstd's shared library exports both since 1.4.
 */
#define ZSTD_STATIC_LINKING_ONLY
#define ZDICT_STATIC_LINKING_ONLY

#include "codec/compress.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zdict.h>
#include <zstd.h>

struct hf_dictionary {
    ZSTD_CDict *write;
    ZSTD_DDict *read;
};

struct hf_compressor {
    int level;
    ZSTD_CCtx *write;
    ZSTD_DCtx *read;
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
    struct hf_dictionary *dictionary = calloc(1, sizeof *dictionary);
    if (!dictionary)
        hf_error_memory(err);
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
    dictionary->read = ZSTD_createDDict(bytes, length);
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
    free(compressor);
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

int hf_decompress(struct hf_compressor *compressor, const struct hf_dictionary *dictionary,
                  const void *in, size_t length, uint8_t *out, size_t expected,
                  struct hf_error *err)
{
    if (!compressor->read) {
        compressor->read = ZSTD_createDCtx();
        if (!compressor->read)
            return hf_error_memory(err);
    }
    ZSTD_DCtx_refDDict(compressor->read, dictionary ? dictionary->read : NULL);
    size_t result = ZSTD_decompressDCtx(compressor->read, out, expected, in, length);
    if (ZSTD_isError(result))
        return hf_error_set(err, HF_CORRUPT, "decompress %zu bytes: %s", length,
                            ZSTD_getErrorName(result));
    if (result != expected)
        return hf_error_set(err, HF_CORRUPT, "decompressed to %zu bytes, not to %zu", result,
                            expected);
    return 0;
}
