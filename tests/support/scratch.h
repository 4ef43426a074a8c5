/*
 * A directory of its own for each test, and files in it. What goes wrong here fails the test that
 * called.
 */
#ifndef HF_TESTS_SUPPORT_SCRATCH_H
#define HF_TESTS_SUPPORT_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/cleanup.h"

struct hf_scratch {
    char path[256];
};

/* A new, empty directory in $TMPDIR, else in /tmp. */
void hf_scratch_init(struct hf_scratch *scratch);

/* Removes it with all that is in it. Fine to call twice. */
void hf_scratch_release(struct hf_scratch *scratch);
HF_AUTO_RELEASE(hf_scratch)

/* "<scratch>/<name>". Caller frees. */
char *hf_scratch_path(const struct hf_scratch *scratch, const char *name);

/* Makes or replaces the file; not durable. */
void hf_scratch_write(const char *path, const void *bytes, size_t length);

/* Appends the whole file. */
void hf_scratch_read(const char *path, struct hf_buf *out);

bool hf_scratch_exists(const char *path);
uint64_t hf_scratch_size(const char *path);
bool hf_scratch_same(const char *path, const char *other);

/* How many entries the directory has; 0 when it is not there. */
int hf_scratch_count(const char *directory);

/* Also a single file; fine when it is not there. Does not follow links. */
void hf_scratch_remove(const char *path);

/* Copies a file, or a directory with all that is in it, to a path that is not there. */
void hf_scratch_copy(const char *from, const char *to);

/* Flips one bit in place. */
void hf_scratch_flip(const char *path, uint64_t byte, int bit);

/* The same bytes for the same seed, that do not compress. */
void hf_scratch_fill(void *out, size_t length, uint64_t seed);

#endif
