#include "schema/planner.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "sqlite/connection.h"

static char *format_text(struct hf_planner *planner, const char *format, va_list args)
{
    char *text = sqlite3_vmprintf(format, args);
    char *copy = text ? hf_heap_text(planner->heap, text, planner->err) : NULL;
    if (!text)
        hf_error_memory(planner->err);
    sqlite3_free(text);
    return copy;
}

struct hf_sync_step *hf_plan_step(struct hf_planner *planner, enum hf_risk risk, const char *table,
                                  const char *format, ...)
{
    struct hf_sync_plan *plan = planner->plan;
    plan->steps =
        hf_heap_grow(planner->heap, plan->steps, plan->count, sizeof *plan->steps, planner->err);
    if (!plan->steps) {
        plan->count = 0;
        return NULL;
    }
    struct hf_sync_step step = {.risk = risk};
    va_list args;
    va_start(args, format);
    step.text = format_text(planner, format, args);
    va_end(args);
    step.table = hf_heap_text(planner->heap, table, planner->err);
    step.sql = hf_heap_alloc(planner->heap, sizeof *step.sql, planner->err);
    if (!step.text || !step.sql || (table && !step.table))
        return NULL;
    plan->steps[plan->count] = step;
    return &plan->steps[plan->count++];
}

int hf_plan_name(struct hf_planner *planner, const char ***list, size_t *count, const char *name)
{
    const char **bigger = hf_heap_alloc(planner->heap, (*count + 2) * sizeof *bigger, planner->err);
    const char *copy = hf_heap_text(planner->heap, name, planner->err);
    if (!bigger || !copy)
        return -1;
    if (*count)
        memcpy(bigger, *list, *count * sizeof *bigger);
    bigger[(*count)++] = copy;
    *list = bigger;
    return 0;
}

int hf_plan_sql(struct hf_planner *planner, const char *format, ...)
{
    struct hf_sync_step *step = &planner->plan->steps[planner->plan->count - 1];
    va_list args;
    va_start(args, format);
    char *sql = format_text(planner, format, args);
    va_end(args);
    size_t count = 0;
    while (step->sql[count])
        count++;
    return sql ? hf_plan_name(planner, &step->sql, &count, sql) : -1;
}

int hf_plan_advise(struct hf_planner *planner, int64_t rows, const char *format, ...)
{
    struct hf_sync_step *step = &planner->plan->steps[planner->plan->count - 1];
    va_list args;
    va_start(args, format);
    step->advice = format_text(planner, format, args);
    va_end(args);
    step->rows = rows;
    return step->advice ? 0 : -1;
}

int hf_plan_count(struct hf_planner *planner, int64_t *out, const char *sql)
{
    if (!sql)
        return -1;
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(planner->live, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        *out = sqlite3_column_int64(statement, 0);
        rc = SQLITE_OK;
    }
    if (rc != SQLITE_OK) {
        const char *path = sqlite3_db_filename(planner->live, "main");
        hf_connection_error(planner->live, rc, path && *path ? path : ":memory:", planner->err);
        hf_error_wrap(planner->err, "count rows");
    }
    sqlite3_finalize(statement);
    return rc == SQLITE_OK ? 0 : -1;
}

const char *hf_plan_live_table(const struct hf_planner *planner, const char *table)
{
    for (size_t i = 0; i < planner->renamed_count; i++) {
        const struct hf_renamed *renamed = &planner->renamed[i];
        if (!renamed->column && !strcasecmp(renamed->table, table))
            return renamed->from;
    }
    return table;
}

int hf_plan_rows(struct hf_planner *planner, int64_t *out, const struct hf_table *table)
{
    *out = 0;
    if (!hf_model_table(planner->now, table->name))
        return 0;
    return hf_plan_count(planner, out,
                         hf_heap_print(planner->heap, planner->err, "SELECT count(*) FROM \"%w\"",
                                       hf_plan_live_table(planner, table->name)));
}

bool hf_plan_has_column(const struct hf_planner *planner, const char *table, const char *column)
{
    const struct hf_table *now = hf_model_table(planner->now, table);
    return now && hf_table_column(now, column);
}

const char *hf_plan_live_column(struct hf_planner *planner, const char *table, const char *column,
                                const char *prefix)
{
    for (size_t i = 0; i < planner->renamed_count; i++) {
        const struct hf_renamed *renamed = &planner->renamed[i];
        if (renamed->column && !strcasecmp(renamed->table, table) &&
            !strcasecmp(renamed->column, column))
            column = renamed->from;
    }
    return hf_heap_print(planner->heap, planner->err, "%s\"%w\"", prefix, column);
}

const char *hf_plan_live_value(struct hf_planner *planner, const struct hf_table *wanted,
                               const char *column, const char *prefix)
{
    const struct hf_table *live = hf_model_table(planner->now, wanted->name);
    const struct hf_column *now = live ? hf_table_column(live, column) : NULL;
    const struct hf_column *will_be = hf_table_column(wanted, column);
    const char *fallback = will_be ? will_be->fallback : NULL;
    if (!now)
        return fallback ? fallback : "NULL";
    const char *value = hf_plan_live_column(planner, wanted->name, column, prefix);
    bool filled = fallback && will_be->not_null && !now->not_null;
    return value && filled
               ? hf_heap_print(planner->heap, planner->err, "coalesce(%s, %s)", value, fallback)
               : value;
}

bool hf_plan_is_rebuilt(const struct hf_planner *planner, const char *table)
{
    for (size_t i = 0; i < planner->plan->rebuilt_count; i++) {
        if (!strcasecmp(planner->plan->rebuilt[i].name, table))
            return true;
    }
    return false;
}

bool hf_plan_is_dropped(const struct hf_planner *planner, const char *table)
{
    for (size_t i = 0; i < planner->dropped_count; i++) {
        if (!strcasecmp(planner->dropped[i], table))
            return true;
    }
    return false;
}
