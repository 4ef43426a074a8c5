#include "sqlite/row_order.h"

#include <stdlib.h>
#include <string.h>

static int add_column(struct hf_row_columns *columns, const char *name, int key,
                      struct hf_error *err)
{
    size_t room = (size_t)columns->count + 1;
    char **names = realloc(columns->names, room * sizeof *names);
    columns->names = names ? names : columns->names;
    int *keys = names ? realloc(columns->key, room * sizeof *keys) : NULL;
    columns->key = keys ? keys : columns->key;
    char *copy = keys && name ? strdup(name) : NULL;
    if (!copy)
        return hf_error_memory(err);
    names[columns->count] = copy;
    keys[columns->count++] = key;
    return 0;
}

static int find(const struct hf_row_columns *columns, const char *name)
{
    for (int i = 0; i < columns->count; i++)
        if (!sqlite3_stricmp(columns->names[i], name))
            return i;
    return -1;
}

/* SQLite lets a part of a primary key be NULL where it is not the rowid: rows with such keys are
 * not told apart by them. */
static int look_for_null_keys(struct hf_row_columns *columns, const struct hf_compared *state,
                              const char *table, struct hf_error *err)
{
    sqlite3_str *text = sqlite3_str_new(NULL);
    sqlite3_stmt *statement = NULL;
    sqlite3_str_appendf(text, "SELECT 1 FROM main.\"%w\" WHERE 0", table);
    for (int i = 0; i < columns->count; i++)
        if (columns->key[i])
            sqlite3_str_appendf(text, " OR \"%w\" IS NULL", columns->names[i]);
    sqlite3_str_appendall(text, " LIMIT 1");
    if (hf_compared_prepare(&statement, state, sqlite3_str_finish(text), err))
        return -1;
    int step = sqlite3_step(statement);
    columns->has_null_keys = step == SQLITE_ROW;
    sqlite3_finalize(statement);
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : hf_compared_failed(state, err);
}

static const char *free_rowid_name(const struct hf_row_columns *columns)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (find(columns, names[i]) < 0)
            return names[i];
    return NULL;
}

int hf_row_columns_read(struct hf_row_columns *out, const struct hf_compared *state,
                        const struct hf_compared_table *table, struct hf_error *err)
{
    static const char sql[] = "SELECT name, pk FROM pragma_table_xinfo(?1) WHERE hidden = 0";
    sqlite3_stmt *row = NULL;
    int failed = 0, step = SQLITE_ERROR;
    *out = (struct hf_row_columns){0};
    if (!sqlite3_prepare_v2(state->db, sql, -1, &row, NULL) &&
        !sqlite3_bind_text(row, 1, table->name, -1, SQLITE_STATIC))
        while (!failed && (step = sqlite3_step(row)) == SQLITE_ROW)
            failed = add_column(out, (const char *)sqlite3_column_text(row, 0),
                                table->is_virtual ? 0 : sqlite3_column_int(row, 1), err);
    if (!failed && step != SQLITE_DONE)
        failed = hf_compared_failed(state, err);
    sqlite3_finalize(row);
    const char *rowid = table->has_rowid ? free_rowid_name(out) : NULL;
    if (!failed && !table->is_virtual)
        failed = look_for_null_keys(out, state, table->name, err);
    else if (!failed && rowid)
        failed = add_column(out, rowid, 1, err);
    out->rowid = table->is_virtual ? NULL : rowid;
    if (failed)
        hf_row_columns_release(out);
    return failed;
}

void hf_row_columns_release(struct hf_row_columns *columns)
{
    for (int i = 0; i < columns->count; i++)
        free(columns->names[i]);
    free(columns->names);
    free(columns->key);
    *columns = (struct hf_row_columns){0};
}

static int key_size(const struct hf_row_columns *columns)
{
    int size = 0;
    for (int i = 0; i < columns->count; i++)
        size += columns->key[i] > 0;
    return size;
}

/* The column of `a` that is the key's n-th part in both; -1: it is another key. */
static int key_part(const struct hf_row_columns *a, const struct hf_row_columns *b, int n)
{
    for (int i = 0; i < a->count; i++) {
        int other = a->key[i] == n ? find(b, a->names[i]) : -1;
        if (other >= 0)
            return b->key[other] == n ? i : -1;
    }
    return -1;
}

static bool have_same_key(const struct hf_row_columns *a, const struct hf_row_columns *b)
{
    int size = key_size(a);
    bool same = size > 0 && size == key_size(b);
    for (int n = 1; same && n <= size; n++)
        same = key_part(a, b, n) >= 0;
    return same;
}

static void put_column(sqlite3_str *out, const char *name)
{
    sqlite3_str_appendf(out, "%s\"%w\"", sqlite3_str_length(out) ? ", " : "", name);
}

