#include "console/restore_work.h"

#include "console/live_state.h"
#include "console/work.h"
#include "os/file.h"
#include "service/json_members.h"
#include "service/restoring.h"

/* NULL and no error: in place. The caller frees. */
static int choose_file(char **out, const struct hf_work *work, const json_t *question,
                       struct hf_error *err)
{
    const char *name = hf_member_text(question, "file", NULL);
    *out = NULL;
    if (!name)
        return 0;
    hf_auto_free char *folder = hf_path_parent(work->configured->path);
    *out = folder ? hf_path_join(folder, name) : NULL;
    return *out ? 0 : hf_error_memory(err);
}

json_t *hf_carry_out_restore(void *context, const json_t *question, const struct hf_events *events,
                             struct hf_error *err)
{
    hf_auto(hf_work) struct hf_work work = {0};
    hf_auto_free char *file = NULL;
    struct hf_restored result = {0};
    uint64_t seq;
    hf_progress(events, "find", 0, 0);
    if (hf_work_begin(&work, context, hf_member_text(question, "database", ""),
                      HF_DATABASE_EXISTING, err) ||
        hf_work_timeline(&work, err) ||
        hf_work_point(&work, (uint64_t)hf_member_integer(question, "point", 0), &seq, err) ||
        choose_file(&file, &work, question, err) ||
        hf_live_state_check(context, work.configured, hf_member_text(question, "state", NULL), err))
        return NULL;
    struct hf_restoring restoring = {.database = &work.database,
                                     .timeline = &work.timeline,
                                     .own_path = work.configured->path,
                                     .state_path = work.state_path,
                                     .to = file,
                                     .seq = seq,
                                     .events = events};
    const struct hf_timeline_entry *entry = hf_timeline_at(&work.timeline, seq);
    if (hf_restoring_decide(&restoring, err))
        return NULL;
    if (restoring.to && restoring.is_own) { /* by whatever name */
        hf_error_set(err, HF_REFUSED, "'%s' is the database itself", restoring.to);
        return NULL;
    }
    if (hf_restoring_act(&restoring, &result, err))
        return NULL;
    json_t *out = hf_restored_json(&restoring, &result, entry ? entry->name.time : 0);
    hf_json_text(out, "scope", file ? "file" : "in_place");
    hf_json_boolean(out, "undo", result.in_place.recorded && result.in_place.before);
    return out;
}
