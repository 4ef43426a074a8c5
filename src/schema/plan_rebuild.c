/*
 * A table's copy under its new definition, as in
 * https://sqlite.org/lang_altertable.html#otheralter, with what a Prisma schema cannot say carried
 * over from the old definition.
 */
#include <string.h>
#include <strings.h>

#include "schema/planner.h"
#include "schema/prisma/family.h"
#include "schema/table_text.h"
#include "sqlite/sql_token.h"

struct rebuild {
    struct hf_planner *planner;
    const struct hf_table *now, *wanted;
    const struct hf_changes *changes;
    struct hf_table_text now_text, wanted_text;
    const char *temporary;
    sqlite3_str *sql;
    bool strict;
};

/* A definition may only stay when every column that it mentions does. */
static bool mentions_dropped(const struct rebuild *this, const char *sql)
{
    for (size_t i = 0; i < this->changes->count; i++) {
        const struct hf_change *change = &this->changes->list[i];
        if (change->kind == HF_CHANGE_DROP_COLUMN &&
            hf_sql_mentions(sql, strlen(sql), change->now->name))
            return true;
    }
    return false;
}

static int lost(struct rebuild *this, const char *what, const char *sql)
{
    if (!hf_plan_step(this->planner, HF_RISK_NONE, this->wanted->name, "drop %s of '%s': %s", what,
                      this->wanted->name, sql))
        return -1;
    return hf_plan_advise(this->planner, 0, "it mentions a column that is dropped");
}

/* STRICT knows six types (https://sqlite.org/stricttables.html). */
static bool strict_knows(const char *type)
{
    static const char *const types[] = {"INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY", NULL};
    for (const char *const *known = types; *known; known++) {
        if (!strcasecmp(type, *known))
            return true;
    }
    return false;
}

static int decide_strict(struct rebuild *this)
{
    this->strict = this->now->strict;
    for (size_t i = 0; i < this->wanted->column_count && this->strict; i++) {
        const struct hf_column *column = &this->wanted->columns[i];
        if (strict_knows(column->type))
            continue;
        this->strict = false;
        if (!hf_plan_step(this->planner, HF_RISK_NOTE, this->wanted->name,
                          "'%s' will not be STRICT any more: its column '%s' is wanted as %s",
                          this->wanted->name, column->name, column->type))
            return -1;
    }
    return 0;
}

/* What a conflict did instead of failing: of these clauses the schema's own stand in the copy. */
static int tell_conflicts(struct rebuild *this, const struct hf_clause *clauses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = clauses[i].text;
        if (clauses[i].kind != HF_CLAUSE_CHECK && clauses[i].kind != HF_CLAUSE_GENERATED &&
            hf_sql_mentions(text, strlen(text), "CONFLICT") &&
            !hf_plan_step(this->planner, HF_RISK_NOTE, this->wanted->name,
                          "'%s' will not have the ON CONFLICT of: %s", this->wanted->name, text))
            return -1;
    }
    return 0;
}

static int tell_all_conflicts(struct rebuild *this)
{
    const struct hf_table_text *text = &this->now_text;
    for (size_t i = 0; i < text->column_count; i++) {
        if (tell_conflicts(this, text->columns[i].clauses, text->columns[i].count))
            return -1;
    }
    return tell_conflicts(this, text->constraints, text->constraint_count);
}

static void begin_item(struct rebuild *this, const char *indent)
{
    char last = sqlite3_str_value(this->sql)[sqlite3_str_length(this->sql) - 1];
    sqlite3_str_appendf(this->sql, "%s%s", last == '(' ? "" : ",", indent);
}

/* AUTOINCREMENT is an error in a table without rowids. */
static void append_definition(struct rebuild *this, const char *definition)
{
    const char *word = this->now->without_rowid ? strstr(definition, " AUTOINCREMENT") : NULL;
    if (word)
        sqlite3_str_appendf(this->sql, "%.*s%s", (int)(word - definition), definition,
                            word + strlen(" AUTOINCREMENT"));
    else
        sqlite3_str_appendall(this->sql, definition);
}

