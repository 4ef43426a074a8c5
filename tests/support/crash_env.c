#include "support/crash_env.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "os/file.h"
#include "support/crash_log.h"

/* A rig that runs out of memory proves nothing. */
static void *need(void *memory)
{
    if (!memory) {
        fputs("crash_env: out of memory\n", stderr);
        abort();
    }
    return memory;
}

static struct change *record(struct hf_crash_env *self, enum change_kind kind, const char *path)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? 2 * self->capacity : 64;
        self->changes = need(realloc(self->changes, self->capacity * sizeof *self->changes));
    }
    struct change *change = &self->changes[self->count++];
    *change = (struct change){.kind = kind, .inode = -1, .synced_at = SIZE_MAX};
    if (path)
        change->path = need(strdup(path));
    return change;
}

static bool is_in_directory(const char *path, const char *directory)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    return strlen(directory) == length && !strncmp(path, directory, length);
}

/* For a rename, the directory of the new name is the one to sync. */
static bool is_made_durable_by(const struct change *change, const struct change *sync)
{
    if (is_sync(change->kind) || is_about_data(change->kind) != (sync->kind == CHANGE_SYNC))
        return false;
    if (sync->kind == CHANGE_SYNC)
        return change->inode == sync->inode;
    return is_in_directory(change->to ? change->to : change->path, sync->path);
}

static void record_sync(struct hf_crash_env *self, enum change_kind kind, const char *path,
                        int inode)
{
    struct change *sync = record(self, kind, path);
    sync->inode = inode;
    size_t at = self->count - 1;
    for (size_t i = 0; i < at; i++)
        if (self->changes[i].synced_at > at && is_made_durable_by(&self->changes[i], sync))
            self->changes[i].synced_at = at;
}

/* The path relative to the root, without slashes at its end; NULL when it is not below it. Caller
 * frees. */
static char *below_root(const struct hf_crash_env *self, const char *path)
{
    size_t length = strlen(self->root);
    if (strncmp(path, self->root, length) != 0 || (path[length] && path[length] != '/'))
        return NULL;
    path += length;
    while (*path == '/')
        path++;
    char *relative = need(strdup(path));
    for (size_t end = strlen(relative); end && relative[end - 1] == '/'; end--)
        relative[end - 1] = 0;
    return relative;
}

static struct name *find_name(struct hf_crash_env *self, const char *path)
{
    for (size_t i = 0; i < self->name_count; i++)
        if (!strcmp(self->names[i].path, path))
            return &self->names[i];
    return NULL;
}

static void set_name(struct hf_crash_env *self, const char *path, int inode)
{
    struct name *name = find_name(self, path);
    if (!name) {
        self->names = need(realloc(self->names, (self->name_count + 1) * sizeof *self->names));
        name = &self->names[self->name_count++];
        name->path = need(strdup(path));
    }
    name->inode = inode;
}

static void drop_name(struct hf_crash_env *self, const char *path)
{
    struct name *name = find_name(self, path);
    if (!name)
        return;
    free(name->path);
    *name = self->names[--self->name_count];
}

static void set_inode_of_fd(struct hf_crash_env *self, int fd, int inode)
{
    size_t count = self->fd_count;
    if ((size_t)fd >= count) {
        self->fd_count = (size_t)fd + 16;
        self->inode_of_fd = need(realloc(self->inode_of_fd, self->fd_count * sizeof(int)));
        for (; count < self->fd_count; count++)
            self->inode_of_fd[count] = -1;
    }
    self->inode_of_fd[fd] = inode;
}

static int inode_of_fd(const struct hf_crash_env *self, int fd)
{
    return fd >= 0 && (size_t)fd < self->fd_count ? self->inode_of_fd[fd] : -1;
}

/* Records a file that is there with all that it holds, as durable. Returns its inode. */
static int record_existing(struct hf_crash_env *self, const char *path)
{
    hf_auto_free char *whole = need(hf_path_join(self->root, path));
    struct hf_buf bytes = {0};
    if (hf_file_read_all(hf_env_system(), whole, SIZE_MAX / 4, &bytes, NULL)) {
        fprintf(stderr, "crash_env: '%s' cannot be read\n", whole);
        abort();
    }
    int inode = self->inodes++;
    struct change *change = record(self, CHANGE_CREATE, path);
    change->inode = inode;
    change->synced_at = 0;
    change = record(self, CHANGE_WRITE, NULL);
    change->inode = inode;
    change->synced_at = 0;
    change->length = bytes.length;
    change->bytes = bytes.data; /* moved */
    set_name(self, path, inode);
    return inode;
}

