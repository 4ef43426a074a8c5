/*
 * Tables: those to make, and what each change to one means for the rows that are in it.
 */
#include <string.h>
#include <strings.h>

#include "schema/planner.h"
#include "schema/prisma/family.h"
#include "sqlite/sql_token.h"

struct table_work {
    struct hf_planner *planner;
    const struct hf_table *now, *wanted;
    int64_t rows;
};

static const char *advice_default = "give the column a default, make it optional, or empty the "
                                    "table first";

static int add_column(struct table_work *work, const struct hf_change *change)
{
    const struct hf_column *column = change->wanted;
    bool impossible =
        work->rows && column->not_null && !column->fallback && !hf_column_generated(column);
    if (!hf_plan_step(work->planner, impossible ? HF_RISK_IMPOSSIBLE : HF_RISK_NONE,
                      work->wanted->name, "add %s column '%s' to '%s'",
                      column->not_null ? "required" : "optional", column->name, work->wanted->name))
        return -1;
    return impossible ? hf_plan_advise(work->planner, work->rows,
                                       "the table has rows, which would have no value in it: %s",
                                       advice_default)
                      : 0;
}

static int count_where(struct table_work *work, int64_t *out, const char *condition)
{
    struct hf_planner *planner = work->planner;
    if (!condition)
        return -1;
    return hf_plan_count(planner, out,
                         hf_heap_print(planner->heap, planner->err,
                                       "SELECT count(*) FROM \"%w\" WHERE %s",
                                       hf_plan_live_table(planner, work->now->name), condition));
}

static int drop_column(struct table_work *work, const struct hf_change *change)
{
    struct hf_planner *planner = work->planner;
    const char *name = change->now->name;
    int64_t rows = 0;
    const char *value = hf_plan_live_column(planner, work->wanted->name, name, "");
    planner->columns_go = true;
    if (!value ||
        (!hf_column_generated(change->now) &&
         count_where(work, &rows,
                     hf_heap_print(planner->heap, planner->err, "%s IS NOT NULL", value))))
        return -1;
    if (!hf_plan_step(planner, rows ? HF_RISK_DATA_LOSS : HF_RISK_NONE, work->wanted->name,
                      "drop column '%s' of '%s'", name, work->wanted->name))
        return -1;
    return rows ? hf_plan_advise(planner, rows,
                                 "its values are lost; a rename hint (@renamed-from %s) on a new "
                                 "column keeps them",
                                 name)
                : 0;
}

static const char *type_title(const struct hf_planner *planner, const char *type)
{
    enum hf_family family = hf_family_of(type);
    return planner->schema->dialect == HF_SCHEMA_PRISMA && family != HF_FAMILY_OTHER
               ? hf_family_name(family)
               : (*type ? type : "no type");
}

static int change_type(struct table_work *work, const struct hf_change *change)
{
    struct hf_planner *planner = work->planner;
    const struct hf_column *now = change->now, *wanted = change->wanted;
    int64_t rows = 0;
    const char *value = hf_plan_live_column(planner, work->wanted->name, now->name, "");
    const char *fits =
        value ? hf_family_fits(planner->heap, hf_family_of(wanted->type), value, planner->err)
              : NULL;
    if (!fits || hf_column_generated(now) ||
        count_where(
            work, &rows,
            hf_heap_print(planner->heap, planner->err, "%s IS NOT NULL AND NOT (%s)", value, fits)))
        return fits && hf_column_generated(now) ? 0 : -1;
    bool key = wanted->key && work->rows;
    if (!hf_plan_step(planner, rows || key ? HF_RISK_DATA_LOSS : HF_RISK_NONE, work->wanted->name,
                      "change column '%s' of '%s' from %s to %s", now->name, work->wanted->name,
                      type_title(planner, now->type), type_title(planner, wanted->type)))
        return -1;
    if (rows)
        return hf_plan_advise(planner, rows,
                              "values are not of the new type: some are converted as SQLite does "
                              "it, the others stay and may not be readable");
    return key ? hf_plan_advise(planner, work->rows,
                                "it is the primary key: what refers to its values from elsewhere "
                                "may not find them any more")
               : 0;
}

