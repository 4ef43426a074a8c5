#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "schema/prisma/pulled.h"
#include "schema/prisma/words.h"

/* Which tables become models, and what models and fields are called. */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What cannot be the name of a model though it has the form of one. */
static bool is_taken(const char *name)
{
    return hf_prisma_is_reserved(name) || hf_prisma_scalar_named(name) != HF_PRISMA_SCALARS;
}

/* A name of the database as one of Prisma's: what comes before the first letter is left out, what
 * cannot be in a name becomes "_". */
static const char *identifier(struct hf_pull *pull, const char *name, const char *fallback)
{
    while (*name && !is_letter(*name))
        name++;
    char *text = hf_heap_text(&pull->heap, *name ? name : fallback, pull->err), *end = text;
    for (const char *c = text; c && *c; c++)
        if (is_letter(*c) || (*c >= '0' && *c <= '9'))
            *end++ = *c;
        else if (((unsigned char)*c & 0xc0) != 0x80) /* one for a character of several bytes */
            *end++ = '_';
    if (end)
        *end = 0;
    return text;
}

const char *hf_pull_unique_name(struct hf_pull *pull, const void *scope, const char *wanted)
{
    const char *name = wanted;
    for (int number = 2; name && hf_prisma_names_get(&pull->names, scope, name); number++)
        name = hf_heap_print(&pull->heap, pull->err, "%s_%d", wanted, number);
    if (!name || hf_prisma_names_put(&pull->names, &pull->heap, scope, name, pull, NULL, pull->err))
        return NULL;
    return name;
}

struct hf_pulled_table *hf_pull_find(struct hf_pull *pull, const char *table)
{
    const struct hf_table *found = hf_model_table(&pull->model, table);
    for (size_t i = 0; found && i < pull->count; i++)
        if (pull->tables[i].table == found)
            return &pull->tables[i];
    return NULL;
}

int hf_pull_column(const struct hf_pulled_table *table, const char *column)
{
    for (size_t i = 0; column && i < table->table->column_count; i++)
        if (!strcasecmp(table->table->columns[i].name, column))
            return table->fields[i] ? (int)i : -1;
    return -1;
}

bool hf_pull_is_required(const struct hf_pulled_table *table, int column)
{
    const struct hf_column *at = &table->table->columns[column];
    return at->not_null || at == hf_table_rowid_column(table->table);
}

bool hf_pull_is_expressible(const struct hf_pulled_table *table, const struct hf_index *index)
{
    if (index->partial)
        return false;
    for (size_t i = 0; i < index->count; i++)
        if (hf_pull_column(table, index->columns[i].name) < 0)
            return false;
    return true;
}

static size_t key_columns(const struct hf_table *table, const char **out)
{
    size_t count = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].key)
            continue;
        out[table->columns[i].key - 1] = table->columns[i].name;
        count++;
    }
    return count;
}

static bool has_name(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcasecmp(list[i], name))
            return true;
    return false;
}

static bool is_same_list(const char *const *a, const char *const *b, size_t count, bool any_order)
{
    for (size_t i = 0; i < count; i++)
        if (any_order ? !has_name(b, count, a[i]) : strcasecmp(a[i], b[i]) != 0)
            return false;
    return count > 0;
}

bool hf_pull_is_unique(const struct hf_pulled_table *table, const char *const *columns,
                       size_t count, bool any_order)
{
    enum { MOST = 64 };
    const char *list[MOST];
    if (table->table->column_count <= MOST && key_columns(table->table, list) == count &&
        is_same_list(columns, list, count, any_order))
        return true;
    for (size_t i = 0; i < table->table->index_count; i++) {
        const struct hf_index *index = &table->table->indexes[i];
        if (!index->unique || index->key || index->count != count || count > MOST ||
            !hf_pull_is_expressible(table, index))
            continue;
        for (size_t j = 0; j < count; j++)
            list[j] = index->columns[j].name;
        if (is_same_list(columns, list, count, any_order))
            return true;
    }
    return false;
}

const char *hf_pull_field_list(struct hf_pull *pull, const struct hf_pulled_table *table,
                               const char *const *columns, size_t count, const char *separator)
{
    const char *list = "";
    for (size_t i = 0; list && i < count; i++) {
        int column = hf_pull_column(table, columns[i]);
        list = hf_heap_print(&pull->heap, pull->err, "%s%s%s", list, i ? separator : "",
                             column < 0 ? "" : table->fields[column]);
    }
    return list;
}

static bool is_pulled(const struct hf_table *table)
{
    return table->kind == HF_TABLE_PLAIN && !table->maybe_shadow &&
           strcmp(table->name, "_prisma_migrations") != 0;
}

static int by_name(const void *a, const void *b)
{
    const struct hf_pulled_table *left = a, *right = b;
    return strcmp(left->table->name, right->table->name);
}

static int name_fields(struct hf_pull *pull, struct hf_pulled_table *pulled)
{
    const struct hf_table *table = pulled->table;
    pulled->fields =
        hf_heap_alloc(&pull->heap, (table->column_count + 1) * sizeof(char *), pull->err);
    if (!pulled->fields)
        return -1;
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].kind != HF_COLUMN_PLAIN)
            continue;
        const char *name = identifier(pull, table->columns[i].name, "field");
        pulled->fields[i] = name ? hf_pull_unique_name(pull, pulled, name) : NULL;
        if (!pulled->fields[i])
            return -1;
    }
    return 0;
}

