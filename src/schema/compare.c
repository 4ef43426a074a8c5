#include "schema/compare.h"

#include <string.h>
#include <strings.h>

#include "schema/prisma/family.h"
#include "schema/table_text.h"
#include "sqlite/sql_token.h"

struct comparison {
    struct hf_changes *out;
    struct hf_heap *heap;
    const struct hf_table *now, *wanted;
    enum hf_schema_dialect dialect;
    struct hf_error *err;
};

static int add(struct comparison *this, struct hf_change change)
{
    struct hf_changes *out = this->out;
    out->list = hf_heap_grow(this->heap, out->list, out->count, sizeof *out->list, this->err);
    if (!out->list)
        return -1;
    out->list[out->count++] = change;
    return 0;
}

static bool same_type(const struct comparison *this, const struct hf_column *now,
                      const struct hf_column *wanted)
{
    if (this->dialect == HF_SCHEMA_PRISMA)
        return hf_family_same(now->type, wanted->type);
    return hf_sql_same(now->type, wanted->type);
}

/* A rowid is never NULL, whatever its column says; other keys may be. */
static bool is_required(const struct comparison *this, const struct hf_table *table,
                        const struct hf_column *column)
{
    return column->not_null ||
           (this->dialect == HF_SCHEMA_PRISMA && hf_table_rowid_column(table) == column);
}

static int compare_default(struct comparison *this, const struct hf_column *now,
                           const struct hf_column *wanted)
{
    enum hf_family family =
        this->dialect == HF_SCHEMA_PRISMA ? hf_family_of(wanted->type) : HF_FAMILY_OTHER;
    bool same;
    if (hf_default_same(&same, family, now->fallback, wanted->fallback, this->err))
        return -1;
    return same ? 0
                : add(this,
                      (struct hf_change){.kind = HF_CHANGE_DEFAULT, .now = now, .wanted = wanted});
}

static int compare_column(struct comparison *this, const struct hf_column *wanted)
{
    const struct hf_column *now = hf_table_column(this->now, wanted->name);
    struct hf_change change = {.now = now, .wanted = wanted};
    if (!now) {
        change.kind = HF_CHANGE_ADD_COLUMN;
        return add(this, change);
    }
    if (this->dialect == HF_SCHEMA_PRISMA && hf_column_generated(now))
        return 0; /* Prisma's client reads it; nothing in a Prisma schema can say more */
    change.kind = HF_CHANGE_TYPE;
    if (!same_type(this, now, wanted) && add(this, change))
        return -1;
    bool required = is_required(this, this->wanted, wanted);
    change.kind = required ? HF_CHANGE_MAKE_REQUIRED : HF_CHANGE_MAKE_OPTIONAL;
    if (is_required(this, this->now, now) != required && add(this, change))
        return -1;
    return compare_default(this, now, wanted);
}

static int compare_columns(struct comparison *this)
{
    for (size_t i = 0; i < this->wanted->column_count; i++) {
        if (compare_column(this, &this->wanted->columns[i]))
            return -1;
    }
    for (size_t i = 0; i < this->now->column_count; i++) {
        const struct hf_column *now = &this->now->columns[i];
        if (hf_table_column(this->wanted, now->name) ||
            (this->dialect == HF_SCHEMA_PRISMA && hf_column_generated(now)))
            continue;
        if (add(this, (struct hf_change){.kind = HF_CHANGE_DROP_COLUMN, .now = now}))
            return -1;
    }
    return 0;
}

static bool same_primary_key(const struct hf_table *a, const struct hf_table *b)
{
    size_t keys = 0, others = 0;
    for (size_t i = 0; i < b->column_count; i++)
        others += b->columns[i].key != 0;
    for (size_t i = 0; i < a->column_count; i++) {
        if (!a->columns[i].key)
            continue;
        const struct hf_column *other = hf_table_column(b, a->columns[i].name);
        if (!other || other->key != a->columns[i].key)
            return false;
        keys++;
    }
    return keys == others;
}

static bool same_foreign_key(const struct hf_foreign_key *a, const struct hf_foreign_key *b)
{
    if (a->count != b->count || strcasecmp(a->parent, b->parent) ||
        strcasecmp(a->on_delete, b->on_delete) || strcasecmp(a->on_update, b->on_update))
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcasecmp(a->from[i], b->from[i]) || strcasecmp(a->to[i], b->to[i]))
            return false;
    }
    return true;
}

/* Keys of `from` that `to` does not have; one key stands for its duplicates. */
static int missing_foreign_keys(struct comparison *this, const struct hf_table *from,
                                const struct hf_table *to, enum hf_change_kind kind)
{
    for (size_t i = 0; i < from->key_count; i++) {
        bool found = false;
        for (size_t j = 0; j < to->key_count && !found; j++)
            found = same_foreign_key(&from->keys[i], &to->keys[j]);
        if (!found && add(this, (struct hf_change){.kind = kind, .key = &from->keys[i]}))
            return -1;
    }
    return 0;
}

bool hf_index_same_columns(const struct hf_index *a, const struct hf_index *b)
{
    if (a->unique != b->unique || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct hf_index_column *one = &a->columns[i], *other = &b->columns[i];
        if (!one->name || !other->name || strcasecmp(one->name, other->name) ||
            one->descending != other->descending)
            return false;
    }
    return true;
}

bool hf_index_is_special(const struct hf_index *index)
{
    bool special = index->partial;
    for (size_t i = 0; i < index->count; i++)
        special |= !index->columns[i].name;
    return special;
}