int hf_row_order_make(struct hf_row_order *out, const char *table, const struct hf_row_columns *a,
                      const struct hf_row_columns *b, struct hf_error *err)
{
    bool has_nulls = a->has_null_keys || b->has_null_keys;
    struct hf_row_order order = {.table = table, .by_content = has_nulls || !have_same_key(a, b)};
    sqlite3_str *columns = sqlite3_str_new(NULL);
    order.keys = order.by_content ? 0 : key_size(a);
    for (int n = 1; n <= order.keys; n++)
        put_column(columns, a->names[key_part(a, b, n)]);
    order.count = order.keys;
    for (int i = 0; i < a->count; i++) {
        if ((!order.by_content && a->key[i]) || find(b, a->names[i]) < 0)
            continue;
        put_column(columns, a->names[i]);
        order.count++;
    }
    if (order.by_content)
        order.keys = order.count;
    order.rowid_from = b->rowid ? a->rowid : NULL;
    order.rowid_to = a->rowid ? b->rowid : NULL;
    order.columns = sqlite3_str_finish(columns);
    if (!order.columns && order.count)
        return hf_error_memory(err);
    *out = order;
    return 0;
}

char *hf_row_order_select_stored(const struct hf_row_order *order, const char *rowid)
{
    return sqlite3_mprintf("SELECT %s, %s FROM main.\"%w\" NOT INDEXED ORDER BY 1", rowid,
                           order->columns, order->table);
}

void hf_row_order_put_key(sqlite3_str *sql, const struct hf_row_order *order)
{
    for (int i = 1; i <= order->keys; i++)
        sqlite3_str_appendf(sql, "%s%d COLLATE BINARY", i > 1 ? ", " : "", i);
}

char *hf_row_order_select(const struct hf_row_order *order, const char *condition)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "SELECT %s FROM main.\"%w\" WHERE %s ORDER BY ", order->columns,
                        order->table, condition);
    hf_row_order_put_key(sql, order);
    return sqlite3_str_finish(sql);
}

void hf_row_order_release(struct hf_row_order *order)
{
    sqlite3_free(order->columns);
    *order = (struct hf_row_order){0};
}

/* NULL, numbers, text, blobs. */
static int class_of(int type)
{
    switch (type) {
    case SQLITE_NULL:
        return 0;
    case SQLITE_INTEGER:
    case SQLITE_FLOAT:
        return 1;
    case SQLITE_TEXT:
        return 2;
    default:
        return 3;
    }
}

static int compare_integers(sqlite3_int64 a, sqlite3_int64 b)
{
    return (a > b) - (a < b);
}

static int compare_reals(double a, double b)
{
    return (a > b) - (a < b);
}

/* Exactly, as SQLite does: an integer beyond 2^53 has no real of its own. */
static int compare_integer_with_real(sqlite3_int64 integer, double real)
{
    if (real < -9223372036854775808.0)
        return 1;
    if (real >= 9223372036854775808.0)
        return -1;
    sqlite3_int64 whole = (sqlite3_int64)real;
    int order = compare_integers(integer, whole);
    return order ? order : compare_reals((double)integer, real);
}

static int compare_numbers(sqlite3_stmt *a, sqlite3_stmt *b, int i, int a_type, int b_type)
{
    if (a_type == SQLITE_INTEGER && b_type == SQLITE_INTEGER)
        return compare_integers(sqlite3_column_int64(a, i), sqlite3_column_int64(b, i));
    if (a_type == SQLITE_INTEGER)
        return compare_integer_with_real(sqlite3_column_int64(a, i), sqlite3_column_double(b, i));
    if (b_type == SQLITE_INTEGER)
        return -compare_integer_with_real(sqlite3_column_int64(b, i), sqlite3_column_double(a, i));
    return compare_reals(sqlite3_column_double(a, i), sqlite3_column_double(b, i));
}

static int compare_bytes(sqlite3_stmt *a, sqlite3_stmt *b, int i)
{
    const void *x = sqlite3_column_blob(a, i), *y = sqlite3_column_blob(b, i);
    int x_length = sqlite3_column_bytes(a, i), y_length = sqlite3_column_bytes(b, i);
    int shorter = x_length < y_length ? x_length : y_length;
    int order = shorter ? memcmp(x, y, (size_t)shorter) : 0;
    return order ? order : compare_integers(x_length, y_length);
}

static int compare_values(sqlite3_stmt *a, sqlite3_stmt *b, int i)
{
    int a_type = sqlite3_column_type(a, i), b_type = sqlite3_column_type(b, i);
    int a_class = class_of(a_type), b_class = class_of(b_type);
    if (a_class != b_class)
        return a_class - b_class;
    if (a_class == 0)
        return 0;
    return a_class == 1 ? compare_numbers(a, b, i, a_type, b_type) : compare_bytes(a, b, i);
}

int hf_rows_compare(sqlite3_stmt *a, sqlite3_stmt *b, int first, int last)
{
    int order = 0;
    for (int i = first; i < last && !order; i++)
        order = compare_values(a, b, i);
    return order;
}

/* Of the same type. */
static bool values_differ(sqlite3_stmt *a, sqlite3_stmt *b, int i, int type)
{
    switch (type) {
    case SQLITE_NULL:
        return false;
    case SQLITE_INTEGER:
        return sqlite3_column_int64(a, i) != sqlite3_column_int64(b, i);
    case SQLITE_FLOAT:
        return compare_reals(sqlite3_column_double(a, i), sqlite3_column_double(b, i)) != 0;
    default:
        return compare_bytes(a, b, i) != 0;
    }
}

bool hf_rows_differ(sqlite3_stmt *a, sqlite3_stmt *b, int first, int last)
{
    for (int i = first; i < last; i++) {
        int type = sqlite3_column_type(a, i);
        if (type != sqlite3_column_type(b, i) || values_differ(a, b, i, type))
            return true;
    }
    return false;
}
