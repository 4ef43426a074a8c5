#include "sqlite/row_leftovers.h"

enum { CACHE_KIB = 8192 };

/* Runs the text, and frees it. */
static int run(const struct hf_compared *state, sqlite3_str *text, struct hf_error *err)
{
    char *sql = sqlite3_str_finish(text);
    if (!sql)
        return hf_error_memory(err);
    int rc = sqlite3_exec(state->db, sql, NULL, NULL, NULL);
    sqlite3_free(sql);
    return rc ? hf_compared_failed(state, err) : 0;
}

static int make_table(struct hf_leftovers *leftovers, const char *name, sqlite3_stmt **add,
                      struct hf_error *err)
{
    sqlite3_str *create = sqlite3_str_new(NULL), *insert = sqlite3_str_new(NULL);
    sqlite3_str_appendf(create, "CREATE TABLE %s(", name);
    sqlite3_str_appendf(insert, "INSERT INTO %s VALUES(", name);
    for (int i = 0; i < leftovers->columns; i++) {
        sqlite3_str_appendf(create, "%sc%d", i ? ", " : "", i);
        sqlite3_str_appendall(insert, i ? ", ?" : "?");
    }
    sqlite3_str_appendchar(create, 1, ')');
    sqlite3_str_appendchar(insert, 1, ')');
    if (!run(&leftovers->state, create, err))
        return hf_compared_prepare(add, &leftovers->state, sqlite3_str_finish(insert), err);
    sqlite3_free(sqlite3_str_finish(insert));
    return -1;
}

static int make_file(struct hf_leftovers *leftovers, const char *encoding, struct hf_error *err)
{
    struct hf_compared *state = &leftovers->state;
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    *state = (struct hf_compared){.path = "a temporary file", .encoding = encoding};
    if (sqlite3_open_v2("", &state->db, flags, NULL))
        return hf_compared_failed(state, err);
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql,
                        "PRAGMA encoding = '%s'; PRAGMA journal_mode = OFF;"
                        " PRAGMA cache_size = -%d; BEGIN",
                        encoding, (int)CACHE_KIB);
    return run(state, sql, err);
}

int hf_leftovers_init(struct hf_leftovers *out, const struct hf_compared *like,
                      const struct hf_row_order *order, struct hf_error *err)
{
    struct hf_leftovers made = {.columns = order->count};
    if (!make_file(&made, like->encoding, err) &&
        !make_table(&made, "\"from\"", &made.add_from, err) &&
        !make_table(&made, "\"to\"", &made.add_to, err)) {
        *out = made;
        return 0;
    }
    hf_leftovers_release(&made);
    return -1;
}

void hf_leftovers_release(struct hf_leftovers *leftovers)
{
    sqlite3_finalize(leftovers->add_from);
    sqlite3_finalize(leftovers->add_to);
    sqlite3_close(leftovers->state.db);
    *leftovers = (struct hf_leftovers){0};
}

static int add(struct hf_leftovers *leftovers, sqlite3_stmt *insert, sqlite3_stmt *row, int first,
               struct hf_error *err)
{
    int rc = SQLITE_OK;
    for (int i = 0; !rc && i < leftovers->columns; i++)
        rc = sqlite3_bind_value(insert, i + 1, sqlite3_column_value(row, first + i));
    if (!rc)
        sqlite3_step(insert);
    leftovers->has_any = true;
    return rc || sqlite3_reset(insert) ? hf_compared_failed(&leftovers->state, err) : 0;
}

int hf_leftovers_add(struct hf_leftovers *leftovers, sqlite3_stmt *from, sqlite3_stmt *to,
                     int first, struct hf_error *err)
{
    return (from && add(leftovers, leftovers->add_from, from, first, err)) ||
                   (to && add(leftovers, leftovers->add_to, to, first, err))
               ? -1
               : 0;
}

static int select_from(sqlite3_stmt **out, const struct hf_leftovers *leftovers, const char *table,
                       const struct hf_row_order *order, struct hf_error *err)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "SELECT * FROM %s ORDER BY ", table);
    hf_row_order_put_key(sql, order);
    return hf_compared_prepare(out, &leftovers->state, sqlite3_str_finish(sql), err);
}

int hf_leftovers_select(sqlite3_stmt **from, sqlite3_stmt **to,
                        const struct hf_leftovers *leftovers, const struct hf_row_order *order,
                        struct hf_error *err)
{
    return select_from(from, leftovers, "\"from\"", order, err) ||
                   select_from(to, leftovers, "\"to\"", order, err)
               ? -1
               : 0;
}
