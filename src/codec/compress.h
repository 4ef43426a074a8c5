/*
 * zstd frames of pages, with an optional dictionary shared by many frames.
 */
#ifndef HF_CODEC_COMPRESS_H
#define HF_CODEC_COMPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/cleanup.h"

enum {
    HF_COMPRESSION_LEVEL = 3,
    HF_COMPRESSION_QUICK = 2, /* for what is merged soon: a quarter of the replicator's time less */
    HF_COMPRESSION_FRAME = 128 << 10, /* what the parameters are made for; others work too */
    HF_DICTIONARY_LIMIT = 1 << 20,    /* of the format; those made here are 256 KiB at most */
};

/* Immutable once made: any number of threads may use it. */
struct hf_dictionary;

/*
 * For compression at `level` from dictionary bytes (copied): 0.7 MiB of memory. Bytes that are no
 * dictionary are HF_CORRUPT here and for the reader, which takes 0.3 MiB.
 */
struct hf_dictionary *hf_dictionary_new_writer(const void *bytes, size_t length, int level,
                                               struct hf_error *err);
struct hf_dictionary *hf_dictionary_new_reader(const void *bytes, size_t length,
                                               struct hf_error *err);
void hf_dictionary_free(struct hf_dictionary *dictionary);
HF_AUTO_FREE(hf_dictionary)

/*
 * Makes dictionary bytes from sample pages, `count` samples of `size` bytes each, one after
 * another. Appends to `out`; appends nothing when the samples are too few (under 768 KiB) or too
 * unlike one another to make a dictionary that is worth its bytes. The same samples always give
 * the same bytes.
 *
 * Samples should be runs of 4 neighbouring pages (16 KiB, if that is more), spread evenly over the
 * pages to be compressed, an eighth of them or HF_DICTIONARY_SAMPLES bytes, whichever is less.
 * With all of these it takes 0.1 s and, while it lasts, 7 MiB of memory.
 */
enum { HF_DICTIONARY_SAMPLES = 6 << 20 };
int hf_dictionary_train(struct hf_buf *out, const void *samples, size_t count, size_t size,
                        struct hf_error *err);

/* One thread's contexts for both directions; a context is made when it is first needed: 1 MiB to
 * compress, 0.2 MiB to decompress, whatever is done with it. */
struct hf_compressor;
struct hf_compressor *hf_compressor_new(int level, struct hf_error *err);
void hf_compressor_free(struct hf_compressor *compressor);
HF_AUTO_FREE(hf_compressor)

/*
 * Room for HF_COMPRESSION_FRAME bytes that belongs to the compressor, always the same. With a
 * dictionary, decompressing into its beginning takes two thirds of the time that it takes
 * elsewhere, as the dictionary is kept right before it; changing between dictionaries costs a copy
 * of one. What is in it after a failure, and behind the bytes of a frame, is undefined. NULL only
 * for memory.
 */
uint8_t *hf_compressor_room(struct hf_compressor *compressor, struct hf_error *err);

/* The most that `length` bytes can become. */
size_t hf_compress_bound(size_t length);

/* Compresses into `out` (`capacity` at least hf_compress_bound). `dictionary` may be NULL; with
 * one, its level counts. Writes the length to `*made`. Deterministic for one version of zstd. */
int hf_compress(struct hf_compressor *compressor, const struct hf_dictionary *dictionary,
                const void *in, size_t length, uint8_t *out, size_t capacity, size_t *made,
                struct hf_error *err);

/* Must give exactly `expected` bytes, else HF_CORRUPT; memory use is bounded by it. */
int hf_decompress(struct hf_compressor *compressor, const struct hf_dictionary *dictionary,
                  const void *in, size_t length, uint8_t *out, size_t expected,
                  struct hf_error *err);

#endif
