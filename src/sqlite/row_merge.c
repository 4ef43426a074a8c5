#include "sqlite/row_merge.h"

#include "sqlite/query_plan.h"
#include "sqlite/row_leftovers.h"

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

/* Tells what is done with rows that are the same by their key; NULL: one side has none. */
typedef int (*row_meeting)(void *context, sqlite3_stmt *from, sqlite3_stmt *to,
                           struct hf_error *err);

static int merge(struct side *from, struct side *to, int keys, row_meeting meet, void *context,
                 struct hf_error *err)
{
    int failed = next(from, err) || next(to, err);
    while (!failed && (from->has_row || to->has_row)) {
        int which = !from->has_row ? 1
                    : !to->has_row ? -1
                                   : hf_rows_compare(from->row, to->row, 0, keys);
        failed = meet(context, which <= 0 ? from->row : NULL, which >= 0 ? to->row : NULL, err) ||
                 (which <= 0 && next(from, err)) || (which >= 0 && next(to, err));
    }
    return failed ? -1 : 0;
}

struct counting {
    struct hf_row_counts *counts;
    const struct hf_row_order *order;
};

static int count(void *context, sqlite3_stmt *from, sqlite3_stmt *to, struct hf_error *err)
{
    const struct counting *counting = context;
    const struct hf_row_order *order = counting->order;
    (void)err;
    if (!from)
        counting->counts->added++;
    else if (!to)
        counting->counts->removed++;
    else if (!order->by_content)
        counting->counts->changed += hf_rows_differ(from, to, 0, order->count);
    return 0;
}

static int begin(struct side *side, char *sql, struct hf_error *err)
{
    return hf_compared_prepare(&side->row, side->state, sql, err);
}

static void end(struct side *side)
{
    sqlite3_finalize(side->row);
    side->row = NULL;
}

/* hf_met() stands in the condition of a query whose rows are sorted, and is true. */
static void met(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    (void)values;
    pass_row(sqlite3_user_data(context));
    sqlite3_result_int(context, 1);
}

static int begin_by_key(struct side *side, const struct hf_row_order *order, bool is_sorted,
                        struct hf_error *err)
{
    if (sqlite3_create_function_v2(side->state->db, "hf_met", 0, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                   side->course, met, NULL, NULL, NULL))
        return hf_compared_failed(side->state, err);
    if (is_sorted)
        side->course->passes = 2;
    return begin(side, hf_row_order_select(order, is_sorted ? "hf_met()" : "1"), err);
}

static int order_of(const struct side *side, const struct hf_row_order *order, struct hf_error *err)
{
    char *sql = hf_row_order_select(order, "1");
    if (!sql)
        return hf_error_memory(err);
    int found = hf_query_order(side->state->db, sql);
    sqlite3_free(sql);
    return found < 0 ? hf_compared_failed(side->state, err) : found;
}

struct pairing {
    struct hf_leftovers leftovers;
    int columns;
};

static int keep_unequal(void *context, sqlite3_stmt *from, sqlite3_stmt *to, struct hf_error *err)
{
    struct pairing *pairing = context;
    if (from && to && !hf_rows_differ(from, to, 1, 1 + pairing->columns))
        return 0;
    return hf_leftovers_add(&pairing->leftovers, from, to, 1, err);
}

static int merge_leftovers(struct counting *counting, const struct hf_leftovers *leftovers,
                           struct hf_compare_course *course, struct hf_error *err)
{
    struct side a = {.state = &leftovers->state, .course = course}, b = a;
    int failed = hf_leftovers_select(&a.row, &b.row, leftovers, counting->order, err) ||
                 merge(&a, &b, counting->order->keys, count, counting, err);
    end(&a);
    end(&b);
    return failed;
}

/*
 * Most rows of two states are equal, and lie at the same rowid. Read as they lie they need not be
 * sorted, nor looked up one by one; the few that find no equal there are compared by their key.
 */
static int merge_as_stored(struct counting *counting, struct side *a, struct side *b,
                           struct hf_error *err)
{
    const struct hf_row_order *order = counting->order;
    struct pairing pairing = {.columns = order->count};
    if (hf_leftovers_init(&pairing.leftovers, a->state, order, err))
        return -1;
    int failed = begin(a, hf_row_order_select_stored(order, order->rowid_from), err) ||
                 begin(b, hf_row_order_select_stored(order, order->rowid_to), err) ||
                 merge(a, b, 1, keep_unequal, &pairing, err) ||
                 (pairing.leftovers.has_any &&
                  merge_leftovers(counting, &pairing.leftovers, a->course, err));
    hf_leftovers_release(&pairing.leftovers);
    return failed;
}

static int merge_by_key(struct counting *counting, struct side *a, struct side *b, int a_order,
                        int b_order, struct hf_error *err)
{
    const struct hf_row_order *order = counting->order;
    return begin_by_key(a, order, a_order == HF_QUERY_SORTED, err) ||
           begin_by_key(b, order, b_order == HF_QUERY_SORTED, err) ||
           merge(a, b, order->keys, count, counting, err);
}

int hf_rows_merge(struct hf_row_counts *out, const struct hf_compared *from,
                  const struct hf_compared *to, const struct hf_row_order *order,
                  struct hf_compare_course *course, struct hf_error *err)
{
    struct side a = {.state = from, .course = course}, b = {.state = to, .course = course};
    struct hf_row_counts counts = {0};
    struct counting counting = {&counts, order};
    int a_order = order_of(&a, order, err), b_order = a_order < 0 ? -1 : order_of(&b, order, err);
    if (a_order < 0 || b_order < 0)
        return -1;
    bool as_stored = order->rowid_from && (a_order || b_order);
    int failed = as_stored ? merge_as_stored(&counting, &a, &b, err)
                           : merge_by_key(&counting, &a, &b, a_order, b_order, err);
    end(&a);
    end(&b);
    if (failed)
        return -1;
    counts.from = a.rows;
    counts.to = b.rows;
    *out = counts;
    return 0;
}
