/*
 * The directory that a store is in: whether it is there, and still the one that it was. May be
 * asked from any thread.
 */
#ifndef HF_STORE_DIRECTORY_ROOT_H
#define HF_STORE_DIRECTORY_ROOT_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "os/env.h"

struct hf_directory_root {
    const struct hf_env *env;
    char *path;
    pthread_mutex_t lock; /* the next three */
    bool seen;            /* it was there once, and was this directory */
    dev_t device;
    ino_t inode;
};

int hf_directory_root_init(struct hf_directory_root *out, const struct hf_env *env,
                           const char *path, struct hf_error *err);
void hf_directory_root_release(struct hf_directory_root *root);

/* Why the store as a whole cannot be used, or 0 (which an absent root is, until it was seen). */
int hf_directory_root_check(struct hf_directory_root *root, bool *absent, struct hf_error *err);

/* Called when an operation failed: finds out whether it is the store that is gone, and says what a
 * person can do. Returns -1. */
int hf_directory_explain(struct hf_directory_root *root, struct hf_error *err);

#endif
