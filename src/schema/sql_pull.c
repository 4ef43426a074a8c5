#include "schema/sql_pull.h"

#include "schema/planner.h"

static int statement(struct hf_buf *out, const char *sql, struct hf_error *err)
{
    return hf_buf_print(out, err, "%s%s;\n", out->length ? "\n" : "", sql);
}

static bool is_ours(const struct hf_table *table)
{
    return table->kind != HF_TABLE_SHADOW && !table->maybe_shadow &&
           !hf_table_is_anothers(table->name);
}

static int table_with_indexes(struct hf_buf *out, const struct hf_table *table,
                              struct hf_error *err)
{
    if (statement(out, table->sql, err))
        return -1;
    for (size_t i = 0; i < table->index_count; i++) {
        if (table->indexes[i].sql && statement(out, table->indexes[i].sql, err))
            return -1;
    }
    return 0;
}

int hf_sql_pull(struct hf_buf *out, sqlite3 *live, struct hf_error *err)
{
    hf_auto(hf_model) struct hf_model model = {0};
    if (hf_model_read(&model, live, err))
        return -1;
    for (size_t i = 0; i < model.table_count; i++) {
        if (is_ours(&model.tables[i]) && table_with_indexes(out, &model.tables[i], err))
            return -1;
    }
    for (size_t i = 0; i < model.view_count; i++) {
        if (statement(out, model.views[i].sql, err))
            return -1;
    }
    for (size_t i = 0; i < model.trigger_count; i++) {
        const struct hf_table *table = hf_model_table(&model, model.triggers[i].table);
        if ((!table || is_ours(table)) && statement(out, model.triggers[i].sql, err))
            return -1;
    }
    return 0;
}
