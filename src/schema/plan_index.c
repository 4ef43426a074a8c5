/*
 * Indexes: those that the schema does not want go first, new ones come when all tables are done.
 */
#include <string.h>
#include <strings.h>

#include "schema/planner.h"
#include "sqlite/sql_token.h"

static bool is_sql(const struct hf_planner *planner)
{
    return planner->schema->dialect == HF_SCHEMA_SQL;
}

static bool same_index(const struct hf_planner *planner, const struct hf_index *now,
                       const struct hf_index *wanted)
{
    if (is_sql(planner))
        return now->sql && wanted->sql && hf_sql_same(now->sql, wanted->sql);
    /* One that was made partial by hand, under the name that the schema gives, is meant so. */
    return !strcmp(now->name, wanted->name) && hf_index_same_columns(now, wanted) &&
           (!wanted->partial || hf_sql_same(hf_index_predicate(now), hf_index_predicate(wanted)));
}

/* Under its own name, or, for Prisma, as a UNIQUE constraint of the table. */
static bool is_there(const struct hf_planner *planner, const struct hf_table *now,
                     const struct hf_index *wanted)
{
    for (size_t i = 0; i < now->index_count; i++) {
        const struct hf_index *index = &now->indexes[i];
        if (same_index(planner, index, wanted))
            return true;
        if (!is_sql(planner) && !index->sql && !index->key && hf_index_same_columns(index, wanted))
            return true;
    }
    return false;
}

static const char *dropped_column_in(const struct hf_table *now, const struct hf_table *wanted,
                                     const char *sql)
{
    for (size_t i = 0; i < now->column_count; i++) {
        const struct hf_column *column = &now->columns[i];
        if (!hf_column_generated(column) && !hf_table_column(wanted, column->name) &&
            hf_sql_mentions(sql, strlen(sql), column->name))
            return column->name;
    }
    return NULL;
}

/* Beyond what a Prisma schema can say: an expression, or a column that it does not name. */
static bool is_beyond_prisma(const struct hf_table *now, const struct hf_table *wanted,
                             const struct hf_index *index)
{
    bool beyond = hf_index_is_special(index);
    for (size_t i = 0; i < index->count && !beyond; i++) {
        const struct hf_column *column = hf_table_column(now, index->columns[i].name);
        beyond = column && hf_column_generated(column) && !hf_table_column(wanted, column->name);
    }
    return beyond;
}

bool hf_plan_index_stays(const struct hf_planner *planner, const struct hf_table *now,
                         const struct hf_table *wanted, const struct hf_index *index)
{
    const struct hf_index *same = hf_table_index(wanted, index->name);
    if (same)
        return same_index(planner, index, same);
    return !is_sql(planner) && is_beyond_prisma(now, wanted, index) &&
           !dropped_column_in(now, wanted, index->sql);
}

static int drop_index(struct hf_planner *planner, const struct hf_table *now,
                      const struct hf_table *wanted, const struct hf_index *index)
{
    if (!index->sql || hf_plan_index_stays(planner, now, wanted, index))
        return 0;
    const char *column =
        hf_index_is_special(index) ? dropped_column_in(now, wanted, index->sql) : NULL;
    if (!hf_plan_step(planner, HF_RISK_NONE, now->name, "drop %sindex '%s' of '%s'",
                      index->unique ? "unique " : "", index->name, now->name) ||
        (column && hf_plan_advise(planner, 0, "it mentions column '%s', which is dropped: %s",
                                  column, index->sql)))
        return -1;
    return hf_plan_sql(planner, "DROP INDEX \"%w\"", index->name);
}

int hf_plan_drop_indexes(struct hf_planner *planner)
{
    for (size_t i = 0; i < planner->wanted.table_count; i++) {
        const struct hf_table *wanted = &planner->wanted.tables[i];
        const struct hf_table *now = hf_model_table(planner->now, wanted->name);
        if (!now || now->kind != HF_TABLE_PLAIN || wanted->kind != HF_TABLE_PLAIN)
            continue;
        for (size_t j = 0; j < now->index_count; j++) {
            if (drop_index(planner, now, wanted, &now->indexes[j]))
                return -1;
        }
    }
    return 0;
}

/* Whether a condition on the table can be asked now: all that it may mention is there, under that
 * name. */
static bool can_ask(const struct hf_planner *planner, const struct hf_table *wanted)
{
    bool can = !planner->renamed_count;
    for (size_t i = 0; i < wanted->column_count; i++)
        can &= hf_plan_has_column(planner, wanted->name, wanted->columns[i].name);
    return can;
}

/* Rows that share the values of a unique index with another; NULLs are never equal. The query goes
 * into `shown`, for a person. */
