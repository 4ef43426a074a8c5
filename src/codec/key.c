#include "codec/key.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

int hf_codec_init(struct hf_error *err)
{
    if (sodium_init() < 0)
        return hf_error_set(err, HF_FAILED, "libsodium cannot be initialised");
    return 0;
}

void hf_key_derive(struct hf_key *out, const struct hf_key *from, const char *label,
                   const void *context, size_t length)
{
    size_t label_length = strlen(label);
    assert(label_length <= 255);
    uint8_t prefix = (uint8_t)label_length;
    crypto_generichash_state state;
    crypto_generichash_init(&state, from->bytes, HF_KEY_BYTES, HF_KEY_BYTES);
    crypto_generichash_update(&state, &prefix, 1);
    crypto_generichash_update(&state, (const uint8_t *)label, label_length);
    crypto_generichash_update(&state, context, length);
    crypto_generichash_final(&state, out->bytes, HF_KEY_BYTES);
    hf_wipe(&state, sizeof state);
}

enum { ARGON_MOST_PASSES = 16, ARGON_LEAST_MEMORY = 8 << 10, ARGON_MOST_MEMORY = 1 << 30 };

int hf_key_from_passphrase(struct hf_key *out, const char *passphrase, const struct hf_argon *argon,
                           struct hf_error *err)
{
    _Static_assert(sizeof argon->salt == crypto_pwhash_SALTBYTES, "salt of Argon2id");
    if (argon->passes < 1 || argon->passes > ARGON_MOST_PASSES ||
        argon->memory < ARGON_LEAST_MEMORY || argon->memory > ARGON_MOST_MEMORY)
        return hf_error_set(err, HF_CORRUPT,
                            "Argon2id with %u passes over %llu bytes is outside of what is allowed",
                            (unsigned)argon->passes, (unsigned long long)argon->memory);
    struct hf_key key;
    if (crypto_pwhash(key.bytes, HF_KEY_BYTES, passphrase, strlen(passphrase), argon->salt,
                      argon->passes, (size_t)argon->memory, crypto_pwhash_ALG_ARGON2ID13)) {
        hf_key_release(&key);
        return hf_error_set(err, HF_NO_MEMORY, "Argon2id needs %llu MiB of memory: %s",
                            (unsigned long long)(argon->memory >> 20), strerror(errno));
    }
    *out = key;
    hf_key_release(&key);
    return 0;
}

int hf_key_from_keyfile(struct hf_key *out, const void *bytes, size_t length, struct hf_error *err)
{
    if (length < HF_KEY_BYTES)
        return hf_error_set(err, HF_CONFIG, "a keyfile needs at least %d bytes, this has %zu",
                            HF_KEY_BYTES, length);
    static const struct hf_key zero;
    hf_key_derive(out, &zero, "keyfile", bytes, length);
    return 0;
}

void hf_key_release(struct hf_key *key)
{
    hf_wipe(key->bytes, sizeof key->bytes);
}

void hf_wipe(void *memory, size_t length)
{
    sodium_memzero(memory, length);
}
