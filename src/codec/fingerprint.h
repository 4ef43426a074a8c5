/*
 * Fingerprints find changed pages and accidents at memory speed. They prove nothing against an
 * adversary: that is the seal's work.
 */
#ifndef HF_CODEC_FINGERPRINT_H
#define HF_CODEC_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

enum { HF_FINGERPRINT_SECRET = 192 };

/* Random for each database; kept sealed in its `about` object. */
struct hf_fingerprint_key {
    uint8_t secret[HF_FINGERPRINT_SECRET];
};

/* XXH3 64 with that secret over one page (512 bytes or more). Thread-safe. */
uint64_t hf_page_fingerprint(const struct hf_fingerprint_key *key, const void *page, size_t size);

/*
 * What one page adds to a state's fingerprint, which is the sum of these modulo 2^64 over pages
 * 1 .. count but the lock-byte page. With mix(x) the finaliser of SplitMix64
 * (x ^= x >> 30; x *= 0xbf58476d1ce4e5b9; x ^= x >> 27; x *= 0x94d049bb133111eb; x ^= x >> 31):
 * mix(fingerprint + mix(page + 0x9e3779b97f4a7c15)). `page` counts from 1.
 */
uint64_t hf_state_term(uint32_t page, uint64_t fingerprint);

/* The sum of what `count` pages from `first` on add, by their images of `size` bytes each, without
 * the page `but` (the lock-byte page). */
uint64_t hf_state_terms(const struct hf_fingerprint_key *key, uint32_t first, uint32_t count,
                        const uint8_t *images, size_t size, uint32_t but);

#endif
