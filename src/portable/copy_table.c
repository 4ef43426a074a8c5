#include "portable/copy_table.h"

#include "sqlite/connection.h"

/* A row's columns and, where it is none of them, its rowid. */
struct rows {
    sqlite3_stmt *columns;
    sqlite3_stmt *rowids; /* when a query cannot have so many columns */
    int first;            /* of the columns in `columns`: 1 behind a rowid */
};

static void rows_release(struct rows *rows)
{
    sqlite3_finalize(rows->columns);
    sqlite3_finalize(rows->rowids);
}
HF_AUTO_RELEASE(rows)

static int select_rows(sqlite3_stmt **out, const struct hf_copy_database *database,
                       const struct hf_copy_table *table, bool with_rowid, bool with_columns,
                       struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf sql = {0};
    if (hf_buf_print(&sql, err, "SELECT %s", with_rowid ? table->rowid : ""))
        return -1;
    for (size_t i = 0; i < table->column_count && with_columns; i++) {
        if (((i || with_rowid) && hf_buf_append(&sql, ", ", 2, err)) ||
            hf_copy_append_name(&sql, table->columns[i], err))
            return -1;
    }
    /* An index that covers all columns would give them in its own order. */
    if (hf_buf_print(&sql, err, " FROM main.") || hf_copy_append_name(&sql, table->name, err) ||
        hf_buf_print(&sql, err, "%s", table->is_virtual ? "" : " NOT INDEXED"))
        return -1;
    int rc = sqlite3_prepare_v2(database->db, (const char *)sql.data, (int)sql.length, out, NULL);
    if (rc != SQLITE_OK) {
        hf_connection_error(database->db, rc, database->path, err);
        return hf_error_wrap(err, "table '%s'", table->name);
    }
    return 0;
}

static int rows_open(struct rows *rows, const struct hf_copy_database *database,
                     const struct hf_copy_table *table, struct hf_error *err)
{
    int most = sqlite3_limit(database->db, SQLITE_LIMIT_COLUMN, -1);
    bool apart = table->rowid && table->column_count >= (size_t)most;
    bool beside = table->rowid && !apart;
    rows->first = beside;
    if (apart && select_rows(&rows->rowids, database, table, true, false, err))
        return -1;
    return select_rows(&rows->columns, database, table, beside, true, err);
}

static void put_head(struct hf_json_writer *writer, const struct hf_copy_table *table)
{
    hf_json_name(writer, "name");
    hf_json_put_string(writer, table->name);
    if (table->shadow_of) {
        hf_json_name(writer, "shadow_of");
        hf_json_put_string(writer, table->shadow_of);
    }
    if (table->content != HF_COPY_ROWS) {
        hf_json_name(writer, "content");
        hf_json_put_string(writer, table->content == HF_COPY_REBUILT ? "rebuilt" : "none");
        return;
    }
    hf_json_name(writer, "columns");
    hf_json_open_array(writer, HF_JSON_COMPACT);
    for (size_t i = 0; i < table->column_count; i++)
        hf_json_put_string(writer, table->columns[i]);
    hf_json_close(writer);
    hf_json_name(writer, "rowid");
    hf_json_put_boolean(writer, table->rowid);
}

struct putting {
    struct hf_json_writer *writer;
    struct hf_copy_hash hash;
    struct hf_buf room;
    enum hf_copy_encoding encoding;
};

static int put_column(struct putting *putting, sqlite3_stmt *statement, int column,
                      struct hf_error *err)
{
    struct hf_copy_value value;
    if (hf_copy_value_of_column(&value, statement, column, putting->encoding, &putting->room, err))
        return -1;
    hf_copy_hash_value(&putting->hash, &value);
    hf_copy_put_value(putting->writer, &value);
    return 0;
}

static int put_row(struct putting *putting, const struct rows *rows, int columns,
                   struct hf_error *err)
{
    hf_copy_hash_row(&putting->hash);
    hf_json_open_array(putting->writer, HF_JSON_COMPACT);
    if (rows->rowids && put_column(putting, rows->rowids, 0, err))
        return -1;
    for (int i = 0; i < columns; i++) {
        if (put_column(putting, rows->columns, i, err))
            return -1;
    }
    hf_json_close(putting->writer);
    return 0;
}

static int put_rows(struct putting *putting, const struct hf_copy_database *database,
                    const struct hf_copy_table *table, uint64_t *count, struct hf_error *err)
{
    hf_auto(rows) struct rows rows = {0};
    if (rows_open(&rows, database, table, err))
        return -1;
    int columns = rows.first + (int)table->column_count, rc;
    while ((rc = sqlite3_step(rows.columns)) == SQLITE_ROW) {
        if (rows.rowids && (rc = sqlite3_step(rows.rowids)) != SQLITE_ROW)
            break;
        if (put_row(putting, &rows, columns, err))
            return -1;
        ++*count;
        if (hf_json_writer_failed(putting->writer))
            return hf_json_writer_flush(putting->writer, err);
    }
    if (rc != SQLITE_DONE) {
        hf_connection_error(database->db, rc, database->path, err);
        return hf_error_wrap(err, "table '%s'", table->name);
    }
    return 0;
}

int hf_copy_put_table(struct hf_json_writer *writer, const struct hf_copy_database *database,
                      const struct hf_copy_table *table, struct hf_copy_table_result *result,
                      struct hf_error *err)
{
    *result = (struct hf_copy_table_result){0};
    hf_json_open_object(writer, HF_JSON_LINES);
    put_head(writer, table);
    if (table->content == HF_COPY_ROWS) {
        struct putting putting = {.writer = writer, .encoding = database->encoding};
        hf_copy_hash_init(&putting.hash);
        hf_json_name(writer, "rows");
        hf_json_open_array(writer, HF_JSON_LINES);
        int failed = put_rows(&putting, database, table, &result->rows, err);
        hf_buf_release(&putting.room);
        if (failed)
            return -1;
        hf_json_close(writer);
        hf_copy_hash_final(&putting.hash, result->checksum);
        hf_json_name(writer, "count");
        hf_json_put_integer(writer, (int64_t)result->rows);
        hf_json_name(writer, "checksum");
        hf_json_put_string(writer, result->checksum);
    }
    hf_json_close(writer);
    return 0;
}
