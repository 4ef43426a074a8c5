#include "codec/compress.h"

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

struct hf_dictionary *hf_dictionary_new_writer(const void *bytes, size_t length, int level,
                                               struct hf_error *err)
{
    struct hf_dictionary *dictionary = calloc(1, sizeof *dictionary);
    if (dictionary)
        dictionary->write = ZSTD_createCDict(bytes, length, level);
    if (!dictionary || !dictionary->write) {
        hf_dictionary_free(dictionary);
        hf_error_memory(err);
        return NULL;
    }
    return dictionary;
}

struct hf_dictionary *hf_dictionary_new_reader(const void *bytes, size_t length,
                                               struct hf_error *err)
{
    if (!ZDICT_getDictID(bytes, length) || ZDICT_isError(ZDICT_getDictHeaderSize(bytes, length))) {
        hf_error_set(err, HF_CORRUPT, "these %zu bytes are no dictionary", length);
        return NULL;
    }
    struct hf_dictionary *dictionary = calloc(1, sizeof *dictionary);
    if (dictionary)
        dictionary->read = ZSTD_createDDict(bytes, length);
    if (!dictionary || !dictionary->read) {
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

int hf_dictionary_train(struct hf_buf *out, const void *samples, size_t count, size_t size,
                        struct hf_error *err)
{
    size_t *sizes = calloc(count ? count : 1, sizeof *sizes);
    hf_auto_free void *owned = sizes;
    if (!sizes || hf_buf_reserve(out, 112640, err))
        return hf_error_memory(err);
    for (size_t i = 0; i < count; i++)
        sizes[i] = size;
    size_t made =
        ZDICT_trainFromBuffer(out->data + out->length, 112640, samples, sizes, (unsigned)count);
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
    return 0;
}

int hf_compress(struct hf_compressor *compressor, const struct hf_dictionary *dictionary,
                const void *in, size_t length, uint8_t *out, size_t capacity, size_t *made,
                struct hf_error *err)
{
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