static int make_required(struct table_work *work, const struct hf_change *change)
{
    struct hf_planner *planner = work->planner;
    int64_t rows = 0;
    const char *value = hf_plan_live_column(planner, work->wanted->name, change->now->name, "");
    if (!value ||
        count_where(work, &rows, hf_heap_print(planner->heap, planner->err, "%s IS NULL", value)))
        return -1;
    bool impossible = rows && !change->wanted->fallback;
    if (!hf_plan_step(planner, impossible ? HF_RISK_IMPOSSIBLE : HF_RISK_NONE, work->wanted->name,
                      "make column '%s' of '%s' required", change->now->name, work->wanted->name))
        return -1;
    if (impossible)
        return hf_plan_advise(planner, rows,
                              "rows hold NULL in it: fill them (SELECT * FROM \"%w\" WHERE %s IS "
                              "NULL), or give the column a default",
                              hf_plan_live_table(planner, work->now->name), value);
    return rows ? hf_plan_advise(planner, rows, "rows that hold NULL get the default %s",
                                 change->wanted->fallback)
                : 0;
}

/* "a, b" of the new key, each as it will be in the rows; `nulls`: joined for a test. */
static char *key_values(struct table_work *work, const char *format, const char *between)
{
    struct hf_planner *planner = work->planner;
    sqlite3_str *text = sqlite3_str_new(NULL);
    for (int key = 1; key <= (int)work->wanted->column_count; key++) {
        for (size_t i = 0; i < work->wanted->column_count; i++) {
            if (work->wanted->columns[i].key != key)
                continue;
            const char *value =
                hf_plan_live_value(planner, work->wanted, work->wanted->columns[i].name, "");
            sqlite3_str_appendall(text, sqlite3_str_length(text) ? between : "");
            sqlite3_str_appendf(text, format, value ? value : "NULL");
        }
    }
    return hf_heap_finish(planner->heap, text, planner->err);
}

static int change_primary_key(struct table_work *work)
{
    struct hf_planner *planner = work->planner;
    int64_t rows = 0, distinct = 0;
    const char *table = work->wanted->name;
    const char *values = key_values(work, "%s", ", "),
               *nulls = key_values(work, "%s IS NULL", " OR ");
    if (!values || !nulls)
        return -1;
    if (work->rows && *values &&
        (count_where(work, &rows, nulls) ||
         hf_plan_count(planner, &distinct,
                       hf_heap_print(planner->heap, planner->err,
                                     "SELECT count(*) FROM (SELECT DISTINCT %s FROM \"%w\")",
                                     values, hf_plan_live_table(planner, work->now->name)))))
        return -1;
    if (work->rows && *values)
        rows = rows ? rows : work->rows - distinct;
    enum hf_risk risk = rows ? HF_RISK_IMPOSSIBLE : work->rows ? HF_RISK_DATA_LOSS : HF_RISK_NONE;
    if (!hf_plan_step(planner, risk, table, "change the primary key of '%s'%s%s%s", table,
                      *values ? " to (" : "", values, *values ? ")" : ""))
        return -1;
    if (rows)
        return hf_plan_advise(planner, rows, "rows have no value, or the same one, in the new key");
    return work->rows ? hf_plan_advise(planner, work->rows,
                                       "what refers to rows by the old key from elsewhere may not "
                                       "find them any more")
                      : 0;
}

static const char *join_names(struct hf_planner *planner, const char *const *names, size_t count)
{
    sqlite3_str *text = sqlite3_str_new(NULL);
    for (size_t i = 0; i < count; i++)
        sqlite3_str_appendf(text, "%s%s", i ? ", " : "", names[i]);
    return hf_heap_finish(planner->heap, text, planner->err);
}

/* Rows whose reference would find nothing, as a query. */
static const char *orphan_query(struct table_work *work, const struct hf_foreign_key *key)
{
    struct hf_planner *planner = work->planner;
    const struct hf_table *parent = hf_model_table(planner->now, key->parent);
    const struct hf_table *wanted_parent = hf_model_table(&planner->wanted, key->parent);
    sqlite3_str *on = sqlite3_str_new(NULL), *given = sqlite3_str_new(NULL);
    const char *last = "NULL";
    for (size_t i = 0; i < key->count; i++) {
        const char *child = hf_plan_live_value(planner, work->wanted, key->from[i], "c.");
        const char *other = parent && wanted_parent
                                ? hf_plan_live_value(planner, wanted_parent, key->to[i], "p.")
                                : "NULL";
        sqlite3_str_appendf(given, "%s%s IS NOT NULL", i ? " AND " : "", child ? child : "");
        sqlite3_str_appendf(on, "%s%s = %s", i ? " AND " : "", other ? other : "",
                            child ? child : "");
        last = other ? other : "";
    }
    const char *conditions = hf_heap_finish(planner->heap, given, planner->err);
    const char *match = hf_heap_finish(planner->heap, on, planner->err);
    if (!conditions || !match)
        return NULL;
    const char *table = hf_plan_live_table(planner, work->now->name);
    if (!parent)
        return hf_heap_print(planner->heap, planner->err, "SELECT count(*) FROM \"%w\" c WHERE %s",
                             table, conditions);
    return hf_heap_print(planner->heap, planner->err,
                         "SELECT count(*) FROM \"%w\" c LEFT JOIN \"%w\" p ON %s WHERE %s AND %s "
                         "IS NULL",
                         table, hf_plan_live_table(planner, key->parent), match, conditions, last);
}

