#include "codec/fingerprint.h"

#include <assert.h>

/* The dispatching variant chooses AVX2 or AVX-512 at run time: three times the speed of the SSE2
 * that a baseline x86-64 build inlines. Elsewhere there is one variant. */
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

_Static_assert(HF_FINGERPRINT_SECRET >= XXH3_SECRET_SIZE_MIN, "secret is long enough");

uint64_t hf_page_fingerprint(const struct hf_fingerprint_key *key, const void *page, size_t size)
{
    assert(size >= 512);
    return XXH3_64bits_withSecret(page, size, key->secret, sizeof key->secret);
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9;
    x ^= x >> 27;
    x *= 0x94d049bb133111eb;
    return x ^ x >> 31;
}

uint64_t hf_state_term(uint32_t page, uint64_t fingerprint)
{
    return mix(fingerprint + mix(page + 0x9e3779b97f4a7c15));
}

uint64_t hf_state_terms(const struct hf_fingerprint_key *key, uint32_t first, uint32_t count,
                        const uint8_t *images, size_t size, uint32_t but)
{
    uint64_t terms = 0;
    for (uint32_t i = 0; i < count; i++)
        if (first + i != but)
            terms += hf_state_term(first + i, hf_page_fingerprint(key, images + i * size, size));
    return terms;
}
