#include "store/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "os/file.h"

static const char spool_name[] = "temporary file";

void hf_spool_init(struct hf_spool *spool, const struct hf_env *env, size_t memory_limit)
{
    *spool = (struct hf_spool){.env = env, .memory_limit = memory_limit, .fd = -1};
}

void hf_spool_release(struct hf_spool *spool)
{
    if (spool->env && spool->fd >= 0)
        spool->env->fs.close(spool->env->fs.context, spool->fd);
    hf_buf_release(&spool->memory);
    *spool = (struct hf_spool){.fd = -1};
}

static int open_unnamed(const struct hf_env *env, struct hf_error *err)
{
    const char *directory = getenv("TMPDIR");
    uint8_t salt[8];
    char digits[2 * sizeof salt + 1], name[64];
    if (hf_random(env, salt, sizeof salt, err))
        return -1;
    hf_hex_encode(digits, salt, sizeof salt);
    snprintf(name, sizeof name, ".holdfast.%s.tmp", digits);
    hf_auto_free char *path = hf_path_join(directory && *directory ? directory : "/var/tmp", name);
    if (!path)
        return hf_error_memory(err);
    int fd = hf_file_open(env, path, O_RDWR | O_CREAT | O_EXCL, 0600, err);
    if (fd < 0)
        return hf_error_hint(err, "set TMPDIR to a directory that can be written to");
    if (env->fs.unlink(env->fs.context, path)) {
        hf_error_sys(err, errno, "remove", path);
        env->fs.close(env->fs.context, fd);
        return -1;
    }
    return fd;
}

static int move_to_file(struct hf_spool *spool, struct hf_error *err)
{
    int fd = open_unnamed(spool->env, err);
    if (fd < 0)
        return -1;
    if (hf_file_write(spool->env, fd, spool_name, spool->memory.data, spool->memory.length, 0,
                      err)) {
        spool->env->fs.close(spool->env->fs.context, fd);
        return -1;
    }
    spool->fd = fd;
    hf_buf_release(&spool->memory);
    return 0;
}

int hf_spool_append(struct hf_spool *spool, const void *bytes, size_t length, struct hf_error *err)
{
    if (spool->fd < 0 && length > spool->memory_limit - spool->memory.length &&
        move_to_file(spool, err))
        return -1;
    if (spool->fd >= 0) {
        if (hf_file_write(spool->env, spool->fd, spool_name, bytes, length, spool->length, err))
            return hf_error_hint(err, "set TMPDIR to a directory with more room");
    } else if (hf_buf_append(&spool->memory, bytes, length, err)) {
        return -1;
    }
    spool->length += length;
    return 0;
}

int hf_spool_read(const struct hf_spool *spool, uint64_t offset, void *out, size_t length,
                  struct hf_error *err)
{
    assert(offset <= spool->length && length <= spool->length - offset);
    if (spool->fd < 0) {
        if (length)
            memcpy(out, spool->memory.data + offset, length);
        return 0;
    }
    int64_t got = hf_file_read(spool->env, spool->fd, spool_name, out, length, offset, err);
    if (got >= 0 && (size_t)got < length)
        return hf_error_set(err, HF_IO, "the temporary file is shorter than what was written");
    return got < 0 ? -1 : 0;
}
