#include "engine/restore.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/text.h"
#include "engine/delta.h"
#include "engine/page_writer.h"
#include "engine/put_in_place.h"
#include "engine/target_proof.h"
#include "sqlite/restore_target.h"

/* How often a plan is made anew for one restore. */
enum { MOST_PLANS = 3 };

/* One restore on its way. */
struct restore {
    const struct hf_database *database;
    const struct hf_restore_options *options;
    struct hf_restore_result *result;
    struct hf_plan plan;
    struct hf_state state;
    struct hf_restore_target *target;
};

static const struct hf_env *env_of(const struct restore *restore)
{
    return restore->database->repository->keys.env;
}

static int preview(struct restore *restore, const struct hf_timeline *timeline, uint64_t seq,
                   struct hf_error *err)
{
    struct hf_restore_result *result = restore->result;
    if (hf_plan_make(&restore->plan, timeline, seq, err) ||
        hf_plan_state(restore->database, &restore->plan, &restore->state, err))
        return -1;
    result->seq = seq;
    result->segments = restore->plan.count;
    result->bytes_read = restore->plan.bytes;
    result->pages = restore->state.page_count;
    result->size = (uint64_t)restore->state.page_size * restore->state.page_count;
    return 0;
}

int hf_restore_preview(const struct hf_database *database, const struct hf_timeline *timeline,
                       uint64_t seq, struct hf_restore_result *result, struct hf_error *err)
{
    struct hf_restore_result found = {0};
    struct restore restore = {.database = database, .result = &found};
    int failed = preview(&restore, timeline, seq, err);
    hf_plan_release(&restore.plan);
    if (!failed)
        *result = found;
    return failed;
}

/* Better said now than after writing for minutes. */
static int check_space(const struct restore *restore, struct hf_error *err)
{
    struct statvfs disk;
    char wanted[16], there[16];
    hf_auto_free char *parent = hf_path_parent(hf_restore_target_path(restore->target));
    if (!parent)
        return hf_error_memory(err);
    if (statvfs(parent, &disk)) {
        hf_error_sys(err, errno, "restore into", parent);
        return errno == ENOENT ? hf_error_hint(err, "make the directory first") : -1;
    }
    uint64_t available = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (available >= restore->result->size)
        return 0;
    hf_error_set(err, HF_NO_SPACE, "'%s' needs %s, and its disk has %s left",
                 restore->options->target,
                 hf_format_bytes(wanted, sizeof wanted, restore->result->size),
                 hf_format_bytes(there, sizeof there, available));
    return hf_error_hint_typed(err, "--to", "make room, or restore to another disk");
}

static int take_target(struct restore *restore, struct hf_error *err)
{
    const struct hf_restore_options *options = restore->options;
    restore->target =
        hf_restore_target_take(env_of(restore), options->target, options->busy_ms, err);
    if (!restore->target)
        return -1;
    enum hf_target_state state = hf_restore_target_state(restore->target);
    if (options->manner == HF_RESTORE_NEW && state != HF_TARGET_ABSENT) {
        hf_error_set(err, HF_REFUSED, "there is a file at '%s' already", options->target);
        return hf_error_hint_typed(err, "--to, --overwrite",
                                   "name another file, or replace this one");
    }
    if (options->manner == HF_RESTORE_DELTA && state != HF_TARGET_DATABASE) {
        hf_error_set(err, state == HF_TARGET_ABSENT ? HF_NOT_FOUND : HF_CORRUPT,
                     "'%s' is no database that pages could be rewritten in", options->target);
        return hf_error_hint(err, "restore it whole, not only what differs");
    }
    return 0;
}

static int write_new_file(struct restore *restore, struct hf_new_file *file, struct hf_error *err)
{
    const struct hf_state *state = &restore->state;
    struct hf_page_file pages = {env_of(restore), file->fd, file->temporary, state->page_size};
    const struct hf_fs *fs = &env_of(restore)->fs;
    if (fs->truncate(fs->context, file->fd, (off_t)restore->result->size))
        return hf_error_sys(err, errno, "extend", file->temporary);
    return hf_write_pages(&pages, restore->database, &restore->plan, NULL, state->page_count,
                          restore->options->events, &restore->result->pages_written, err);
}

