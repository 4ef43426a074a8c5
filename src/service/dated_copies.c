#include "service/dated_copies.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "os/file.h"
#include "portable/copy_proof.h"

enum { PIECE = 1 << 16, PREFIX = sizeof "backup_" - 1 };

static const char form[] = "backup_dddd-dd-ddTdd-dd-dd.json";

static bool is_dated(const char *name)
{
    if (strlen(name) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i]; i++) {
        bool is_digit = name[i] >= '0' && name[i] <= '9';
        if (i >= PREFIX && form[i] == 'd' ? !is_digit : name[i] != form[i])
            return false;
    }
    return true;
}

struct dated {
    char (*names)[HF_DATED_COPY_NAME]; /* the oldest first */
    size_t count;
};

static int collect(void *context, const char *name)
{
    struct dated *dated = context;
    if (!is_dated(name))
        return 0;
    char(*grown)[HF_DATED_COPY_NAME] = realloc(dated->names, (dated->count + 1) * sizeof *grown);
    if (!grown) {
        errno = ENOMEM;
        return -1;
    }
    dated->names = grown;
    memcpy(grown[dated->count++], name, HF_DATED_COPY_NAME);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int list(const struct hf_env *env, const char *folder, struct dated *out,
                struct hf_error *err)
{
    if (env->fs.list(env->fs.context, folder, collect, out))
        return hf_error_sys(err, errno, "list", folder);
    if (out->count)
        qsort(out->names, out->count, sizeof *out->names, by_name);
    return 0;
}

/* The time of writing stands once, near the beginning. */
static void hide_time(uint8_t *bytes, size_t length)
{
    static const char key[] = "\"exported_at\": \"";
    uint8_t *at = memmem(bytes, length, key, sizeof key - 1), *end = bytes + length;
    for (at += at ? sizeof key - 1 : 0; at && at < end && *at != '"'; at++)
        *at = '0';
}

/* Pieces of both files from `offset` on. Returns how many bytes of the first were had, or -1;
 * `*same` becomes false when they differ. */
static int64_t compare_piece(const struct hf_env *env, const int fds[2], uint8_t *pieces,
                             uint64_t offset, uint64_t length, bool *same, struct hf_error *err)
{
    size_t wanted = length < PIECE ? (size_t)length : PIECE;
    int64_t first = hf_file_read(env, fds[0], "portable copy", pieces, wanted, offset, err);
    int64_t second =
        first < 0 ? -1
                  : hf_file_read(env, fds[1], "portable copy", pieces + PIECE, wanted, offset, err);
    if (second < 0)
        return -1;
    if (!offset) {
        hide_time(pieces, (size_t)first);
        hide_time(pieces + PIECE, (size_t)second);
    }
    *same = first == second && !memcmp(pieces, pieces + PIECE, (size_t)first);
    return first;
}

/* Up to the checksum at the end, which covers the time. */
static int compare(const struct hf_env *env, const int fds[2], uint64_t length, bool *same,
                   struct hf_error *err)
{
    hf_auto_free uint8_t *pieces = malloc(2 * PIECE);
    if (!pieces)
        return hf_error_memory(err);
    int64_t had = 1;
    for (uint64_t offset = 0; offset < length && *same && had > 0; offset += (uint64_t)had)
        had = compare_piece(env, fds, pieces, offset, length - offset, same, err);
    return had < 0 ? -1 : 0;
}

static int says_the_same(const struct hf_env *env, const char *a, const char *b, bool *same,
                         struct hf_error *err)
{
    struct stat first, second;
    *same = false;
    if (env->fs.stat(env->fs.context, a, &first) || env->fs.stat(env->fs.context, b, &second))
        return hf_error_sys(err, errno, "look at", a);
    if (first.st_size != second.st_size || first.st_size < HF_COPY_TAIL)
        return 0;
    int fds[2] = {hf_file_open(env, a, O_RDONLY, 0, err), -1};
    if (fds[0] >= 0)
        fds[1] = hf_file_open(env, b, O_RDONLY, 0, err);
    *same = true;
    int failed = fds[1] < 0 || compare(env, fds, (uint64_t)first.st_size - HF_COPY_TAIL, same, err);
    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0)
            hf_file_close(env, fds[i], i ? b : a, NULL);
    }
    return failed ? -1 : 0;
}

/* The next export makes a new file under the first name, and leaves this one as it is. */
static int add(const struct hf_env *env, const char *folder, const char *latest,
               char name[HF_DATED_COPY_NAME], struct hf_error *err)
{
    struct tm utc;
    time_t now = (time_t)(hf_now(env) / 1000);
    strftime(name, HF_DATED_COPY_NAME, "backup_%Y-%m-%dT%H-%M-%S.json", gmtime_r(&now, &utc));
    hf_auto_free char *path = hf_path_join(folder, name);
    if (!path)
        return hf_error_memory(err);
    /* A boot in the same second may have made one of this name, and not every file system has
     * links. */
    if (env->fs.link(env->fs.context, latest, path))
        return hf_file_copy(env, latest, path, 0600, err);
    return hf_sync_parent(env, path, err);
}

/* Removes the oldest until `keep` are left besides `newest`. */
static int prune(const struct hf_env *env, const char *folder, const struct dated *dated,
                 const char *newest, size_t keep, struct hf_error *err)
{
    size_t others = 0;
    for (size_t i = 0; i < dated->count; i++)
        others += strcmp(dated->names[i], newest) != 0;
    for (size_t i = 0; i < dated->count && others > keep; i++) {
        if (!strcmp(dated->names[i], newest))
            continue;
        hf_auto_free char *path = hf_path_join(folder, dated->names[i]);
        if (!path)
            return hf_error_memory(err);
        if (hf_file_remove(env, path, err))
            return -1;
        others--;
    }
    return 0;
}

static int keep_copies(const struct hf_env *env, const char *folder, const struct dated *dated,
                       const char *latest, size_t keep, char name[HF_DATED_COPY_NAME],
                       struct hf_error *err)
{
    bool same = false;
    if (keep && dated->count) {
        memcpy(name, dated->names[dated->count - 1], HF_DATED_COPY_NAME);
        hf_auto_free char *newest = hf_path_join(folder, name);
        if (!newest)
            return hf_error_memory(err);
        if (says_the_same(env, latest, newest, &same, err))
            return -1;
    }
    if (keep && !same && add(env, folder, latest, name, err))
        return -1;
    return prune(env, folder, dated, name, keep ? keep - 1 : 0, err);
}

int hf_dated_copies_keep(const struct hf_env *env, const char *latest, size_t keep,
                         char name[HF_DATED_COPY_NAME], struct hf_error *err)
{
    struct dated dated = {0};
    hf_auto_free char *folder = hf_path_parent(latest);
    if (!folder)
        return hf_error_memory(err);
    name[0] = 0;
    int failed = list(env, folder, &dated, err);
    if (!failed)
        failed = keep_copies(env, folder, &dated, latest, keep, name, err);
    free(dated.names);
    return failed;
}
