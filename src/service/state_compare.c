#include "service/state_compare.h"

#include "service/json_members.h"
#include "sqlite/schema_compare.h"
#include "sqlite/table_compare.h"

static int put_table(void *context, const struct hf_table_difference *difference,
                     struct hf_error *err)
{
    json_t *item = hf_json_item(context);
    (void)err;
    hf_json_text(item, "name", difference->name);
    hf_json_integer(item, "rows_from", (int64_t)difference->rows_from);
    hf_json_integer(item, "rows_to", (int64_t)difference->rows_to);
    hf_json_integer(item, "added", (int64_t)difference->added);
    hf_json_integer(item, "removed", (int64_t)difference->removed);
    hf_json_integer(item, "changed", (int64_t)difference->changed);
    hf_json_text(item, "reason", difference->reason);
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

json_t *hf_state_compare(const char *from_path, const char *to_path, const struct hf_events *events,
                         struct hf_error *err)
{
    hf_auto(hf_compared) struct hf_compared from = {0}, to = {0};
    json_t *found = hf_json_new();
    if (!hf_compared_open(&from, from_path, err) && !hf_compared_open(&to, to_path, err) &&
        !hf_tables_compare(&from, &to, events, put_table, hf_json_list(found, "tables"), err) &&
        !hf_schemas_compare(&from, &to, put_schema, hf_json_list(found, "schema"), err))
        return found;
    json_decref(found);
    return NULL;
}
