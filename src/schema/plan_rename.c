/*
 * New names for what is there: by hints of the schema, where only the letter case differs, and for
 * the copy that an interrupted rebuild of Prisma's leaves behind.
 */
#include <string.h>
#include <strings.h>

#include "schema/planner.h"
#include "schema/shadow.h"
#include "sqlite/connection.h"

static int remember(struct hf_planner *planner, const char *table, const char *column,
                    const char *from)
{
    planner->renamed = hf_heap_grow(planner->heap, planner->renamed, planner->renamed_count,
                                    sizeof *planner->renamed, planner->err);
    if (!planner->renamed)
        return -1;
    planner->renamed[planner->renamed_count++] = (struct hf_renamed){table, column, from};
    return 0;
}

static int rename_table(struct hf_planner *planner, const struct hf_table *from, const char *to,
                        const char *why)
{
    if (!hf_plan_step(planner, HF_RISK_NONE, to, "rename table '%s' to '%s'%s", from->name, to,
                      why) ||
        remember(planner, to, NULL, from->name) ||
        hf_plan_sql(planner, "PRAGMA legacy_alter_table = OFF"))
        return -1;
    const char *source = from->name;
    if (!strcasecmp(from->name, to)) { /* SQLite takes the new name for taken */
        source = hf_heap_print(planner->heap, planner->err, "holdfast_%s", to);
        if (!source ||
            hf_plan_sql(planner, "ALTER TABLE \"%w\" RENAME TO \"%w\"", from->name, source))
            return -1;
    }
    planner->plan->foreign_keys_off = true;
    return hf_plan_sql(planner, "ALTER TABLE \"%w\" RENAME TO \"%w\"", source, to) ||
           hf_plan_sql(planner, "PRAGMA legacy_alter_table = ON");
}

static const struct hf_table *hinted_table(const struct hf_planner *planner,
                                           const struct hf_table *wanted)
{
    for (size_t i = 0; i < planner->schema->rename_count; i++) {
        const struct hf_rename *hint = &planner->schema->renames[i];
        if (hint->column || strcasecmp(hint->table, wanted->name))
            continue;
        const struct hf_table *from = hf_model_table(&planner->before, hint->from);
        if (from && from->kind == HF_TABLE_PLAIN && !hf_model_table(&planner->wanted, hint->from))
            return from;
    }
    return NULL;
}

/* "new_T" with no T: Prisma copied T there, dropped T and failed to rename the copy. */
static const struct hf_table *interrupted_copy(struct hf_planner *planner,
                                               const struct hf_table *wanted)
{
    const char *name = hf_heap_print(planner->heap, planner->err, "new_%s", wanted->name);
    const struct hf_table *from = name ? hf_model_table(&planner->before, name) : NULL;
    if (!from || hf_model_table(&planner->wanted, name) || from->kind != HF_TABLE_PLAIN)
        return NULL;
    for (size_t i = 0; i < from->column_count; i++) {
        if (!hf_table_column(wanted, from->columns[i].name))
            return NULL;
    }
    return from;
}

/* A column that the rows would need a value for stops a rename that nobody asked for. */
static const struct hf_column *needs_value(const struct hf_table *now,
                                           const struct hf_table *wanted)
{
    for (size_t i = 0; i < wanted->column_count; i++) {
        const struct hf_column *column = &wanted->columns[i];
        if (column->not_null && !column->fallback && !hf_column_generated(column) &&
            !hf_table_column(now, column->name))
            return column;
    }
    return NULL;
}

/* Rows elsewhere that refer to one that goes with its table. */
static int count_referrers(struct hf_planner *planner, const struct hf_table *table, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < planner->before.table_count; i++) {
        const struct hf_table *other = &planner->before.tables[i];
        for (size_t j = 0; j < other->key_count && other != table; j++) {
            int64_t rows;
            if (strcasecmp(other->keys[j].parent, table->name))
                continue;
            if (hf_plan_count(planner, &rows,
                              hf_heap_print(planner->heap, planner->err,
                                            "SELECT count(*) FROM \"%w\" WHERE \"%w\" IS NOT NULL",
                                            other->name, other->keys[j].from[0])))
                return -1;
            *out += rows;
        }
    }
    return 0;
}

/* As Prisma does for a change of letter case: the old table goes, the new one is made. */
static int replace_table(struct hf_planner *planner, struct hf_table *now,
                         const struct hf_table *wanted, const struct hf_column *column,
                         int64_t rows)
{
    int64_t orphans;
    if (count_referrers(planner, now, &orphans) ||
        !hf_plan_step(planner, HF_RISK_DATA_LOSS, wanted->name,
                      "drop table '%s' to make '%s' in its place", now->name, wanted->name) ||
        hf_plan_advise(planner, rows,
                       "a rename could keep its rows if the new required column '%s' had a default",
                       column->name) ||
        hf_plan_sql(planner, "DROP TABLE \"%w\"", now->name))
        return -1;
    now->gone = true;
    planner->plan->orphans += orphans;
    planner->plan->foreign_keys_off = true;
    planner->columns_go = true;
    return 0;
}

