#include "portable/import_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite/connection.h"

struct planning {
    const struct hf_copy_schema *schema;
    enum hf_ground ground;
    sqlite3 *db;
    const char *path;
    struct hf_error *err;
};

static int ask(struct planning *planning, const char *sql, const char *name, bool *answer)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(planning->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK && name)
        rc = sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    *answer = rc == SQLITE_ROW;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        hf_connection_error(planning->db, rc, planning->path, planning->err);
    sqlite3_finalize(statement);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -1;
}

static int has_rows(struct planning *planning, const char *table, bool *answer)
{
    hf_auto(hf_buf) struct hf_buf sql = {0};
    if (hf_buf_print(&sql, planning->err, "SELECT 1 FROM main.") ||
        hf_copy_append_name(&sql, table, planning->err) ||
        hf_buf_print(&sql, planning->err, " LIMIT 1"))
        return -1;
    return ask(planning, (const char *)sql.data, NULL, answer);
}

/* A table that SQLite knows nothing unique of but its rowid. */
static int is_keyless(struct planning *planning, const struct hf_copy_table *table, bool *answer)
{
    bool keyed = true;
    if (table->rowid &&
        ask(planning, "SELECT 1 FROM pragma_index_list(?1) WHERE \"unique\" AND NOT partial",
            table->name, &keyed))
        return -1;
    *answer = !keyed;
    return 0;
}

static int say(struct hf_planned_table *plan, struct hf_error *err, const char *text)
{
    free(plan->reason);
    plan->reason = strdup(text);
    return plan->reason ? 0 : hf_error_memory(err);
}

static int column_of(const struct hf_copy_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (hf_copy_same_name(table->columns[i], name))
            return (int)i;
    }
    return -1;
}

static int is_generated(struct planning *planning, const char *table, const char *column,
                        bool *answer)
{
    char *sql = sqlite3_mprintf("SELECT 1 FROM pragma_table_xinfo(%Q) WHERE hidden > 1 AND "
                                "name = ?1 COLLATE NOCASE",
                                table);
    if (!sql)
        return hf_error_memory(planning->err);
    int failed = ask(planning, sql, column, answer);
    sqlite3_free(sql);
    return failed;
}

/* A column of the copy that the table lacks: what it holds is lost, unless it is nothing, or the
 * table computes it. */
static int leave_out(struct planning *planning, struct hf_planned_table *plan, size_t column)
{
    const struct hf_outline_table *from = plan->from;
    bool generated;
    char text[256];
    if (is_generated(planning, plan->into->name, from->table.columns[column], &generated))
        return -1;
    if (generated || !from->given[column])
        return 0;
    plan->not_placed += from->given[column];
    snprintf(text, sizeof text, "the table has no column '%.160s'", from->table.columns[column]);
    return say(plan, planning->err, text);
}

static int match_columns(struct planning *planning, struct hf_planned_table *plan)
{
    const struct hf_copy_table *from = &plan->from->table;
    int first = from->rowid != NULL;
    plan->parameters = calloc(from->column_count + 1, sizeof *plan->parameters);
    if (!plan->parameters)
        return hf_error_memory(planning->err);
    if (plan->keeps_rowid)
        plan->parameters[0] = ++plan->count;
    for (size_t i = 0; i < from->column_count; i++) {
        if (column_of(plan->into, from->columns[i]) >= 0)
            plan->parameters[(size_t)first + i] = ++plan->count;
        else if (leave_out(planning, plan, i))
            return -1;
    }
    return 0;
}

static int append_columns(struct hf_buf *sql, const struct hf_planned_table *plan,
                          struct hf_error *err)
{
    const struct hf_copy_table *from = &plan->from->table;
    int first = from->rowid != NULL, written = 0;
    if (plan->keeps_rowid && (written++, hf_buf_print(sql, err, "%s", plan->into->rowid)))
        return -1;
    for (size_t i = 0; i < from->column_count; i++) {
        if (!plan->parameters[(size_t)first + i])
            continue;
        if ((written++ && hf_buf_append(sql, ", ", 2, err)) ||
            hf_copy_append_name(sql, from->columns[i], err))
            return -1;
    }
    return 0;
}

