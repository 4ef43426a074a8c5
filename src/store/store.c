#include "store/store.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum { PART_MAX = 240 };

static bool is_key_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/* A key, or the beginning of one. */
static bool is_prefix_valid(const char *prefix)
{
    size_t part = 0;
    if (strlen(prefix) > HF_KEY_MAX)
        return false;
    for (const char *at = prefix; *at; at++) {
        char c = *at;
        if (c == '/' ? !part : !is_key_character(c) || (c == '.' && !part))
            return false;
        part = c == '/' ? 0 : part + 1;
        if (part > PART_MAX)
            return false;
    }
    return true;
}

bool hf_key_is_valid(const char *key)
{
    size_t length = strlen(key);
    return length && key[length - 1] != '/' && is_prefix_valid(key);
}

/* Keys can come from what a person typed, so that a bad one is an error and not an assertion. */
static int check_key(const char *key, struct hf_error *err)
{
    if (hf_key_is_valid(key))
        return 0;
    return hf_error_set(err, HF_FAILED, "'%.600s' cannot be the key of an object", key);
}

/*
 * Kinds work on an error of their own: it is never NULL for them, and what they tried in vain
 * before they succeeded is not the caller's.
 */

int hf_store_put(struct hf_store *store, const char *key, const void *bytes, size_t length,
                 struct hf_error *err)
{
    struct hf_error local = {0};
    if (check_key(key, err))
        return -1;
    if (store->ops->put(store, key, bytes, length, &local) == 0)
        return 0;
    hf_error_pass(err, &local);
    return hf_error_wrap(err, "store object '%s'", key);
}

struct hf_upload *hf_store_upload(struct hf_store *store, const char *key, struct hf_error *err)
{
    struct hf_error local = {0};
    if (check_key(key, err))
        return NULL;
    struct hf_upload *upload = store->ops->upload_begin(store, key, &local);
    if (upload)
        return upload;
    hf_error_pass(err, &local);
    hf_error_wrap(err, "store object '%s'", key);
    return NULL;
}

int hf_upload_write(struct hf_upload *upload, const void *bytes, size_t length,
                    struct hf_error *err)
{
    struct hf_error local = {0};
    assert(!upload->ended);
    if (upload->failed)
        return hf_error_set(err, HF_FAILED, "an earlier write of this object failed");
    if (!length || upload->ops->write(upload, bytes, length, &local) == 0)
        return 0;
    upload->failed = true;
    hf_error_pass(err, &local);
    return hf_error_wrap(err, "store object");
}

int hf_upload_commit(struct hf_upload *upload, struct hf_error *err)
{
    struct hf_error local = {0};
    assert(!upload->ended);
    upload->ended = true;
    if (upload->failed)
        return hf_error_set(err, HF_FAILED, "an earlier write of this object failed");
    if (upload->ops->commit(upload, &local) == 0)
        return 0;
    hf_error_pass(err, &local);
    return hf_error_wrap(err, "store object");
}

void hf_upload_free(struct hf_upload *upload)
{
    if (upload)
        upload->ops->free(upload);
}

int hf_store_read(struct hf_store *store, const char *key, uint64_t offset, void *out,
                  size_t length, struct hf_error *err)
{
    struct hf_error local = {0};
    if (check_key(key, err))
        return -1;
    if (store->ops->read(store, key, offset, out, length, &local) == 0)
        return 0;
    hf_error_pass(err, &local);
    return hf_error_wrap(err, "read object '%s'", key);
}

int hf_store_stat(struct hf_store *store, const char *key, struct hf_stored *out,
                  struct hf_error *err)
{
    struct hf_error local = {0};
    struct hf_stored stored = {0};
    if (check_key(key, err))
        return -1;
    if (store->ops->stat(store, key, &stored, &local)) {
        hf_error_pass(err, &local);
        return hf_error_wrap(err, "look at object '%s'", key);
    }
    stored.key = key;
    *out = stored;
    return 0;
}

int hf_store_get(struct hf_store *store, const char *key, size_t limit, struct hf_buf *out,
                 struct hf_error *err)
{
    struct hf_stored stored = {0};
    if (hf_store_stat(store, key, &stored, err))
        return -1;
    if (stored.size > limit)
        return hf_error_set(err, HF_CORRUPT,
                            "object '%s' has %" PRIu64 " bytes where at most %zu are possible", key,
                            stored.size, limit);
    size_t length = (size_t)stored.size;
    if (hf_buf_reserve(out, length, err) ||
        hf_store_read(store, key, 0, out->data + out->length, length, err))
        return -1;
    out->length += length;
    return 0;
}

int hf_store_list(struct hf_store *store, const char *prefix, const char *after,
                  int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err),
                  void *arg, struct hf_error *err)
{
    struct hf_error local = {0};
    if (!is_prefix_valid(prefix))
        return hf_error_set(err, HF_FAILED, "no key can begin with '%.600s'", prefix);
    if (!is_prefix_valid(after))
        return hf_error_set(err, HF_FAILED, "'%.600s' cannot be part of a key", after);
    /* Not wrapped: the error may be the callback's. */
    return store->ops->list(store, prefix, after, each, arg, &local) ? hf_error_pass(err, &local)
                                                                     : 0;
}

int hf_store_list_again(struct hf_store *store, const char *prefix,
                        const struct hf_store_known *known,
                        int (*each)(void *arg, const struct hf_stored *object,
                                    struct hf_error *err),
                        void *arg, struct hf_error *err)
{
    struct hf_error local = {0};
    if (!store->ops->list_again || !is_prefix_valid(prefix))
        return hf_store_list(store, prefix, "", each, arg, err);
    return store->ops->list_again(store, prefix, known, each, arg, &local)
               ? hf_error_pass(err, &local)
               : 0;
}

int hf_store_remove(struct hf_store *store, const char *key, struct hf_error *err)
{
    struct hf_error local = {0};
    if (check_key(key, err))
        return -1;
    if (store->ops->remove(store, key, &local) == 0)
        return 0;
    hf_error_pass(err, &local);
    return hf_error_wrap(err, "remove object '%s'", key);
}

void hf_store_free(struct hf_store *store)
{
    if (store)
        store->ops->free(store);
}
