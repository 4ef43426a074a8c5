#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

enum { MOST_LINKS = 40 }; /* as the kernel */

int hf_file_open(const struct hf_env *env, const char *path, int flags, mode_t mode,
                 struct hf_error *err)
{
    int fd;
    do
        fd = env->fs.open(env->fs.context, path, flags, mode);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? hf_error_sys(err, errno, "open", path) : fd;
}

int hf_file_open_unnamed(const struct hf_env *env, struct hf_error *err)
{
    const char *directory = getenv("TMPDIR");
    int fd = hf_file_open_unnamed_in(env, directory && *directory ? directory : "/var/tmp", err);
    return fd >= 0 ? fd : hf_error_hint(err, "set TMPDIR to a directory that can be written to");
}

uint64_t hf_file_room(int fd)
{
    struct statvfs room;
    return fstatvfs(fd, &room) ? UINT64_MAX : (uint64_t)room.f_bavail * room.f_frsize;
}

int hf_file_open_unnamed_in(const struct hf_env *env, const char *directory, struct hf_error *err)
{
    uint8_t salt[8];
    char digits[2 * sizeof salt + 1], name[64];
    if (hf_random(env, salt, sizeof salt, err))
        return -1;
    hf_hex_encode(digits, salt, sizeof salt);
    snprintf(name, sizeof name, ".holdfast.%s.tmp", digits);
    hf_auto_free char *path = hf_path_join(directory, name);
    if (!path)
        return hf_error_memory(err);
    struct hf_error local = {0};
    int fd = hf_file_open(env, path, O_RDWR | O_CREAT | O_EXCL, 0600, &local);
    if (fd < 0) {
        /* As in hf_new_file_begin. */
        if (local.code != HF_EXISTS)
            env->fs.unlink(env->fs.context, path);
        return hf_error_pass(err, &local);
    }
    if (env->fs.unlink(env->fs.context, path)) {
        hf_error_sys(err, errno, "remove", path);
        env->fs.close(env->fs.context, fd);
        return -1;
    }
    return fd;
}

int hf_file_close(const struct hf_env *env, int fd, const char *path, struct hf_error *err)
{
    /* Not repeated after EINTR: Linux has released the descriptor (close(2), NOTES). */
    if (env->fs.close(env->fs.context, fd) && errno != EINTR)
        return hf_error_sys(err, errno, "close", path);
    return 0;
}