static int append_column(struct rebuild *this, const struct hf_column_text *wanted)
{
    const struct hf_column_text *old = hf_table_text_column(&this->now_text, wanted->name);
    const struct hf_column *now = hf_table_column(this->now, wanted->name);
    begin_item(this, "\n    ");
    if (now && old && hf_column_generated(now)) {
        sqlite3_str_appendall(this->sql, old->definition);
        return 0;
    }
    append_definition(this, wanted->definition);
    for (size_t i = 0; old && i < old->count; i++) {
        const struct hf_clause *clause = &old->clauses[i];
        if (clause->kind != HF_CLAUSE_CHECK && clause->kind != HF_CLAUSE_COLLATE)
            continue;
        if (!mentions_dropped(this, clause->text))
            sqlite3_str_appendf(this->sql, " %s", clause->text);
        else if (lost(this, "a constraint", clause->text))
            return -1;
    }
    return 0;
}

/* Generated columns that the schema does not name. */
static int append_generated(struct rebuild *this)
{
    for (size_t i = 0; i < this->now->column_count; i++) {
        const struct hf_column *column = &this->now->columns[i];
        const struct hf_column_text *text = hf_table_text_column(&this->now_text, column->name);
        if (!hf_column_generated(column) || !text || hf_table_column(this->wanted, column->name))
            continue;
        if (mentions_dropped(this, text->definition)) {
            if (lost(this, "a generated column", text->definition))
                return -1;
            continue;
        }
        begin_item(this, "\n    ");
        sqlite3_str_appendall(this->sql, text->definition);
    }
    return 0;
}

/* The columns in the first parentheses of FOREIGN KEY (a, b), or a name, in one spelling. */
static const char *spelled(struct rebuild *this, const char *columns, size_t length)
{
    sqlite3_str *text = sqlite3_str_new(NULL);
    hf_sql_canonical(text, columns, length);
    return hf_heap_finish(this->planner->heap, text, this->planner->err);
}

static const char *referring_columns(struct rebuild *this, const char *body)
{
    const char *start = strchr(body, '('), *end = start ? strchr(start, ')') : NULL;
    return end ? spelled(this, start + 1, (size_t)(end - start - 1)) : "";
}

/* When the old foreign key of the same columns was checked: *out stays NULL for at once. */
static int old_deferrable(struct rebuild *this, const char *body, const char **out)
{
    const char *columns = referring_columns(this, body), *own = columns;
    for (size_t i = 0; own && i < this->now_text.column_count; i++) {
        const struct hf_column_text *column = &this->now_text.columns[i];
        const struct hf_clause *clause = hf_column_clause(column, HF_CLAUSE_REFERENCES);
        if (!clause || !clause->deferrable)
            continue;
        const char *at = column->definition;
        struct hf_sql_token name = hf_sql_next(&at);
        own = spelled(this, name.text, name.length);
        if (own && !strcmp(columns, own))
            *out = clause->deferrable;
    }
    for (size_t i = 0; own && i < this->now_text.constraint_count; i++) {
        const struct hf_clause *clause = &this->now_text.constraints[i];
        if (clause->kind != HF_CLAUSE_REFERENCES || !clause->deferrable)
            continue;
        own = referring_columns(this, clause->body);
        if (own && !strcmp(columns, own))
            *out = clause->deferrable;
    }
    return own ? 0 : -1;
}

static int append_constraints(struct rebuild *this)
{
    for (size_t i = 0; i < this->wanted_text.constraint_count; i++) {
        const struct hf_clause *clause = &this->wanted_text.constraints[i];
        begin_item(this, clause->kind == HF_CLAUSE_PRIMARY_KEY ? "\n\n    " : "\n    ");
        sqlite3_str_appendall(this->sql, clause->text);
        const char *deferrable = NULL;
        if (clause->kind == HF_CLAUSE_REFERENCES && old_deferrable(this, clause->body, &deferrable))
            return -1;
        if (deferrable)
            sqlite3_str_appendf(this->sql, " %s", deferrable);
    }
    for (size_t i = 0; i < this->now_text.constraint_count; i++) {
        const struct hf_clause *clause = &this->now_text.constraints[i];
        if (clause->kind != HF_CLAUSE_CHECK)
            continue;
        if (mentions_dropped(this, clause->text)) {
            if (lost(this, "a constraint", clause->text))
                return -1;
            continue;
        }
        begin_item(this, "\n    ");
        sqlite3_str_appendall(this->sql, clause->text);
    }
    return 0;
}

