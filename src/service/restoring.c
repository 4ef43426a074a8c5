#include "service/restoring.h"

#include <stdio.h>
#include <string.h>

#include "engine/state_file.h"
#include "service/json_members.h"

enum { BUSY_MS = 2000 };

static const struct hf_env *env_of(const struct hf_restoring *restoring)
{
    return restoring->database->repository->keys.env;
}

int hf_restoring_decide(struct hf_restoring *restoring, struct hf_error *err)
{
    const struct hf_env *env = env_of(restoring);
    const char *to = restoring->to, *own = restoring->own_path;
    struct stat status;
    if (!to && !own) {
        hf_error_set(err, HF_CONFIG, "no file is given to restore '%s' into",
                     restoring->database->name);
        return hf_error_hint_typed(err, "--to PATH, --db PATH",
                                   "name one, or the database's own place");
    }
    restoring->target = to ? to : own;
    bool there = !env->fs.stat(env->fs.context, restoring->target, &status);
    restoring->is_own = own && (!to || hf_path_same(env, to, own));
    restoring->in_place = restoring->is_own && there;
    restoring->manner = there && restoring->delta                     ? HF_RESTORE_DELTA
                        : restoring->in_place || restoring->overwrite ? HF_RESTORE_REPLACE
                                                                      : HF_RESTORE_NEW;
    return 0;
}

int hf_restoring_find_runner(const struct hf_restoring *restoring, struct hf_control_client *client,
                             bool *there, struct hf_error *err)
{
    struct hf_error why = {0};
    *there = false;
    if (!restoring->is_own)
        return 0;
    hf_auto_free char *path = hf_state_file_path(restoring->own_path, restoring->state_path);
    if (!path)
        return hf_error_memory(err);
    if (hf_control_client_open(client, path, &why))
        return why.code == HF_NOT_FOUND ? 0 : hf_error_pass(err, &why);
    *there = true;
    return 0;
}

static uint64_t number(const json_t *answer, const char *key)
{
    return (uint64_t)hf_member_integer(answer, key, 0);
}

/* By the process that runs the application: it stops it, restores, and starts it again. */
static int ask_runner(const struct hf_restoring *restoring, struct hf_control_client *client,
                      struct hf_restored *result, struct hf_error *err)
{
    json_t *answer =
        hf_control_do(client,
                      json_pack("{s:s, s:s, s:I, s:b}", "do", "restore", "database",
                                restoring->database->name, "point", (json_int_t)restoring->seq,
                                "delta", restoring->manner == HF_RESTORE_DELTA),
                      restoring->events, 0, err);
    if (!answer)
        return -1;
    *result = (struct hf_restored){
        .in_place = {.restore = {.seq = restoring->seq,
                                 .segments = number(answer, "segments"),
                                 .bytes_read = number(answer, "bytes_read"),
                                 .size = number(answer, "bytes_restored"),
                                 .pages = number(answer, "pages"),
                                 .pages_written = number(answer, "pages_written"),
                                 .duration = hf_member_integer(answer, "duration_ms", 0)},
                     .before = number(answer, "point_before"),
                     .recorded = number(answer, "point_recorded")},
        .process = (int)client->process};
    snprintf(result->in_place.restore.kept, sizeof result->in_place.restore.kept, "%s",
             hf_member_text(answer, "kept", ""));
    json_decref(answer);
    return 0;
}

static int restore_own(const struct hf_restoring *restoring,
                       const struct hf_restore_options *options, struct hf_restored *result,
                       struct hf_error *err)
{
    const struct hf_backup_options before = {
        .path = restoring->target,
        .state_path = restoring->state_path,
        .reason = HF_BEFORE_RESTORE,
        .claim = restoring->take_over ? HF_CLAIM_TAKE_OVER : HF_CLAIM_POLITE,
        .busy_ms = BUSY_MS,
        .events = restoring->events,
    };
    if (!hf_restore_in_place(restoring->database, restoring->timeline, restoring->seq, &before,
                             options, &result->in_place, err))
        return 0;
    if (err && err->code == HF_LOCKED)
        hf_error_hint_typed(err, "--to", "stop the application, or restore into another file");
    return -1;
}

int hf_restoring_act(const struct hf_restoring *restoring, struct hf_restored *result,
                     struct hf_error *err)
{
    hf_auto(hf_control_client) struct hf_control_client client = {0};
    bool there = false;
    if (hf_restoring_find_runner(restoring, &client, &there, err))
        return -1;
    if (there)
        return ask_runner(restoring, &client, result, err);
    const struct hf_restore_options options = {.target = restoring->target,
                                               .manner = restoring->manner,
                                               .busy_ms = BUSY_MS,
                                               .events = restoring->events};
    *result = (struct hf_restored){0};
    if (restoring->is_own)
        return restore_own(restoring, &options, result, err);
    return hf_restore(restoring->database, restoring->timeline, restoring->seq, &options,
                      &result->in_place.restore, err);
}

static json_t *describe(const struct hf_restoring *restoring,
                        const struct hf_restore_result *result, int64_t time, bool is_dry_run,
                        int process)
{
    static const char *const manners[] = {"new", "replace", "delta"};
    json_t *out = hf_json_new();
    hf_json_text(out, "database", restoring->database->name);
    hf_json_text(out, "target", restoring->target);
    hf_json_text(out, "manner", manners[restoring->manner]);
    hf_json_integer(out, "point", (int64_t)result->seq);
    hf_json_time(out, "time", time);
    hf_json_integer(out, "segments", (int64_t)result->segments);
    hf_json_integer(out, "bytes_read", (int64_t)result->bytes_read);
    hf_json_integer(out, "bytes_restored", (int64_t)result->size);
    hf_json_integer(out, "pages", (int64_t)result->pages);
    hf_json_boolean(out, "dry_run", is_dry_run);
    hf_json_sequence(out, "process", (uint64_t)process);
    return out;
}

json_t *hf_restore_preview_json(const struct hf_restoring *restoring,
                                const struct hf_restore_result *preview, int64_t time, int process)
{
    return describe(restoring, preview, time, true, process);
}

json_t *hf_restored_json(const struct hf_restoring *restoring, const struct hf_restored *result,
                         int64_t time)
{
    const struct hf_restore_result *restored = &result->in_place.restore;
    json_t *out = describe(restoring, restored, time, false, result->process);
    hf_json_integer(out, "pages_written", (int64_t)restored->pages_written);
    hf_json_integer(out, "duration_ms", restored->duration);
    hf_json_text(out, "kept", restored->kept[0] ? restored->kept : NULL);
    hf_json_sequence(out, "point_before", result->in_place.before);
    hf_json_sequence(out, "point_recorded", result->in_place.recorded);
    return out;
}
