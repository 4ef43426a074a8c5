#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "store/kinds.h"

struct object {
    char *key;
    struct hf_buf bytes;
    int64_t received;
};

struct memory_store {
    struct hf_store store;
    struct hf_store_ops ops;
    const struct hf_env *env;
    pthread_mutex_t lock;   /* all below */
    struct object *objects; /* in the order of their keys */
    size_t count, capacity;
};

static struct memory_store *self_of(struct hf_store *store)
{
    return (struct memory_store *)store;
}

static void release_object(struct object *object)
{
    free(object->key);
    hf_buf_release(&object->bytes);
}

/* The place of the first key that is not below `key`. */
static size_t place_of(const struct memory_store *self, const char *key)
{
    size_t low = 0, high = self->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(self->objects[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct object *find(const struct memory_store *self, const char *key)
{
    size_t place = place_of(self, key);
    return place < self->count && !strcmp(self->objects[place].key, key) ? &self->objects[place]
                                                                         : NULL;
}

static int not_found(const char *key, struct hf_error *err)
{
    return hf_error_set(err, HF_NOT_FOUND, "there is no object '%s'", key);
}

static int make_room(struct memory_store *self, struct hf_error *err)
{
    if (self->count < self->capacity)
        return 0;
    size_t capacity = self->capacity ? 2 * self->capacity : 16;
    struct object *objects = realloc(self->objects, capacity * sizeof *objects);
    if (!objects)
        return hf_error_memory(err);
    self->objects = objects;
    self->capacity = capacity;
    return 0;
}

static int insert(struct memory_store *self, struct object *object, struct hf_error *err)
{
    struct object *there = find(self, object->key);
    if (there && self->store.ops->put_if_absent)
        return hf_error_set(err, HF_EXISTS, "there is an object '%s' already", object->key);
    if (there) {
        release_object(there);
        *there = *object;
        return 0;
    }
    if (make_room(self, err))
        return -1;
    size_t place = place_of(self, object->key);
    memmove(self->objects + place + 1, self->objects + place,
            (self->count - place) * sizeof *self->objects);
    self->objects[place] = *object;
    self->count++;
    return 0;
}

/* Takes the object's memory, also when it fails. */
static int insert_locked(struct memory_store *self, struct object *object, struct hf_error *err)
{
    object->received = hf_now(self->env);
    pthread_mutex_lock(&self->lock);
    int result = insert(self, object, err);
    pthread_mutex_unlock(&self->lock);
    if (result)
        release_object(object);
    *object = (struct object){0};
    return result;
}

static int memory_put(struct hf_store *store, const char *key, const void *bytes, size_t length,
                      struct hf_error *err)
{
    struct object object = {.key = strdup(key)};
    if (!object.key || hf_buf_append(&object.bytes, length ? bytes : "", length, err)) {
        release_object(&object);
        return hf_error_memory(err);
    }
    return insert_locked(self_of(store), &object, err);
}

struct memory_upload {
    struct hf_upload upload;
    struct memory_store *store;
    struct object object;
};

static int upload_write(struct hf_upload *upload, const void *bytes, size_t length,
                        struct hf_error *err)
{
    struct memory_upload *self = (struct memory_upload *)upload;
    return hf_buf_append(&self->object.bytes, bytes, length, err);
}

static int upload_commit(struct hf_upload *upload, struct hf_error *err)
{
    struct memory_upload *self = (struct memory_upload *)upload;
    return insert_locked(self->store, &self->object, err);
}

static void upload_free(struct hf_upload *upload)
{
    struct memory_upload *self = (struct memory_upload *)upload;
    release_object(&self->object);
    free(self);
}

static struct hf_upload *memory_upload_begin(struct hf_store *store, const char *key,
                                             struct hf_error *err)
{
    static const struct hf_upload_ops ops = {upload_write, upload_commit, upload_free};
    struct memory_upload *upload = calloc(1, sizeof *upload);
    if (!upload || !(upload->object.key = strdup(key))) {
        free(upload);
        hf_error_memory(err);
        return NULL;
    }
    upload->upload.ops = &ops;
    upload->store = self_of(store);
    return &upload->upload;
}

static int copy_out(const struct object *object, uint64_t offset, void *out, size_t length,
                    struct hf_error *err)
{
    uint64_t size = object->bytes.length;
    if (offset > size || length > size - offset)
        return hf_error_set(err, HF_CORRUPT,
                            "object '%s' ends at byte %" PRIu64 ", before the end of what is read",
                            object->key, size);
    if (length)
        memcpy(out, object->bytes.data + offset, length);
    return 0;
}

static int memory_read(struct hf_store *store, const char *key, uint64_t offset, void *out,
                       size_t length, struct hf_error *err)
{
    struct memory_store *self = self_of(store);
    pthread_mutex_lock(&self->lock);
    const struct object *object = find(self, key);
    int result = object ? copy_out(object, offset, out, length, err) : not_found(key, err);
    pthread_mutex_unlock(&self->lock);
    return result;
}

static void describe(const struct object *object, struct hf_stored *out)
{
    out->size = object->bytes.length;
    out->received = object->received;
}

static int memory_stat(struct hf_store *store, const char *key, struct hf_stored *out,
                       struct hf_error *err)
{
    struct memory_store *self = self_of(store);
    pthread_mutex_lock(&self->lock);
    const struct object *object = find(self, key);
    if (object)
        describe(object, out);
    pthread_mutex_unlock(&self->lock);
    return object ? 0 : not_found(key, err);
}

/* Copies the next object's description after `key`, which it replaces; false at the end. */
static bool next_object(struct memory_store *self, const char *prefix, char *key,
                        struct hf_stored *out)
{
    pthread_mutex_lock(&self->lock);
    size_t place = place_of(self, strcmp(key, prefix) < 0 ? prefix : key);
    if (place < self->count && !strcmp(self->objects[place].key, key))
        place++;
    bool found = place < self->count && !strncmp(self->objects[place].key, prefix, strlen(prefix));
    if (found) {
        describe(&self->objects[place], out);
        strcpy(key, self->objects[place].key);
    }
    pthread_mutex_unlock(&self->lock);
    return found;
}

/* Without the lock while the callback runs, which may use the store itself. */
static int memory_list(struct hf_store *store, const char *prefix, const char *after,
                       int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err),
                       void *arg, struct hf_error *err)
{
    char key[HF_KEY_MAX + 1];
    struct hf_stored object = {.key = key};
    snprintf(key, sizeof key, "%s", after);
    while (next_object(self_of(store), prefix, key, &object))
        if (each(arg, &object, err))
            return -1;
    return 0;
}

static int memory_remove(struct hf_store *store, const char *key, struct hf_error *err)
{
    (void)err;
    struct memory_store *self = self_of(store);
    pthread_mutex_lock(&self->lock);
    struct object *object = find(self, key);
    if (object) {
        release_object(object);
        self->count--;
        memmove(object, object + 1,
                (self->count - (size_t)(object - self->objects)) * sizeof *object);
    }
    pthread_mutex_unlock(&self->lock);
    return 0;
}

static void memory_free(struct hf_store *store)
{
    struct memory_store *self = self_of(store);
    for (size_t i = 0; i < self->count; i++)
        release_object(&self->objects[i]);
    free(self->objects);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static const struct hf_store_ops memory_ops = {
    .kind = "memory",
    .put_if_absent = true,
    .put = memory_put,
    .upload_begin = memory_upload_begin,
    .read = memory_read,
    .stat = memory_stat,
    .list = memory_list,
    .remove = memory_remove,
    .free = memory_free,
};

enum manner { PUTS_IF_ABSENT, REPLACES };

static struct hf_store *memory_new(const struct hf_env *env, enum manner manner,
                                   struct hf_error *err)
{
    struct memory_store *self = calloc(1, sizeof *self);
    if (!self) {
        hf_error_memory(err);
        return NULL;
    }
    self->ops = memory_ops;
    self->ops.put_if_absent = manner == PUTS_IF_ABSENT;
    self->store.ops = &self->ops;
    self->env = env;
    pthread_mutex_init(&self->lock, NULL);
    return &self->store;
}

struct hf_store *hf_store_memory_new(const struct hf_env *env, struct hf_error *err)
{
    return memory_new(env, PUTS_IF_ABSENT, err);
}

struct hf_store *hf_store_memory_replacing_new(const struct hf_env *env, struct hf_error *err)
{
    return memory_new(env, REPLACES, err);
}