static int change_case(struct hf_planner *planner, struct hf_table *now,
                       const struct hf_table *wanted)
{
    const struct hf_column *column = needs_value(now, wanted);
    int64_t rows = 0;
    if (column && hf_plan_count(planner, &rows,
                                hf_heap_print(planner->heap, planner->err,
                                              "SELECT count(*) FROM \"%w\"", now->name)))
        return -1;
    return rows ? replace_table(planner, now, wanted, column, rows)
                : rename_table(planner, now, wanted->name, "");
}

static int rename_tables(struct hf_planner *planner)
{
    for (size_t i = 0; i < planner->wanted.table_count; i++) {
        const struct hf_table *wanted = &planner->wanted.tables[i];
        struct hf_table *same = hf_model_table(&planner->before, wanted->name);
        if (same && same->kind == HF_TABLE_PLAIN && strcmp(same->name, wanted->name) &&
            change_case(planner, same, wanted))
            return -1;
        if (same || wanted->kind != HF_TABLE_PLAIN)
            continue;
        const struct hf_table *hinted = hinted_table(planner, wanted);
        const struct hf_table *copy = hinted ? NULL : interrupted_copy(planner, wanted);
        if ((hinted && rename_table(planner, hinted, wanted->name, "")) ||
            (copy && rename_table(planner, copy, wanted->name,
                                  ": an interrupted rebuild left its rows there")))
            return -1;
    }
    return 0;
}

static int rename_column(struct hf_planner *planner, const struct hf_table *wanted,
                         const char *from, const char *to)
{
    return !hf_plan_step(planner, HF_RISK_NONE, wanted->name, "rename column '%s' of '%s' to '%s'",
                         from, wanted->name, to) ||
           remember(planner, wanted->name, to, from) ||
           hf_plan_sql(planner, "PRAGMA legacy_alter_table = OFF") ||
           hf_plan_sql(planner, "ALTER TABLE \"%w\" RENAME COLUMN \"%w\" TO \"%w\"", wanted->name,
                       from, to) ||
           hf_plan_sql(planner, "PRAGMA legacy_alter_table = ON");
}

static const char *hinted_column(const struct hf_planner *planner, const struct hf_table *wanted,
                                 const struct hf_table *now, const char *column)
{
    for (size_t i = 0; i < planner->schema->rename_count; i++) {
        const struct hf_rename *hint = &planner->schema->renames[i];
        if (!hint->column || strcasecmp(hint->table, wanted->name) ||
            strcasecmp(hint->column, column))
            continue;
        const struct hf_column *from = hf_table_column(now, hint->from);
        if (from && !hf_table_column(wanted, hint->from))
            return from->name;
    }
    return NULL;
}

static int rename_columns(struct hf_planner *planner, const struct hf_table *wanted,
                          const struct hf_table *now)
{
    for (size_t i = 0; i < wanted->column_count; i++) {
        const char *name = wanted->columns[i].name;
        const struct hf_column *same = hf_table_column(now, name);
        const char *from = same ? (strcmp(same->name, name) ? same->name : NULL)
                                : hinted_column(planner, wanted, now, name);
        if (from && rename_column(planner, wanted, from, name))
            return -1;
    }
    return 0;
}

/* Lets SQLite carry the names through indexes, keys, triggers and views of an empty copy. */
static int read_with_new_names(struct hf_planner *planner)
{
    hf_auto_shadow sqlite3 *shadow = hf_shadow_make(planner->live, planner->err);
    if (!shadow)
        return -1;
    const struct hf_sync_plan *plan = planner->plan;
    for (size_t i = 0; i < plan->count; i++) {
        for (const char **sql = plan->steps[i].sql; *sql; sql++) {
            int rc = sqlite3_exec(shadow, *sql, NULL, NULL, NULL);
            if (rc == SQLITE_NOMEM)
                return hf_error_memory(planner->err);
            if (rc != SQLITE_OK)
                return hf_error_set(planner->err, HF_FAILED, "%s: %s", plan->steps[i].text,
                                    sqlite3_errmsg(shadow));
        }
    }
    if (hf_model_read(&planner->after_names, shadow, planner->err))
        return -1;
    for (size_t i = 0; i < planner->before.table_count; i++) {
        const struct hf_table *before = &planner->before.tables[i];
        struct hf_table *after = hf_model_table(&planner->after_names, before->name);
        if (after) /* the copy cannot have the virtual table that tells */
            after->maybe_shadow = before->maybe_shadow;
    }
    planner->now = &planner->after_names;
    return 0;
}

int hf_plan_renames(struct hf_planner *planner)
{
    if (rename_tables(planner))
        return -1;
    for (size_t i = 0; i < planner->wanted.table_count; i++) {
        const struct hf_table *wanted = &planner->wanted.tables[i];
        const struct hf_table *now =
            hf_model_table(&planner->before, hf_plan_live_table(planner, wanted->name));
        if (now && now->kind == HF_TABLE_PLAIN && rename_columns(planner, wanted, now))
            return -1;
    }
    planner->rename_steps = planner->plan->count;
    return planner->renamed_count ? read_with_new_names(planner) : 0;
}
