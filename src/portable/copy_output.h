/*
 * Where a portable copy goes: compressed and encrypted as asked, into a file that appears whole or
 * not at all, or into the caller's own sink.
 */
#ifndef HF_PORTABLE_COPY_OUTPUT_H
#define HF_PORTABLE_COPY_OUTPUT_H

#include <stdint.h>

#include "base/cleanup.h"
#include "base/stream.h"
#include "codec/age.h"
#include "os/env.h"

enum hf_copy_packing { HF_COPY_PLAIN, HF_COPY_GZIP, HF_COPY_ZSTD };

struct hf_copy_output_options {
    const char *to;             /* a file, mode 0600, which takes the place of what is there; a
                                   database or a device is HF_REFUSED */
    const struct hf_sink *sink; /* instead of `to`; is finished at commit */
    enum hf_copy_packing packing;
    const struct hf_age_encryption *encryption; /* NULL: none. `random` is filled in */
};

/* Single-owner. */
struct hf_copy_output;
struct hf_copy_output *hf_copy_output_new(const struct hf_copy_output_options *options,
                                          const struct hf_env *env, struct hf_error *err);

/* Takes the JSON text. Borrowed; not to be finished. */
const struct hf_sink *hf_copy_output_sink(const struct hf_copy_output *output);

/* Ends all filters and puts the file under its name. */
int hf_copy_output_commit(struct hf_copy_output *output, struct hf_error *err);

/* What has been written to the file or sink. */
uint64_t hf_copy_output_bytes(const struct hf_copy_output *output);

/* Without a commit nothing is left of the file. */
void hf_copy_output_free(struct hf_copy_output *output);
HF_AUTO_FREE(hf_copy_output)

#endif
