#include "engine/in_place.h"

#include <errno.h>

/* 1: `*point` holds what is there; 0: there is nothing that could be lost; -1: it could not be kept
 * so. */
static int keep_as_point(const struct hf_database *database,
                         const struct hf_backup_options *options, uint64_t *point,
                         struct hf_error *err)
{
    const struct hf_env *env = database->repository->keys.env;
    struct hf_backup_result result;
    struct stat status;
    if (env->fs.stat(env->fs.context, options->path, &status)) {
        if (errno == ENOENT || errno == ENOTDIR)
            return 0;
    } else if (status.st_size == 0) {
        return 0;
    }
    if (hf_backup(database, options, &result, err))
        return -1;
    *point = result.seq;
    return 1;
}

int hf_restore_in_place(const struct hf_database *database, const struct hf_timeline *timeline,
                        uint64_t seq, const struct hf_backup_options *before,
                        const struct hf_restore_options *restore, struct hf_in_place_result *result,
                        struct hf_error *err)
{
    struct hf_in_place_result found = {0};
    struct hf_restore_options manner = *restore;
    struct hf_error local = {0};
    int kept = keep_as_point(database, before, &found.before, &local);
    /* Somebody who works on the database now is no reason to replace it under their hands. */
    if (kept < 0 && (local.code == HF_LOCKED || local.code == HF_REFUSED ||
                     restore->manner == HF_RESTORE_DELTA)) {
        if (err)
            *err = local;
        return hf_error_wrap(err, "keep what is there before the restore");
    }
    if (kept < 0) {
        hf_notice(restore->events,
                  "what is there could not be made a restore point (%s): it is kept beside "
                  "instead",
                  local.text);
        manner.keep_replaced = true;
    }
    if (hf_restore(database, timeline, seq, &manner, &found.restore, err))
        return -1;
    *result = found;
    return 0;
}
