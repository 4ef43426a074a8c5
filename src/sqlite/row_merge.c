#include "sqlite/row_merge.h"

#include "sqlite/query_plan.h"

enum { TELL_EVERY = 4096 /* rows */ };

static void tell(const struct hf_compare_course *course)
{
    uint64_t passed = course->seen / (uint64_t)course->passes;
    hf_progress(course->events, "compare",
                course->done + (passed < course->share ? passed : course->share), course->total);
}

void hf_compare_course_enter(struct hf_compare_course *course, uint64_t rows)
{
    course->done += course->share;
    course->share = rows;
    course->seen = 0;
    course->passes = 1;
    tell(course);
}

static void pass_row(struct hf_compare_course *course)
{
    if (++course->seen % TELL_EVERY == 0)
        tell(course);
}

/* One state's rows. */
struct side {
    const struct hf_compared *state;
    sqlite3_stmt *row;
    bool has_row;
    uint64_t rows;
    struct hf_compare_course *course;
};

static int next(struct side *side, struct hf_error *err)
{
    int step = sqlite3_step(side->row);
    side->has_row = step == SQLITE_ROW;
    if (!side->has_row)
        return step == SQLITE_DONE ? 0 : hf_compared_failed(side->state, err);
    side->rows++;
    pass_row(side->course);
    return 0;
}

/* hf_met() stands in the condition of a query whose rows are sorted, and is true. */
static void met(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    (void)values;
    pass_row(sqlite3_user_data(context));
    sqlite3_result_int(context, 1);
}

static int begin(struct side *side, const struct hf_row_order *order, struct hf_error *err)
{
    sqlite3 *db = side->state->db;
    char *sql = hf_row_order_select(order, "1");
    int sorts = sql ? hf_query_sorts(db, sql) : 0;
    if (sorts > 0) {
        sqlite3_free(sql);
        sql = hf_row_order_select(order, "hf_met()");
        side->course->passes = 2;
    }
    if (!sql)
        return hf_error_memory(err);
    int rc = sqlite3_create_function_v2(db, "hf_met", 0, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                        side->course, met, NULL, NULL, NULL);
    rc = rc ? rc : sqlite3_prepare_v2(db, sql, -1, &side->row, NULL);
    sqlite3_free(sql);
    return rc ? hf_compared_failed(side->state, err) : 0;
}

static int merge(struct hf_row_counts *out, struct side *from, struct side *to,
                 const struct hf_row_order *order, struct hf_error *err)
{
    int failed = next(from, err) || next(to, err);
    while (!failed && (from->has_row || to->has_row)) {
        int which = !from->has_row ? 1
                    : !to->has_row ? -1
                                   : hf_rows_compare(from->row, to->row, 0, order->keys);
        if (which == 0 && !order->by_content)
            out->changed += hf_rows_differ(from->row, to->row, 0, order->count);
        out->removed += which < 0;
        out->added += which > 0;
        failed = (which <= 0 && next(from, err)) || (which >= 0 && next(to, err));
    }
    return failed ? -1 : 0;
}

int hf_rows_merge(struct hf_row_counts *out, const struct hf_compared *from,
                  const struct hf_compared *to, const struct hf_row_order *order,
                  struct hf_compare_course *course, struct hf_error *err)
{
    struct side a = {.state = from, .course = course}, b = {.state = to, .course = course};
    struct hf_row_counts counts = {0};
    int failed =
        begin(&a, order, err) || begin(&b, order, err) || merge(&counts, &a, &b, order, err);
    sqlite3_finalize(a.row);
    sqlite3_finalize(b.row);
    if (failed)
        return -1;
    counts.from = a.rows;
    counts.to = b.rows;
    *out = counts;
    return 0;
}
