#include "console/job_record.h"

#include <string.h>

#include "service/json_channel.h"
#include "service/json_members.h"

/* A stage may be named by what somebody brought, and there is no end to that. */
enum { MOST_STAGES = 48 };

static const char *const state_names[] = {"running", "done", "failed", "interrupted"};

json_t *hf_job_record_new(const char *id, const struct hf_job_wanted *wanted, enum hf_access access,
                          int64_t now)
{
    json_t *record = hf_json_new();
    hf_json_text(record, "id", id);
    hf_json_text(record, "kind", wanted->kind);
    hf_json_text(record, "database", wanted->database);
    hf_json_text(record, "access", hf_access_name(access));
    json_t *list = hf_json_list(record, "stages");
    for (size_t i = 0; wanted->stages && wanted->stages[i]; i++) {
        json_t *entry = hf_json_item(list);
        hf_json_text(entry, "name", wanted->stages[i]);
        hf_json_text(entry, "state", "waiting");
    }
    hf_json_text(record, "stage", NULL);
    hf_json_integer(record, "done", 0);
    hf_json_integer(record, "total", 0);
    hf_json_text(record, "eta_ms", NULL);
    hf_json_text(record, "text", NULL);
    hf_json_text(record, "result", NULL);
    hf_json_text(record, "error", NULL);
    hf_json_integer(record, "started_ms", now);
    hf_json_text(record, "state", state_names[HF_JOB_RUNNING]);
    hf_json_text(record, "ended_ms", NULL);
    return record;
}

enum hf_job_state hf_job_record_state(const json_t *record)
{
    const char *name = hf_member_text(record, "state", "");
    for (int i = HF_JOB_RUNNING; i <= HF_JOB_INTERRUPTED; i++)
        if (!strcmp(name, state_names[i]))
            return (enum hf_job_state)i;
    return HF_JOB_RUNNING;
}

bool hf_job_record_is_for(const json_t *record, enum hf_access access)
{
    return hf_access_is_enough(access, hf_access_named(hf_member_text(record, "access", "owner")));
}

json_t *hf_job_record_shown(const json_t *record, enum hf_access access)
{
    const json_t *error = json_object_get(record, "error");
    if (hf_job_record_is_for(record, access))
        return json_incref((json_t *)(uintptr_t)record);
    json_t *shown = json_copy((json_t *)(uintptr_t)record);
    hf_json_list(shown, "stages");
    hf_json_text(shown, "stage", NULL);
    hf_json_text(shown, "text", NULL);
    hf_json_text(shown, "result", NULL);
    if (json_is_object(error))
        json_object_set_new(shown, "error",
                            json_pack("{s:s, s:s, s:n}", "code", hf_member_text(error, "code", ""),
                                      "text", "why is for who may ask for this", "hint"));
    return shown;
}

void hf_job_record_enter(json_t *record, const char *stage)
{
    json_t *list = json_object_get(record, "stages");
    bool is_known = false, is_past = true;
    for (size_t i = 0; i < json_array_size(list); i++)
        is_known |= !strcmp(hf_member_text(json_array_get(list, i), "name", ""), stage);
    if (!is_known && json_array_size(list) < MOST_STAGES)
        hf_json_text(hf_json_item(list), "name", stage);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *entry = json_array_get(list, i);
        bool is_this = !strcmp(hf_member_text(entry, "name", ""), stage);
        is_past = is_past && !is_this;
        hf_json_text(entry, "state", is_this ? "running" : is_past ? "done" : "waiting");
    }
    hf_json_text(record, "stage", stage);
}

void hf_job_record_progress(json_t *record, int64_t done, int64_t total, int64_t spent)
{
    hf_json_integer(record, "done", done);
    hf_json_integer(record, "total", total);
    /* As long again as this stage has taken for its share. */
    bool can = total > 0 && done > 0 && done <= total && spent > 1000;
    json_object_set_new(
        record, "eta_ms",
        can ? json_integer((int64_t)((double)spent * (double)(total - done) / (double)done))
            : json_null());
}

static void set_error(json_t *record, const struct hf_error *err)
{
    json_t *error = hf_json_object(record, "error");
    hf_json_text(error, "code", hf_code_name(err->code));
    hf_json_text(error, "text", err->text);
    hf_json_text(error, "hint", err->hint[0] ? err->hint : NULL);
}

static void finish_stages(json_t *record, bool is_done)
{
    json_t *list = json_object_get(record, "stages");
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *entry = json_array_get(list, i);
        if (is_done || !strcmp(hf_member_text(entry, "state", ""), "running"))
            hf_json_text(entry, "state", is_done ? "done" : "failed");
    }
}

void hf_job_record_end(json_t *record, enum hf_job_state state, json_t *result,
                       const struct hf_error *err, int64_t now)
{
    if (state == HF_JOB_DONE)
        json_object_set_new(record, "result", result ? result : json_null());
    else
        set_error(record, err);
    finish_stages(record, state == HF_JOB_DONE);
    hf_json_text(record, "eta_ms", NULL);
    hf_json_text(record, "state", state_names[state]);
    hf_json_integer(record, "ended_ms", now);
}