const char *hf_index_predicate(const struct hf_index *index)
{
    const char *at = index->sql ? index->sql : "";
    for (int depth = 0;;) {
        struct hf_sql_token token = hf_sql_next(&at);
        if (token.kind == HF_SQL_END || (!depth && hf_sql_is(&token, "WHERE")))
            return at;
        depth += hf_sql_is_mark(&token, '(');
        depth -= hf_sql_is_mark(&token, ')');
    }
}

static bool has_unique(const struct hf_table *table, const struct hf_index *like)
{
    for (size_t i = 0; i < table->index_count; i++) {
        if (!table->indexes[i].partial && hf_index_same_columns(&table->indexes[i], like))
            return true;
    }
    return false;
}

/* Of a generated column, which is none of Prisma's and stays as it is. */
static bool is_of_generated(const struct comparison *this, const struct hf_index *index)
{
    for (size_t i = 0; i < index->count; i++) {
        const char *name = index->columns[i].name;
        const struct hf_column *column = name ? hf_table_column(this->now, name) : NULL;
        if (column && hf_column_generated(column) && !hf_table_column(this->wanted, name))
            return true;
    }
    return false;
}

/* A constraint that a Prisma schema says as an index, or not at all. */
static int compare_unique_constraints(struct comparison *this)
{
    for (size_t i = 0; i < this->now->index_count; i++) {
        const struct hf_index *index = &this->now->indexes[i];
        if (index->sql || index->key || has_unique(this->wanted, index) ||
            is_of_generated(this, index))
            continue;
        if (add(this, (struct hf_change){.kind = HF_CHANGE_DROP_UNIQUE, .index = index}))
            return -1;
    }
    return 0;
}

/* Everything of a column but what was compared by meaning already. */
static char *signature(struct comparison *this, const struct hf_column_text *column)
{
    sqlite3_str *text = sqlite3_str_new(NULL);
    for (int kind = HF_CLAUSE_PRIMARY_KEY; kind <= HF_CLAUSE_GENERATED; kind++) {
        for (size_t i = 0; i < column->count; i++) {
            const struct hf_clause *clause = &column->clauses[i];
            if ((int)clause->kind == kind && kind != HF_CLAUSE_DEFAULT && kind != HF_CLAUSE_NULL &&
                kind != HF_CLAUSE_NOT_NULL)
                hf_sql_canonical(text, clause->body, strlen(clause->body));
        }
    }
    return hf_heap_finish(this->heap, text, this->err);
}

static int compare_definitions(struct comparison *this, const struct hf_table_text *now,
                               const struct hf_table_text *wanted)
{
    for (size_t i = 0; i < wanted->column_count; i++) {
        const struct hf_column_text *column = hf_table_text_column(now, wanted->columns[i].name);
        if (!column)
            continue;
        const char *a = signature(this, column), *b = signature(this, &wanted->columns[i]);
        if (!a || !b)
            return -1;
        if (strcmp(a, b) &&
            add(this, (struct hf_change){
                          .kind = HF_CHANGE_DEFINITION,
                          .now = hf_table_column(this->now, column->name),
                          .wanted = hf_table_column(this->wanted, wanted->columns[i].name)}))
            return -1;
    }
    return 0;
}

static bool same_constraints(const struct hf_table_text *a, const struct hf_table_text *b)
{
    if (a->constraint_count != b->constraint_count)
        return false;
    for (size_t i = 0; i < a->constraint_count; i++) {
        bool found = false;
        for (size_t j = 0; j < b->constraint_count && !found; j++)
            found = hf_sql_same(a->constraints[i].body, b->constraints[j].body);
        if (!found)
            return false;
    }
    return true;
}

/* What only the texts tell. */
static int compare_texts(struct comparison *this)
{
    struct hf_table_text now, wanted;
    if (hf_table_text_read(&now, this->heap, this->now->sql, this->err) ||
        hf_table_text_read(&wanted, this->heap, this->wanted->sql, this->err) ||
        compare_definitions(this, &now, &wanted))
        return -1;
    if (!same_constraints(&now, &wanted) &&
        add(this, (struct hf_change){.kind = HF_CHANGE_CONSTRAINTS}))
        return -1;
    if (this->now->strict == this->wanted->strict &&
        this->now->without_rowid == this->wanted->without_rowid)
        return 0;
    return add(this, (struct hf_change){.kind = HF_CHANGE_OPTIONS});
}

int hf_compare_tables(struct hf_changes *out, struct hf_heap *heap, const struct hf_table *now,
                      const struct hf_table *wanted, enum hf_schema_dialect dialect,
                      struct hf_error *err)
{
    struct comparison this = {out, heap, now, wanted, dialect, err};
    *out = (struct hf_changes){0};
    if (dialect == HF_SCHEMA_SQL && hf_sql_same(now->sql, wanted->sql))
        return 0;
    if (compare_columns(&this))
        return -1;
    if (!same_primary_key(now, wanted) &&
        add(&this, (struct hf_change){.kind = HF_CHANGE_PRIMARY_KEY}))
        return -1;
    if (missing_foreign_keys(&this, now, wanted, HF_CHANGE_DROP_FOREIGN_KEY) ||
        missing_foreign_keys(&this, wanted, now, HF_CHANGE_ADD_FOREIGN_KEY))
        return -1;
    return dialect == HF_SCHEMA_SQL ? compare_texts(&this) : compare_unique_constraints(&this);
}

bool hf_changes_have(const struct hf_changes *changes, enum hf_change_kind kind)
{
    for (size_t i = 0; i < changes->count; i++) {
        if (changes->list[i].kind == kind)
            return true;
    }
    return false;
}
