/*
 * The kinds of store. Each is made here and used through store/store.h.
 */
#ifndef HF_STORE_KINDS_H
#define HF_STORE_KINDS_H

#include "os/env.h"
#include "store/store.h"

/*
 * A local directory, made with its parents when the first object is put (mode 0700; files 0600).
 * Keys are paths in it; whatever has a name that no key can have is not seen. A directory that is
 * not there is an empty store, until this store has seen it once: from then on its absence, like
 * a path that is not a directory, is HF_UNREACHABLE (a disk was unmounted, and an empty listing
 * would be a lie). `received` is the inode's change time: nobody can set it, it is never before the
 * moment the object appeared, and copying or touching a repository can only make objects look
 * younger, which keeps them longer.
 */
struct hf_store *hf_store_directory_new(const struct hf_env *env, const char *path,
                                        struct hf_error *err);

/* In memory, gone when it is freed. `env` for its clock. */
struct hf_store *hf_store_memory_new(const struct hf_env *env, struct hf_error *err);

/* The same without put-if-absent: a put or upload takes the place of what is there, as some servers
 * do. */
struct hf_store *hf_store_memory_replacing_new(const struct hf_env *env, struct hf_error *err);

struct hf_retry_options {
    int attempts;         /* tries in all, 1 or more */
    int64_t first_wait;   /* ms before the second try; doubles, with a random half */
    int64_t longest_wait; /* ms */
    int (*wait)(void *context, int64_t milliseconds); /* NULL: sleeps; non-zero return gives up */
    void *context;
};

/*
 * Tries again what failed with HF_IO or HF_UNREACHABLE (nothing else can get better). Owns `inner`,
 * and frees it even when it fails. A put that is found to have happened (same bytes under the key,
 * after a lost reply) is a success. An upload is kept in memory up to 8 MiB, else in an unlinked
 * temporary file, so that it can be sent again.
 */
struct hf_store *hf_store_retry_new(struct hf_store *inner, const struct hf_env *env,
                                    const struct hf_retry_options *options, struct hf_error *err);

/* What went through counting stores on this thread since it began: whoever works for one database
 * at a time takes the difference. */
struct hf_traffic {
    uint64_t requests;
    uint64_t sent; /* bytes of objects */
};
struct hf_traffic hf_store_traffic(void);

/* Counts, and hands everything on. Owns `inner`, and frees it even when it fails. */
struct hf_store *hf_store_counting_new(struct hf_store *inner, struct hf_error *err);

#endif
