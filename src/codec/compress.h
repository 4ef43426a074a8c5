/*
 * zstd frames of pages, with an optional dictionary shared by many frames.
 */
#ifndef HF_CODEC_COMPRESS_H
#define HF_CODEC_COMPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/cleanup.h"

enum { HF_COMPRESSION_LEVEL = 3, HF_DICTIONARY_LIMIT = 1 << 20 };

/* Immutable once made: any number of threads may use it. */
struct hf_dictionary;

/* For compression at `level` from dictionary bytes (copied). */
struct hf_dictionary *hf_dictionary_new_writer(const void *bytes, size_t length, int level,
                                               struct hf_error *err);
/* For decompression. Bytes that are no dictionary are HF_CORRUPT. */
struct hf_dictionary *hf_dictionary_new_reader(const void *bytes, size_t length,
                                               struct hf_error *err);
void hf_dictionary_free(struct hf_dictionary *dictionary);
HF_AUTO_FREE(hf_dictionary)

/*
 * Makes dictionary bytes (at most HF_DICTIONARY_LIMIT) from sample pages, `count` samples of
 * `size` bytes each, one after another. Appends to `out`; appends nothing when the samples are
 * too few to make a dictionary that is worth its bytes.
 */
int hf_dictionary_train(struct hf_buf *out, const void *samples, size_t count, size_t size,
                        struct hf_error *err);

/* One thread's contexts for both directions; a context is made when it is first needed. */
struct hf_compressor;
struct hf_compressor *hf_compressor_new(int level, struct hf_error *err);
void hf_compressor_free(struct hf_compressor *compressor);
HF_AUTO_FREE(hf_compressor)

/* The most that `length` bytes can become. */
size_t hf_compress_bound(size_t length);

/* Compresses into `out` (`capacity` at least hf_compress_bound). `dictionary` may be NULL; with one,
 * its level counts. Writes the length to `*made`. */
int hf_compress(struct hf_compressor *compressor, const struct hf_dictionary *dictionary,
                const void *in, size_t length, uint8_t *out, size_t capacity, size_t *made,
                struct hf_error *err);

/* Must give exactly `expected` bytes, else HF_CORRUPT; memory use is bounded by it. */
int hf_decompress(struct hf_compressor *compressor, const struct hf_dictionary *dictionary,
                  const void *in, size_t length, uint8_t *out, size_t expected,
                  struct hf_error *err);

#endif
