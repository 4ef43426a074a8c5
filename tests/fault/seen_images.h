/*
 * Images of a disk that were proven already: two with the same files have the same future.
 */
#ifndef HF_TESTS_FAULT_SEEN_IMAGES_H
#define HF_TESTS_FAULT_SEEN_IMAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct seen_images {
    struct hf_buf digests;
};

/* False when the same files were seen with the same `when`: what must hold of them may differ. */
bool seen_images_add(struct seen_images *seen, const char *directory, uint64_t when);

static inline void seen_images_release(struct seen_images *seen)
{
    hf_buf_release(&seen->digests);
}

#endif
