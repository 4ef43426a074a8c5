#include "console/restore_preview.h"

#include <string.h>

#include "base/time.h"
#include "console/compare_work.h"
#include "console/live_question.h"
#include "console/live_state.h"
#include "console/new_file_name.h"
#include "console/restore_room.h"
#include "console/scratch.h"
#include "console/work.h"
#include "engine/undo.h"
#include "history/point.h"
#include "service/json_members.h"
#include "service/point_json.h"
#include "sqlite/integrity.h"
#include "sqlite/schema_version.h"

/* Which point is meant. `moment`: what was asked for, 0 when a point was. */
static const struct hf_point *choose(const struct hf_work *work, const struct hf_points *points,
                                     const json_t *question, int64_t *moment, struct hf_error *err)
{
    const char *at = hf_member_text(question, "at", NULL);
    uint64_t seq = (uint64_t)hf_member_integer(question, "point", 0);
    struct hf_undo undo;
    *moment = 0;
    if (hf_member_true(question, "undo")) {
        if (hf_undo_find(&undo, &work->database, &work->timeline, points, err))
            return NULL;
        seq = undo.before;
    } else if (at) {
        if (hf_time_typed(at, hf_now(work->console->env), moment, err))
            return NULL;
        const struct hf_point *found = hf_points_at(points, *moment);
        if (!found)
            hf_work_no_point_at(err);
        return found;
    }
    const struct hf_point *found = hf_points_by_seq(points, seq);
    if (!found)
        hf_work_no_point(err);
    return found;
}

static void put_schema_version(json_t *out, const char *key, const char *path,
                               enum hf_file_users users)
{
    struct hf_schema_version version;
    json_t *item;
    if (hf_schema_version_read(&version, path, users, NULL)) {
        hf_json_text(out, key, NULL);
        return;
    }
    item = hf_json_object(out, key);
    hf_json_integer(item, "user_version", version.user_version);
    hf_json_text(item, "migration", version.migration[0] ? version.migration : NULL);
}

/* What can go wrong is found out before anybody has to decide. */
static int put_preflight(json_t *out, const struct hf_work *work, const char *scratch,
                         const struct hf_restore_result *restored,
                         const struct hf_restore_room *room, const struct hf_events *events,
                         struct hf_error *err)
{
    struct hf_integrity integrity = {0};
    json_t *preflight = hf_json_object(out, "preflight");
    hf_progress(events, "verify", 0, 0);
    if (hf_integrity_check(scratch, &integrity, err))
        return -1;
    hf_json_integer(preflight, "bytes_restored", (int64_t)restored->size);
    hf_json_integer(preflight, "restore_ms", restored->duration);
    hf_json_boolean(preflight, "sound", !integrity.problems);
    hf_json_text(preflight, "first_problem", integrity.problems ? integrity.first_problem : NULL);
    hf_json_integer(preflight, "orphans", (int64_t)integrity.orphans);
    json_object_set_new(preflight, "room",
                        room->at_target < 0 ? json_null() : json_integer(room->at_target));
    hf_json_integer(preflight, "room_needed", (int64_t)room->needed);
    hf_json_boolean(preflight, "enough_room", room->is_enough);
    put_schema_version(preflight, "schema_then", scratch, HF_USED_BY_NOBODY);
    put_schema_version(preflight, "schema_now", work->configured->path, HF_USED_BY_OTHERS);
    return 0;
}

static bool is_there(const struct hf_work *work)
{
    const struct hf_env *env = work->console->env;
    struct stat status;
    return !env->fs.stat(env->fs.context, work->configured->path, &status);
}

/* Nothing there: every row of then comes back. */
static json_t *compare_with_now(const struct hf_work *work, const char *scratch,
                                const struct hf_events *events, struct hf_error *err)
{
    struct hf_error why = {0};
    const struct hf_untrusted_file now = {work->configured->path, HF_USED_BY_OTHERS},
                                   then = {scratch, HF_USED_BY_NOBODY};
    if (!is_there(work))
        return json_pack("{s:[], s:[]}", "tables", "schema");
    json_t *found = hf_compare_files(&now, &then, events, &why);
    if (found)
        return found;
    if (why.code != HF_CORRUPT) {
        hf_error_pass(err, &why);
        return NULL;
    }
    /* A damaged database is what a restore is for. */
    return json_pack("{s:[], s:[], s:o}", "tables", "schema", "not_compared",
                     hf_text_value(why.text));
}

/* Who would do it, and whether. */
static int put_scopes(json_t *out, const struct hf_work *work, uint64_t seq, struct hf_error *err)
{
    const struct hf_console *console = work->console;
    json_t *answer = hf_live_question(console->config, console->env, work->configured);
    const char *command = hf_member_text(answer, "command", "");
    bool is_replicate = !strcmp(command, "replicate");
    json_t *list = hf_json_list(out, "scopes"), *in_place = hf_json_item(list), *file;
    hf_json_text(in_place, "scope", "in_place");
    hf_json_boolean(in_place, "possible", !is_replicate);
    hf_json_text(in_place, "runner", *command ? command : NULL);
    hf_json_text(in_place, "reason",
                 is_replicate ? "'holdfast replicate' follows the database beside an application "
                                "that Holdfast did not start: stop the application and 'holdfast "
                                "replicate', then restore with 'holdfast restore'"
                              : NULL);
    file = hf_json_item(list);
    hf_json_text(file, "scope", "file");
    hf_json_boolean(file, "possible", 1);
    hf_json_text(file, "reason", NULL);
    json_decref(answer);
    hf_auto_free char *name =
        hf_new_file_name_propose(console->config, console->env, work->configured, seq, err);
    hf_json_text(file, "file", name);
    return name ? 0 : -1;
}

json_t *hf_preview_restore(void *context, const json_t *question, const struct hf_events *events,
                           struct hf_error *err)
{
    hf_auto(hf_work) struct hf_work work = {0};
    hf_auto(hf_points) struct hf_points points = {0};
    hf_auto_scratch char *scratch = NULL;
    char state[HF_LIVE_STATE_TEXT];
    struct hf_restore_result restored = {0};
    struct hf_restore_room room;
    int64_t moment;
    hf_progress(events, "find", 0, 0);
    if (hf_work_begin(&work, context, hf_member_text(question, "database", ""),
                      HF_DATABASE_EXISTING, err) ||
        hf_work_timeline(&work, err) || hf_live_state(context, work.configured, state, err) ||
        hf_points_load(&points, &work.database, &work.timeline, err))
        return NULL;
    const struct hf_point *point = choose(&work, &points, question, &moment, err);
    scratch = point ? hf_scratch_name(context, err) : NULL;
    if (!scratch || hf_restore_room_look(&room, &work, point->seq, scratch, err) ||
        hf_work_restore(&work, point->seq, scratch, events, &restored, err) ||
        hf_work_turn_to_files(&work, scratch, work.configured->path, err))
        return NULL;
    json_t *out = hf_json_new();
    hf_json_point(hf_json_object(out, "point"), point);
    hf_json_time(out, "asked", moment);
    json_object_set_new(out, "bound",
                        json_pack("{s:I, s:s}", "point", (json_int_t)point->seq, "state", state));
    json_t *compared = put_scopes(out, &work, point->seq, err) ||
                               put_preflight(out, &work, scratch, &restored, &room, events, err)
                           ? NULL
                           : compare_with_now(&work, scratch, events, err);
    if (compared && !hf_json_take(out, compared, err))
        return out;
    json_decref(out);
    return NULL;
}