/* Everything is proven and written before what was there is touched. */
static int restore_whole(struct restore *restore, struct hf_error *err)
{
    hf_auto(hf_new_file) struct hf_new_file file = {0};
    const char *path = hf_restore_target_path(restore->target);
    if (check_space(restore, err) || hf_new_file_begin(&file, env_of(restore), path, 0600, err))
        return -1;
    hf_new_file_remove_litter(&file, HF_LITTER_OF_FILE);
    if (hf_new_file_adopt(&file, path, err) || write_new_file(restore, &file, err))
        return -1;
    return hf_put_in_place(restore->target, &file, restore->result->size,
                           restore->options->keep_replaced, restore->result->kept, err);
}

static int run(struct restore *restore, const struct hf_timeline *timeline, uint64_t seq,
               struct hf_error *err)
{
    const struct hf_state *expected = restore->options->expected;
    if (preview(restore, timeline, seq, err) || take_target(restore, err))
        return -1;
    const struct hf_database *whose = restore->options->expected_of;
    if (expected &&
        hf_target_prove(whose ? whose : restore->database, restore->target, expected, err))
        return -1;
    if (restore->options->manner != HF_RESTORE_DELTA)
        return restore_whole(restore, err);
    return hf_delta_restore(restore->database, &restore->plan, &restore->state, restore->target,
                            restore->options, &restore->result->pages_written, err);
}

static bool same_plan(const struct hf_plan *a, const struct hf_plan *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!hf_segment_name_same(&a->steps[i]->name, &b->steps[i]->name))
            return false;
    return true;
}

static int attempt(struct hf_restore_result *found, const struct hf_database *database,
                   const struct hf_timeline *timeline, uint64_t seq,
                   const struct hf_restore_options *options, struct hf_error *err)
{
    struct restore restore = {.database = database, .options = options, .result = found};
    *found = (struct hf_restore_result){0};
    int failed = run(&restore, timeline, seq, err);
    hf_restore_target_free(restore.target);
    hf_plan_release(&restore.plan);
    return failed;
}

/* Whether what is listed now says to restore the point from other segments than `timeline` did; it
 * is replaced then. */
static int list_again(struct hf_timeline *timeline, const struct hf_timeline *before,
                      const struct hf_database *database, uint64_t seq, bool *differs)
{
    struct hf_timeline now = {0};
    hf_auto(hf_plan) struct hf_plan old_plan = {0};
    hf_auto(hf_plan) struct hf_plan plan = {0};
    if (hf_timeline_load(&now, database, NULL))
        return -1;
    *differs = !hf_plan_make(&old_plan, before, seq, NULL) &&
               !hf_plan_make(&plan, &now, seq, NULL) && !same_plan(&old_plan, &plan);
    hf_timeline_release(timeline);
    *timeline = now;
    return 0;
}

int hf_restore(const struct hf_database *database, const struct hf_timeline *timeline, uint64_t seq,
               const struct hf_restore_options *options, struct hf_restore_result *result,
               struct hf_error *err)
{
    const struct hf_env *env = database->repository->keys.env;
    struct hf_restore_result found;
    struct hf_error local = {0};
    hf_auto(hf_timeline) struct hf_timeline fresh = {0};
    int64_t began = hf_now(env);
    int failed = attempt(&found, database, timeline, seq, options, &local);
    /* What is missing may have been merged since it was listed. */
    for (int again = 0; failed && local.code == HF_NOT_FOUND && again < MOST_PLANS; again++) {
        bool differs;
        if (list_again(&fresh, again ? &fresh : timeline, database, seq, &differs) || !differs)
            break;
        local = (struct hf_error){0};
        failed = attempt(&found, database, &fresh, seq, options, &local);
    }
    found.duration = hf_now(env) - began;
    if (failed) {
        hf_error_wrap(&local, "restore '%s'", options->target);
        return hf_error_pass(err, &local);
    }
    *result = found;
    return 0;
}
