#include "codec/seal.h"

#include <sodium.h>
#include <string.h>

#include "base/bytes.h"

_Static_assert(HF_SEAL_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");
_Static_assert(HF_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(HF_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");

void hf_seal_nonce(uint8_t nonce[HF_NONCE_BYTES], uint64_t number)
{
    memset(nonce, 0, HF_NONCE_BYTES);
    hf_put_le(nonce, 8, number);
}

void hf_seal(uint8_t *out, const struct hf_key *key, const uint8_t nonce[HF_NONCE_BYTES],
             const void *extra, size_t extra_length, const uint8_t *in, size_t length)
{
    crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, in, length, extra, extra_length, NULL,
                                               nonce, key->bytes);
}

int hf_open(uint8_t *out, const struct hf_key *key, const uint8_t nonce[HF_NONCE_BYTES],
            const void *extra, size_t extra_length, const uint8_t *in, size_t length)
{
    if (length < HF_SEAL_BYTES)
        return -1;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, in, length, extra, extra_length,
                                                   nonce, key->bytes) == 0)
        return 0;
    memset(out, 0, length - HF_SEAL_BYTES);
    return -1;
}
