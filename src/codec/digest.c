#include "codec/digest.h"

#include <sodium.h>

enum { ALIGNMENT = _Alignof(crypto_generichash_state) };

_Static_assert(sizeof(crypto_generichash_state) + ALIGNMENT - 1 <= sizeof(struct hf_digest),
               "the state fits wherever the digest lies");

static crypto_generichash_state *state_of(struct hf_digest *digest)
{
    uintptr_t place = (uintptr_t)digest->state;
    size_t skipped = (ALIGNMENT - place % ALIGNMENT) % ALIGNMENT;
    return (crypto_generichash_state *)(void *)(digest->state + skipped);
}

void hf_digest_init(struct hf_digest *digest)
{
    crypto_generichash_init(state_of(digest), NULL, 0, HF_DIGEST_BYTES);
}

void hf_digest_update(struct hf_digest *digest, const void *bytes, size_t length)
{
    crypto_generichash_update(state_of(digest), bytes, length);
}

void hf_digest_final(struct hf_digest *digest, uint8_t out[HF_DIGEST_BYTES])
{
    crypto_generichash_final(state_of(digest), out, HF_DIGEST_BYTES);
}

void hf_digest_of(uint8_t out[HF_DIGEST_BYTES], const void *bytes, size_t length)
{
    crypto_generichash(out, HF_DIGEST_BYTES, bytes, length, NULL, 0);
}
