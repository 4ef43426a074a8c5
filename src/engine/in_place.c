#include "engine/in_place.h"

#include <errno.h>

#include "engine/target_proof.h"

enum { ATTEMPTS = 5 };

static bool is_vacant(const struct hf_env *env, const char *path)
{
    struct stat status;
    if (env->fs.stat(env->fs.context, path, &status))
        return errno == ENOENT || errno == ENOTDIR;
    return status.st_size == 0;
}

static int keep(const struct hf_database *database, const struct hf_backup_options *before,
                const struct hf_restore_options *restore, struct hf_backup_result *point,
                enum hf_replaced *replaced, struct hf_error *err)
{
    struct hf_error local = {0};
    if (is_vacant(database->repository->keys.env, before->path)) {
        *replaced = HF_REPLACED_NOTHING;
        return 0;
    }
    *replaced = HF_REPLACED_POINT;
    struct hf_backup_options named = *before;
    named.reason = before->reason ? before->reason : HF_BEFORE_RESTORE;
    if (!hf_backup(database, &named, point, &local))
        return 0;
    /* Somebody who works on the database now is no reason to replace it under their hands. */
    if (local.code == HF_LOCKED || local.code == HF_REFUSED ||
        restore->manner == HF_RESTORE_DELTA) {
        hf_error_pass(err, &local);
        return hf_error_wrap(err, "keep what is there before the restore");
    }
    hf_notice(restore->events,
              "what is there could not be made a restore point (%s): it is kept beside instead",
              local.text);
    *replaced = HF_REPLACED_FILE;
    return 0;
}

/* One safety point and one restore, which gives up with HF_STALE when the point is not what it
 * would replace. */
static int attempt(const struct hf_database *database, const struct hf_timeline *timeline,
                   uint64_t seq, const struct hf_backup_options *before,
                   const struct hf_restore_options *restore, struct hf_in_place_result *result,
                   struct hf_error *err)
{
    struct hf_restore_options manner = *restore;
    struct hf_backup_result point = {0};
    struct hf_state state;
    enum hf_replaced replaced;
    if (keep(database, before, restore, &point, &replaced, err))
        return -1;
    if (replaced == HF_REPLACED_POINT) {
        if (hf_state_of_point(&state, database, point.seq, err))
            return -1;
        manner.expected = &state;
    }
    manner.keep_replaced = manner.keep_replaced || replaced == HF_REPLACED_FILE;
    if (replaced == HF_REPLACED_NOTHING && manner.manner == HF_RESTORE_REPLACE)
        manner.manner = HF_RESTORE_NEW; /* nor what somebody puts there meanwhile */
    result->replaced = replaced;
    result->before = point.seq;
    return hf_restore(database, timeline, seq, &manner, &result->restore, err);
}

/* A restore is a change on the timeline, which says so itself: for `list`, and so that it can be
 * undone without guessing what it replaced. */
static void record(const struct hf_database *database, const struct hf_backup_options *before,
                   struct hf_in_place_result *result)
{
    struct hf_backup_options after = *before;
    struct hf_backup_result point;
    struct hf_error local = {0};
    char reason[HF_REASON_TEXT];
    after.reason = hf_restore_reason(reason, result->restore.seq, result->replaced, result->before);
    after.own = true;
    after.label = NULL;
    after.pin = false;
    if (!hf_backup(database, &after, &point, &local))
        result->recorded = point.seq;
    /* The history is another host's: this one took a copy of the database, which is no part of it.
     */
    else if (local.code != HF_REFUSED || result->replaced != HF_REPLACED_NOTHING)
        hf_notice(before->events, "the restore is done, but not noted in the repository: %s",
                  local.text);
}

int hf_restore_in_place(const struct hf_database *database, const struct hf_timeline *timeline,
                        uint64_t seq, const struct hf_backup_options *before,
                        const struct hf_restore_options *restore, struct hf_in_place_result *result,
                        struct hf_error *err)
{
    struct hf_error local = {0};
    for (int i = 0; i < ATTEMPTS; i++) {
        struct hf_in_place_result found = {0};
        local = (struct hf_error){0};
        if (!attempt(database, timeline, seq, before, restore, &found, &local)) {
            record(database, before, &found);
            *result = found;
            return 0;
        }
        if (local.code != HF_STALE)
            return hf_error_pass(err, &local);
    }
    hf_error_set(err, HF_LOCKED, "restore '%s': it is written to all the time", restore->target);
    return hf_error_hint(err, "stop the application first");
}
