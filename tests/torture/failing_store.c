/*
 * Loaded into the replicator with LD_PRELOAD: makes the system calls on files below one folder
 * slow, or fail, as a page that is shared with the harness says at that moment. A write that fails
 * may have written half.
 *
 * HOLDFAST_FAILING_FOLDER names the folder (real path), HOLDFAST_FAILING_CONTROL the page's file.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct control {
    _Atomic uint32_t per_mille; /* of the calls that fail */
    _Atomic uint32_t error;
    _Atomic uint32_t delay_us; /* of each call, at most; a random part of it */
    _Atomic uint32_t calls;    /* that failed, for the harness to see that they did */
};

static struct control *control;
static char folder[PATH_MAX];
static size_t folder_length;
static _Atomic uint64_t state = 88172645463325252u;

__attribute__((constructor)) static void attach(void)
{
    const char *path = getenv("HOLDFAST_FAILING_CONTROL"),
               *name = getenv("HOLDFAST_FAILING_FOLDER");
    if (!path || !name)
        return;
    snprintf(folder, sizeof folder, "%s", name);
    folder_length = strlen(folder);
    int fd = (int)openat(AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    void *page = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page != MAP_FAILED)
        control = page;
}

static uint64_t draw(void)
{
    uint64_t x = state ^ ((uint64_t)getpid() << 32);
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    state = x;
    return x >> 11;
}

static bool below(const char *path)
{
    return !strncmp(path, folder, folder_length) &&
           (path[folder_length] == '/' || path[folder_length] == '\0');
}

static bool names_store(int dir, const char *path)
{
    char full[PATH_MAX * 2], base[PATH_MAX];
    if (path[0] == '/')
        return below(path);
    if (dir == AT_FDCWD) {
        if (!getcwd(base, sizeof base))
            return false;
    } else {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
        ssize_t length = readlink(link, base, sizeof base - 1);
        if (length < 0)
            return false;
        base[length] = '\0';
    }
    snprintf(full, sizeof full, "%s/%s", base, path);
    return below(full);
}

/* 0, or the error that this call shall fail with; after its delay. */
static int trouble(void)
{
    uint32_t delay = control->delay_us, failing = control->per_mille;
    if (delay) {
        uint64_t us = draw() % delay;
        struct timespec time = {.tv_sec = (time_t)(us / 1000000),
                                .tv_nsec = (long)(us % 1000000) * 1000};
        nanosleep(&time, NULL);
    }
    if (!failing || draw() % 1000 >= failing)
        return 0;
    control->calls++;
    return (int)control->error;
}

static bool quiet(void)
{
    return !control || (!control->per_mille && !control->delay_us);
}

static int trouble_at(int dir, const char *path)
{
    return quiet() || !path || !names_store(dir, path) ? 0 : trouble();
}

static int trouble_with(int fd)
{
    if (quiet() || fd < 0)
        return 0;
    char link[64], base[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, base, sizeof base - 1);
    if (length < 0)
        return 0;
    base[length] = '\0';
    return below(base) ? trouble() : 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_IF(problem, value)                                                                    \
    do {                                                                                           \
        int problem_ = (problem);                                                                  \
        if (problem_) {                                                                            \
            errno = problem_;                                                                      \
            return value;                                                                          \
        }                                                                                          \
    } while (0)

#define OPENING(name)                                                                              \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;                    \
        va_end(list);                                                                              \
        FAIL_IF(trouble_at(AT_FDCWD, path), -1);                                                   \
        return REAL(name)(path, flags, mode);                                                      \
    }
OPENING(open)
OPENING(open64)

#define OPENING_AT(name)                                                                           \
    int name(int dir, const char *path, int flags, ...)                                            \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;                    \
        va_end(list);                                                                              \
        FAIL_IF(trouble_at(dir, path), -1);                                                        \
        return REAL(name)(dir, path, flags, mode);                                                 \
    }
OPENING_AT(openat)
OPENING_AT(openat64)

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    FAIL_IF(trouble_at(AT_FDCWD, path), -1);
    return REAL(__open_2)(path, flags);
}

int mkdir(const char *path, mode_t mode)
{
    FAIL_IF(trouble_at(AT_FDCWD, path), -1);
    return REAL(mkdir)(path, mode);
}

int unlink(const char *path)
{
    FAIL_IF(trouble_at(AT_FDCWD, path), -1);
    return REAL(unlink)(path);
}

int rename(const char *from, const char *to)
{
    FAIL_IF(trouble_at(AT_FDCWD, to), -1);
    return REAL(rename)(from, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    FAIL_IF(trouble_at(to_dir, to), -1);
    return REAL(renameat2)(from_dir, from, to_dir, to, flags);
}

int link(const char *from, const char *to)
{
    FAIL_IF(trouble_at(AT_FDCWD, to), -1);
    return REAL(link)(from, to);
}

DIR *opendir(const char *path)
{
    FAIL_IF(trouble_at(AT_FDCWD, path), NULL);
    return REAL(opendir)(path);
}

int fsync(int fd)
{
    FAIL_IF(trouble_with(fd), -1);
    return REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    FAIL_IF(trouble_with(fd), -1);
    return REAL(fdatasync)(fd);
}

ssize_t read(int fd, void *out, size_t length)
{
    FAIL_IF(trouble_with(fd), -1);
    return REAL(read)(fd, out, length);
}

ssize_t pread(int fd, void *out, size_t length, off_t offset)
{
    FAIL_IF(trouble_with(fd), -1);
    return REAL(pread)(fd, out, length, offset);
}

ssize_t pread64(int fd, void *out, size_t length, off64_t offset)
{
    FAIL_IF(trouble_with(fd), -1);
    return REAL(pread64)(fd, out, length, offset);
}

ssize_t __pread_chk(int fd, void *out, size_t length, off_t offset, size_t size);
ssize_t __pread_chk(int fd, void *out, size_t length, off_t offset, size_t size)
{
    FAIL_IF(trouble_with(fd), -1);
    return REAL(__pread_chk)(fd, out, length, offset, size);
}

ssize_t write(int fd, const void *in, size_t length)
{
    FAIL_IF(trouble_with(fd), -1);
    return REAL(write)(fd, in, length);
}

/* Half of it, and then no more. */
static ssize_t torn(int fd, const void *in, size_t length, off_t offset, int problem)
{
    if (length > 1 && draw() % 2)
        return REAL(pwrite)(fd, in, length / 2, offset);
    errno = problem;
    return -1;
}

ssize_t pwrite(int fd, const void *in, size_t length, off_t offset)
{
    int problem = trouble_with(fd);
    return problem ? torn(fd, in, length, offset, problem) : REAL(pwrite)(fd, in, length, offset);
}

ssize_t pwrite64(int fd, const void *in, size_t length, off64_t offset)
{
    int problem = trouble_with(fd);
    return problem ? torn(fd, in, length, offset, problem) : REAL(pwrite64)(fd, in, length, offset);
}