struct scan {
    struct hf_crash_env *self;
    const char *directory; /* relative */
};

static int scan_directory(struct hf_crash_env *self, const char *directory);

static int scan_name(void *arg, const char *name)
{
    struct scan *scan = arg;
    struct hf_crash_env *self = scan->self;
    hf_auto_free char *path =
        need(scan->directory[0] ? hf_path_join(scan->directory, name) : strdup(name));
    hf_auto_free char *whole = need(hf_path_join(self->root, path));
    struct stat status;
    if (self->inner->fs.stat(self->inner->fs.context, whole, &status))
        return -1;
    if (!S_ISDIR(status.st_mode)) {
        record_existing(self, path);
        return 0;
    }
    record(self, CHANGE_MKDIR, path)->synced_at = 0;
    return scan_directory(self, path);
}

static int scan_directory(struct hf_crash_env *self, const char *directory)
{
    hf_auto_free char *whole = need(hf_path_join(self->root, directory));
    struct scan scan = {.self = self, .directory = directory};
    return self->inner->fs.list(self->inner->fs.context, whole, scan_name, &scan);
}

static int record_open(struct hf_crash_env *self, const char *path, bool existed, int flags)
{
    struct name *name = find_name(self, path);
    if (existed && !name)
        return record_existing(self, path); /* emptied already if it was to be truncated */
    if (!existed) {
        int inode = self->inodes++;
        record(self, CHANGE_CREATE, path)->inode = inode;
        set_name(self, path, inode);
        return inode;
    }
    if (flags & O_TRUNC)
        record(self, CHANGE_TRUNCATE, NULL)->inode = name->inode;
    return name->inode;
}

static int crash_open(void *context, const char *path, int flags, mode_t mode)
{
    struct hf_crash_env *self = context;
    const struct hf_fs *fs = &self->inner->fs;
    hf_auto_free char *relative = below_root(self, path);
    struct stat status;
    pthread_mutex_lock(&self->lock);
    bool existed = relative && fs->stat(fs->context, path, &status) == 0;
    int fd = fs->open(fs->context, path, flags, mode), sys = errno;
    if (fd >= 0)
        set_inode_of_fd(self, fd,
                        relative && !(existed && S_ISDIR(status.st_mode))
                            ? record_open(self, relative, existed, flags)
                            : -1);
    pthread_mutex_unlock(&self->lock);
    errno = sys;
    return fd;
}

static int crash_close(void *context, int fd)
{
    struct hf_crash_env *self = context;
    const struct hf_fs *fs = &self->inner->fs;
    pthread_mutex_lock(&self->lock);
    if (inode_of_fd(self, fd) >= 0)
        self->inode_of_fd[fd] = -1;
    int result = fs->close(fs->context, fd), sys = errno;
    pthread_mutex_unlock(&self->lock);
    errno = sys;
    return result;
}

static ssize_t crash_pread(void *context, int fd, void *out, size_t length, off_t offset)
{
    const struct hf_fs *fs = &((struct hf_crash_env *)context)->inner->fs;
    return fs->pread(fs->context, fd, out, length, offset);
}

static ssize_t crash_pwrite(void *context, int fd, const void *in, size_t length, off_t offset)
{
    struct hf_crash_env *self = context;
    const struct hf_fs *fs = &self->inner->fs;
    pthread_mutex_lock(&self->lock);
    ssize_t put = fs->pwrite(fs->context, fd, in, length, offset);
    int sys = errno, inode = inode_of_fd(self, fd);
    if (put > 0 && inode >= 0) {
        struct change *change = record(self, CHANGE_WRITE, NULL);
        change->inode = inode;
        change->offset = (uint64_t)offset;
        change->length = (size_t)put;
        change->bytes = memcpy(need(malloc((size_t)put)), in, (size_t)put);
    }
    pthread_mutex_unlock(&self->lock);
    errno = sys;
    return put;
}

static int crash_truncate(void *context, int fd, off_t size)
{
    struct hf_crash_env *self = context;
    const struct hf_fs *fs = &self->inner->fs;
    pthread_mutex_lock(&self->lock);
    int result = fs->truncate(fs->context, fd, size), sys = errno, inode = inode_of_fd(self, fd);
    if (!result && inode >= 0) {
        struct change *change = record(self, CHANGE_TRUNCATE, NULL);
        change->inode = inode;
        change->offset = (uint64_t)size;
    }
    pthread_mutex_unlock(&self->lock);
    errno = sys;
    return result;
}

