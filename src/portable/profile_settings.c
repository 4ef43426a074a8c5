#include "portable/profile_settings.h"

#include <string.h>

#include "base/bytes.h"
#include "portable/profile_database.h"

enum { MOST_COLUMNS = 64 };

/* What is to be written to one table: columns[i] = values[i]. */
struct row {
    const char *table;
    size_t table_length;
    struct hf_buf columns, marks, assignments;
    const char *values[MOST_COLUMNS];
    bool is_boolean[MOST_COLUMNS];
    int count;
};

static void row_release(struct row *row)
{
    hf_buf_release(&row->columns);
    hf_buf_release(&row->marks);
    hf_buf_release(&row->assignments);
}

const struct hf_profile_field *hf_profile_field_find(const struct hf_profile *profile,
                                                     const char *name)
{
    for (size_t i = 0; i < profile->field_count; i++)
        if (!strcmp(profile->fields[i].name, name))
            return &profile->fields[i];
    return NULL;
}

static const char *as_text(const struct hf_profile_field *field, sqlite3_stmt *row)
{
    if (sqlite3_column_type(row, 0) == SQLITE_NULL)
        return NULL;
    if (field->kind == HF_PROFILE_BOOLEAN)
        return sqlite3_column_int(row, 0) ? "true" : "false";
    return (const char *)sqlite3_column_text(row, 0);
}

int hf_profile_settings_read(sqlite3 *db, const struct hf_profile *profile,
                             int (*each)(void *context, const struct hf_profile_field *field,
                                         const char *value, struct hf_error *err),
                             void *context, struct hf_error *err)
{
    int failed = 0;
    for (size_t i = 0; !failed && i < profile->field_count; i++) {
        const struct hf_profile_field *field = &profile->fields[i];
        const char *dot = strchr(field->column, '.');
        bool has;
        if (hf_profile_has_column(db, field->column, &has, err))
            return -1;
        if (!has) {
            failed = each(context, field, NULL, err);
            continue;
        }
        sqlite3_stmt *row = NULL;
        char *sql = sqlite3_mprintf("SELECT \"%w\" FROM main.\"%.*w\" LIMIT 1", dot + 1,
                                    (int)(dot - field->column), field->column);
        if (!sql)
            return hf_error_memory(err);
        int rc = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
        sqlite3_free(sql);
        if (rc == SQLITE_OK)
            rc = sqlite3_step(row);
        if (rc == SQLITE_ROW || rc == SQLITE_DONE)
            failed = each(context, field, rc == SQLITE_ROW ? as_text(field, row) : NULL, err);
        else
            failed = hf_profile_db_error(db, err);
        sqlite3_finalize(row);
    }
    return failed;
}

static bool is_of(const struct row *row, const struct hf_profile_field *field)
{
    return !sqlite3_strnicmp(field->column, row->table, (int)row->table_length + 1);
}

static int add_value(struct row *row, sqlite3 *db, const struct hf_profile_field *field,
                     const char *text, struct hf_error *err)
{
    bool has = false, may_be_null = false;
    if (hf_profile_find_column(db, field->column, &has, &may_be_null, err))
        return -1;
    if (!has || (!*text && !may_be_null))
        return 0;
    if (row->count == MOST_COLUMNS)
        return hf_error_set(err, HF_UNSUPPORTED, "more than %d settings in one table",
                            MOST_COLUMNS);
    const char *comma = row->count ? ", " : "";
    char *name = sqlite3_mprintf("\"%w\"", strchr(field->column, '.') + 1);
    int failed =
        !name ? hf_error_memory(err)
              : hf_buf_print(&row->columns, err, "%s%s", comma, name) ||
                    hf_buf_print(&row->marks, err, "%s?%d", comma, row->count + 1) ||
                    hf_buf_print(&row->assignments, err, "%s%s = ?%d", comma, name, row->count + 1);
    sqlite3_free(name);
    row->is_boolean[row->count] = field->kind == HF_PROFILE_BOOLEAN;
    row->values[row->count++] = text;
    return failed ? -1 : 0;
}

static void bind_value(sqlite3_stmt *statement, int index, const char *text, bool is_boolean)
{
    if (!*text)
        sqlite3_bind_null(statement, index);
    else if (is_boolean)
        sqlite3_bind_int(statement, index, !strcmp(text, "true") || !strcmp(text, "1"));
    else
        sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

static int run(const struct row *row, sqlite3 *db, char *sql, struct hf_error *err)
{
    sqlite3_stmt *statement = NULL;
    if (!sql)
        return hf_error_memory(err);
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    sqlite3_free(sql);
    if (rc)
        return hf_profile_db_error(db, err);
    for (int i = 0; i < row->count; i++)
        bind_value(statement, i + 1, row->values[i], row->is_boolean[i]);
    sqlite3_step(statement);
    return sqlite3_finalize(statement) ? hf_profile_db_error(db, err) : 0;
}

static int write_row(const struct row *row, sqlite3 *db, struct hf_error *err)
{
    int length = (int)row->table_length;
    if (!row->count)
        return 0;
    if (run(row, db,
            sqlite3_mprintf("UPDATE main.\"%.*w\" SET %s WHERE rowid = "
                            "(SELECT min(rowid) FROM main.\"%.*w\")",
                            length, row->table, (char *)row->assignments.data, length, row->table),
            err))
        return -1;
    if (sqlite3_changes(db))
        return 0;
    return run(row, db,
               sqlite3_mprintf("INSERT INTO main.\"%.*w\"(%s) VALUES(%s)", length, row->table,
                               (char *)row->columns.data, (char *)row->marks.data),
               err);
}

/* Of the table whose column the field at `first` is. */
static int write_table(sqlite3 *db, const struct hf_profile *profile, size_t first,
                       const struct hf_profile_value *values, struct hf_error *err)
{
    const char *column = profile->fields[first].column;
    struct row row = {.table = column, .table_length = strcspn(column, ".")};
    int failed = 0;
    for (const struct hf_profile_value *value = values; !failed && value->name; value++) {
        const struct hf_profile_field *field = hf_profile_field_find(profile, value->name);
        if (value->text && is_of(&row, field))
            failed = add_value(&row, db, field, value->text, err);
    }
    if (!failed)
        failed = write_row(&row, db, err);
    row_release(&row);
    return failed;
}

static bool has_earlier(const struct hf_profile *profile, size_t field)
{
    const char *column = profile->fields[field].column;
    struct row row = {.table = column, .table_length = strcspn(column, ".")};
    for (size_t i = 0; i < field; i++)
        if (is_of(&row, &profile->fields[i]))
            return true;
    return false;
}

int hf_profile_settings_write(sqlite3 *db, const struct hf_profile *profile,
                              const struct hf_profile_value *values, struct hf_error *err)
{
    for (const struct hf_profile_value *value = values; value->name; value++)
        if (!hf_profile_field_find(profile, value->name))
            return hf_error_set(err, HF_USAGE, "%s has no setting '%s'", profile->title,
                                value->name);
    for (size_t i = 0; i < profile->field_count; i++)
        if (!has_earlier(profile, i) && write_table(db, profile, i, values, err))
            return -1;
    return 0;
}
