#include "service/setup_kind.h"

#include <fcntl.h>
#include <string.h>

#include "codec/age.h"
#include "os/file.h"

enum { LOOKED_AT = 512 };

const char *hf_file_kind_name(enum hf_file_kind kind)
{
    static const char *const names[] = {"other", "sqlite", "json", "gzip", "zstd", "age"};
    return names[kind];
}

static bool begins(const char *bytes, size_t length, const char *magic, size_t magic_length)
{
    return length >= magic_length && !memcmp(bytes, magic, magic_length);
}

static bool begins_object(const char *bytes, size_t length)
{
    size_t at = begins(bytes, length, "\xef\xbb\xbf", 3) ? 3 : 0;
    while (at < length && bytes[at] && strchr(" \t\r\n", bytes[at]))
        at++;
    return at < length && bytes[at] == '{';
}

static enum hf_file_kind kind_of(const char *bytes, size_t length)
{
    if (begins(bytes, length, "SQLite format 3", 16))
        return HF_FILE_SQLITE;
    if (begins(bytes, length, HF_AGE_MAGIC, sizeof HF_AGE_MAGIC - 1))
        return HF_FILE_AGE;
    if (begins(bytes, length, "\x1f\x8b", 2))
        return HF_FILE_GZIP;
    if (begins(bytes, length, "\x28\xb5\x2f\xfd", 4))
        return HF_FILE_ZSTD;
    return begins_object(bytes, length) ? HF_FILE_JSON : HF_FILE_OTHER;
}

int hf_file_kind_look(enum hf_file_kind *out, const struct hf_env *env, const char *path,
                      struct hf_error *err)
{
    char bytes[LOOKED_AT];
    struct stat status;
    /* Not waiting for who would write into a pipe. */
    int fd = hf_file_open(env, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0, err);
    if (fd < 0)
        return -1;
    int64_t got = -1;
    if (fstat(fd, &status) || !S_ISREG(status.st_mode))
        hf_error_set(err, HF_USAGE, "'%s' is no file", path);
    else
        got = hf_file_read(env, fd, path, bytes, sizeof bytes, 0, err);
    hf_file_close(env, fd, path, NULL);
    if (got < 0)
        return -1;
    *out = kind_of(bytes, (size_t)got);
    return 0;
}
