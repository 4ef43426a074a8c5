/*
 * Keys: 32 secret bytes, derived from one another by keyed BLAKE2b-256 (RFC 7693).
 * A key has no formatter, is compared by nobody, and is wiped by its release.
 */
#ifndef HF_CODEC_KEY_H
#define HF_CODEC_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

enum { HF_KEY_BYTES = 32 };

struct hf_key {
    uint8_t bytes[HF_KEY_BYTES];
};

/* Must succeed once before anything else of codec is used. May be called again. */
int hf_codec_init(struct hf_error *err);

/*
 * out = BLAKE2b-256 with key `from` over: length of label (one byte), label, context.
 * `label` is ASCII, at most 255 bytes; different uses have different labels.
 */
void hf_key_derive(struct hf_key *out, const struct hf_key *from, const char *label,
                   const void *context, size_t length);

/* Argon2id (RFC 9106), lanes 1. `memory` in bytes. */
struct hf_argon {
    uint8_t salt[16];
    uint32_t passes;
    uint64_t memory;
};

enum { HF_ARGON_PASSES = 3, HF_ARGON_MEMORY = 64 << 20 };

/* Key from a passphrase. Parameters above 16 passes or 1 GiB are HF_CORRUPT (whoever can write to
 * the store must not be able to exhaust the host), as are those below Argon2id's own least, 1 pass
 * and 8 KiB. HF_NO_MEMORY when it cannot be had. */
int hf_key_from_passphrase(struct hf_key *out, const char *passphrase, const struct hf_argon *argon,
                           struct hf_error *err);

/* Key from the contents of a keyfile: derived, with an all-zero key and the label "keyfile", from
 * all of its bytes. Fewer than 32 bytes are HF_CONFIG. */
int hf_key_from_keyfile(struct hf_key *out, const void *bytes, size_t length, struct hf_error *err);

/* The recovery key as people copy it: 32 bytes of key and 3 of BLAKE2b-256 over them as check,
 * in Crockford's Base32, 56 characters in groups of 4 joined by "-". */
enum { HF_RECOVERY_TEXT = 70 };
void hf_key_to_recovery_text(char out[HF_RECOVERY_TEXT], const struct hf_key *key);

/* Takes it back: case, blanks and dashes are ignored, O reads as 0, I and L as 1.
 * HF_WRONG_KEY, with the reason (length, character and position, check), when it is not one. */
int hf_key_from_recovery_text(struct hf_key *out, const char *text, struct hf_error *err);

void hf_key_release(struct hf_key *key); /* wipes */
HF_AUTO_RELEASE(hf_key)

/* Wipes memory that held a secret; not optimised away. */
void hf_wipe(void *memory, size_t length);

#endif
