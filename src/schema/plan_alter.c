/*
 * ALTER TABLE instead of a copy, where SQLite can and the outcome is what a rebuild would give
 * (https://sqlite.org/lang_altertable.html).
 */
#include <string.h>
#include <strings.h>

#include "schema/planner.h"
#include "schema/prisma/family.h"
#include "schema/table_text.h"
#include "sqlite/sql_token.h"

static const struct hf_foreign_key *added_key_of(const struct hf_changes *changes,
                                                 const char *column)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct hf_change *change = &changes->list[i];
        if (change->kind == HF_CHANGE_ADD_FOREIGN_KEY && change->key->count == 1 &&
            !strcasecmp(change->key->from[0], column))
            return change->key;
    }
    return NULL;
}

/* In a table without rows SQLite takes more, but the rows may come before the plan is done. */
static bool can_add(const struct hf_table *wanted, const struct hf_column *column,
                    const struct hf_foreign_key *key)
{
    if (column->key || column->kind == HF_COLUMN_STORED)
        return false;
    for (size_t i = 0; i < wanted->index_count; i++) {
        const struct hf_index *index = &wanted->indexes[i];
        if (!index->sql && index->count == 1 && index->columns[0].name &&
            !strcasecmp(index->columns[0].name, column->name))
            return false;
    }
    if (column->fallback && !hf_default_is_literal(column->fallback))
        return false;
    if (column->not_null && !column->fallback && !hf_column_generated(column))
        return false;
    return !key || !column->fallback;
}

static bool mentioned(const char *sql, const char *name)
{
    return sql && hf_sql_mentions(sql, strlen(sql), name);
}

/* Not in any key, index or expression but its own. Indexes that the schema does not want are gone
 * by then, those that only SQL can say are not. */
static bool can_drop(struct hf_planner *planner, const struct hf_table *now,
                     const struct hf_column *column)
{
    struct hf_table_text text;
    struct hf_error ignored;
    if (column->key || hf_table_text_read(&text, planner->heap, now->sql, &ignored))
        return false;
    const struct hf_column_text *own = hf_table_text_column(&text, column->name);
    if (!own || hf_column_clause(own, HF_CLAUSE_UNIQUE) ||
        hf_column_clause(own, HF_CLAUSE_REFERENCES))
        return false;
    for (size_t i = 0; i < text.column_count; i++) {
        if (&text.columns[i] != own && mentioned(text.columns[i].definition, column->name))
            return false;
    }
    for (size_t i = 0; i < text.constraint_count; i++) {
        if (mentioned(text.constraints[i].body, column->name))
            return false;
    }
    for (size_t i = 0; i < now->index_count; i++) {
        if (hf_index_is_special(&now->indexes[i]) && mentioned(now->indexes[i].sql, column->name))
            return false;
    }
    return true;
}

static bool same_column(const struct hf_column *a, const struct hf_column *b)
{
    bool same_default = a->fallback && b->fallback ? !strcmp(a->fallback, b->fallback)
                                                   : !a->fallback && !b->fallback;
    return !strcmp(a->name, b->name) && !strcmp(a->type, b->type) && a->not_null == b->not_null &&
           a->key == b->key && same_default;
}

static bool is_dropped(const struct hf_changes *changes, const struct hf_column *column)
{
    for (size_t i = 0; i < changes->count; i++) {
        if (changes->list[i].kind == HF_CHANGE_DROP_COLUMN && changes->list[i].now == column)
            return true;
    }
    return false;
}

static bool has_constraint(const struct hf_table *table, const struct hf_index *like)
{
    for (size_t i = 0; i < table->index_count; i++) {
        if (!table->indexes[i].sql && hf_index_same_columns(&table->indexes[i], like))
            return true;
    }
    return false;
}

/* Whether the columns that stay, with those that are added behind them, are the wanted ones in
 * their order and to the letter. */
static bool same_outcome(const struct hf_table *now, const struct hf_table *wanted,
                         const struct hf_changes *changes)
{
    size_t at = 0;
    if (now->autoincrement != wanted->autoincrement && !now->without_rowid)
        return false;
    for (size_t i = 0; i < now->index_count; i++) {
        const struct hf_index *index = &now->indexes[i];
        if (!index->sql && !index->key && !has_constraint(wanted, index))
            return false; /* the schema says it as an index with a name */
    }
    for (size_t i = 0; i < now->column_count; i++) {
        if (is_dropped(changes, &now->columns[i]))
            continue;
        if (hf_column_generated(&now->columns[i]) &&
            (at >= wanted->column_count ||
             strcasecmp(wanted->columns[at].name, now->columns[i].name)))
            continue; /* it is not Prisma's to know */
        if (at >= wanted->column_count || (!hf_column_generated(&now->columns[i]) &&
                                           !same_column(&now->columns[i], &wanted->columns[at])))
            return false;
        at++;
    }
    for (; at < wanted->column_count; at++) {
        if (hf_table_column(now, wanted->columns[at].name))
            return false;
    }
    return true;
}

