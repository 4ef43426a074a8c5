#include "os/env.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static int64_t system_now(void *context)
{
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int system_random(void *context, void *out, size_t length, struct hf_error *err)
{
    (void)context;
    for (size_t done = 0; done < length;) {
        ssize_t got = getrandom((char *)out + done, length - done, 0);
        if (got < 0 && errno != EINTR)
            return hf_error_sys(err, errno, "getrandom", "kernel");
        done += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

static int posix_open(void *context, const char *path, int flags, mode_t mode)
{
    (void)context;
    return open(path, flags | O_CLOEXEC, mode);
}

static int posix_close(void *context, int fd)
{
    (void)context;
    return close(fd);
}

static ssize_t posix_pread(void *context, int fd, void *out, size_t length, off_t offset)
{
    (void)context;
    return pread(fd, out, length, offset);
}

static ssize_t posix_pwrite(void *context, int fd, const void *in, size_t length, off_t offset)
{
    (void)context;
    return pwrite(fd, in, length, offset);
}

static int posix_truncate(void *context, int fd, off_t size)
{
    (void)context;
    return ftruncate(fd, size);
}

static int posix_sync(void *context, int fd)
{
    (void)context;
    return fdatasync(fd);
}

static void posix_flush_begin(void *context, int fd, off_t offset, off_t length)
{
    (void)context;
    sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE);
}

static int posix_stat(void *context, const char *path, struct stat *out)
{
    (void)context;
    return stat(path, out);
}

static int posix_link(void *context, const char *from, const char *to)
{
    (void)context;
    return link(from, to);
}

static int posix_rename(void *context, const char *from, const char *to)
{
    (void)context;
    return rename(from, to);
}

/* For NFS, ZFS before 2.2 and much of FUSE, which cannot be told not to replace. Where there are no
 * hard links either, nothing is left but to look first. */
static int rename_new_by_link(const char *from, const char *to)
{
    struct stat status;
    if (link(from, to) == 0)
        return unlink(from);
    if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EMLINK)
        return -1;
    if (lstat(to, &status))
        return rename(from, to);
    errno = EEXIST;
    return -1;
}

static int posix_rename_new(void *context, const char *from, const char *to)
{
    (void)context;
    if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
        return 0;
    return errno == EINVAL || errno == ENOSYS ? rename_new_by_link(from, to) : -1;
}

static int posix_unlink(void *context, const char *path)
{
    (void)context;
    return unlink(path);
}

static int posix_mkdir(void *context, const char *path, mode_t mode)
{
    (void)context;
    return mkdir(path, mode);
}

static int posix_sync_dir(void *context, const char *path)
{
    (void)context;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = fsync(fd), sys = errno;
    close(fd);
    /* Some network file systems cannot sync a directory, and say so; nothing more can be done. */
    if (result && (sys == EINVAL || sys == ENOTSUP))
        return 0;
    errno = sys;
    return result;
}

static int posix_list(void *context, const char *path, int (*each)(void *arg, const char *name),
                      void *arg)
{
    (void)context;
    DIR *dir = opendir(path);
    if (!dir)
        return -1;
    int result = 0;
    struct dirent *entry;
    errno = 0;
    while (!result && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            result = each(arg, entry->d_name);
        if (!result)
            errno = 0;
    }
    if (!result && errno)
        result = -1;
    int sys = errno;
    closedir(dir);
    errno = sys;
    return result;
}

const struct hf_env *hf_env_system(void)
{
    static const struct hf_env env = {
        .now = system_now,
        .random = system_random,
        .fs =
            {
                .open = posix_open,
                .close = posix_close,
                .pread = posix_pread,
                .pwrite = posix_pwrite,
                .truncate = posix_truncate,
                .sync = posix_sync,
                .flush_begin = posix_flush_begin,
                .stat = posix_stat,
                .link = posix_link,
                .rename = posix_rename,
                .rename_new = posix_rename_new,
                .unlink = posix_unlink,
                .mkdir = posix_mkdir,
                .sync_dir = posix_sync_dir,
                .list = posix_list,
            },
    };
    return &env;
}
