#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "os/file.h"
#include "store/directory_list.h"
#include "store/directory_root.h"
#include "store/kinds.h"

enum {
    DIRECTORY_MODE = 0700,
    FILE_MODE = 0600,
    UPLOAD_BUFFER = 256 * 1024,
    FLUSH_STEP = 8 * 1024 * 1024,
};

struct directory_store {
    struct hf_store store;
    const struct hf_env *env;
    struct hf_directory_root root;
    pthread_mutex_t lock; /* the two below */
    char **durable;       /* directories whose names are known to survive a loss of power */
    size_t durable_count;
};

static struct directory_store *self_of(struct hf_store *store)
{
    return (struct directory_store *)store;
}

static char *path_of(struct directory_store *self, const char *key, struct hf_error *err)
{
    char *path = hf_path_join(self->root.path, key);
    if (!path)
        hf_error_memory(err);
    return path;
}

static int sync_directory(struct directory_store *self, const char *path, struct hf_error *err)
{
    if (self->env->fs.sync_dir(self->env->fs.context, path))
        return hf_error_sys(err, errno, "sync directory", path);
    return 0;
}

static int remember_durable(struct directory_store *self, const char *directory,
                            struct hf_error *err)
{
    char **grown = realloc(self->durable, (self->durable_count + 1) * sizeof *grown);
    if (!grown)
        return hf_error_memory(err);
    self->durable = grown;
    if (!(grown[self->durable_count] = strdup(directory)))
        return hf_error_memory(err);
    self->durable_count++;
    return 0;
}

static void forget_durable(struct directory_store *self)
{
    pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < self->durable_count; i++)
        free(self->durable[i]);
    self->durable_count = 0;
    pthread_mutex_unlock(&self->lock);
}

static int make_root(struct directory_store *self, struct hf_error *err)
{
    bool absent;
    if (hf_directory_root_check(&self->root, &absent, err))
        return -1;
    if (absent && hf_make_directories(self->env, self->root.path, DIRECTORY_MODE, err))
        return -1;
    /* Who may not read the parent cannot sync it, but may well use a repository in it. */
    if (!absent && hf_sync_parent(self->env, self->root.path, err) && err->sys != EACCES)
        return -1;
    return hf_directory_root_check(&self->root, &absent, err);
}

/*
 * Makes the directory and sees to it that it stays. A directory that is already there may have been
 * made a moment ago by somebody who has not synced its parent yet, or was killed before that: an
 * object in it would be lost with it. So each one is synced once by every process that puts into
 * it. Called with the lock held.
 */
static int make_durable(struct directory_store *self, const char *directory, struct hf_error *err)
{
    for (size_t i = 0; i < self->durable_count; i++)
        if (!strcmp(self->durable[i], directory))
            return 0;
    if (!strcmp(directory, self->root.path)) {
        if (make_root(self, err))
            return -1;
    } else {
        hf_auto_free char *parent = hf_path_parent(directory);
        if (!parent)
            return hf_error_memory(err);
        if (make_durable(self, parent, err))
            return -1;
        if (self->env->fs.mkdir(self->env->fs.context, directory, DIRECTORY_MODE) &&
            errno != EEXIST)
            return hf_error_sys(err, errno, "make directory", directory);
        if (sync_directory(self, parent, err))
            return -1;
    }
    return remember_durable(self, directory, err);
}

/* `*first` becomes true for this process's first object in the directory. */
static int make_parent(struct directory_store *self, const char *path, bool *first,
                       struct hf_error *err)
{
    hf_auto_free char *parent = hf_path_parent(path);
    if (!parent)
        return hf_error_memory(err);
    pthread_mutex_lock(&self->lock);
    size_t before = self->durable_count;
    int result = make_durable(self, parent, err);
    *first = self->durable_count > before;
    pthread_mutex_unlock(&self->lock);
    return result;
}

/* Begins the object's file. A directory that was removed since it was made is made again. Uploads
 * that died long ago would fill the repository for ever: whoever comes to a directory removes them.
 */
static int begin_file(struct directory_store *self, struct hf_new_file *file, const char *key,
                      struct hf_error *err)
{
    hf_auto_free char *path = path_of(self, key, err);
    if (!path)
        return -1;
    for (int attempt = 0;; attempt++) {
        bool first;
        if (make_parent(self, path, &first, err))
            return -1;
        if (hf_new_file_begin(file, self->env, path, FILE_MODE, err) == 0) {
            if (first)
                hf_new_file_remove_litter(file, HF_LITTER_OF_DIRECTORY);
            return 0;
        }
        if (err->sys != ENOENT || attempt)
            return -1;
        forget_durable(self);
    }
}

