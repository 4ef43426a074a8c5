/*
 * Where a portable copy comes from: a file, or a stream that can be read only once. Compression and
 * encryption are told by their first bytes, whatever the name says, one in the other up to four
 * times. Also used for copies in the forms that applications write.
 */
#ifndef HF_PORTABLE_COPY_INPUT_H
#define HF_PORTABLE_COPY_INPUT_H

#include <stdint.h>

#include "base/cleanup.h"
#include "base/stream.h"
#include "codec/age.h"
#include "os/env.h"

struct hf_copy_input_options {
    const char *path;               /* a file; in messages also what `stream` is called */
    const struct hf_source *stream; /* instead of the file; kept in a nameless file meanwhile */
    const char *spool_beside;       /* with `stream`: a path in whose directory that is (0600) */
    struct hf_age_decryption keys;  /* borrowed */
    uint64_t most_text;             /* bytes of it that are given; then HF_REFUSED. 0: all of it */
};

/* Single-owner. HF_WRONG_KEY, with a hint, for an encrypted copy that nothing given opens. */
struct hf_copy_input;
struct hf_copy_input *hf_copy_input_new(const struct hf_copy_input_options *options,
                                        const struct hf_env *env, struct hf_error *err);
void hf_copy_input_free(struct hf_copy_input *input);
HF_AUTO_FREE(hf_copy_input)

/* Begins to give the text; again from its first byte at each call. Borrowed until the next. */
const struct hf_source *hf_copy_input_text(struct hf_copy_input *input, struct hf_error *err);

/* For messages. */
const char *hf_copy_input_name(const struct hf_copy_input *input);

/* Bytes of the file that have been read since then, and in all. */
uint64_t hf_copy_input_done(const struct hf_copy_input *input);
uint64_t hf_copy_input_size(const struct hf_copy_input *input);

#endif
