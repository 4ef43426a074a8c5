#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "store/kinds.h"
#include "store/spool.h"

enum { IN_MEMORY = 8 * 1024 * 1024, PIECE = 512 * 1024 };

struct retry_store {
    struct hf_store store;
    struct hf_store_ops ops; /* put_if_absent and kind are the inner store's */
    struct hf_store *inner;
    const struct hf_env *env;
    struct hf_retry_options options;
};

static struct retry_store *self_of(struct hf_store *store)
{
    return (struct retry_store *)store;
}

static int sleep_for(void *context, int64_t milliseconds)
{
    (void)context;
    struct timespec left = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = milliseconds % 1000 * 1000000};
    while (nanosleep(&left, &left) && errno == EINTR)
        ;
    return 0;
}

/* Half of it is random, so that clients that failed together do not come back together. */
static int64_t waiting_time(const struct retry_store *self, int failures)
{
    int64_t wait = self->options.first_wait;
    for (int i = 1; i < failures && wait < self->options.longest_wait; i++)
        wait *= 2;
    if (wait > self->options.longest_wait)
        wait = self->options.longest_wait;
    uint32_t random;
    if (wait < 2 || hf_random(self->env, &random, sizeof random, NULL))
        return wait;
    return wait / 2 + (int64_t)(random % (uint64_t)(wait - wait / 2 + 1));
}

/* After a failed try: waits and returns true when another one makes sense. `failures` counts. */
static bool try_again(const struct retry_store *self, int *failures, struct hf_error *err)
{
    ++*failures;
    bool can_get_better = err->code == HF_IO || err->code == HF_UNREACHABLE;
    if (can_get_better && *failures < self->options.attempts &&
        self->options.wait(self->options.context, waiting_time(self, *failures)) == 0)
        return true;
    if (*failures > 1)
        hf_error_wrap(err, "tried %d times", *failures);
    return false;
}

static int retry_read(struct hf_store *store, const char *key, uint64_t offset, void *out,
                      size_t length, struct hf_error *err)
{
    struct retry_store *self = self_of(store);
    int failures = 0;
    while (self->inner->ops->read(self->inner, key, offset, out, length, err))
        if (!try_again(self, &failures, err))
            return -1;
    return 0;
}

static int retry_stat(struct hf_store *store, const char *key, struct hf_stored *out,
                      struct hf_error *err)
{
    struct retry_store *self = self_of(store);
    int failures = 0;
    while (self->inner->ops->stat(self->inner, key, out, err))
        if (!try_again(self, &failures, err))
            return -1;
    return 0;
}

static int retry_remove(struct hf_store *store, const char *key, struct hf_error *err)
{
    struct retry_store *self = self_of(store);
    int failures = 0;
    while (self->inner->ops->remove(self->inner, key, err))
        if (!try_again(self, &failures, err))
            return -1;
    return 0;
}

struct listing {
    int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err);
    void *arg;
    char last[HF_KEY_MAX + 1]; /* what a listing that broke off goes on after */
    bool stopped;              /* by the callback */
};

static int pass_on(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct listing *listing = arg;
    strcpy(listing->last, object->key);
    listing->stopped = listing->each(listing->arg, object, err) != 0;
    return listing->stopped ? -1 : 0;
}

static int retry_list(struct hf_store *store, const char *prefix, const char *after,
                      int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err),
                      void *arg, struct hf_error *err)
{
    struct retry_store *self = self_of(store);
    struct listing listing = {.each = each, .arg = arg};
    int failures = 0;
    while (self->inner->ops->list(self->inner, prefix, listing.last[0] ? listing.last : after,
                                  pass_on, &listing, err))
        if (listing.stopped || !try_again(self, &failures, err))
            return -1;
    return 0;
}

/* One try to store the whole content of the spool. */
static int send(struct hf_store *inner, const char *key, const struct hf_spool *content,
                struct hf_error *err)
{
    if (content->fd < 0)
        return inner->ops->put(inner, key, content->memory.data, content->memory.length, err);
    hf_auto_ptr(hf_upload) struct hf_upload *upload = inner->ops->upload_begin(inner, key, err);
    hf_auto(hf_buf) struct hf_buf piece = {0};
    if (!upload || hf_buf_reserve(&piece, PIECE, err))
        return -1;
    for (uint64_t at = 0; at < content->length;) {
        uint64_t left = content->length - at;
        size_t length = left < PIECE ? (size_t)left : PIECE;
        if (hf_spool_read(content, at, piece.data, length, err) ||
            hf_upload_write(upload, piece.data, length, err))
            return -1;
        at += length;
    }
    return hf_upload_commit(upload, err);
}