/* That something is under the key already may be news of a put whose reply was lost, or whose sync
 * of the directory failed: it is only reported once it is durable. */
static int commit_file(struct directory_store *self, struct hf_new_file *file, struct hf_error *err)
{
    hf_auto_free char *parent = hf_path_parent(file->path);
    if (!parent)
        return hf_error_memory(err);
    if (hf_new_file_commit(file, HF_COMMIT_NEW, err) == 0)
        return 0;
    struct hf_error sync;
    if (err->code == HF_EXISTS && sync_directory(self, parent, &sync))
        *err = sync;
    return -1;
}

static int directory_put(struct hf_store *store, const char *key, const void *bytes, size_t length,
                         struct hf_error *err)
{
    struct directory_store *self = self_of(store);
    hf_auto(hf_new_file) struct hf_new_file file = {0};
    if (begin_file(self, &file, key, err) || hf_new_file_write(&file, bytes, length, 0, err) ||
        commit_file(self, &file, err))
        return hf_directory_explain(&self->root, err);
    return 0;
}

struct directory_upload {
    struct hf_upload upload;
    struct directory_store *store;
    struct hf_new_file file;
    uint64_t written; /* in the file */
    uint64_t flushed; /* of these, the kernel was asked to write back */
    size_t buffered;
    uint8_t buffer[UPLOAD_BUFFER];
};

/* Begins writeback early, so that the sync at the end has little left to wait for. */
static void flush_early(struct directory_upload *self)
{
    const struct hf_fs *fs = &self->store->env->fs;
    if (!fs->flush_begin || self->written - self->flushed < FLUSH_STEP)
        return;
    fs->flush_begin(fs->context, self->file.fd, (off_t)self->flushed,
                    (off_t)(self->written - self->flushed));
    self->flushed = self->written;
}

static int write_out(struct directory_upload *self, const void *bytes, size_t length,
                     struct hf_error *err)
{
    if (hf_new_file_write(&self->file, bytes, length, self->written, err))
        return hf_directory_explain(&self->store->root, err);
    self->written += length;
    flush_early(self);
    return 0;
}

static int flush_buffer(struct directory_upload *self, struct hf_error *err)
{
    size_t length = self->buffered;
    self->buffered = 0;
    return length ? write_out(self, self->buffer, length, err) : 0;
}

static int upload_write(struct hf_upload *upload, const void *bytes, size_t length,
                        struct hf_error *err)
{
    struct directory_upload *self = (struct directory_upload *)upload;
    if (length > sizeof self->buffer - self->buffered && flush_buffer(self, err))
        return -1;
    if (length >= sizeof self->buffer)
        return write_out(self, bytes, length, err);
    memcpy(self->buffer + self->buffered, bytes, length);
    self->buffered += length;
    return 0;
}

static int upload_commit(struct hf_upload *upload, struct hf_error *err)
{
    struct directory_upload *self = (struct directory_upload *)upload;
    if (flush_buffer(self, err))
        return -1;
    if (commit_file(self->store, &self->file, err))
        return hf_directory_explain(&self->store->root, err);
    return 0;
}

static void upload_free(struct hf_upload *upload)
{
    struct directory_upload *self = (struct directory_upload *)upload;
    hf_new_file_release(&self->file);
    free(self);
}

static struct hf_upload *directory_upload_begin(struct hf_store *store, const char *key,
                                                struct hf_error *err)
{
    static const struct hf_upload_ops ops = {upload_write, upload_commit, upload_free};
    struct directory_store *self = self_of(store);
    struct directory_upload *upload = malloc(sizeof *upload);
    if (!upload) {
        hf_error_memory(err);
        return NULL;
    }
    upload->upload = (struct hf_upload){.ops = &ops};
    upload->store = self;
    upload->written = upload->flushed = 0;
    upload->buffered = 0;
    if (begin_file(self, &upload->file, key, err)) {
        hf_directory_explain(&self->root, err);
        free(upload);
        return NULL;
    }
    return &upload->upload;
}

static int no_such_object(const char *path, struct hf_error *err)
{
    return hf_error_sys(err, ENOENT, "open", path);
}

