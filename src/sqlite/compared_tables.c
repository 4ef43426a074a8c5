#include "sqlite/compared_tables.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/row_estimate.h"

void hf_compared_tables_release(struct hf_compared_tables *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        free(tables->list[i].name);
    free(tables->list);
    *tables = (struct hf_compared_tables){0};
}

static int add(struct hf_compared_tables *tables, sqlite3_stmt *row, struct hf_error *err)
{
    const char *name = (const char *)sqlite3_column_text(row, 0);
    const char *sql = (const char *)sqlite3_column_text(row, 2);
    struct hf_compared_table *list =
        reallocarray(tables->list, tables->count + 1, sizeof *tables->list);
    tables->list = list ? list : tables->list;
    char *copy = list && name ? strdup(name) : NULL;
    if (!copy)
        return hf_error_memory(err);
    list[tables->count++] = (struct hf_compared_table){.name = copy,
                                                       .is_virtual = sqlite3_column_int(row, 1),
                                                       .has_rowid = sqlite3_column_int(row, 3),
                                                       .kind = hf_virtual_kind_of(sql ? sql : "")};
    return 0;
}

/* What a module of SQLite's own keeps a row for each row in; 0: it is another's. */
static uint64_t estimate_virtual(sqlite3 *db, const char *name)
{
    static const char *const shadows[] = {"content", "rowid"};
    int64_t rows = -1;
    for (size_t i = 0; rows < 0 && i < sizeof shadows / sizeof *shadows; i++) {
        char *shadow = sqlite3_mprintf("%s_%s", name, shadows[i]);
        rows = shadow ? hf_row_estimate(db, shadow, "_rowid_") : -1;
        sqlite3_free(shadow);
    }
    return rows < 0 ? 0 : (uint64_t)rows;
}

int hf_compared_count(uint64_t *rows, const struct hf_compared *state, const char *table,
                      struct hf_error *err)
{
    sqlite3_stmt *row = NULL;
    char *sql = sqlite3_mprintf("SELECT count(*) FROM main.\"%w\"", table);
    int failed = hf_compared_prepare(&row, state, sql, err);
    if (!failed && sqlite3_step(row) == SQLITE_ROW)
        *rows = (uint64_t)sqlite3_column_int64(row, 0);
    else if (!failed)
        failed = hf_compared_failed(state, err);
    sqlite3_finalize(row);
    return failed;
}

/* Without a rowid there is nothing to go by but counting, which passes over the pages alone. */
static int estimate(struct hf_compared_table *table, const struct hf_compared *state,
                    struct hf_error *err)
{
    if (table->is_virtual) {
        table->rows = estimate_virtual(state->db, table->name);
        return 0;
    }
    int64_t rows = hf_row_estimate(state->db, table->name, table->has_rowid ? "_rowid_" : NULL);
    if (rows < 0)
        return hf_compared_count(&table->rows, state, table->name, err);
    table->rows = (uint64_t)rows;
    return 0;
}

int hf_compared_tables_read(struct hf_compared_tables *out, const struct hf_compared *state,
                            struct hf_error *err)
{
    static const char sql[] =
        "SELECT l.name, l.type = 'virtual', s.sql, NOT l.wr"
        " FROM pragma_table_list AS l LEFT JOIN main.sqlite_schema AS s"
        " ON s.type = 'table' AND s.name = l.name WHERE l.schema = 'main'"
        " AND l.type IN ('table', 'virtual') AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " ORDER BY l.name COLLATE BINARY";
    sqlite3_stmt *row = NULL;
    int step = SQLITE_ERROR, failed = 0;
    if (!sqlite3_prepare_v2(state->db, sql, -1, &row, NULL))
        while (!failed && (step = sqlite3_step(row)) == SQLITE_ROW)
            failed = add(out, row, err) || estimate(&out->list[out->count - 1], state, err);
    if (!failed && step != SQLITE_DONE)
        failed = hf_compared_failed(state, err);
    sqlite3_finalize(row);
    return failed;
}
