#include "store/directory_root.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "a//" and "a" are one place; the slashes would hide it among its parents. */
static char *copy_root(const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    return strndup(path, length);
}

int hf_directory_root_init(struct hf_directory_root *out, const struct hf_env *env,
                           const char *path, struct hf_error *err)
{
    *out = (struct hf_directory_root){.env = env, .path = copy_root(path)};
    if (!out->path)
        return hf_error_memory(err);
    pthread_mutex_init(&out->lock, NULL);
    return 0;
}

void hf_directory_root_release(struct hf_directory_root *root)
{
    pthread_mutex_destroy(&root->lock);
    free(root->path);
}

static int stop_at_name(void *arg, const char *name)
{
    (void)name;
    *(bool *)arg = false;
    return 1;
}

static bool is_empty(struct hf_directory_root *root)
{
    const struct hf_fs *fs = &root->env->fs;
    bool empty = true;
    return !fs->list(fs->context, root->path, stop_at_name, &empty) && empty;
}

/* The directory that the root is now. Another one, with nothing in it, is where a disk was mounted,
 * and must not be filled. Another one with content may be that disk, mounted again. */
static int know(struct hf_directory_root *root, const struct stat *status, struct hf_error *err)
{
    pthread_mutex_lock(&root->lock);
    bool other = root->seen && (status->st_dev != root->device || status->st_ino != root->inode);
    bool vacant = other && is_empty(root);
    if (!vacant) {
        root->seen = true;
        root->device = status->st_dev;
        root->inode = status->st_ino;
    }
    pthread_mutex_unlock(&root->lock);
    if (!vacant)
        return 0;
    hf_error_set(err, HF_UNREACHABLE, "the repository '%s' is another directory now, an empty one",
                 root->path);
    err->sys = ENOENT;
    return hf_error_hint(err, "is its disk mounted?");
}

static bool was_seen(struct hf_directory_root *root)
{
    pthread_mutex_lock(&root->lock);
    bool seen = root->seen;
    pthread_mutex_unlock(&root->lock);
    return seen;
}

int hf_directory_root_check(struct hf_directory_root *root, bool *absent, struct hf_error *err)
{
    struct stat status;
    *absent = false;
    if (root->env->fs.stat(root->env->fs.context, root->path, &status) == 0) {
        if (S_ISDIR(status.st_mode))
            return know(root, &status, err);
        hf_error_set(err, HF_UNREACHABLE, "the repository '%s' is not a directory", root->path);
        err->sys = ENOTDIR;
        return hf_error_hint(err, "give the path of a repository's directory");
    }
    int sys = errno;
    *absent = sys == ENOENT;
    if (*absent && !was_seen(root))
        return 0;
    hf_error_sys(err, sys, "open repository", root->path);
    err->code = HF_UNREACHABLE;
    if (sys == EACCES || sys == EPERM)
        return hf_error_hint(err, "run as the user who owns it, or change its owner");
    return hf_error_hint(err, "is its disk mounted?");
}

int hf_directory_explain(struct hf_directory_root *root, struct hf_error *err)
{
    struct hf_error gone;
    bool absent;
    if (err->sys && hf_directory_root_check(root, &absent, &gone)) {
        *err = gone;
        return -1;
    }
    switch (err->sys) {
    case ENOSPC:
    case EDQUOT:
        return hf_error_hint(err,
                             "make room on the disk that holds '%.200s'; what was stored "
                             "before is not affected",
                             root->path);
    case EACCES:
    case EPERM:
        return hf_error_hint(err, "'%.200s' and all in it must belong to the user who runs this",
                             root->path);
    case EROFS:
        return hf_error_hint(err, "the disk that holds '%.200s' is mounted read-only", root->path);
    default:
        return -1;
    }
}
