/*
 * Authenticated encryption: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), from libsodium.
 * Thread-safe: no state.
 */
#ifndef HF_CODEC_SEAL_H
#define HF_CODEC_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "codec/key.h"

enum { HF_SEAL_BYTES = 16, HF_NONCE_BYTES = 24 };

/* The nonce of a numbered message under a key used for nothing else: 8 bytes little-endian, 16
 * zero. A number must never be used twice under one key. */
void hf_seal_nonce(uint8_t nonce[HF_NONCE_BYTES], uint64_t number);

/* Writes length + HF_SEAL_BYTES bytes to `out` (may be `in`). `extra` is authenticated only. */
void hf_seal(uint8_t *out, const struct hf_key *key, const uint8_t nonce[HF_NONCE_BYTES],
             const void *extra, size_t extra_length, const uint8_t *in, size_t length);

/* Writes length - HF_SEAL_BYTES bytes to `out` (may be `in`). -1 when it is not authentic, with
 * `out` cleared; the caller knows what that means and says so. */
int hf_open(uint8_t *out, const struct hf_key *key, const uint8_t nonce[HF_NONCE_BYTES],
            const void *extra, size_t extra_length, const uint8_t *in, size_t length);

#endif