/* The wanted definition with what only the old one says. */
static char *merged_definition(struct rebuild *this)
{
    struct hf_planner *planner = this->planner;
    bool failed = decide_strict(this) || tell_all_conflicts(this);
    this->sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(this->sql, "CREATE TABLE \"%w\" (", this->temporary);
    for (size_t i = 0; i < this->wanted_text.column_count && !failed; i++)
        failed = append_column(this, &this->wanted_text.columns[i]) != 0;
    failed = failed || append_generated(this) || append_constraints(this);
    sqlite3_str_appendf(this->sql, "\n)%s%s%s", this->now->without_rowid ? " WITHOUT ROWID" : "",
                        this->now->without_rowid && this->strict ? "," : "",
                        this->strict ? " STRICT" : "");
    char *sql = hf_heap_finish(planner->heap, this->sql, planner->err);
    return failed ? NULL : sql;
}

static bool is_taken(const struct hf_planner *planner, const char *name)
{
    enum { MODELS = 3 };
    const struct hf_model *models[MODELS] = {&planner->before, planner->now, &planner->wanted};
    for (size_t i = 0; i < MODELS; i++) {
        if (hf_model_table(models[i], name) || hf_model_view(models[i], name))
            return true;
        for (size_t j = 0; j < models[i]->table_count; j++) {
            if (hf_table_index(&models[i]->tables[j], name))
                return true;
        }
    }
    return false;
}

static int choose_temporary(struct rebuild *this)
{
    struct hf_planner *planner = this->planner;
    for (int i = 0;; i++) {
        this->temporary =
            i ? hf_heap_print(planner->heap, planner->err, "new_%s_%d", this->now->name, i)
              : hf_heap_print(planner->heap, planner->err, "new_%s", this->now->name);
        if (!this->temporary || !is_taken(planner, this->temporary))
            return this->temporary ? 0 : -1;
    }
}

static bool change_of(const struct rebuild *this, enum hf_change_kind kind, const char *column)
{
    for (size_t i = 0; i < this->changes->count; i++) {
        const struct hf_change *change = &this->changes->list[i];
        if (change->kind == kind && !strcasecmp(change->now->name, column))
            return true;
    }
    return false;
}

/* A name by which the rowid can be told, that no column has taken. */
static const char *rowid_name(const struct hf_table *a, const struct hf_table *b)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid", NULL};
    for (const char *const *name = names; *name; name++) {
        if (!hf_table_column(a, *name) && !hf_table_column(b, *name))
            return *name;
    }
    return NULL;
}

/* Rowids stay even where no column shows them: full-text indexes with content elsewhere, and
 * applications, refer to them. */
static const char *kept_rowid(const struct rebuild *this)
{
    bool without = this->planner->schema->dialect == HF_SCHEMA_SQL ? this->wanted->without_rowid
                                                                   : this->now->without_rowid;
    if (without || this->now->without_rowid || hf_table_rowid_column(this->wanted))
        return NULL;
    return rowid_name(this->now, this->wanted);
}

static int copy_rows(struct rebuild *this)
{
    struct hf_planner *planner = this->planner;
    sqlite3_str *into = sqlite3_str_new(NULL), *from = sqlite3_str_new(NULL);
    const char *rowid = kept_rowid(this);
    if (rowid) {
        sqlite3_str_appendall(into, rowid);
        sqlite3_str_appendall(from, rowid);
    }
    for (size_t i = 0; i < this->wanted->column_count; i++) {
        const struct hf_column *column = &this->wanted->columns[i];
        const struct hf_column *now = hf_table_column(this->now, column->name);
        if (!now || hf_column_generated(column) ||
            (hf_column_generated(now) && planner->schema->dialect == HF_SCHEMA_PRISMA))
            continue;
        const char *between = sqlite3_str_length(into) ? ", " : "";
        sqlite3_str_appendf(into, "%s\"%w\"", between, column->name);
        if (column->fallback && change_of(this, HF_CHANGE_MAKE_REQUIRED, column->name))
            sqlite3_str_appendf(from, "%scoalesce(\"%w\", %s)", between, now->name,
                                column->fallback);
        else
            sqlite3_str_appendf(from, "%s\"%w\"", between, now->name);
    }
    const char *columns = hf_heap_finish(planner->heap, into, planner->err);
    const char *values = hf_heap_finish(planner->heap, from, planner->err);
    if (!columns || !values)
        return -1;
    if (!*columns) /* nothing stays but the number of rows */
        return hf_plan_sql(planner, "INSERT INTO \"%w\" (\"%w\") SELECT NULL FROM \"%w\"",
                           this->temporary, this->wanted->columns[0].name, this->now->name);
    return hf_plan_sql(planner, "INSERT INTO \"%w\" (%s) SELECT %s FROM \"%w\"", this->temporary,
                       columns, values, this->now->name);
}