static char *take_text(struct hf_buf *sql)
{
    char *text = (char *)sql->data;
    *sql = (struct hf_buf){0};
    return text;
}

static int make_insert(struct planning *planning, struct hf_planned_table *plan)
{
    struct hf_error *err = planning->err;
    hf_auto(hf_buf) struct hf_buf sql = {0};
    if (hf_buf_print(&sql, err, "INSERT INTO main.") ||
        hf_copy_append_name(&sql, plan->into->name, err))
        return -1;
    if (!plan->count) {
        if (hf_buf_print(&sql, err, " DEFAULT VALUES"))
            return -1;
        plan->insert = take_text(&sql);
        return 0;
    }
    if (hf_buf_print(&sql, err, " (") || append_columns(&sql, plan, err) ||
        hf_buf_print(&sql, err, ") VALUES ("))
        return -1;
    for (int i = 1; i <= plan->count; i++) {
        if (hf_buf_print(&sql, err, "%s?%d", i > 1 ? ", " : "", i))
            return -1;
    }
    bool keeps = planning->ground == HF_GROUND_MERGE && !plan->by_rowid && !plan->by_content;
    /* Unlike OR IGNORE this passes over nothing but a row that is there. */
    if (hf_buf_print(&sql, err, ")%s", keeps ? " ON CONFLICT DO NOTHING" : ""))
        return -1;
    plan->insert = take_text(&sql);
    return 0;
}

/* Rows of a table without a key are the same when rowid and all values are. SQLite's expressions
 * may be 1,000 deep, so comparisons come in groups. */
static int make_look(struct planning *planning, struct hf_planned_table *plan)
{
    enum { GROUP = 200 };
    struct hf_error *err = planning->err;
    const struct hf_copy_table *from = &plan->from->table;
    hf_auto(hf_buf) struct hf_buf sql = {0};
    if (hf_buf_print(&sql, err, "SELECT (1"))
        return -1;
    for (size_t i = 0; i < from->column_count && plan->by_content; i++) {
        int parameter = plan->parameters[1 + i];
        if (!parameter)
            continue;
        if (hf_buf_print(&sql, err, i % GROUP == GROUP - 1 ? ") AND (" : " AND ") ||
            hf_copy_append_name(&sql, from->columns[i], err) ||
            hf_buf_print(&sql, err, " IS ?%d", parameter))
            return -1;
    }
    if (hf_buf_print(&sql, err, ") FROM main.") ||
        hf_copy_append_name(&sql, plan->into->name, err) ||
        hf_buf_print(&sql, err, " WHERE %s = ?1", plan->into->rowid ? plan->into->rowid : "rowid"))
        return -1;
    plan->look = take_text(&sql);
    return 0;
}

static int plan_rows(struct planning *planning, struct hf_planned_table *plan)
{
    const struct hf_copy_table *from = &plan->from->table, *into = plan->into;
    bool merges = planning->ground == HF_GROUND_MERGE;
    plan->place = HF_PLACE_ROWS;
    plan->by_rowid = merges && into->is_virtual;
    if (merges && !into->is_virtual && is_keyless(planning, into, &plan->by_content))
        return -1;
    plan->by_content = plan->by_content && from->rowid;
    /* Where another key says which row is which, a rowid is nothing but a place. */
    plan->keeps_rowid =
        from->rowid && into->rowid && (!merges || plan->by_content || plan->by_rowid);
    if (match_columns(planning, plan) || make_insert(planning, plan))
        return -1;
    return plan->by_rowid || plan->by_content ? make_look(planning, plan) : 0;
}

static bool is_settings(const char *shadow)
{
    const char *end = strrchr(shadow, '_');
    return end && hf_copy_same_name(end, "_config");
}

/* Has somebody put something into the virtual table that these are the insides of? */
static int is_used(struct planning *planning, const struct hf_copy_table *shadow, bool *used)
{
    *used = false;
    if (planning->ground == HF_GROUND_NEW)
        return 0;
    if (is_settings(shadow->name))
        return has_rows(planning, shadow->shadow_of, used);
    char *sizes = sqlite3_mprintf("%s_docsize", shadow->shadow_of);
    if (!sizes)
        return hf_error_memory(planning->err);
    *used = true;
    int failed =
        hf_copy_schema_table(planning->schema, sizes) ? has_rows(planning, sizes, used) : 0;
    sqlite3_free(sizes);
    return failed;
}