/* The disk need not really be synced: nobody loses power here. */
static int crash_sync(void *context, int fd)
{
    struct hf_crash_env *self = context;
    pthread_mutex_lock(&self->lock);
    int inode = inode_of_fd(self, fd);
    if (inode >= 0)
        record_sync(self, CHANGE_SYNC, NULL, inode);
    pthread_mutex_unlock(&self->lock);
    return 0;
}

static int crash_stat(void *context, const char *path, struct stat *out)
{
    const struct hf_fs *fs = &((struct hf_crash_env *)context)->inner->fs;
    return fs->stat(fs->context, path, out);
}

static int crash_list(void *context, const char *path, int (*each)(void *arg, const char *name),
                      void *arg)
{
    const struct hf_fs *fs = &((struct hf_crash_env *)context)->inner->fs;
    return fs->list(fs->context, path, each, arg);
}

/* Records that `from` is also, or only, called `to`. Either may be outside of the root. */
static void record_move(struct hf_crash_env *self, enum change_kind kind, const char *from,
                        const char *to)
{
    struct name *name = from ? find_name(self, from) : NULL;
    if (!to) { /* moved out of sight */
        if (name && kind == CHANGE_RENAME) {
            record(self, CHANGE_UNLINK, from);
            drop_name(self, from);
        }
        return;
    }
    if (!name) { /* moved into sight, or made by somebody else */
        record_existing(self, to);
        return;
    }
    int inode = name->inode;
    if (kind == CHANGE_RENAME)
        drop_name(self, from);
    struct change *change = record(self, kind, from);
    change->inode = inode;
    change->to = need(strdup(to));
    set_name(self, to, inode);
}

static int move(struct hf_crash_env *self,
                int (*call)(void *context, const char *from, const char *to), enum change_kind kind,
                const char *from, const char *to)
{
    hf_auto_free char *relative_from = below_root(self, from);
    hf_auto_free char *relative_to = below_root(self, to);
    pthread_mutex_lock(&self->lock);
    int result = call(self->inner->fs.context, from, to), sys = errno;
    if (!result)
        record_move(self, kind, relative_from, relative_to);
    pthread_mutex_unlock(&self->lock);
    errno = sys;
    return result;
}

static int crash_link(void *context, const char *from, const char *to)
{
    struct hf_crash_env *self = context;
    return move(self, self->inner->fs.link, CHANGE_LINK, from, to);
}

static int crash_rename(void *context, const char *from, const char *to)
{
    struct hf_crash_env *self = context;
    return move(self, self->inner->fs.rename, CHANGE_RENAME, from, to);
}

static int crash_rename_new(void *context, const char *from, const char *to)
{
    struct hf_crash_env *self = context;
    return move(self, self->inner->fs.rename_new, CHANGE_RENAME, from, to);
}

static int crash_unlink(void *context, const char *path)
{
    struct hf_crash_env *self = context;
    hf_auto_free char *relative = below_root(self, path);
    pthread_mutex_lock(&self->lock);
    int result = self->inner->fs.unlink(self->inner->fs.context, path), sys = errno;
    if (!result && relative) {
        record(self, CHANGE_UNLINK, relative);
        drop_name(self, relative);
    }
    pthread_mutex_unlock(&self->lock);
    errno = sys;
    return result;
}

static int crash_mkdir(void *context, const char *path, mode_t mode)
{
    struct hf_crash_env *self = context;
    hf_auto_free char *relative = below_root(self, path);
    pthread_mutex_lock(&self->lock);
    int result = self->inner->fs.mkdir(self->inner->fs.context, path, mode), sys = errno;
    if (!result && relative)
        record(self, CHANGE_MKDIR, relative);
    pthread_mutex_unlock(&self->lock);
    errno = sys;
    return result;
}

static int crash_sync_dir(void *context, const char *path)
{
    struct hf_crash_env *self = context;
    hf_auto_free char *relative = below_root(self, path);
    struct stat status;
    pthread_mutex_lock(&self->lock);
    int result = self->inner->fs.stat(self->inner->fs.context, path, &status), sys = errno;
    if (!result && !S_ISDIR(status.st_mode)) {
        result = -1;
        sys = ENOTDIR;
    }
    if (!result && relative)
        record_sync(self, CHANGE_SYNC_DIR, relative, -1);
    pthread_mutex_unlock(&self->lock);
    errno = sys;
    return result;
}

