/*
 * Random numbers that are the same for the same seed: splitmix64 (Steele, Lea, Flood 2014).
 * The state is the seed itself.
 */
#ifndef HF_TESTS_SUPPORT_SEEDED_H
#define HF_TESTS_SUPPORT_SEEDED_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hf_seeded_next(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline void hf_seeded_fill(uint64_t *seed, void *out, size_t length)
{
    for (size_t done = 0; done < length; done += 8) {
        uint64_t bits = hf_seeded_next(seed);
        memcpy((char *)out + done, &bits, length - done < 8 ? length - done : 8);
    }
}

#endif
