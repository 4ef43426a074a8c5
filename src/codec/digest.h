/*
 * BLAKE2b-256 without key (RFC 7693): what every object in a repository ends in.
 */
#ifndef HF_CODEC_DIGEST_H
#define HF_CODEC_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum { HF_DIGEST_BYTES = 32 };

/* Single-owner; aligned as libsodium's state wants it. */
struct hf_digest {
    _Alignas(64) uint8_t state[384];
};

void hf_digest_init(struct hf_digest *digest);
void hf_digest_update(struct hf_digest *digest, const void *bytes, size_t length);
void hf_digest_final(struct hf_digest *digest, uint8_t out[HF_DIGEST_BYTES]);

void hf_digest_of(uint8_t out[HF_DIGEST_BYTES], const void *bytes, size_t length);

#endif