static int name_table(struct hf_pull *pull, struct hf_pulled_table *table)
{
    const char *name = identifier(pull, table->table->name, "table");
    if (name && is_taken(name))
        name = hf_heap_print(&pull->heap, pull->err, "Renamed%s", name);
    table->name = name ? hf_pull_unique_name(pull, NULL, name) : NULL;
    return table->name ? name_fields(pull, table) : -1;
}

static const struct hf_foreign_key *key_of(const struct hf_table *table, const char *column)
{
    for (size_t i = 0; i < table->key_count; i++)
        if (table->keys[i].count == 1 && !strcmp(table->keys[i].from[0], column))
            return &table->keys[i];
    return NULL;
}

static bool cascades(const struct hf_foreign_key *key)
{
    return !strcasecmp(key->on_delete, "CASCADE") && !strcasecmp(key->on_update, "CASCADE");
}

static bool has_index(struct hf_pull *pull, const struct hf_table *table, const char *suffix,
                      bool unique, size_t count)
{
    const char *name = hf_heap_print(&pull->heap, pull->err, "%s%s", table->name, suffix);
    const struct hf_index *index = name ? hf_table_index(table, name) : NULL;
    return index && index->unique == unique && !index->partial && index->count == count &&
           index->columns[count - 1].name && !strcmp(index->columns[count - 1].name, "B") &&
           (count < 2 || (index->columns[0].name && !strcmp(index->columns[0].name, "A")));
}

/* Exactly what Prisma makes for a relation of many to many. Column A is of the model that comes
 * first by name. */
static bool is_join(struct hf_pull *pull, const struct hf_pulled_table *pulled)
{
    const struct hf_table *table = pulled->table;
    if (table->name[0] != '_' || !table->name[1] || table->column_count != 2 ||
        table->key_count != 2 || strcmp(table->columns[0].name, "A") != 0 ||
        strcmp(table->columns[1].name, "B") != 0 || table->index_count != 2 ||
        !has_index(pull, table, "_AB_unique", true, 2) ||
        !has_index(pull, table, "_B_index", false, 1))
        return false;
    const struct hf_foreign_key *a = key_of(table, "A"), *b = key_of(table, "B");
    const struct hf_pulled_table *to_a = a ? hf_pull_find(pull, a->parent) : NULL;
    const struct hf_pulled_table *to_b = b ? hf_pull_find(pull, b->parent) : NULL;
    if (!to_a || !to_b || !cascades(a) || !cascades(b) || strcmp(to_a->name, to_b->name) > 0)
        return false;
    for (int i = 0; i < 2; i++) {
        const struct hf_pulled_table *to = i ? to_b : to_a;
        const struct hf_foreign_key *key = i ? b : a;
        const struct hf_column *column = hf_table_column(to->table, key->to[0]);
        size_t keys = 0;
        for (size_t j = 0; j < to->table->column_count; j++)
            keys += to->table->columns[j].key > 0;
        if (!table->columns[i].not_null || table->columns[i].key || keys != 1 || !column ||
            !column->key || strcasecmp(column->type, table->columns[i].type) != 0)
            return false;
    }
    return true;
}

static bool is_identified(const struct hf_pulled_table *table)
{
    size_t keys = 0, required = 0;
    for (size_t i = 0; i < table->table->column_count; i++) {
        if (!table->table->columns[i].key)
            continue;
        keys++;
        required += hf_pull_is_required(table, (int)i);
    }
    if (keys && keys == required)
        return true;
    for (size_t i = 0; i < table->table->index_count; i++) {
        const struct hf_index *index = &table->table->indexes[i];
        if (!index->unique || index->key || !hf_pull_is_expressible(table, index))
            continue;
        required = 0;
        for (size_t j = 0; j < index->count; j++)
            required += hf_pull_is_required(table, hf_pull_column(table, index->columns[j].name));
        if (required == index->count)
            return true;
    }
    return false;
}

/* Prisma has no id of several fields of which one is optional, and no model without a field. */
static int refuse(struct hf_pull *pull, struct hf_pulled_table *table)
{
    size_t keys = 0, required = 0, fields = 0;
    for (size_t i = 0; i < table->table->column_count; i++) {
        keys += table->table->columns[i].key > 0;
        required += table->table->columns[i].key > 0 && hf_pull_is_required(table, (int)i);
        fields += table->fields[i] != NULL;
    }
    table->refused = !fields || (keys > 1 && required < keys);
    return table->refused
               ? hf_pull_add_note(pull, table, "Not expressed: table '%s': %s", table->table->name,
                                  fields ? "columns of its primary key may be NULL"
                                         : "it has generated columns only")
               : 0;
}

int hf_pull_name_tables(struct hf_pull *pull)
{
    pull->tables =
        hf_heap_alloc(&pull->heap, (pull->model.table_count + 1) * sizeof *pull->tables, pull->err);
    if (!pull->tables)
        return -1;
    for (size_t i = 0; i < pull->model.table_count; i++)
        if (is_pulled(&pull->model.tables[i]))
            pull->tables[pull->count++].table = &pull->model.tables[i];
    qsort(pull->tables, pull->count, sizeof *pull->tables, by_name);
    for (size_t i = 0; i < pull->count; i++)
        if (name_table(pull, &pull->tables[i]))
            return -1;
    for (size_t i = 0; i < pull->count; i++) {
        pull->tables[i].ignored = !is_identified(&pull->tables[i]);
        if (refuse(pull, &pull->tables[i]))
            return -1;
        pull->tables[i].join = is_join(pull, &pull->tables[i]);
    }
    return 0;
}
