/*
 * Where a repository's objects live: a flat space of keys ("keys/ab12", "databases/../...")
 * and immutable bytes.
 *
 * What every kind of store promises, and tests/store/conformance.c holds it to:
 * - put and upload are all or nothing and durable when they return 0; a key never shows a
 *   part of its bytes. They never replace: a key that exists is HF_EXISTS when the store can
 *   tell (`put_if_absent` says whether it always can), for an upload at its commit. What is
 *   there then is as durable as if this put had succeeded.
 * - after a failed put the object is there whole or not at all; the caller may look and try again.
 * - what was put is seen by every read and list that begins after the put returned.
 * - list gives keys in byte order, each once.
 * - remove is durable; a key that is not there is success.
 * - a missing object is HF_NOT_FOUND; a store that cannot be talked to is HF_UNREACHABLE; bytes
 *   are never made up: a short read is an error.
 * Keys are ASCII [a-z0-9._/-], at most 512 bytes; their parts between slashes are not empty, at
 * most 240 bytes and do not begin with a dot. No key is another key's beginning up to a slash
 * ("a" and "a/b" never both exist: a directory could not hold them).
 * All functions may be called from several threads; one upload belongs to one thread at a time.
 */
#ifndef HF_STORE_STORE_H
#define HF_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"

struct hf_store;
struct hf_upload;

enum { HF_KEY_MAX = 512 };

struct hf_stored {
    const char *key; /* lives until the callback returns */
    uint64_t size;
    int64_t received; /* by the store's clock, ms since 1970 UTC */
};

/* What somebody remembers of an earlier listing. Objects never change: only whether they are still
 * there has to be looked up. */
struct hf_store_known {
    bool (*find)(void *arg, struct hf_stored *object); /* by its key; fills in the rest */
    void *arg;
};

/* What a kind implements. Keys are valid and `err` is never NULL when store.c calls these. */
struct hf_store_ops {
    const char *kind; /* "directory", "memory" */
    bool put_if_absent;
    int (*put)(struct hf_store *store, const char *key, const void *bytes, size_t length,
               struct hf_error *err);
    struct hf_upload *(*upload_begin)(struct hf_store *store, const char *key,
                                      struct hf_error *err);
    int (*read)(struct hf_store *store, const char *key, uint64_t offset, void *out, size_t length,
                struct hf_error *err);
    int (*stat)(struct hf_store *store, const char *key, struct hf_stored *out,
                struct hf_error *err);
    int (*list)(struct hf_store *store, const char *prefix, const char *after,
                int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err),
                void *arg, struct hf_error *err);
    /* NULL: list, which costs no more. */
    int (*list_again)(struct hf_store *store, const char *prefix,
                      const struct hf_store_known *known,
                      int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err),
                      void *arg, struct hf_error *err);
    int (*remove)(struct hf_store *store, const char *key, struct hf_error *err);
    void (*free)(struct hf_store *store);
};

/* Every kind's struct begins with this. */
struct hf_store {
    const struct hf_store_ops *ops;
};

struct hf_upload_ops {
    int (*write)(struct hf_upload *upload, const void *bytes, size_t length, struct hf_error *err);
    int (*commit)(struct hf_upload *upload, struct hf_error *err);
    void (*free)(struct hf_upload *upload);
};

struct hf_upload {
    const struct hf_upload_ops *ops;
    bool failed; /* store.c's: a write failed, so that commit must */
    bool ended;  /* store.c's: commit was called */
};

/* True for what may be a key. */
bool hf_key_is_valid(const char *key);

int hf_store_put(struct hf_store *store, const char *key, const void *bytes, size_t length,
                 struct hf_error *err);

/* An object of unknown length, written from its beginning. Caller frees; free without commit leaves
 * nothing under the key. After commit, whether it worked or not, only free may be called. */
struct hf_upload *hf_store_upload(struct hf_store *store, const char *key, struct hf_error *err);
int hf_upload_write(struct hf_upload *upload, const void *bytes, size_t length,
                    struct hf_error *err);
int hf_upload_commit(struct hf_upload *upload, struct hf_error *err);
void hf_upload_free(struct hf_upload *upload);
HF_AUTO_FREE(hf_upload)

/* Exactly `length` bytes from `offset`; an object that ends before is HF_CORRUPT, and what `out`
 * holds then means nothing. */
int hf_store_read(struct hf_store *store, const char *key, uint64_t offset, void *out,
                  size_t length, struct hf_error *err);

/* `out->key` is the caller's `key`. */
int hf_store_stat(struct hf_store *store, const char *key, struct hf_stored *out,
                  struct hf_error *err);

/* Appends a small object; one larger than `limit` is HF_CORRUPT. */
int hf_store_get(struct hf_store *store, const char *key, size_t limit, struct hf_buf *out,
                 struct hf_error *err);

/* Keys that begin with `prefix` and sort after `after` ("" for all), in byte order; both are keys
 * or beginnings of keys. A callback that returns non-zero has filled `err` and ends the listing,
 * which then returns -1. A callback may call the store; what it puts or removes may or may not be
 * listed. */
int hf_store_list(struct hf_store *store, const char *prefix, const char *after,
                  int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err),
                  void *arg, struct hf_error *err);

/* The same of all that begins with `prefix`, cheaper for who knows most of it already. */
int hf_store_list_again(struct hf_store *store, const char *prefix,
                        const struct hf_store_known *known,
                        int (*each)(void *arg, const struct hf_stored *object,
                                    struct hf_error *err),
                        void *arg, struct hf_error *err);

int hf_store_remove(struct hf_store *store, const char *key, struct hf_error *err);

/* NULL is fine. */
void hf_store_free(struct hf_store *store);
HF_AUTO_FREE(hf_store)

#endif