/* A key over a new column: its value is what the schema says, and nothing that was there. */
static bool refers_by_default(const struct table_work *work, const struct hf_foreign_key *key)
{
    for (size_t i = 0; i < key->count; i++) {
        if (!hf_table_column(work->now, key->from[i]))
            return true;
    }
    return false;
}

/* Applications do this, and add the row that the default means when they start. */
static int note_default(struct table_work *work, const struct hf_foreign_key *key,
                        const char *columns, int64_t rows)
{
    struct hf_planner *planner = work->planner;
    planner->plan->orphans += rows;
    return hf_plan_step(planner, HF_RISK_NOTE, work->wanted->name,
                        "the default of '%s' refers to nothing in '%s' yet: %lld row%s of '%s'",
                        columns, key->parent, (long long)rows, rows == 1 ? "" : "s",
                        work->wanted->name)
               ? 0
               : -1;
}

static int add_foreign_key(struct table_work *work, const struct hf_change *change)
{
    struct hf_planner *planner = work->planner;
    const struct hf_foreign_key *key = change->key;
    const char *columns = join_names(planner, key->from, key->count);
    const char *query = orphan_query(work, key);
    int64_t rows = 0;
    if (!columns || !query || hf_plan_count(planner, &rows, query))
        return -1;
    bool stands = rows && !refers_by_default(work, key);
    if (!hf_plan_step(planner, stands ? HF_RISK_IMPOSSIBLE : HF_RISK_NONE, work->wanted->name,
                      "add foreign key (%s) of '%s' to '%s'", columns, work->wanted->name,
                      key->parent))
        return -1;
    if (stands)
        return hf_plan_advise(planner, rows,
                              "rows refer to nothing in '%s': delete or mend them first: %s",
                              key->parent, query);
    return rows ? note_default(work, key, columns, rows) : 0;
}

/* What was written into a column is gone when it becomes a generated one. */
static int change_definition(struct table_work *work, const struct hf_change *change)
{
    struct hf_planner *planner = work->planner;
    const char *name = change->now->name, *table = work->wanted->name;
    bool replaced = hf_column_generated(change->wanted) && !hf_column_generated(change->now);
    const char *value = hf_plan_live_column(planner, work->wanted->name, name, "");
    int64_t rows = 0;
    if (!value ||
        (replaced &&
         count_where(work, &rows,
                     hf_heap_print(planner->heap, planner->err, "%s IS NOT NULL", value))) ||
        !hf_plan_step(planner, rows ? HF_RISK_DATA_LOSS : HF_RISK_NONE, table,
                      "change the definition of column '%s' of '%s'", name, table))
        return -1;
    return rows ? hf_plan_advise(planner, rows,
                                 "its values are lost: the column will be a generated one")
                : 0;
}

static int describe_other(struct table_work *work, const struct hf_change *change)
{
    struct hf_planner *planner = work->planner;
    const char *table = work->wanted->name, *columns;
    switch (change->kind) {
    case HF_CHANGE_MAKE_OPTIONAL:
        return hf_plan_step(planner, HF_RISK_NONE, table, "make column '%s' of '%s' optional",
                            change->now->name, table)
                   ? 0
                   : -1;
    case HF_CHANGE_DEFAULT:
        return hf_plan_step(planner, HF_RISK_NONE, table,
                            "change the default of column '%s' of '%s' from %s to %s",
                            change->now->name, table,
                            change->now->fallback ? change->now->fallback : "none",
                            change->wanted->fallback ? change->wanted->fallback : "none")
                   ? 0
                   : -1;
    case HF_CHANGE_DROP_FOREIGN_KEY:
        columns = join_names(planner, change->key->from, change->key->count);
        return columns && hf_plan_step(planner, HF_RISK_NONE, table,
                                       "drop foreign key (%s) of '%s' to '%s'", columns, table,
                                       change->key->parent)
                   ? 0
                   : -1;
    case HF_CHANGE_DROP_UNIQUE:
        return hf_plan_step(planner, HF_RISK_NONE, table, "drop a UNIQUE constraint of '%s'", table)
                   ? 0
                   : -1;
    case HF_CHANGE_CONSTRAINTS:
        return hf_plan_step(planner, HF_RISK_NONE, table, "change the constraints of '%s'", table)
                   ? 0
                   : -1;
    default:
        return hf_plan_step(planner, HF_RISK_NONE, table, "change the options of '%s'", table) ? 0
                                                                                               : -1;
    }
}

