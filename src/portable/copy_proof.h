/*
 * The checksum of a whole portable copy: BLAKE2b-256 over every byte before its last lines,
 *
 *   <newline>  "checksum": "blake2b-256:<64 hexadecimal digits>"<newline>}<newline>
 *
 * so that a bit flipped anywhere is noticed, whatever it is part of.
 */
#ifndef HF_PORTABLE_COPY_PROOF_H
#define HF_PORTABLE_COPY_PROOF_H

#include <stdbool.h>

#include "base/stream.h"
#include "portable/copy_hash.h"

enum { HF_COPY_TAIL = 16 + HF_COPY_CHECKSUM_TEXT - 1 + 4 };

/* While writing: passes on to `below` what `sink` is given. Single-owner; not to be moved. */
struct hf_copy_seal {
    struct hf_sink sink;
    const struct hf_sink *below;
    struct hf_digest digest;
};

void hf_copy_seal_init(struct hf_copy_seal *seal, const struct hf_sink *below);

/* Writes the comma and the last lines; the document must lack nothing but these. */
int hf_copy_seal_close(struct hf_copy_seal *seal, char checksum[HF_COPY_CHECKSUM_TEXT],
                       struct hf_error *err);

/* While reading: gives what `below` gives. Single-owner; not to be moved. */
struct hf_copy_proof {
    struct hf_source source;
    const struct hf_source *below;
    struct hf_digest digest;
    char tail[HF_COPY_TAIL]; /* the last bytes so far, not yet in the digest */
    size_t tail_length;
};

void hf_copy_proof_init(struct hf_copy_proof *proof, const struct hf_source *below);

/* After the end of the source: are the last lines these, and is the checksum right? */
bool hf_copy_proof_holds(struct hf_copy_proof *proof);

/* What to do about a copy that is not as it was written. -1. */
int hf_copy_proof_hint(struct hf_error *err);

#endif