/* What Prisma itself does with ADD COLUMN, wherever the columns stand in the schema. */
static bool only_optional_additions(const struct hf_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        if (changes->list[i].kind != HF_CHANGE_ADD_COLUMN || changes->list[i].wanted->not_null)
            return false;
    }
    return true;
}

bool hf_plan_can_alter(struct hf_planner *planner, const struct hf_table *now,
                       const struct hf_table *wanted, const struct hf_changes *changes,
                       bool has_rows)
{
    bool prisma = planner->schema->dialect == HF_SCHEMA_PRISMA;
    bool optional_only = prisma && only_optional_additions(changes);
    for (size_t i = 0; i < changes->count; i++) {
        const struct hf_change *change = &changes->list[i];
        bool can = false;
        if (change->kind == HF_CHANGE_ADD_COLUMN)
            can = (optional_only && !has_rows) ||
                  can_add(wanted, change->wanted, added_key_of(changes, change->wanted->name));
        else if (change->kind == HF_CHANGE_DROP_COLUMN)
            can = can_drop(planner, now, change->now);
        else if (change->kind == HF_CHANGE_ADD_FOREIGN_KEY)
            can = change->key->count == 1 && !hf_table_column(now, change->key->from[0]);
        if (!can)
            return false;
    }
    return optional_only || same_outcome(now, wanted, changes);
}

static int compare_additions(const struct hf_change *a, const struct hf_change *b)
{
    bool first = a->kind == HF_CHANGE_ADD_COLUMN, second = b->kind == HF_CHANGE_ADD_COLUMN;
    if (!first || !second)
        return 0;
    return strcmp(a->wanted->name, b->wanted->name);
}

void hf_plan_order_additions(struct hf_changes *changes)
{
    if (!only_optional_additions(changes))
        return;
    for (size_t i = 1; i < changes->count; i++) {
        struct hf_change change = changes->list[i];
        size_t at = i;
        for (; at && compare_additions(&changes->list[at - 1], &change) > 0; at--)
            changes->list[at] = changes->list[at - 1];
        changes->list[at] = change;
    }
}

/* A key of one new column goes into the column's definition. */
static const char *reference_of(struct hf_planner *planner, const struct hf_table_text *text,
                                const char *column)
{
    for (size_t i = 0; i < text->constraint_count; i++) {
        const struct hf_clause *clause = &text->constraints[i];
        const char *reference = strcasestr(clause->text, "REFERENCES");
        const char *start = strchr(clause->body, '(');
        if (clause->kind != HF_CLAUSE_REFERENCES || !start || !reference)
            continue;
        const char *at = start + 1;
        struct hf_sql_token name = hf_sql_next(&at), close = hf_sql_next(&at);
        if (!hf_sql_names(&name, column) || !hf_sql_is_mark(&close, ')'))
            continue;
        size_t named = (size_t)(strlen(clause->text) - strlen(clause->body));
        return hf_heap_print(planner->heap, planner->err, " %.*s%s", (int)named, clause->text,
                             reference);
    }
    return "";
}

int hf_plan_alter_sql(struct hf_planner *planner, const struct hf_table *now,
                      const struct hf_table *wanted, const struct hf_change *change)
{
    if (change->kind == HF_CHANGE_DROP_COLUMN)
        return hf_plan_sql(planner, "ALTER TABLE \"%w\" DROP COLUMN \"%w\"", now->name,
                           change->now->name);
    if (change->kind != HF_CHANGE_ADD_COLUMN)
        return 0; /* a foreign key came with its column */
    struct hf_table_text text;
    if (hf_table_text_read(&text, planner->heap, wanted->sql, planner->err))
        return -1;
    const struct hf_column_text *column = hf_table_text_column(&text, change->wanted->name);
    if (!column)
        return hf_error_set(planner->err, HF_FAILED, "column '%s' of '%s' has no definition",
                            change->wanted->name, wanted->name);
    const char *reference = reference_of(planner, &text, column->name);
    return reference ? hf_plan_sql(planner, "ALTER TABLE \"%w\" ADD COLUMN %s%s", now->name,
                                   column->definition, reference)
                     : -1;
}