/* Whether the object holds the same bytes. An object that cannot be read is an error. */
static int compare(struct retry_store *self, const char *key, const struct hf_spool *content,
                   bool *same, struct hf_error *err)
{
    struct hf_stored stored;
    *same = false;
    if (retry_stat(&self->store, key, &stored, err))
        return -1;
    if (stored.size != content->length)
        return 0;
    hf_auto(hf_buf) struct hf_buf theirs = {0}, ours = {0};
    if (hf_buf_reserve(&theirs, PIECE, err) || hf_buf_reserve(&ours, PIECE, err))
        return -1;
    for (uint64_t at = 0; at < content->length;) {
        uint64_t left = content->length - at;
        size_t length = left < PIECE ? (size_t)left : PIECE;
        if (retry_read(&self->store, key, at, theirs.data, length, err) ||
            hf_spool_read(content, at, ours.data, length, err))
            return -1;
        if (memcmp(theirs.data, ours.data, length) != 0)
            return 0;
        at += length;
    }
    *same = true;
    return 0;
}

/* Tries until it is there. That a key exists is success only when an earlier try of ours can have
 * made it: then its reply was lost. */
static int store_content(struct retry_store *self, const char *key, const struct hf_spool *content,
                         struct hf_error *err)
{
    int failures = 0;
    while (send(self->inner, key, content, err)) {
        if (err->code == HF_EXISTS && failures) {
            struct hf_error reading;
            bool same;
            if (compare(self, key, content, &same, &reading)) {
                *err = reading;
                return -1;
            }
            return same ? 0 : -1;
        }
        if (!try_again(self, &failures, err))
            return -1;
    }
    return 0;
}

static int retry_put(struct hf_store *store, const char *key, const void *bytes, size_t length,
                     struct hf_error *err)
{
    struct retry_store *self = self_of(store);
    /* Borrows the caller's bytes. */
    struct hf_spool content = {.env = self->env,
                               .memory = {.data = (uint8_t *)bytes, .length = length},
                               .fd = -1,
                               .length = length};
    return store_content(self, key, &content, err);
}

struct retry_upload {
    struct hf_upload upload;
    struct retry_store *store;
    struct hf_spool content;
    char key[HF_KEY_MAX + 1];
};

static int upload_write(struct hf_upload *upload, const void *bytes, size_t length,
                        struct hf_error *err)
{
    return hf_spool_append(&((struct retry_upload *)upload)->content, bytes, length, err);
}

static int upload_commit(struct hf_upload *upload, struct hf_error *err)
{
    struct retry_upload *self = (struct retry_upload *)upload;
    return store_content(self->store, self->key, &self->content, err);
}

static void upload_free(struct hf_upload *upload)
{
    struct retry_upload *self = (struct retry_upload *)upload;
    hf_spool_release(&self->content);
    free(self);
}

static struct hf_upload *retry_upload_begin(struct hf_store *store, const char *key,
                                            struct hf_error *err)
{
    static const struct hf_upload_ops ops = {upload_write, upload_commit, upload_free};
    struct retry_upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        hf_error_memory(err);
        return NULL;
    }
    upload->upload.ops = &ops;
    upload->store = self_of(store);
    strcpy(upload->key, key);
    hf_spool_init(&upload->content, upload->store->env, IN_MEMORY);
    return &upload->upload;
}

static void retry_free(struct hf_store *store)
{
    hf_store_free(self_of(store)->inner);
    free(store);
}

struct hf_store *hf_store_retry_new(struct hf_store *inner, const struct hf_env *env,
                                    const struct hf_retry_options *options, struct hf_error *err)
{
    assert(options->attempts >= 1 && options->first_wait >= 0);
    struct retry_store *self = calloc(1, sizeof *self);
    if (!self) {
        hf_store_free(inner);
        hf_error_memory(err);
        return NULL;
    }
    self->ops = (struct hf_store_ops){
        .kind = inner->ops->kind,
        .put_if_absent = inner->ops->put_if_absent,
        .put = retry_put,
        .upload_begin = retry_upload_begin,
        .read = retry_read,
        .stat = retry_stat,
        .list = retry_list,
        .remove = retry_remove,
        .free = retry_free,
    };
    self->store.ops = &self->ops;
    self->inner = inner;
    self->env = env;
    self->options = *options;
    if (!self->options.wait)
        self->options.wait = sleep_for;
    return &self->store;
}