static int describe(struct table_work *work, const struct hf_change *change)
{
    switch (change->kind) {
    case HF_CHANGE_ADD_COLUMN:
        return add_column(work, change);
    case HF_CHANGE_DROP_COLUMN:
        return drop_column(work, change);
    case HF_CHANGE_TYPE:
        return change_type(work, change);
    case HF_CHANGE_MAKE_REQUIRED:
        return make_required(work, change);
    case HF_CHANGE_PRIMARY_KEY:
        return change_primary_key(work);
    case HF_CHANGE_ADD_FOREIGN_KEY:
        return add_foreign_key(work, change);
    case HF_CHANGE_DEFINITION:
        return change_definition(work, change);
    default:
        return describe_other(work, change);
    }
}

static int change_table(struct table_work *work, struct hf_changes *changes)
{
    struct hf_planner *planner = work->planner;
    if (hf_plan_rows(planner, &work->rows, work->now))
        return -1;
    bool alter = hf_plan_can_alter(planner, work->now, work->wanted, changes, work->rows > 0);
    if (alter)
        hf_plan_order_additions(changes);
    for (size_t i = 0; i < changes->count; i++) {
        if (describe(work, &changes->list[i]) ||
            (alter && hf_plan_alter_sql(planner, work->now, work->wanted, &changes->list[i])))
            return -1;
    }
    return alter ? 0 : hf_plan_rebuild(planner, work->now, work->wanted, changes);
}

static int create_table(struct hf_planner *planner, const struct hf_table *wanted)
{
    const char *kind = wanted->kind == HF_TABLE_VIRTUAL ? "virtual table" : "table";
    if (!hf_model_view(planner->now, wanted->name))
        return hf_plan_step(planner, HF_RISK_NONE, wanted->name, "create %s '%s'", kind,
                            wanted->name)
                   ? hf_plan_sql(planner, "%s", wanted->sql)
                   : -1;
    if (!hf_plan_step(planner, HF_RISK_IMPOSSIBLE, wanted->name, "create %s '%s'", kind,
                      wanted->name))
        return -1;
    return hf_plan_advise(planner, 0, "a view has this name: rename or drop it first");
}

/* What a virtual table holds is its module's affair: it cannot be copied from the outside. */
static int replace_virtual(struct hf_planner *planner, const struct hf_table *now,
                           const struct hf_table *wanted)
{
    if (hf_sql_same(now->sql, wanted->sql))
        return 0;
    if (!hf_plan_step(planner, HF_RISK_DATA_LOSS, wanted->name,
                      "make '%s' anew, empty, with its new definition", wanted->name) ||
        hf_plan_advise(planner, 0,
                       "it is, or becomes, a virtual table: its content is not carried over") ||
        hf_plan_sql(planner, "DROP TABLE \"%w\"", now->name) ||
        hf_plan_sql(planner, "%s", wanted->sql))
        return -1;
    planner->plan->foreign_keys_off = true;
    planner->columns_go = true;
    return 0;
}

static int refuse_shadow(struct hf_planner *planner, const struct hf_table *wanted)
{
    if (!hf_plan_step(planner, HF_RISK_IMPOSSIBLE, wanted->name, "create table '%s'", wanted->name))
        return -1;
    return hf_plan_advise(planner, 0,
                          "a virtual table keeps its content in a table of this name: name it "
                          "otherwise");
}

int hf_plan_tables(struct hf_planner *planner)
{
    for (size_t i = 0; i < planner->wanted.table_count; i++) {
        const struct hf_table *wanted = &planner->wanted.tables[i];
        const struct hf_table *now = hf_model_table(planner->now, wanted->name);
        struct hf_changes changes;
        int failed = 0;
        if (wanted->kind == HF_TABLE_SHADOW)
            continue;
        if (!now) {
            failed = create_table(planner, wanted);
        } else if (now->kind == HF_TABLE_SHADOW) {
            failed = refuse_shadow(planner, wanted);
        } else if (now->kind != HF_TABLE_PLAIN || wanted->kind != HF_TABLE_PLAIN) {
            failed = replace_virtual(planner, now, wanted);
        } else {
            struct table_work work = {planner, now, wanted, 0};
            failed = hf_compare_tables(&changes, planner->heap, now, wanted,
                                       planner->schema->dialect, planner->err) ||
                     (changes.count && change_table(&work, &changes));
        }
        if (failed)
            return -1;
    }
    return 0;
}