/* The highest number ever given stays, though its row be gone: ids are not given twice. */
static int keep_counter(struct rebuild *this)
{
    struct hf_planner *planner = this->planner;
    if (!this->now->autoincrement || !this->wanted->autoincrement)
        return 0;
    return hf_plan_sql(planner,
                       "DELETE FROM sqlite_sequence WHERE name = %Q AND EXISTS (SELECT 1 FROM "
                       "sqlite_sequence WHERE name = %Q)",
                       this->temporary, this->now->name) ||
           hf_plan_sql(planner,
                       "INSERT INTO sqlite_sequence (name, seq) SELECT %Q, seq FROM "
                       "sqlite_sequence WHERE name = %Q",
                       this->temporary, this->now->name);
}

/* Those that stay; new ones are made when all tables are done. */
static int restore_indexes(struct rebuild *this)
{
    for (size_t i = 0; i < this->now->index_count; i++) {
        const struct hf_index *index = &this->now->indexes[i];
        if (index->sql && hf_plan_index_stays(this->planner, this->now, this->wanted, index) &&
            hf_plan_sql(this->planner, "%s", index->sql))
            return -1;
    }
    return 0;
}

static int remember(struct hf_planner *planner, const char *from, const char *name)
{
    struct hf_sync_plan *plan = planner->plan;
    struct hf_rebuilt rebuilt = {
        hf_heap_text(planner->heap, hf_plan_live_table(planner, from), planner->err),
        hf_heap_text(planner->heap, name, planner->err)};
    plan->rebuilt = hf_heap_grow(planner->heap, plan->rebuilt, plan->rebuilt_count,
                                 sizeof *plan->rebuilt, planner->err);
    if (!rebuilt.from || !rebuilt.name || !plan->rebuilt)
        return -1;
    plan->rebuilt[plan->rebuilt_count++] = rebuilt;
    return 0;
}

int hf_plan_rebuild(struct hf_planner *planner, const struct hf_table *now,
                    const struct hf_table *wanted, const struct hf_changes *changes)
{
    struct rebuild this = {.planner = planner, .now = now, .wanted = wanted, .changes = changes};
    if (hf_table_text_read(&this.now_text, planner->heap, now->sql, planner->err) ||
        hf_table_text_read(&this.wanted_text, planner->heap, wanted->sql, planner->err) ||
        choose_temporary(&this))
        return hf_error_wrap(planner->err, "table '%s'", now->name);
    const char *definition =
        planner->schema->dialect == HF_SCHEMA_SQL
            ? hf_heap_print(planner->heap, planner->err, "CREATE TABLE \"%w\" %s", this.temporary,
                            this.wanted_text.body)
            : merged_definition(&this);
    if (!definition ||
        !hf_plan_step(planner, HF_RISK_NONE, wanted->name, "rebuild '%s' for these changes",
                      wanted->name) ||
        hf_plan_sql(planner, "%s", definition) || copy_rows(&this) || keep_counter(&this) ||
        hf_plan_sql(planner, "DROP TABLE \"%w\"", now->name) ||
        hf_plan_sql(planner, "ALTER TABLE \"%w\" RENAME TO \"%w\"", this.temporary, wanted->name) ||
        restore_indexes(&this))
        return -1;
    planner->plan->foreign_keys_off = true;
    return remember(planner, now->name, wanted->name);
}
