#include "sqlite/look_rows.h"

#include "sqlite/query_plan.h"

/* A page being read. */
struct reading {
    struct hf_look *look;
    const struct hf_look_page *page;
    hf_look_row each;
    void *context;
    int taken;
    bool is_full;
    struct hf_look_end end;
    struct hf_look_place current; /* the row that filters are tried on */
};

/* Parameters: the place's values, the number of rows, the filters'. */
static int limit_parameter(const struct hf_look_page *page)
{
    return (int)page->table->key_count + 1;
}

static int filter_parameter(const struct hf_look_page *page, size_t filter)
{
    return limit_parameter(page) + 2 + HF_LOOK_FILTER_PARAMETERS * (int)filter;
}

/*
 * hf_passed(key...) stands before the filters, and is true. It tells how far a scan has come: a row
 * is done with when the next one is met. What was tried on it may be interrupted, and then it is
 * met again.
 */
static void passed(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct reading *reading = sqlite3_user_data(context);
    struct hf_look_place done = reading->end.reached;
    reading->end.reached = reading->current;
    reading->current = done;
    reading->end.scanned++;
    if (hf_look_place_take(&reading->current, values, (size_t)count, NULL))
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_int(context, 1);
}

static void put_columns(sqlite3_str *sql, const struct hf_look_table *table)
{
    for (size_t i = 0; i < table->key_count; i++)
        sqlite3_str_appendf(sql, "%s, ", table->keys[i].sql);
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].is_secret)
            sqlite3_str_appendf(sql, "%sNULL", i ? ", " : "");
        else
            sqlite3_str_appendf(sql, "%st.\"%w\"", i ? ", " : "", table->columns[i].name);
}

/* The rows whose first `depth` - 1 keys are those of the place, and whose next one is beyond. With
 * deeper ones first, all of it is the rows beyond the place, each part found by the index. */
static void put_beyond(sqlite3_str *sql, const struct hf_look_page *page, size_t depth)
{
    const struct hf_look_table *table = page->table;
    for (size_t i = 0; i < depth; i++) {
        bool is_up = table->keys[i].is_descending == (page->from == HF_LOOK_BEFORE);
        const char *compare = i + 1 < depth || page->is_that_row ? "=" : is_up ? ">" : "<";
        sqlite3_str_appendf(sql, " AND %s %s ?%d", table->keys[i].sql, compare, (int)i + 1);
    }
}

static int put_filters(sqlite3_str *sql, const struct hf_look_page *page, struct hf_error *err)
{
    const struct hf_look_table *table = page->table;
    for (size_t i = 0; table->key_count && page->filter_count && i < table->key_count; i++)
        sqlite3_str_appendf(sql, "%s%s", i ? ", " : " AND hf_passed(", table->keys[i].sql);
    if (table->key_count && page->filter_count)
        sqlite3_str_appendchar(sql, 1, ')');
    for (size_t i = 0; i < page->filter_count; i++) {
        sqlite3_str_appendall(sql, " AND ");
        if (hf_look_filter_put(sql, table, &page->filters[i], filter_parameter(page, i), err))
            return -1;
    }
    return 0;
}

static void put_order(sqlite3_str *sql, const struct hf_look_page *page)
{
    const struct hf_look_table *table = page->table;
    for (size_t i = 0; i < table->key_count; i++) {
        bool is_up = table->keys[i].is_descending == (page->from == HF_LOOK_BEFORE);
        sqlite3_str_appendf(sql, "%s %s%s", i ? "," : " ORDER BY", table->keys[i].sql,
                            is_up ? "" : " DESC");
    }
    sqlite3_str_appendf(sql, " LIMIT ?%d", limit_parameter(page));
    if (!table->key_count)
        sqlite3_str_appendf(sql, " OFFSET ?%d", limit_parameter(page) + 1);
}

/* `by_key`: no other index than the one that has the rows in their order. NULL: err. */
static char *make_sql(const struct hf_look_page *page, size_t depth, bool by_key,
                      struct hf_error *err)
{
    const struct hf_look_table *table = page->table;
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendall(sql, "SELECT ");
    put_columns(sql, table);
    sqlite3_str_appendf(sql, " FROM main.\"%w\" AS t", table->name);
    if (by_key && table->key_index)
        sqlite3_str_appendf(sql, " INDEXED BY \"%w\"", table->key_index);
    else if (by_key)
        sqlite3_str_appendall(sql, " NOT INDEXED");
    sqlite3_str_appendall(sql, " WHERE 1");
    put_beyond(sql, page, depth);
    int failed = put_filters(sql, page, err);
    put_order(sql, page);
    char *text = sqlite3_str_finish(sql);
    if (!text && !failed)
        hf_error_memory(err);
    if (!failed)
        return text;
    sqlite3_free(text);
    return NULL;
}

static sqlite3_stmt *prepare(struct reading *reading, size_t depth, struct hf_error *err)
{
    const struct hf_look_page *page = reading->page;
    char *sql = make_sql(page, depth, false, err);
    /* No place tells how far a scan came whose rows are sorted when all were found. */
    if (sql && page->filter_count && page->table->key_count &&
        hf_query_order(hf_look_db(reading->look), sql) == HF_QUERY_SORTED) {
        sqlite3_free(sql);
        sql = make_sql(page, depth, true, err);
    }
    return sql ? hf_look_prepare(reading->look, sql, err) : NULL;
}

