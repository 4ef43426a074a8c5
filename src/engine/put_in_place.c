#include "engine/put_in_place.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/overwrite.h"

enum { STEP_BYTES = 256 << 10 };

static int copy_bytes(struct hf_new_file *copy, struct hf_restore_target *target, uint8_t *bytes,
                      struct hf_error *err)
{
    int fd = hf_restore_target_fd(target, err);
    const char *path = hf_restore_target_path(target);
    uint64_t done = 0;
    int64_t got = fd < 0 ? -1 : 1;
    while (got > 0) {
        got = hf_file_read(copy->env, fd, path, bytes, STEP_BYTES, done, err);
        if (got > 0 && hf_new_file_write(copy, bytes, (size_t)got, done, err))
            return -1;
        done += got > 0 ? (uint64_t)got : 0;
    }
    return (int)got;
}

/* A durable copy of the taken database, with its owner and mode. */
static int keep_copy(struct hf_restore_target *target, const char *path, struct hf_error *err)
{
    hf_auto(hf_new_file) struct hf_new_file copy = {.fd = -1};
    hf_auto_free uint8_t *bytes = malloc(STEP_BYTES);
    if (!bytes)
        return hf_error_memory(err);
    return hf_new_file_begin(&copy, hf_restore_target_env(target), path, 0600, err) ||
                   hf_new_file_adopt(&copy, hf_restore_target_path(target), err) ||
                   copy_bytes(&copy, target, bytes, err) ||
                   hf_new_file_commit(&copy, HF_COMMIT_NEW, err)
               ? -1
               : 0;
}

static int put_into(struct hf_restore_target *target, const struct hf_new_file *proven,
                    uint64_t size, bool keeps, char kept[HF_KEPT_PATH], struct hf_error *err)
{
    const struct hf_env *env = hf_restore_target_env(target);
    bool touched;
    if (keeps) {
        snprintf(kept, HF_KEPT_PATH, "%s.replaced-%" PRId64, hf_restore_target_path(target),
                 hf_now(env));
        if (keep_copy(target, kept, err))
            return -1;
    }
    int failed = hf_overwrite(target, proven, size, &touched, err);
    if (failed && *kept && !touched)
        env->fs.unlink(env->fs.context, kept);
    return failed;
}

/* Where there is no database that anybody could wait for. */
static int put_beside(struct hf_restore_target *target, struct hf_new_file *proven,
                      char kept[HF_KEPT_PATH], struct hf_error *err)
{
    if (hf_restore_target_set_aside(target, kept, HF_KEPT_PATH, err))
        return -1;
    /* What somebody puts there still is not replaced. */
    return hf_new_file_commit(
        proven, hf_restore_target_is_empty_file(target) ? HF_COMMIT_REPLACE : HF_COMMIT_NEW, err);
}

int hf_put_in_place(struct hf_restore_target *target, struct hf_new_file *proven, uint64_t size,
                    bool keeps, char kept[HF_KEPT_PATH], struct hf_error *err)
{
    *kept = '\0';
    return hf_restore_target_state(target) == HF_TARGET_DATABASE
               ? put_into(target, proven, size, keeps, kept, err)
               : put_beside(target, proven, kept, err);
}
