#include "store/spool.h"

#include <assert.h>
#include <string.h>

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

static int move_to_file(struct hf_spool *spool, struct hf_error *err)
{
    int fd = hf_file_open_unnamed(spool->env, err);
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