int64_t hf_file_read(const struct hf_env *env, int fd, const char *path, void *out, size_t length,
                     uint64_t offset, struct hf_error *err)
{
    size_t done = 0;
    while (done < length) {
        ssize_t got = env->fs.pread(env->fs.context, fd, (char *)out + done, length - done,
                                    (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return hf_error_sys(err, errno, "read", path);
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (int64_t)done;
}

int hf_file_write(const struct hf_env *env, int fd, const char *path, const void *in, size_t length,
                  uint64_t offset, struct hf_error *err)
{
    size_t done = 0;
    while (done < length) {
        ssize_t put = env->fs.pwrite(env->fs.context, fd, (const char *)in + done, length - done,
                                     (off_t)(offset + done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return hf_error_sys(err, put < 0 ? errno : ENOSPC, "write", path);
        done += (size_t)put;
    }
    return 0;
}

int hf_file_read_all(const struct hf_env *env, const char *path, size_t limit, struct hf_buf *out,
                     struct hf_error *err)
{
    int fd = hf_file_open(env, path, O_RDONLY, 0, err);
    if (fd < 0)
        return -1;
    size_t before = out->length;
    int64_t got;
    do {
        if (hf_buf_reserve(out, 65536, err)) {
            got = -1;
            break;
        }
        got =
            hf_file_read(env, fd, path, out->data + out->length, 65536, out->length - before, err);
        out->length += got > 0 ? (size_t)got : 0;
        if (out->length - before > limit)
            got = hf_error_set(err, HF_CORRUPT, "'%s' is larger than it can be", path);
    } while (got > 0);
    env->fs.close(env->fs.context, fd);
    if (got < 0)
        out->length = before;
    return got < 0 ? -1 : 0;
}

bool hf_path_same(const struct hf_env *env, const char *a, const char *b)
{
    struct stat first, second;
    return !env->fs.stat(env->fs.context, a, &first) &&
           !env->fs.stat(env->fs.context, b, &second) && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

char *hf_path_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* What the symbolic link at `path` says; NULL when there is none. */
static char *read_link(const char *path)
{
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length <= 0)
        return NULL;
    target[length] = 0;
    hf_auto_free char *parent = hf_path_parent(path);
    return *target == '/' || !parent ? strdup(target) : hf_path_join(parent, target);
}

char *hf_path_real(const char *path)
{
    char *name = strdup(path);
    for (int links = 0; name && links < MOST_LINKS; links++) {
        char *real = realpath(name, NULL);
        char *next = real ? real : read_link(name);
        if (!next)
            return name;
        free(name);
        name = next;
        if (real)
            return name;
    }
    return name;
}

char *hf_path_join(const char *a, const char *b)
{
    size_t length = strlen(a);
    while (length > 1 && a[length - 1] == '/')
        length--;
    char *joined = malloc(length + strlen(b) + 2);
    if (joined) {
        memcpy(joined, a, length);
        sprintf(joined + length, "%s%s", length && a[length - 1] == '/' ? "" : "/", b);
    }
    return joined;
}

int hf_sync_parent(const struct hf_env *env, const char *path, struct hf_error *err)
{
    hf_auto_free char *parent = hf_path_parent(path);
    if (!parent)
        return hf_error_memory(err);
    if (env->fs.sync_dir(env->fs.context, parent))
        return hf_error_sys(err, errno, "sync directory", parent);
    return 0;
}

int hf_make_directories(const struct hf_env *env, const char *path, mode_t mode,
                        struct hf_error *err)
{
    struct stat status;
    if (env->fs.stat(env->fs.context, path, &status) == 0) {
        if (!S_ISDIR(status.st_mode))
            return hf_error_sys(err, ENOTDIR, "make directory", path);
        return 0;
    }
    if (errno != ENOENT)
        return hf_error_sys(err, errno, "make directory", path);
    hf_auto_free char *parent = hf_path_parent(path);
    if (!parent)
        return hf_error_memory(err);
    if (strcmp(parent, path) && hf_make_directories(env, parent, mode, err))
        return -1;
    if (env->fs.mkdir(env->fs.context, path, mode) && errno != EEXIST)
        return hf_error_sys(err, errno, "make directory", path);
    return hf_sync_parent(env, path, err);
}

static const char temporary_suffix[] = ".tmp";

enum { COPY_PIECE = 1 << 16 };

int hf_new_file_begin(struct hf_new_file *file, const struct hf_env *env, const char *path,
                      mode_t mode, struct hf_error *err)
{
    *file = (struct hf_new_file){.env = env, .fd = -1};
    uint8_t salt[4];
    char digits[9];
    if (hf_random(env, salt, sizeof salt, err))
        return -1;
    hf_hex_encode(digits, salt, sizeof salt);
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char *temporary = malloc(strlen(path) + sizeof digits + sizeof temporary_suffix + 3);
    file->path = strdup(path);
    if (!temporary || !file->path) {
        free(temporary);
        hf_new_file_release(file);
        return hf_error_memory(err);
    }
    /* A long name is cut, so that the temporary fits where the name itself does. */
    sprintf(temporary, "%.*s.%.200s.%s%s", (int)(name - path), path, name, digits,
            temporary_suffix);
    struct hf_error local = {0};
    file->fd = hf_file_open(env, temporary, O_RDWR | O_CREAT | O_EXCL, mode, &local);
    if (file->fd < 0) {
        /* On a network the file can have been made and the reply lost. */
        if (local.code != HF_EXISTS)
            env->fs.unlink(env->fs.context, temporary);
        if (err)
            *err = local;
        free(temporary);
        hf_new_file_release(file);
        return -1;
    }
    file->temporary = temporary;
    return 0;
}

int hf_new_file_write(struct hf_new_file *file, const void *in, size_t length, uint64_t offset,
                      struct hf_error *err)
{
    return hf_file_write(file->env, file->fd, file->temporary, in, length, offset, err);
}

/* Puts the temporary under its name without replacing: link(2) on most file systems, else
 * renameat2(2). Sets `moved` when the temporary's name is gone. */
static int place_new(const struct hf_fs *fs, const char *from, const char *to, bool *moved)
{
    if (fs->link(fs->context, from, to) == 0)
        return 0;
    if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EMLINK)
        return -1;
    *moved = true;
    return fs->rename_new(fs->context, from, to);
}

int hf_new_file_adopt(struct hf_new_file *file, const char *path, struct hf_error *err)
{
    struct stat old;
    if (file->env->fs.stat(file->env->fs.context, path, &old))
        return errno == ENOENT ? 0 : hf_error_sys(err, errno, "look at", path);
    if (fchown(file->fd, old.st_uid, old.st_gid) && errno != EPERM)
        return hf_error_sys(err, errno, "set the owner of", file->temporary);
    if (fchmod(file->fd, old.st_mode & 07777))
        return hf_error_sys(err, errno, "set the mode of", file->temporary);
    return 0;
}

int hf_new_file_commit(struct hf_new_file *file, enum hf_commit how, struct hf_error *err)
{
    const struct hf_fs *fs = &file->env->fs;
    int result = -1;
    bool moved = false;
    if (fs->sync(fs->context, file->fd)) {
        hf_error_sys(err, errno, "sync", file->temporary);
        goto out;
    }
    int fd = file->fd;
    file->fd = -1;
    if (hf_file_close(file->env, fd, file->temporary, err))
        goto out;
    if (how == HF_COMMIT_NEW) {
        if (place_new(fs, file->temporary, file->path, &moved)) {
            hf_error_sys(err, errno, "create", file->path);
            moved = false;
            goto out;
        }
    } else if (fs->rename(fs->context, file->temporary, file->path)) {
        hf_error_sys(err, errno, "rename to", file->path);
        goto out;
    } else {
        moved = true;
    }
    result = hf_sync_parent(file->env, file->path, err);
out:
    if (moved) {
        free(file->temporary);
        file->temporary = NULL;
    }
    hf_new_file_release(file);
    return result;
}

void hf_new_file_release(struct hf_new_file *file)
{
    if (!file->path)
        return;
    const struct hf_fs *fs = &file->env->fs;
    if (file->fd >= 0)
        fs->close(fs->context, file->fd);
    if (file->temporary)
        fs->unlink(fs->context, file->temporary);
    free(file->temporary);
    free(file->path);
    *file = (struct hf_new_file){.fd = -1};
}

/* ".<name>.<8 hexadecimal digits>.tmp" */
bool hf_is_temporary_name(const char *name)
{
    size_t length = strlen(name), suffix = sizeof temporary_suffix - 1, tail = suffix + 9;
    if (name[0] != '.' || length < tail + 2 ||
        strcmp(name + length - suffix, temporary_suffix) != 0)
        return false;
    const char *digits = name + length - tail + 1;
    return digits[-1] == '.' && strspn(digits, "0123456789abcdef") >= 8;
}

struct litter {
    const struct hf_new_file *file;
    enum hf_litter which;
    const char *parent, *own; /* directory and name of the file's own temporary */
    size_t tail;              /* length of what two temporaries of one file do not share */
    int64_t now;              /* s */
};

static int remove_if_old(void *arg, const char *name)
{
    enum { OLD = 24 * 60 * 60 };
    const struct litter *litter = arg;
    const struct hf_fs *fs = &litter->file->env->fs;
    struct stat status;
    size_t length = strlen(litter->own);
    if (!hf_is_temporary_name(name) ||
        (litter->which == HF_LITTER_OF_FILE &&
         (strlen(name) != length || strncmp(name, litter->own, length - litter->tail) != 0)))
        return 0;
    hf_auto_free char *path = hf_path_join(litter->parent, name);
    if (path && fs->stat(fs->context, path, &status) == 0 && S_ISREG(status.st_mode) &&
        litter->now - status.st_mtim.tv_sec > OLD)
        fs->unlink(fs->context, path);
    return 0;
}

void hf_new_file_remove_litter(const struct hf_new_file *file, enum hf_litter which)
{
    const struct hf_fs *fs = &file->env->fs;
    struct stat own;
    const char *slash = strrchr(file->temporary, '/');
    hf_auto_free char *parent = hf_path_parent(file->temporary);
    if (!parent || fs->stat(fs->context, file->temporary, &own))
        return;
    struct litter litter = {
        .file = file,
        .which = which,
        .parent = parent,
        .own = slash ? slash + 1 : file->temporary,
        .tail = 8 + sizeof temporary_suffix - 1,
        .now = own.st_mtim.tv_sec,
    };
    fs->list(fs->context, parent, remove_if_old, &litter);
}

int hf_file_write_durable(const struct hf_env *env, const char *path, const void *in, size_t length,
                          mode_t mode, enum hf_commit how, struct hf_error *err)
{
    hf_auto(hf_new_file) struct hf_new_file file = {0};
    if (hf_new_file_begin(&file, env, path, mode, err) ||
        hf_new_file_write(&file, in, length, 0, err))
        return -1;
    return hf_new_file_commit(&file, how, err);
}

int hf_file_remove(const struct hf_env *env, const char *path, struct hf_error *err)
{
    if (env->fs.unlink(env->fs.context, path)) {
        if (errno == ENOENT)
            return 0;
        return hf_error_sys(err, errno, "remove", path);
    }
    return hf_sync_parent(env, path, err);
}

int hf_file_copy(const struct hf_env *env, const char *from, const char *to, mode_t mode,
                 struct hf_error *err)
{
    hf_auto(hf_new_file) struct hf_new_file file = {0};
    hf_auto_free uint8_t *bytes = malloc(COPY_PIECE);
    if (!bytes)
        return hf_error_memory(err);
    int fd = hf_file_open(env, from, O_RDONLY, 0, err);
    if (fd < 0)
        return -1;
    int failed = hf_new_file_begin(&file, env, to, mode, err);
    if (!failed)
        hf_new_file_remove_litter(&file, HF_LITTER_OF_FILE);
    int64_t got = 1;
    for (uint64_t offset = 0; !failed && got > 0; offset += (uint64_t)got) {
        got = hf_file_read(env, fd, from, bytes, COPY_PIECE, offset, err);
        failed = got < 0 || hf_new_file_write(&file, bytes, (size_t)got, offset, err);
    }
    failed |= hf_file_close(env, fd, from, failed ? NULL : err);
    return failed ? -1 : hf_new_file_commit(&file, HF_COMMIT_REPLACE, err);
}