static int count_duplicates(struct hf_planner *planner, const struct hf_table *wanted,
                            const struct hf_index *index, int64_t *rows, const char **shown)
{
    sqlite3_str *group = sqlite3_str_new(NULL), *given = sqlite3_str_new(NULL);
    bool failed = false;
    for (size_t i = 0; i < index->count; i++) {
        const char *value = hf_plan_live_value(planner, wanted, index->columns[i].name, "");
        failed |= !value;
        sqlite3_str_appendf(given, "%s%s IS NOT NULL", i ? " AND " : "", value ? value : "");
        if (!value || !hf_plan_has_column(planner, wanted->name, index->columns[i].name))
            continue;
        sqlite3_str_appendf(group, "%s%s", sqlite3_str_length(group) ? ", " : "", value);
        if (is_sql(planner)) /* for Prisma's the live column says it */
            sqlite3_str_appendf(group, " COLLATE \"%w\"", index->columns[i].collation);
    }
    if (index->partial)
        sqlite3_str_appendf(given, " AND (%s)", hf_index_predicate(index));
    const char *columns = hf_heap_finish(planner->heap, group, planner->err);
    const char *filter = hf_heap_finish(planner->heap, given, planner->err);
    if (failed || !columns || !filter)
        return -1;
    *shown = hf_heap_print(planner->heap, planner->err,
                           "SELECT %s%scount(*) FROM \"%w\" WHERE %s%s%s HAVING count(*) > 1",
                           columns, *columns ? ", " : "", hf_plan_live_table(planner, wanted->name),
                           filter, *columns ? " GROUP BY " : " GROUP BY NULL", columns);
    if (!*shown)
        return -1;
    return hf_plan_count(
        planner, rows,
        hf_heap_print(planner->heap, planner->err,
                      "SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM \"%w\" WHERE %s "
                      "%s%s HAVING count(*) > 1)",
                      hf_plan_live_table(planner, wanted->name), filter,
                      *columns ? "GROUP BY " : "GROUP BY NULL", columns));
}

/* A table elsewhere that keeps an index of this name. */
static const struct hf_table *holder_of(const struct hf_planner *planner, const char *name,
                                        const struct hf_table *wanted)
{
    for (size_t i = 0; i < planner->now->table_count; i++) {
        const struct hf_table *table = &planner->now->tables[i];
        const struct hf_index *index = hf_table_index(table, name);
        if (!index || !strcasecmp(table->name, wanted->name) ||
            hf_plan_is_dropped(planner, table->name))
            continue;
        const struct hf_table *same = hf_model_table(&planner->wanted, table->name);
        if (!same || hf_plan_index_stays(planner, table, same, index))
            return table;
    }
    return NULL;
}

static int create_index(struct hf_planner *planner, const struct hf_table *now,
                        const struct hf_table *wanted, const struct hf_index *index)
{
    int64_t rows = 0;
    const char *query = NULL;
    bool countable =
        index->unique && (index->partial ? can_ask(planner, wanted) : !hf_index_is_special(index));
    for (size_t i = 0; i < index->count; i++)
        countable &= index->columns[i].name != NULL;
    if (now && countable && count_duplicates(planner, wanted, index, &rows, &query))
        return -1;
    const struct hf_table *holder = holder_of(planner, index->name, wanted);
    if (!hf_plan_step(planner, rows || holder ? HF_RISK_IMPOSSIBLE : HF_RISK_NONE, wanted->name,
                      "create %sindex '%s' on '%s'", index->unique ? "unique " : "", index->name,
                      wanted->name))
        return -1;
    if (rows)
        return hf_plan_advise(planner, rows, "rows share their values with others; see which: %s",
                              query);
    if (holder)
        return hf_plan_advise(planner, 0,
                              "table '%s' has an index of this name, which the schema does not "
                              "name: drop or rename it first",
                              holder->name);
    return hf_plan_sql(planner, "%s", index->sql);
}

static bool has_unique(const struct hf_table *now, const struct hf_index *wanted)
{
    for (size_t i = 0; i < now->index_count; i++) {
        const struct hf_index *index = &now->indexes[i];
        bool same = !index->partial && hf_index_same_columns(index, wanted);
        for (size_t j = 0; same && j < index->count; j++)
            same = !strcasecmp(index->columns[j].collation, wanted->columns[j].collation);
        if (same)
            return true;
    }
    return false;
}

/* A constraint comes with its table's copy: here it is only tried on the rows. */
static int try_constraint(struct hf_planner *planner, const struct hf_table *now,
                          const struct hf_table *wanted, const struct hf_index *index)
{
    int64_t rows = 0;
    const char *query = NULL;
    if (!is_sql(planner) || index->key || has_unique(now, index))
        return 0;
    if (count_duplicates(planner, wanted, index, &rows, &query) ||
        (rows && !hf_plan_step(planner, HF_RISK_IMPOSSIBLE, wanted->name,
                               "add a UNIQUE constraint to '%s'", wanted->name)))
        return -1;
    return rows ? hf_plan_advise(planner, rows,
                                 "rows share their values with others; see which: %s", query)
                : 0;
}

int hf_plan_create_indexes(struct hf_planner *planner)
{
    for (size_t i = 0; i < planner->wanted.table_count; i++) {
        const struct hf_table *wanted = &planner->wanted.tables[i];
        const struct hf_table *now = hf_model_table(planner->now, wanted->name);
        for (size_t j = 0; j < wanted->index_count; j++) {
            const struct hf_index *index = &wanted->indexes[j];
            bool constraint = now && hf_plan_is_rebuilt(planner, wanted->name);
            if (!index->sql && constraint && try_constraint(planner, now, wanted, index))
                return -1;
            if (!index->sql)
                continue;
            if (now && is_there(planner, now, index) &&
                !(constraint && !hf_table_index(now, index->name)))
                continue;
            if (create_index(planner, now, wanted, index))
                return -1;
        }
    }
    return 0;
}
