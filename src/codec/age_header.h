/*
 * The header of an age file: recipient stanzas that wrap the file key, and a MAC.
 */
#ifndef HF_CODEC_AGE_HEADER_H
#define HF_CODEC_AGE_HEADER_H

#include "base/bytes.h"
#include "codec/age.h"

enum { HF_AGE_FILE_KEY = 16, HF_AGE_NONCE = 16, HF_AGE_PAYLOAD_KEY = 32 };

struct hf_age_file_key {
    uint8_t bytes[HF_AGE_FILE_KEY];
};

void hf_age_file_key_release(struct hf_age_file_key *key); /* wipes */
HF_AUTO_RELEASE(hf_age_file_key)

/* Appends the whole header, from its magic to the newline after the MAC. */
int hf_age_header_write(struct hf_buf *out, const struct hf_age_file_key *key,
                        const struct hf_age_encryption *how, struct hf_error *err);

/* `text` is the whole header. Errors as hf_age_reader_new. */
int hf_age_header_open(struct hf_age_file_key *key, const char *text, size_t length,
                       const struct hf_age_decryption *how, struct hf_error *err);

/* HKDF-SHA256 (RFC 5869) with 32 bytes of output. */
void hf_age_derive(uint8_t out[32], const void *secret, size_t secret_length, const void *salt,
                   size_t salt_length, const char *info);

#endif
