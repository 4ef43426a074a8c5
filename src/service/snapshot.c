#include "service/snapshot.h"

#include <string.h>

#include "engine/state_file.h"
#include "service/control_client.h"
#include "service/json_members.h"

void hf_snapshot_json(json_t *item, const struct hf_backup_result *result)
{
    static const char *const kinds[] = {"unchanged", "incremental", "full"};
    hf_json_text(item, "kind", kinds[result->kind]);
    hf_json_integer(item, "point", (int64_t)result->seq);
    hf_json_time(item, "time", result->time);
    hf_json_integer(item, "database_bytes", (int64_t)result->database_bytes);
    hf_json_integer(item, "pages_read", (int64_t)result->pages_read);
    hf_json_integer(item, "pages_stored", (int64_t)result->pages_stored);
    hf_json_integer(item, "bytes_added", (int64_t)result->bytes_added);
    hf_json_integer(item, "duration_ms", result->duration);
}

static uint64_t number(const json_t *answer, const char *key)
{
    return (uint64_t)hf_member_integer(answer, key, 0);
}

/* By the replicator. False when there is none, or `*failed` and `err`. */
static bool ask_replicator(const struct hf_database *database,
                           const struct hf_backup_options *wanted, struct hf_backup_result *result,
                           int *failed, struct hf_error *err)
{
    hf_auto(hf_control_client) struct hf_control_client client = {0};
    const struct hf_env *env = database->repository->keys.env;
    struct hf_error local = {0};
    hf_auto_free char *path = hf_state_file_path(wanted->path, wanted->state_path);
    int64_t began = hf_now(env);
    if (!path || hf_control_client_open(&client, path, &local))
        return false;
    json_t *answer = hf_control_do(
        &client,
        json_pack("{s:s, s:s, s:s, s:b, s:b, s:s}", "do", "snapshot", "database", database->name,
                  "label", wanted->label ? wanted->label : "", "pin", (int)wanted->pin, "own",
                  (int)wanted->own, "reason", wanted->reason ? wanted->reason : "manual"),
        wanted->events, 0, &local);
    if (!answer && (local.code == HF_UNSUPPORTED || local.code == HF_UNREACHABLE))
        return false; /* nothing has it open: a backup of one's own is possible */
    *failed = answer ? 0 : hf_error_pass(err, &local);
    if (answer)
        *result = (struct hf_backup_result){.kind = json_is_false(json_object_get(answer, "new"))
                                                        ? HF_BACKUP_UNCHANGED
                                                        : HF_BACKUP_INCREMENTAL,
                                            .seq = number(answer, "point"),
                                            .time = hf_member_integer(answer, "time", 0),
                                            .database_bytes = number(answer, "database_bytes"),
                                            .pages_read = number(answer, "pages_read"),
                                            .pages_stored = number(answer, "pages_stored"),
                                            .bytes_added = number(answer, "bytes_added"),
                                            .duration = hf_now(env) - began};
    json_decref(answer);
    return true;
}

int hf_snapshot_take(const struct hf_database *database, const struct hf_backup_options *wanted,
                     struct hf_backup_result *result, struct hf_error *err)
{
    int failed = 0;
    if (ask_replicator(database, wanted, result, &failed, err))
        return failed;
    return hf_backup(database, wanted, result, err);
}
