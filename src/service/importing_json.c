#include "service/importing.h"
#include "service/json_channel.h"

static json_t *point_or_null(uint64_t seq)
{
    return seq ? json_integer((json_int_t)seq) : json_null();
}

static json_t *table_json(const struct hf_import_table *table)
{
    return json_pack("{s:o, s:I, s:I, s:I, s:I, s:o, s:b}", "name", hf_text_value(table->name),
                     "read", (json_int_t)table->read, "inserted", (json_int_t)table->inserted,
                     "kept", (json_int_t)table->kept, "not_placed", (json_int_t)table->not_placed,
                     "reason", hf_text_or_null(table->reason), "rebuilt", table->rebuilt);
}

static json_t *tables_json(const struct hf_importing_result *result)
{
    const struct hf_import_result *done = &result->tables;
    json_t *list = json_array();
    for (size_t i = 0; list && i < done->table_count; i++)
        if (hf_json_append(list, table_json(&done->tables[i]))) {
            json_decref(list);
            return NULL;
        }
    return json_pack(
        "{s:b, s:b, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "dry_run", result->dry_run,
        "created", done->created, "exported_at", hf_text_value(done->exported_at), "point_before",
        point_or_null(result->point_before), "read", (json_int_t)done->read, "inserted",
        (json_int_t)done->inserted, "kept", (json_int_t)done->kept, "not_placed",
        (json_int_t)done->not_placed, "orphans", (json_int_t)done->orphans, "duration_ms",
        (json_int_t)result->duration, "tables", list);
}

static json_t *counts_json(const struct hf_profile_counts *counts)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "total", (json_int_t)counts->total, "imported",
                     (json_int_t)counts->imported, "skipped", (json_int_t)counts->skipped,
                     "unresolved", (json_int_t)counts->unresolved, "errors",
                     (json_int_t)counts->errors);
}

/* Members of both; takes both references. */
static json_t *joined(json_t *object, json_t *more)
{
    int failed = !object || !more || json_object_update(object, more);
    json_decref(more);
    if (!failed)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *users_json(const struct hf_profile_import_result *titles)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < titles->user_count; i++)
        if (hf_json_append(list, hf_profile_user_json(&titles->users[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

json_t *hf_profile_user_json(const struct hf_profile_user *user)
{
    return joined(json_pack("{s:o}", "user", hf_text_or_null(user->name)),
                  counts_json(&user->counts));
}

static json_t *titles_json(const struct hf_importing_result *result)
{
    const struct hf_profile_import_result *titles = &result->titles;
    json_t *head = json_pack("{s:s, s:b, s:o}", "profile", result->profile, "dry_run",
                             result->dry_run, "point_before", point_or_null(result->point_before));
    json_t *tail = json_pack("{s:I, s:o, s:o, s:I, s:o}", "looked_up", (json_int_t)titles->answered,
                             "unresolved_file", hf_text_or_null(titles->unresolved_path), "users",
                             users_json(titles), "duration_ms", (json_int_t)result->duration,
                             "problems", hf_copy_problems_json(&result->problems));
    return joined(joined(head, counts_json(&titles->counts)), tail);
}

json_t *hf_importing_json(const struct hf_importing_result *result)
{
    return result->profile ? titles_json(result) : tables_json(result);
}
