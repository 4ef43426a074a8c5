#include "sqlite/table_compare.h"

#include <stdbool.h>
#include <string.h>

#include "sqlite/row_order.h"

enum { TELL_EVERY = 65536 };

/* Walks two lists in order; `both` decides what is done with what either has. */
struct pair {
    const char *from, *to; /* NULL: it is in the other only */
};

static bool next_pair(struct pair *out, const struct hf_names *from, const struct hf_names *to,
                      size_t *i, size_t *k)
{
    const char *a = *i < from->count ? from->list[*i] : NULL;
    const char *b = *k < to->count ? to->list[*k] : NULL;
    int order = !a ? 1 : !b ? -1 : strcmp(a, b);
    if (!a && !b)
        return false;
    *out = (struct pair){order <= 0 ? a : NULL, order >= 0 ? b : NULL};
    *i += order <= 0;
    *k += order >= 0;
    return true;
}

/* Two ordered readers side by side. */
struct walk {
    const struct hf_compared *from, *to;
    sqlite3_stmt *a, *b;
    int a_step, b_step;
    struct hf_table_difference *found;
    const struct hf_events *events;
    uint64_t done, total; /* tables */
};

static int step_from(struct walk *walk, struct hf_error *err)
{
    walk->a_step = sqlite3_step(walk->a);
    walk->found->rows_from += walk->a_step == SQLITE_ROW;
    return walk->a_step == SQLITE_ROW || walk->a_step == SQLITE_DONE
               ? 0
               : hf_compared_failed(walk->from, err);
}

static int step_to(struct walk *walk, struct hf_error *err)
{
    walk->b_step = sqlite3_step(walk->b);
    walk->found->rows_to += walk->b_step == SQLITE_ROW;
    if ((walk->found->rows_to & (TELL_EVERY - 1)) == 0)
        hf_progress(walk->events, "compare", walk->done, walk->total);
    return walk->b_step == SQLITE_ROW || walk->b_step == SQLITE_DONE
               ? 0
               : hf_compared_failed(walk->to, err);
}

static int merge(struct walk *walk, const struct hf_row_order *order, struct hf_error *err)
{
    struct hf_table_difference *found = walk->found;
    int failed = step_from(walk, err) || step_to(walk, err);
    while (!failed && (walk->a_step == SQLITE_ROW || walk->b_step == SQLITE_ROW)) {
        int which = walk->a_step != SQLITE_ROW ? 1
                    : walk->b_step != SQLITE_ROW
                        ? -1
                        : hf_rows_compare(walk->a, walk->b, 0, order->keys);
        if (which == 0)
            found->changed += hf_rows_differ(walk->a, walk->b, order->keys, order->count);
        found->removed += which < 0;
        found->added += which > 0;
        failed = (which <= 0 && step_from(walk, err)) || (which >= 0 && step_to(walk, err));
    }
    return failed ? -1 : 0;
}

static int prepare(sqlite3_stmt **out, const struct hf_compared *state, const char *sql,
                   struct hf_error *err)
{
    return sqlite3_prepare_v2(state->db, sql, -1, out, NULL) ? hf_compared_failed(state, err) : 0;
}

static int count_rows(const struct hf_compared *state, const char *table, uint64_t *rows,
                      struct hf_error *err)
{
    sqlite3_stmt *statement = NULL;
    char *sql = sqlite3_mprintf("SELECT count(*) FROM main.\"%w\"", table);
    if (!sql)
        return hf_error_memory(err);
    int failed = prepare(&statement, state, sql, err);
    if (!failed && sqlite3_step(statement) == SQLITE_ROW)
        *rows = (uint64_t)sqlite3_column_int64(statement, 0);
    else if (!failed)
        failed = hf_compared_failed(state, err);
    sqlite3_finalize(statement);
    sqlite3_free(sql);
    return failed;
}

/* A table that one state does not have. */
static int count_one(struct walk *walk, const struct pair *pair, struct hf_error *err)
{
    struct hf_table_difference *found = walk->found;
    int failed = pair->from ? count_rows(walk->from, pair->from, &found->rows_from, err)
                            : count_rows(walk->to, pair->to, &found->rows_to, err);
    found->removed = found->rows_from;
    found->added = found->rows_to;
    return failed;
}

static int count_both(struct walk *walk, const char *table, const char *why, struct hf_error *err)
{
    walk->found->reason = why;
    return count_rows(walk->from, table, &walk->found->rows_from, err) ||
           count_rows(walk->to, table, &walk->found->rows_to, err);
}

static int compare_rows(struct walk *walk, const char *table, struct hf_error *err)
{
    hf_auto(hf_row_columns) struct hf_row_columns from = {0}, to = {0};
    hf_auto(hf_row_order) struct hf_row_order order = {0};
    if (hf_row_columns_read(&from, walk->from->db, walk->from->path, table, err) ||
        hf_row_columns_read(&to, walk->to->db, walk->to->path, table, err) ||
        hf_row_order_make(&order, table, &from, &to, err))
        return -1;
    if (walk->from->encoding != walk->to->encoding)
        return count_both(walk, table, "the two states encode text differently", err);
    if (!order.count)
        return count_both(walk, table, "the two states have no column in common", err);
    if (order.by_content)
        walk->found->reason =
            "it has no key by which rows could be told apart: a changed row counts "
            "as one that was removed and one that was added";
    int failed = prepare(&walk->a, walk->from, order.select, err) ||
                 prepare(&walk->b, walk->to, order.select, err) || merge(walk, &order, err);
    sqlite3_finalize(walk->a);
    sqlite3_finalize(walk->b);
    walk->a = walk->b = NULL;
    return failed ? -1 : 0;
}

int hf_tables_compare(const struct hf_compared *from, const struct hf_compared *to,
                      const struct hf_events *events,
                      int (*each)(void *context, const struct hf_table_difference *difference,
                                  struct hf_error *err),
                      void *context, struct hf_error *err)
{
    static const char sql[] =
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name COLLATE BINARY";
    hf_auto(hf_names) struct hf_names a = {0}, b = {0};
    struct pair pair;
    size_t i = 0, k = 0;
    int failed = hf_compared_names(&a, from, sql, err) || hf_compared_names(&b, to, sql, err);
    struct walk walk = {
        .from = from, .to = to, .events = events, .total = a.count > b.count ? a.count : b.count};
    while (!failed && next_pair(&pair, &a, &b, &i, &k)) {
        struct hf_table_difference found = {.name = pair.from ? pair.from : pair.to};
        walk.found = &found;
        hf_progress(events, "compare", walk.done, walk.total);
        failed = (pair.from && pair.to ? compare_rows(&walk, pair.from, err)
                                       : count_one(&walk, &pair, err)) ||
                 each(context, &found, err);
        walk.done++;
    }
    return failed ? -1 : 0;
}
