/*
 * Listing the keys of a directory store: a walk in byte order of whole keys that holds one
 * directory a level in memory.
 */
#ifndef HF_STORE_DIRECTORY_LIST_H
#define HF_STORE_DIRECTORY_LIST_H

#include "os/env.h"
#include "store/store.h"

/* As hf_store_list; what is `known` (may be NULL) is not looked at. Directories that are not there
 * count as empty, and so do objects that vanish meanwhile. */
int hf_directory_list(const struct hf_env *env, const char *root, const char *prefix,
                      const char *after, const struct hf_store_known *known,
                      int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err),
                      void *arg, struct hf_error *err);

/* The moment that the store says it received the object: see store/kinds.h. */
int64_t hf_directory_received(const struct stat *status);

#endif
