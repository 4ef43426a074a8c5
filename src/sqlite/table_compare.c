#include "sqlite/table_compare.h"

#include <stdio.h>
#include <string.h>

/* A table in both states. */
struct pair {
    const struct hf_compared_table *from, *to; /* NULL: it is in the other only */
};

static bool next_pair(struct pair *out, const struct hf_compared_tables *from,
                      const struct hf_compared_tables *to, size_t *i, size_t *k)
{
    const struct hf_compared_table *a = *i < from->count ? &from->list[*i] : NULL;
    const struct hf_compared_table *b = *k < to->count ? &to->list[*k] : NULL;
    if (!a && !b)
        return false;
    int order = !a ? 1 : !b ? -1 : strcmp(a->name, b->name);
    *out = (struct pair){order <= 0 ? a : NULL, order >= 0 ? b : NULL};
    *i += order <= 0;
    *k += order >= 0;
    return true;
}

struct comparison {
    const struct hf_compared *from, *to;
    struct hf_compare_course course;
    char said[200];
};

static enum hf_compared_why why_not(const struct hf_compared_table *table)
{
    if (!table || !table->is_virtual)
        return HF_WHY_NOTHING;
    switch (table->kind) {
    case HF_VIRTUAL_ROWS:
        return HF_WHY_NOTHING;
    case HF_VIRTUAL_REBUILT:
        return HF_WHY_OTHER_CONTENT;
    case HF_VIRTUAL_SHADOWS:
        return HF_WHY_INDEX_ONLY;
    case HF_VIRTUAL_NOTHING:
        return HF_WHY_NO_CONTENT;
    case HF_VIRTUAL_UNKNOWN:
        break;
    }
    return HF_WHY_UNKNOWN_MODULE;
}

/* A table that one state does not have. */
static int count_one(struct hf_table_difference *found, const struct comparison *comparison,
                     const struct pair *pair, struct hf_error *err)
{
    struct hf_row_counts *counts = &found->counts;
    int failed = pair->from
                     ? hf_compared_count(&counts->from, comparison->from, pair->from->name, err)
                     : hf_compared_count(&counts->to, comparison->to, pair->to->name, err);
    counts->removed = counts->from;
    counts->added = counts->to;
    return failed;
}

static int count_both(struct hf_table_difference *found, const struct comparison *comparison,
                      enum hf_compared_why why, struct hf_error *err)
{
    found->how = HF_COMPARED_COUNTED;
    found->why = why;
    return hf_compared_count(&found->counts.from, comparison->from, found->name, err) ||
           hf_compared_count(&found->counts.to, comparison->to, found->name, err);
}

static int compare_rows(struct hf_table_difference *found, struct comparison *comparison,
                        const struct pair *pair, struct hf_error *err)
{
    const struct hf_compared *a = comparison->from, *b = comparison->to;
    hf_auto(hf_row_columns) struct hf_row_columns from = {0}, to = {0};
    hf_auto(hf_row_order) struct hf_row_order order = {0};
    if (hf_row_columns_read(&from, a, pair->from, err) ||
        hf_row_columns_read(&to, b, pair->to, err) ||
        hf_row_order_make(&order, found->name, &from, &to, err))
        return -1;
    if (strcmp(a->encoding, b->encoding) != 0)
        return count_both(found, comparison, HF_WHY_ENCODING, err);
    if (!order.count)
        return count_both(found, comparison, HF_WHY_NO_COMMON_COLUMN, err);
    if (order.by_content) {
        found->how = HF_COMPARED_CONTENT;
        found->why = HF_WHY_NO_KEY;
    }
    return hf_rows_merge(&found->counts, a, b, &order, &comparison->course, err);
}

static int compare_pair(struct hf_table_difference *found, struct comparison *comparison,
                        const struct pair *pair, struct hf_error *err)
{
    return pair->from && pair->to ? compare_rows(found, comparison, pair, err)
                                  : count_one(found, comparison, pair, err);
}

/* Whether a module, and not the file or the machine, stands in the way: that costs its own table
 * alone. */
static bool is_module_at_fault(struct comparison *comparison, const struct hf_compared *state)
{
    int rc = sqlite3_extended_errcode(state->db);
    if ((rc & 0xff) != SQLITE_ERROR && rc != SQLITE_CORRUPT_VTAB)
        return false;
    snprintf(comparison->said, sizeof comparison->said, "%s", sqlite3_errmsg(state->db));
    return true;
}

static int compare_virtual(struct hf_table_difference *found, struct comparison *comparison,
                           const struct pair *pair, struct hf_error *err)
{
    struct hf_error why = {0};
    found->is_virtual = true;
    found->why = why_not(pair->from);
    if (!found->why)
        found->why = why_not(pair->to);
    if (!found->why) {
        if (!compare_pair(found, comparison, pair, &why))
            return 0;
        if (!is_module_at_fault(comparison, comparison->from) &&
            !is_module_at_fault(comparison, comparison->to))
            return hf_error_pass(err, &why);
        found->why = HF_WHY_UNREADABLE;
        found->said = comparison->said;
    }
    found->how = HF_COMPARED_SKIPPED;
    found->counts = (struct hf_row_counts){0};
    return 0;
}

static uint64_t rows_of(const struct pair *pair)
{
    return (pair->from ? pair->from->rows : 0) + (pair->to ? pair->to->rows : 0);
}

static int compare_one(struct hf_table_difference *found, struct comparison *comparison,
                       const struct pair *pair, struct hf_error *err)
{
    hf_compare_course_enter(&comparison->course, rows_of(pair));
    bool is_virtual = (pair->from && pair->from->is_virtual) || (pair->to && pair->to->is_virtual);
    return is_virtual ? compare_virtual(found, comparison, pair, err)
                      : compare_pair(found, comparison, pair, err);
}

int hf_tables_compare(const struct hf_compared *from, const struct hf_compared *to,
                      const struct hf_events *events, hf_table_compared each, void *context,
                      struct hf_error *err)
{
    hf_auto(hf_compared_tables) struct hf_compared_tables a = {0}, b = {0};
    struct comparison comparison = {.from = from, .to = to, .course = {.events = events}};
    struct pair pair;
    size_t i = 0, k = 0;
    hf_progress(events, "compare", 0, 0);
    if (hf_compared_tables_read(&a, from, err) || hf_compared_tables_read(&b, to, err))
        return -1;
    for (size_t n = 0; n < a.count; n++)
        comparison.course.total += a.list[n].rows;
    for (size_t n = 0; n < b.count; n++)
        comparison.course.total += b.list[n].rows;
    while (next_pair(&pair, &a, &b, &i, &k)) {
        struct hf_table_difference found = {.name = pair.from ? pair.from->name : pair.to->name};
        if (compare_one(&found, &comparison, &pair, err) || each(context, &found, err))
            return -1;
    }
    hf_compare_course_enter(&comparison.course, 0);
    return 0;
}
