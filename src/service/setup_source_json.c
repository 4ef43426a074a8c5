#include <string.h>

#include "base/time.h"
#include "service/json_channel.h"
#include "service/setup_source.h"

/* What makes a list's elements one by one. */
typedef json_t *(*maker)(const struct hf_setup_source *source, size_t index);

static json_t *list_of(const struct hf_setup_source *source, size_t count, maker one)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++)
        if (hf_json_append(list, one(source, i))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *user_json(const struct hf_setup_source *source, size_t index)
{
    const struct hf_profile_summary_user *user = &source->summary.users[index];
    json_t *items = json_object();
    for (size_t i = 0; items && i < source->profile->list_count; i++)
        if (json_object_set_new(items, source->profile->lists[i].name,
                                json_integer((json_int_t)user->items[i]))) {
            json_decref(items);
            return NULL;
        }
    return json_pack("{s:o, s:o}", "user", hf_text_or_null(user->name), "items", items);
}

static json_t *list_json(const struct hf_setup_source *source, size_t index)
{
    const struct hf_profile_list *list = &source->profile->lists[index];
    return json_pack("{s:s, s:s}", "name", list->name, "label", list->label);
}

static json_t *missing_json(const struct hf_setup_source *source, size_t index)
{
    const struct hf_profile_missing *missing = &source->summary.missing[index];
    return json_pack("{s:o, s:o}", "name", hf_text_or_null(missing->name), "label",
                     hf_text_or_null(missing->label));
}

static json_t *value_json(const struct hf_profile_field *field, const char *value)
{
    if (value && field->kind == HF_PROFILE_BOOLEAN)
        return json_boolean(!strcmp(value, "true"));
    return hf_text_or_null(value);
}

/* A secret is said to be there, and not what it is. */
static json_t *field_json(const struct hf_setup_source *source, size_t index)
{
    const struct hf_profile_field *field = &source->profile->fields[index];
    const char *value = source->summary.settings[index];
    json_t *object = json_pack("{s:s, s:s, s:s}", "name", field->name, "label", field->label,
                               "kind", hf_profile_field_kind_name(field->kind));
    bool secret = field->kind == HF_PROFILE_SECRET;
    if (object && !json_object_set_new(object, "secret", json_boolean(secret)) &&
        !json_object_set_new(object, "set", json_boolean(value != NULL)) &&
        (secret || !json_object_set_new(object, "value", value_json(field, value))))
        return object;
    json_decref(object);
    return NULL;
}

static json_t *table_json(const struct hf_setup_source *source, size_t index)
{
    const struct hf_setup_table *table = &source->tables[index];
    return json_pack("{s:o, s:I}", "name", hf_text_value(table->name), "rows",
                     (json_int_t)table->rows);
}

static json_t *history_json(const struct hf_setup_source *source, size_t index)
{
    const struct hf_setup_history *history = &source->histories[index];
    char time[32];
    json_t *object = json_pack("{s:o, s:b, s:I}", "name",
                               history->name[0] ? hf_text_value(history->name) : json_null(),
                               "damaged", history->damaged, "points", (json_int_t)history->points);
    json_t *newest = history->newest
                         ? json_pack("{s:I, s:s, s:I}", "point", (json_int_t)history->newest,
                                     "time", hf_time_iso(time, sizeof time, history->time),
                                     "time_ms", (json_int_t)history->time)
                         : json_null();
    if (object && !json_object_set_new(object, "newest", newest))
        return object;
    json_decref(object);
    return NULL;
}

static json_t *repository_json(const struct hf_setup_source *source)
{
    return json_pack("{s:s, s:b, s:o}", "kind", "repository", "encrypted", source->encrypted,
                     "databases", list_of(source, source->history_count, history_json));
}

json_t *hf_setup_source_json(const struct hf_setup_source *source)
{
    static const char *const kinds[] = {"application_copy", "table_copy", "database"};
    const struct hf_profile *profile = source->profile;
    const struct hf_profile_summary *summary = &source->summary;
    if (source->kind == HF_SETUP_REPOSITORY)
        return repository_json(source);
    return json_pack(
        "{s:s, s:s?, s:s?, s:s?, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:I}", "kind",
        kinds[source->kind], "profile", profile ? profile->name : NULL, "application",
        profile ? profile->title : NULL, "version", summary->version, "copy_version",
        hf_text_or_null(summary->copy_version), "exported_at",
        hf_text_or_null(source->exported_at[0] ? source->exported_at : NULL), "whole",
        source->kind != HF_SETUP_APPLICATION_COPY || summary->is_whole, "lists",
        list_of(source, profile ? profile->list_count : 0, list_json), "users",
        list_of(source, profile ? summary->user_count : 0, user_json), "fields",
        list_of(source, profile ? profile->field_count : 0, field_json), "missing",
        list_of(source, summary->missing_count, missing_json), "tables",
        list_of(source, source->table_count, table_json), "rows", (json_int_t)source->rows,
        "problems", hf_copy_problems_json(&source->problems), "problem_total",
        (json_int_t)source->problems.total);
}
