#include <stdlib.h>

#include "store/kinds.h"

struct counting_store {
    struct hf_store store;
    struct hf_store_ops ops; /* put_if_absent and kind are the inner store's */
    struct hf_store *inner;
};

struct counting_upload {
    struct hf_upload upload;
    struct hf_upload *inner;
};

static _Thread_local struct hf_traffic traffic;

struct hf_traffic hf_store_traffic(void)
{
    return traffic;
}

/* Its operations are called past store/store.h, which has checked and names the object already. */
static struct hf_store *inner_of(struct hf_store *store)
{
    traffic.requests++;
    return ((struct counting_store *)store)->inner;
}

static int counting_put(struct hf_store *store, const char *key, const void *bytes, size_t length,
                        struct hf_error *err)
{
    traffic.sent += length;
    struct hf_store *inner = inner_of(store);
    return inner->ops->put(inner, key, bytes, length, err);
}

static int upload_write(struct hf_upload *upload, const void *bytes, size_t length,
                        struct hf_error *err)
{
    traffic.sent += length;
    struct hf_upload *inner = ((struct counting_upload *)upload)->inner;
    return inner->ops->write(inner, bytes, length, err);
}

static int upload_commit(struct hf_upload *upload, struct hf_error *err)
{
    struct hf_upload *inner = ((struct counting_upload *)upload)->inner;
    return inner->ops->commit(inner, err);
}

static void upload_free(struct hf_upload *upload)
{
    hf_upload_free(((struct counting_upload *)upload)->inner);
    free(upload);
}

static struct hf_upload *counting_upload(struct hf_store *store, const char *key,
                                         struct hf_error *err)
{
    static const struct hf_upload_ops ops = {upload_write, upload_commit, upload_free};
    struct counting_upload *upload = malloc(sizeof *upload);
    if (!upload) {
        hf_error_memory(err);
        return NULL;
    }
    *upload = (struct counting_upload){.upload = {.ops = &ops}};
    struct hf_store *inner = inner_of(store);
    upload->inner = inner->ops->upload_begin(inner, key, err);
    if (upload->inner)
        return &upload->upload;
    free(upload);
    return NULL;
}

static int counting_read(struct hf_store *store, const char *key, uint64_t offset, void *out,
                         size_t length, struct hf_error *err)
{
    struct hf_store *inner = inner_of(store);
    return inner->ops->read(inner, key, offset, out, length, err);
}

static int counting_stat(struct hf_store *store, const char *key, struct hf_stored *out,
                         struct hf_error *err)
{
    struct hf_store *inner = inner_of(store);
    return inner->ops->stat(inner, key, out, err);
}

static int counting_list(struct hf_store *store, const char *prefix, const char *after,
                         int (*each)(void *arg, const struct hf_stored *object,
                                     struct hf_error *err),
                         void *arg, struct hf_error *err)
{
    struct hf_store *inner = inner_of(store);
    return inner->ops->list(inner, prefix, after, each, arg, err);
}

static int counting_list_again(struct hf_store *store, const char *prefix,
                               const struct hf_store_known *known,
                               int (*each)(void *arg, const struct hf_stored *object,
                                           struct hf_error *err),
                               void *arg, struct hf_error *err)
{
    struct hf_store *inner = inner_of(store);
    return inner->ops->list_again(inner, prefix, known, each, arg, err);
}

static int counting_remove(struct hf_store *store, const char *key, struct hf_error *err)
{
    struct hf_store *inner = inner_of(store);
    return inner->ops->remove(inner, key, err);
}

static void counting_free(struct hf_store *store)
{
    hf_store_free(((struct counting_store *)store)->inner);
    free(store);
}

struct hf_store *hf_store_counting_new(struct hf_store *inner, struct hf_error *err)
{
    struct counting_store *self = malloc(sizeof *self);
    if (!self) {
        hf_store_free(inner);
        hf_error_memory(err);
        return NULL;
    }
    *self = (struct counting_store){
        .ops = {.kind = inner->ops->kind,
                .put_if_absent = inner->ops->put_if_absent,
                .put = counting_put,
                .upload_begin = counting_upload,
                .read = counting_read,
                .stat = counting_stat,
                .list = counting_list,
                .list_again = inner->ops->list_again ? counting_list_again : NULL,
                .remove = counting_remove,
                .free = counting_free},
        .inner = inner,
    };
    self->store.ops = &self->ops;
    return &self->store;
}
