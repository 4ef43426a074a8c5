/*
 * Preloaded into holdfast: the KILL_AT-th operation that changes a file is its last, half done if
 * it is a write; everybody in its process group dies with it, as when a container is killed. With
 * KILL_COUNT a file gets one byte for every such operation instead.
 *
 * Other programs, which inherit the preloading, are left alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long remaining; /* 0: never */
static int counter = -1;

static __attribute__((constructor)) void begin(void)
{
    const char *at = getenv("KILL_AT"), *count = getenv("KILL_COUNT");
    if (strcmp(program_invocation_short_name, "holdfast") != 0)
        return;
    remaining = at ? atol(at) : 0;
    if (count)
        counter = (int)syscall(SYS_openat, AT_FDCWD, count,
                               O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static void die(void)
{
    kill(0, SIGKILL);
    for (;;)
        pause();
}

/* Whether this operation is the one. */
static bool is_last(void)
{
    if (counter >= 0)
        syscall(SYS_write, counter, ".", 1);
    return __atomic_load_n(&remaining, __ATOMIC_RELAXED) > 0 &&
           __atomic_sub_fetch(&remaining, 1, __ATOMIC_RELAXED) == 0;
}

static void maybe_die(void)
{
    if (is_last())
        die();
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define INSTEAD(type, name, parameters, arguments)                                                 \
    type name parameters                                                                           \
    {                                                                                              \
        maybe_die();                                                                               \
        return NEXT(name) arguments;                                                               \
    }

INSTEAD(int, ftruncate, (int fd, off_t size), (fd, size))
INSTEAD(int, ftruncate64, (int fd, off64_t size), (fd, size))
INSTEAD(int, fsync, (int fd), (fd))
INSTEAD(int, fdatasync, (int fd), (fd))
INSTEAD(int, rename, (const char *from, const char *to), (from, to))
INSTEAD(int, renameat2,
        (int from_fd, const char *from, int to_fd, const char *to, unsigned int flags),
        (from_fd, from, to_fd, to, flags))
INSTEAD(int, link, (const char *from, const char *to), (from, to))
INSTEAD(int, linkat, (int from_fd, const char *from, int to_fd, const char *to, int flags),
        (from_fd, from, to_fd, to, flags))
INSTEAD(int, unlink, (const char *path), (path))
INSTEAD(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
INSTEAD(int, mkdir, (const char *path, mode_t mode), (path, mode))
INSTEAD(int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))

#define WRITE_INSTEAD(name, offset_type)                                                           \
    ssize_t name(int fd, const void *data, size_t size, offset_type at)                            \
    {                                                                                              \
        if (is_last()) {                                                                           \
            NEXT(name)(fd, data, size / 2, at);                                                    \
            die();                                                                                 \
        }                                                                                          \
        return NEXT(name)(fd, data, size, at);                                                     \
    }

WRITE_INSTEAD(pwrite, off_t)
WRITE_INSTEAD(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t size)
{
    if (fd > STDERR_FILENO && is_last()) {
        NEXT(write)(fd, data, size / 2);
        die();
    }
    return NEXT(write)(fd, data, size);
}

static mode_t mode_of(int flags, va_list list)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

static void maybe_die_opening(int flags)
{
    if (flags & (O_CREAT | O_TRUNC))
        maybe_die();
}

#define OPEN_INSTEAD(name)                                                                         \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode_t mode = mode_of(flags, list);                                                        \
        va_end(list);                                                                              \
        maybe_die_opening(flags);                                                                  \
        return NEXT(name)(path, flags, mode);                                                      \
    }

OPEN_INSTEAD(open)
OPEN_INSTEAD(open64)

#define OPENAT_INSTEAD(name)                                                                       \
    int name(int fd, const char *path, int flags, ...)                                             \
    {                                                                                              \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode_t mode = mode_of(flags, list);                                                        \
        va_end(list);                                                                              \
        maybe_die_opening(flags);                                                                  \
        return NEXT(name)(fd, path, flags, mode);                                                  \
    }

OPENAT_INSTEAD(openat)
OPENAT_INSTEAD(openat64)
