#include "support/fault_store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support/seeded.h"

struct fault_store {
    struct hf_store store;
    struct hf_store_ops ops;
    struct hf_store *inner;
    pthread_mutex_t lock; /* all below */
    struct hf_store_faults faults;
    uint64_t operations, failures;
};

enum verdict { WORKS, FAILS_BEFORE, FAILS_AFTER };

static struct fault_store *self_of(struct hf_store *store)
{
    return (struct fault_store *)store;
}

static enum verdict judge(struct fault_store *self)
{
    struct hf_store_faults *faults = &self->faults;
    uint64_t number = ++self->operations;
    bool fails = faults->at && (number == faults->at || (faults->lasting && number > faults->at));
    if (faults->percent)
        fails = fails || hf_seeded_next(&faults->seed) % 100 < faults->percent;
    if (!fails)
        return WORKS;
    self->failures++;
    if (faults->came)
        *faults->came = true;
    if (faults->moment == HF_FAULT_EITHER)
        return hf_seeded_next(&faults->seed) % 2 ? FAILS_AFTER : FAILS_BEFORE;
    return faults->moment == HF_FAULT_AFTER ? FAILS_AFTER : FAILS_BEFORE;
}

static enum verdict next_verdict(struct fault_store *self)
{
    pthread_mutex_lock(&self->lock);
    enum verdict verdict = judge(self);
    struct hf_store_faults faults = self->faults;
    pthread_mutex_unlock(&self->lock);
    if (faults.meanwhile)
        faults.meanwhile(faults.context);
    return verdict;
}

static int fault(const struct fault_store *self, enum verdict verdict, struct hf_error *err)
{
    return hf_error_set(err, self->faults.code ? self->faults.code : HF_UNREACHABLE, "%s",
                        verdict == FAILS_BEFORE ? "injected: nothing was sent"
                                                : "injected: the reply was lost");
}

static int fault_put(struct hf_store *store, const char *key, const void *bytes, size_t length,
                     struct hf_error *err)
{
    struct fault_store *self = self_of(store);
    enum verdict verdict = next_verdict(self);
    if (verdict == FAILS_BEFORE)
        return fault(self, verdict, err);
    int result = self->inner->ops->put(self->inner, key, bytes, length, err);
    return verdict == FAILS_AFTER ? fault(self, verdict, err) : result;
}

struct fault_upload {
    struct hf_upload upload;
    struct fault_store *store;
    struct hf_upload *inner;
};

static int upload_write(struct hf_upload *upload, const void *bytes, size_t length,
                        struct hf_error *err)
{
    struct fault_upload *self = (struct fault_upload *)upload;
    enum verdict verdict = next_verdict(self->store);
    if (verdict == FAILS_BEFORE)
        return fault(self->store, verdict, err);
    int result = self->inner->ops->write(self->inner, bytes, length, err);
    return verdict == FAILS_AFTER ? fault(self->store, verdict, err) : result;
}

static int upload_commit(struct hf_upload *upload, struct hf_error *err)
{
    struct fault_upload *self = (struct fault_upload *)upload;
    enum verdict verdict = next_verdict(self->store);
    if (verdict == FAILS_BEFORE)
        return fault(self->store, verdict, err);
    int result = self->inner->ops->commit(self->inner, err);
    return verdict == FAILS_AFTER ? fault(self->store, verdict, err) : result;
}

static void upload_free(struct hf_upload *upload)
{
    struct fault_upload *self = (struct fault_upload *)upload;
    hf_upload_free(self->inner);
    free(self);
}

static struct hf_upload *fault_upload_begin(struct hf_store *store, const char *key,
                                            struct hf_error *err)
{
    static const struct hf_upload_ops ops = {upload_write, upload_commit, upload_free};
    struct fault_store *self = self_of(store);
    enum verdict verdict = next_verdict(self);
    if (verdict != WORKS) { /* an upload that was begun and is not known leaves nothing */
        fault(self, verdict, err);
        return NULL;
    }
    struct fault_upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        hf_error_memory(err);
        return NULL;
    }
    upload->upload.ops = &ops;
    upload->store = self;
    upload->inner = self->inner->ops->upload_begin(self->inner, key, err);
    if (upload->inner)
        return &upload->upload;
    free(upload);
    return NULL;
}

