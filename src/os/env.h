/*
 * The world as Holdfast sees it: clock, randomness, file system.
 *
 * Given to what needs it when that is constructed, so that tests can make the n-th
 * operation fail, lose power at any moment, or turn the clock. hf_env_system() is the
 * real one. File operations behave as the POSIX call of the same name (-1 and errno);
 * base code calls them through os/file.h, which turns errno into struct hf_error.
 * All functions may be called from several threads.
 */
#ifndef HF_OS_ENV_H
#define HF_OS_ENV_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

struct hf_fs {
    void *context;
    int (*open)(void *context, const char *path, int flags, mode_t mode);
    int (*close)(void *context, int fd);
    ssize_t (*pread)(void *context, int fd, void *out, size_t length, off_t offset);
    ssize_t (*pwrite)(void *context, int fd, const void *in, size_t length, off_t offset);
    int (*truncate)(void *context, int fd, off_t size);
    int (*sync)(void *context, int fd); /* data and size are durable when it returns 0 */
    /* Asks for this range to be written back soon, so that a later sync is short. Promises
     * nothing and never fails; may be NULL. */
    void (*flush_begin)(void *context, int fd, off_t offset, off_t length);
    int (*stat)(void *context, const char *path, struct stat *out);
    int (*link)(void *context, const char *from, const char *to);
    int (*rename)(void *context, const char *from, const char *to);
    int (*rename_new)(void *context, const char *from, const char *to); /* EEXIST, never replaces */
    int (*unlink)(void *context, const char *path);
    int (*mkdir)(void *context, const char *path, mode_t mode);
    int (*sync_dir)(void *context, const char *path);
    /* Calls `each` for every name but "." and ".."; stops when it returns non-zero, and
     * returns that. */
    int (*list)(void *context, const char *path, int (*each)(void *arg, const char *name),
                void *arg);
};

struct hf_env {
    void *context;
    int64_t (*now)(void *context); /* milliseconds since 1970 UTC */
    int (*random)(void *context, void *out, size_t length, struct hf_error *err);
    struct hf_fs fs;
};

/* The real clock, kernel randomness and file system. Lives forever. */
const struct hf_env *hf_env_system(void);

static inline int64_t hf_now(const struct hf_env *env)
{
    return env->now(env->context);
}

static inline int hf_random(const struct hf_env *env, void *out, size_t length,
                            struct hf_error *err)
{
    return env->random(env->context, out, length, err);
}

#endif
