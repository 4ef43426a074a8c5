#include "service/state_compare.h"

#include "service/json_members.h"
#include "sqlite/schema_compare.h"
#include "sqlite/table_compare.h"

static const char *const how_names[] = {[HF_COMPARED_ROWS] = "rows",
                                        [HF_COMPARED_CONTENT] = "content",
                                        [HF_COMPARED_COUNTED] = "counted",
                                        [HF_COMPARED_SKIPPED] = "skipped"};

static const char *const why_names[] = {[HF_WHY_NOTHING] = NULL,
                                        [HF_WHY_NO_KEY] = "no_key",
                                        [HF_WHY_ENCODING] = "encoding",
                                        [HF_WHY_NO_COMMON_COLUMN] = "no_common_column",
                                        [HF_WHY_OTHER_CONTENT] = "other_content",
                                        [HF_WHY_INDEX_ONLY] = "index_only",
                                        [HF_WHY_NO_CONTENT] = "no_content",
                                        [HF_WHY_UNKNOWN_MODULE] = "unknown_module",
                                        [HF_WHY_UNREADABLE] = "unreadable"};

/* `knows`: else it is null. */
static void put_count(json_t *item, const char *key, bool knows, uint64_t count)
{
    json_object_set_new(item, key, knows ? json_integer((json_int_t)count) : json_null());
}

static int put_table(void *context, const struct hf_table_difference *difference,
                     struct hf_error *err)
{
    const struct hf_row_counts *counts = &difference->counts;
    bool counted = difference->how != HF_COMPARED_SKIPPED;
    bool compared = counted && difference->how != HF_COMPARED_COUNTED;
    json_t *item = hf_json_item(context);
    (void)err;
    hf_json_text(item, "name", difference->name);
    hf_json_boolean(item, "virtual", difference->is_virtual);
    hf_json_text(item, "how", how_names[difference->how]);
    hf_json_text(item, "reason", why_names[difference->why]);
    hf_json_text(item, "said", difference->said);
    put_count(item, "rows_from", counted, counts->from);
    put_count(item, "rows_to", counted, counts->to);
    put_count(item, "added", compared, counts->added);
    put_count(item, "removed", compared, counts->removed);
    put_count(item, "changed", compared, counts->changed);
    return 0;
}

static int put_schema(void *context, const struct hf_schema_difference *difference,
                      struct hf_error *err)
{
    json_t *item = hf_json_item(context);
    (void)err;
    hf_json_text(item, "what", difference->what);
    hf_json_text(item, "name", difference->name);
    hf_json_text(item, "change", difference->change);
    return 0;
}

json_t *hf_state_compare(const struct hf_untrusted_file *from, const struct hf_untrusted_file *to,
                         const struct hf_events *events, struct hf_error *err)
{
    hf_auto(hf_compared) struct hf_compared a = {0}, b = {0};
    json_t *found = hf_json_new();
    if (!hf_compared_open(&a, from->path, from->users, err) &&
        !hf_compared_open(&b, to->path, to->users, err) &&
        !hf_tables_compare(&a, &b, events, put_table, hf_json_list(found, "tables"), err) &&
        !hf_schemas_compare(&a, &b, put_schema, hf_json_list(found, "schema"), err))
        return found;
    json_decref(found);
    return NULL;
}