void hf_crash_env_note_create(struct hf_crash_env *self, const char *path)
{
    hf_auto_free char *relative = below_root(self, path);
    pthread_mutex_lock(&self->lock);
    if (relative)
        record_open(self, relative, false, 0);
    pthread_mutex_unlock(&self->lock);
}

/* A change of a known file; NULL for others. With the lock. */
static struct change *note(struct hf_crash_env *self, enum change_kind kind, const char *path)
{
    hf_auto_free char *relative = below_root(self, path);
    struct name *name = relative ? find_name(self, relative) : NULL;
    if (!name)
        return NULL;
    int inode = name->inode;
    struct change *change = record(self, kind, NULL);
    change->inode = inode;
    return change;
}

void hf_crash_env_note_write(struct hf_crash_env *self, const char *path, const void *bytes,
                             size_t length, uint64_t offset)
{
    pthread_mutex_lock(&self->lock);
    struct change *change = note(self, CHANGE_WRITE, path);
    if (change) {
        change->offset = offset;
        change->length = length;
        change->bytes = memcpy(need(malloc(length)), bytes, length);
    }
    pthread_mutex_unlock(&self->lock);
}

void hf_crash_env_note_truncate(struct hf_crash_env *self, const char *path, uint64_t size)
{
    pthread_mutex_lock(&self->lock);
    struct change *change = note(self, CHANGE_TRUNCATE, path);
    if (change)
        change->offset = size;
    pthread_mutex_unlock(&self->lock);
}

void hf_crash_env_note_sync(struct hf_crash_env *self, const char *path)
{
    hf_auto_free char *relative = below_root(self, path);
    pthread_mutex_lock(&self->lock);
    struct name *name = relative ? find_name(self, relative) : NULL;
    if (name)
        record_sync(self, CHANGE_SYNC, NULL, name->inode);
    pthread_mutex_unlock(&self->lock);
}

void hf_crash_env_note_unlink(struct hf_crash_env *self, const char *path)
{
    hf_auto_free char *relative = below_root(self, path);
    pthread_mutex_lock(&self->lock);
    if (relative && find_name(self, relative)) {
        record(self, CHANGE_UNLINK, relative);
        drop_name(self, relative);
    }
    pthread_mutex_unlock(&self->lock);
}

void hf_crash_env_note_sync_dir(struct hf_crash_env *self, const char *path)
{
    hf_auto_free char *relative = below_root(self, path);
    pthread_mutex_lock(&self->lock);
    if (relative)
        record_sync(self, CHANGE_SYNC_DIR, relative, -1);
    pthread_mutex_unlock(&self->lock);
}

struct hf_crash_env *hf_crash_env_new(const struct hf_env *inner, const char *root,
                                      struct hf_error *err)
{
    struct hf_crash_env *self = need(calloc(1, sizeof *self));
    self->inner = inner;
    self->root = need(strdup(root));
    for (size_t end = strlen(root); end > 1 && self->root[end - 1] == '/'; end--)
        self->root[end - 1] = 0;
    self->env = (struct hf_env){
        .context = inner->context,
        .now = inner->now,
        .random = inner->random,
        .fs = {.context = self,
               .open = crash_open,
               .close = crash_close,
               .pread = crash_pread,
               .pwrite = crash_pwrite,
               .truncate = crash_truncate,
               .sync = crash_sync,
               .stat = crash_stat,
               .link = crash_link,
               .rename = crash_rename,
               .rename_new = crash_rename_new,
               .unlink = crash_unlink,
               .mkdir = crash_mkdir,
               .sync_dir = crash_sync_dir,
               .list = crash_list},
    };
    pthread_mutex_init(&self->lock, NULL);
    if (scan_directory(self, "")) {
        hf_error_sys(err, errno, "scan", root);
        hf_crash_env_free(self);
        return NULL;
    }
    self->base = self->count;
    return self;
}

void hf_crash_env_free(struct hf_crash_env *self)
{
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++) {
        free(self->changes[i].path);
        free(self->changes[i].to);
        free(self->changes[i].bytes);
    }
    for (size_t i = 0; i < self->name_count; i++)
        free(self->names[i].path);
    free(self->changes);
    free(self->names);
    free(self->inode_of_fd);
    free(self->root);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

const struct hf_env *hf_crash_env_get(const struct hf_crash_env *self)
{
    return &self->env;
}

uint64_t hf_crash_env_operations(const struct hf_crash_env *self)
{
    return self->count - self->base;
}