static int fault_read(struct hf_store *store, const char *key, uint64_t offset, void *out,
                      size_t length, struct hf_error *err)
{
    struct fault_store *self = self_of(store);
    enum verdict verdict = next_verdict(self);
    if (verdict == FAILS_BEFORE)
        return fault(self, verdict, err);
    int result = self->inner->ops->read(self->inner, key, offset, out, length, err);
    if (verdict == WORKS)
        return result;
    memset((uint8_t *)out + length / 2, 0xa5, length - length / 2);
    return fault(self, verdict, err);
}

static int fault_stat(struct hf_store *store, const char *key, struct hf_stored *out,
                      struct hf_error *err)
{
    struct fault_store *self = self_of(store);
    enum verdict verdict = next_verdict(self);
    if (verdict != WORKS)
        return fault(self, verdict, err);
    return self->inner->ops->stat(self->inner, key, out, err);
}

struct listing {
    int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err);
    void *arg;
    int given;
    bool stopped; /* by the callback */
};

static int give_one(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct listing *listing = arg;
    if (listing->given++)
        return -1;
    listing->stopped = listing->each(listing->arg, object, err) != 0;
    return listing->stopped ? -1 : 0;
}

static int fault_list(struct hf_store *store, const char *prefix, const char *after,
                      int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err),
                      void *arg, struct hf_error *err)
{
    struct fault_store *self = self_of(store);
    const struct hf_store_ops *ops = self->inner->ops;
    enum verdict verdict = next_verdict(self);
    if (verdict == WORKS)
        return ops->list(self->inner, prefix, after, each, arg, err);
    struct listing listing = {.each = each, .arg = arg};
    if (verdict == FAILS_AFTER)
        ops->list(self->inner, prefix, after, give_one, &listing, err);
    return listing.stopped ? -1 : fault(self, verdict, err);
}

static int fault_remove(struct hf_store *store, const char *key, struct hf_error *err)
{
    struct fault_store *self = self_of(store);
    enum verdict verdict = next_verdict(self);
    if (verdict == FAILS_BEFORE)
        return fault(self, verdict, err);
    int result = self->inner->ops->remove(self->inner, key, err);
    return verdict == FAILS_AFTER ? fault(self, verdict, err) : result;
}

static void fault_free(struct hf_store *store)
{
    struct fault_store *self = self_of(store);
    hf_store_free(self->inner);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

struct hf_store *hf_fault_store_new(struct hf_store *inner, struct hf_error *err)
{
    struct fault_store *self = calloc(1, sizeof *self);
    if (!self) {
        hf_store_free(inner);
        hf_error_memory(err);
        return NULL;
    }
    self->ops = (struct hf_store_ops){
        .kind = inner->ops->kind,
        .put_if_absent = inner->ops->put_if_absent,
        .put = fault_put,
        .upload_begin = fault_upload_begin,
        .read = fault_read,
        .stat = fault_stat,
        .list = fault_list,
        .remove = fault_remove,
        .free = fault_free,
    };
    self->store.ops = &self->ops;
    self->inner = inner;
    pthread_mutex_init(&self->lock, NULL);
    return &self->store;
}

void hf_fault_store_set(struct hf_store *store, const struct hf_store_faults *faults)
{
    struct fault_store *self = self_of(store);
    pthread_mutex_lock(&self->lock);
    self->faults = *faults;
    self->operations = self->failures = 0;
    pthread_mutex_unlock(&self->lock);
}

uint64_t hf_fault_store_operations(const struct hf_store *store)
{
    return ((const struct fault_store *)store)->operations;
}

uint64_t hf_fault_store_failures(const struct hf_store *store)
{
    return ((const struct fault_store *)store)->failures;
}