static int bind(struct reading *reading, sqlite3_stmt *row, size_t depth, struct hf_error *err)
{
    const struct hf_look_page *page = reading->page;
    int rc = SQLITE_OK;
    for (size_t i = 0; !rc && i < depth; i++)
        rc = sqlite3_bind_value(row, (int)i + 1, page->place->values[i]);
    if (!rc)
        rc = sqlite3_bind_int(row, limit_parameter(page), page->limit + 1 - reading->taken);
    if (!rc && !page->table->key_count)
        rc = sqlite3_bind_int64(row, limit_parameter(page) + 1,
                                page->place ? page->place->offset : 0);
    for (size_t i = 0; !rc && i < page->filter_count; i++)
        rc = hf_look_filter_bind(row, page->table, &page->filters[i], filter_parameter(page, i));
    return rc ? hf_look_error(reading->look, err) : 0;
}

static int take_row(struct reading *reading, sqlite3_stmt *row, struct hf_error *err)
{
    const struct hf_look_page *page = reading->page;
    sqlite3_value *values[HF_LOOK_MOST_KEYS];
    size_t keys = page->table->key_count;
    hf_auto(hf_look_place) struct hf_look_place place = {0};
    if (reading->taken == page->limit) {
        reading->end.has_more = reading->is_full = true;
        return 0;
    }
    for (size_t i = 0; i < keys; i++)
        values[i] = sqlite3_column_value(row, (int)i);
    if (hf_look_place_take(&place, values, keys, err))
        return -1;
    if (!keys)
        place.offset = (page->place ? page->place->offset : 0) + reading->taken + 1;
    int said = reading->each(reading->context, row, (int)keys, &place, err);
    if (said < 0)
        return -1;
    if (said) {
        reading->end.has_more = reading->is_full = true;
        return 0;
    }
    reading->taken++;
    return page->filter_count ? hf_look_place_take(&reading->end.reached, place.values, keys, err)
                              : 0;
}

/* -1: err; what the deadline ended between rows of a filter is no error, when it got anywhere. */
static int read_part(struct reading *reading, size_t depth, struct hf_error *err)
{
    sqlite3_stmt *row = prepare(reading, depth, err);
    if (!row)
        return -1;
    int failed = bind(reading, row, depth, err), rc = SQLITE_DONE;
    while (!failed && !reading->is_full && (rc = sqlite3_step(row)) == SQLITE_ROW)
        failed = take_row(reading, row, err);
    reading->end.vm_steps += sqlite3_stmt_status(row, SQLITE_STMTSTATUS_VM_STEP, 0);
    if (!failed && rc != SQLITE_ROW && rc != SQLITE_DONE) {
        reading->end.is_interrupted = (rc & 0xff) == SQLITE_INTERRUPT && reading->end.reached.count;
        if (!reading->end.is_interrupted)
            failed = hf_look_error(reading->look, err);
    }
    sqlite3_finalize(row);
    return failed;
}

/* The deepest part first; with no place there is one part, of all rows. */
static int read_parts(struct reading *reading, struct hf_error *err)
{
    const struct hf_look_page *page = reading->page;
    size_t depth = page->place ? page->place->count : 0;
    do {
        if (read_part(reading, depth, err))
            return -1;
    } while (!page->is_that_row && depth-- > 1 && !reading->is_full &&
             !reading->end.is_interrupted);
    return 0;
}

static int check(struct hf_look *look, const struct hf_look_page *page, struct hf_error *err)
{
    const struct hf_look_table *table = page->table;
    bool may_tell = false;
    if (table->kind == HF_LOOK_VIEW && hf_look_views_may_tell(look, &may_tell, err))
        return -1;
    if (may_tell)
        return hf_error_set(err, HF_REFUSED,
                            "the rows of '%s' cannot be shown: a view here joins by USING or "
                            "NATURAL, in which secret columns are not told apart",
                            table->name);
    if (table->kind == HF_LOOK_SHADOW) {
        hf_error_set(err, HF_REFUSED,
                     "the rows of '%s' cannot be shown: they keep the data of a virtual table, in "
                     "which secret columns are not told apart",
                     table->name);
        return hf_error_hint(err, "look at the virtual table");
    }
    if (table->is_copy) {
        hf_error_set(err, HF_REFUSED,
                     "the rows of '%s' cannot be shown: it may hold copies of secret columns",
                     table->name);
        return hf_error_hint(err, "its CREATE text, or a trigger, names a secret column or a table "
                                  "that has one");
    }
    if (table->key_is_secret) {
        hf_error_set(err, HF_REFUSED,
                     "the rows of '%s' cannot be shown: a secret column tells them apart",
                     table->name);
        return hf_error_hint(err, "its columns and its CREATE text can");
    }
    if (!table->key_count && page->from == HF_LOOK_BEFORE)
        return hf_error_set(err, HF_USAGE, "the rows of '%s' are counted from the first",
                            table->name);
    return 0;
}

int hf_look_rows(struct hf_look_end *out, struct hf_look *look, const struct hf_look_page *page,
                 hf_look_row each, void *context, struct hf_error *err)
{
    sqlite3 *db = hf_look_db(look);
    struct reading reading = {.look = look, .page = page, .each = each, .context = context};
    if (check(look, page, err))
        return -1;
    if (sqlite3_create_function_v2(db, "hf_passed", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, &reading,
                                   passed, NULL, NULL, NULL))
        return hf_look_error(look, err);
    int failed = read_parts(&reading, err);
    sqlite3_create_function_v2(db, "hf_passed", -1, SQLITE_UTF8, NULL, NULL, NULL, NULL, NULL);
    hf_look_place_release(&reading.current);
    if (failed || !reading.end.is_interrupted)
        hf_look_place_release(&reading.end.reached);
    if (failed)
        return -1;
    *out = reading.end;
    return 0;
}
