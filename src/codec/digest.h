/*
 * BLAKE2b-256 without key (RFC 7693): what every object in a repository ends in.
 */
#ifndef HF_CODEC_DIGEST_H
#define HF_CODEC_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { HF_DIGEST_BYTES = 32 };

/* Single-owner; not to be copied or moved while in use. libsodium wants its state aligned to 64
 * bytes, which neither malloc nor every stack gives: there is room to align it within. */
struct hf_digest {
    uint8_t state[384 + 64];
};

void hf_digest_init(struct hf_digest *digest);
void hf_digest_update(struct hf_digest *digest, const void *bytes, size_t length);
void hf_digest_final(struct hf_digest *digest, uint8_t out[HF_DIGEST_BYTES]);

void hf_digest_of(uint8_t out[HF_DIGEST_BYTES], const void *bytes, size_t length);

#endif
