/*
 * Bytes that are written once from their beginning and then read from any place: in memory while
 * they are few, else in a temporary file without a name. Single-owner.
 */
#ifndef HF_STORE_SPOOL_H
#define HF_STORE_SPOOL_H

#include "base/bytes.h"
#include "os/env.h"

struct hf_spool {
    const struct hf_env *env;
    struct hf_buf memory;
    size_t memory_limit;
    int fd; /* -1: all is in memory */
    uint64_t length;
};

/* Up to `memory_limit` bytes stay in memory. The file is in $TMPDIR, else in /var/tmp, which, other
 * than /tmp, is never memory itself. */
void hf_spool_init(struct hf_spool *spool, const struct hf_env *env, size_t memory_limit);
void hf_spool_release(struct hf_spool *spool);
HF_AUTO_RELEASE(hf_spool)

int hf_spool_append(struct hf_spool *spool, const void *bytes, size_t length, struct hf_error *err);

/* Exactly `length` bytes, which must be there. */
int hf_spool_read(const struct hf_spool *spool, uint64_t offset, void *out, size_t length,
                  struct hf_error *err);

#endif