static int directory_read(struct hf_store *store, const char *key, uint64_t offset, void *out,
                          size_t length, struct hf_error *err)
{
    struct directory_store *self = self_of(store);
    hf_auto_free char *path = path_of(self, key, err);
    if (!path)
        return -1;
    int fd = hf_file_open(self->env, path, O_RDONLY, 0, err);
    if (fd < 0)
        return hf_directory_explain(&self->root, err);
    int64_t got = hf_file_read(self->env, fd, path, out, length, offset, err);
    self->env->fs.close(self->env->fs.context, fd);
    if (got < 0 && err->sys == EISDIR)
        return no_such_object(path, err);
    if (got < 0)
        return hf_directory_explain(&self->root, err);
    if ((size_t)got < length)
        return hf_error_set(err, HF_CORRUPT, "'%s' ends at byte %" PRIu64 ", %zu bytes too early",
                            path, offset + (uint64_t)got, length - (size_t)got);
    return 0;
}

static int directory_stat(struct hf_store *store, const char *key, struct hf_stored *out,
                          struct hf_error *err)
{
    struct directory_store *self = self_of(store);
    hf_auto_free char *path = path_of(self, key, err);
    if (!path)
        return -1;
    struct stat status;
    if (self->env->fs.stat(self->env->fs.context, path, &status)) {
        hf_error_sys(err, errno, "look at", path);
        return hf_directory_explain(&self->root, err);
    }
    if (!S_ISREG(status.st_mode))
        return no_such_object(path, err);
    out->size = (uint64_t)status.st_size;
    out->received = hf_directory_received(&status);
    return 0;
}

static int list(struct directory_store *self, const char *prefix, const char *after,
                const struct hf_store_known *known,
                int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err),
                void *arg, struct hf_error *err)
{
    bool absent;
    if (hf_directory_root_check(&self->root, &absent, err))
        return -1;
    return absent ? 0
                  : hf_directory_list(self->env, self->root.path, prefix, after, known, each, arg,
                                      err);
}

static int directory_list(struct hf_store *store, const char *prefix, const char *after,
                          int (*each)(void *arg, const struct hf_stored *object,
                                      struct hf_error *err),
                          void *arg, struct hf_error *err)
{
    return list(self_of(store), prefix, after, NULL, each, arg, err);
}

static int directory_list_again(struct hf_store *store, const char *prefix,
                                const struct hf_store_known *known,
                                int (*each)(void *arg, const struct hf_stored *object,
                                            struct hf_error *err),
                                void *arg, struct hf_error *err)
{
    return list(self_of(store), prefix, "", known, each, arg, err);
}

static int directory_remove(struct hf_store *store, const char *key, struct hf_error *err)
{
    struct directory_store *self = self_of(store);
    hf_auto_free char *path = path_of(self, key, err);
    if (!path)
        return -1;
    int failed = self->env->fs.unlink(self->env->fs.context, path);
    if (failed && errno != ENOENT && errno != ENOTDIR && errno != EISDIR) {
        hf_error_sys(err, errno, "remove", path);
        return hf_directory_explain(&self->root, err);
    }
    /* Also when it is gone already: the remove before this one may have failed to sync. */
    if (hf_sync_parent(self->env, path, err) && err->code != HF_NOT_FOUND)
        return hf_directory_explain(&self->root, err);
    bool absent;
    return failed ? hf_directory_root_check(&self->root, &absent, err) : 0;
}

static void directory_free(struct hf_store *store)
{
    struct directory_store *self = self_of(store);
    forget_durable(self);
    free(self->durable);
    hf_directory_root_release(&self->root);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

struct hf_store *hf_store_directory_new(const struct hf_env *env, const char *path,
                                        struct hf_error *err)
{
    static const struct hf_store_ops ops = {
        .kind = "directory",
        .put_if_absent = true,
        .put = directory_put,
        .upload_begin = directory_upload_begin,
        .read = directory_read,
        .stat = directory_stat,
        .list = directory_list,
        .list_again = directory_list_again,
        .remove = directory_remove,
        .free = directory_free,
    };
    if (!path[0]) {
        hf_error_set(err, HF_CONFIG, "the repository's path is empty");
        return NULL;
    }
    struct directory_store *self = calloc(1, sizeof *self);
    if (!self || hf_directory_root_init(&self->root, env, path, err)) {
        if (!self)
            hf_error_memory(err);
        free(self);
        return NULL;
    }
    self->store.ops = &ops;
    self->env = env;
    pthread_mutex_init(&self->lock, NULL);
    return &self->store;
}