/* The insides of a virtual table: its settings, and an index without text. They replace what the
 * module made, never what somebody put there. */
static int plan_shadow(struct planning *planning, struct hf_planned_table *plan)
{
    bool used;
    if (is_used(planning, &plan->from->table, &used))
        return -1;
    if (used && is_settings(plan->from->table.name)) {
        plan->place = HF_PLACE_NONE;
        return 0;
    }
    if (used) {
        plan->not_placed = plan->from->rows;
        plan->place = HF_PLACE_NOWHERE;
        return say(plan, planning->err, "an index without its text cannot be merged");
    }
    plan->clear_first = true;
    struct planning fresh = *planning;
    fresh.ground = HF_GROUND_NEW;
    return plan_rows(&fresh, plan);
}

static int plan_own(struct planning *planning, struct hf_planned_table *plan)
{
    bool counters = hf_copy_same_name(plan->from->table.name, "sqlite_sequence");
    if (counters && planning->ground != HF_GROUND_NEW) {
        plan->place = plan->into ? HF_PLACE_COUNTERS : HF_PLACE_NONE;
        return 0;
    }
    plan->place = HF_PLACE_NONE;
    if (!plan->into || planning->ground != HF_GROUND_NEW)
        return 0; /* what ANALYZE found out is no data */
    plan->clear_first = true;
    return plan_rows(planning, plan);
}

/* Whose insides a table is, is for the database to say: those are overwritten. */
static bool same_owner(const struct hf_copy_table *from, const struct hf_copy_table *into)
{
    if (!from->shadow_of || !into->shadow_of)
        return from->shadow_of == into->shadow_of;
    return hf_copy_same_name(from->shadow_of, into->shadow_of);
}

static int plan_table(struct planning *planning, struct hf_planned_table *plan)
{
    const struct hf_copy_table *from = &plan->from->table;
    plan->into = hf_copy_schema_table(planning->schema, from->name);
    if (!sqlite3_strnicmp(from->name, "sqlite_", 7))
        return plan_own(planning, plan);
    plan->place = HF_PLACE_NONE;
    if (from->content == HF_COPY_NO_ROWS)
        return 0;
    if (from->content == HF_COPY_REBUILT) {
        if (plan->into && plan->into->content == HF_COPY_REBUILT)
            plan->place = HF_PLACE_REBUILD;
        return 0;
    }
    if (!plan->into || plan->into->content != HF_COPY_ROWS || !same_owner(from, plan->into)) {
        plan->place = plan->from->rows ? HF_PLACE_NOWHERE : HF_PLACE_NONE;
        plan->not_placed = plan->from->rows;
        return plan->from->rows ? say(plan, planning->err, "the database has no such table") : 0;
    }
    return from->shadow_of ? plan_shadow(planning, plan) : plan_rows(planning, plan);
}

int hf_import_plan_make(struct hf_import_plan *out, const struct hf_copy_outline *outline,
                        const struct hf_copy_schema *schema, enum hf_ground ground, sqlite3 *db,
                        const char *path, struct hf_error *err)
{
    struct planning planning = {
        .schema = schema, .ground = ground, .db = db, .path = path, .err = err};
    struct hf_import_plan plan = {.tables = calloc(outline->table_count + 1, sizeof *plan.tables),
                                  .table_count = outline->table_count};
    if (!plan.tables)
        return hf_error_memory(err);
    for (size_t i = 0; i < plan.table_count; i++) {
        plan.tables[i].from = &outline->tables[i];
        if (plan_table(&planning, &plan.tables[i])) {
            hf_import_plan_release(&plan);
            return -1;
        }
    }
    *out = plan;
    return 0;
}

void hf_import_plan_release(struct hf_import_plan *plan)
{
    for (size_t i = 0; i < plan->table_count && plan->tables; i++) {
        free(plan->tables[i].parameters);
        free(plan->tables[i].insert);
        free(plan->tables[i].look);
        free(plan->tables[i].reason);
    }
    free(plan->tables);
    *plan = (struct hf_import_plan){0};
}
