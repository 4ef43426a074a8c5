#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "schema/prisma/family.h"
#include "schema/prisma/literals.h"
#include "schema/prisma/pulled.h"

/* Columns and indexes as lines of a model. */

static const char *type_of(struct hf_pull *pull, const struct hf_pulled_table *table, int column)
{
    const struct hf_column *at = &table->table->columns[column];
    enum hf_family family = hf_family_of(at->type);
    const char *optional = hf_pull_is_required(table, column) ? "" : "?";
    if (family != HF_FAMILY_OTHER)
        return hf_heap_print(&pull->heap, pull->err, "%s%s", hf_family_name(family), optional);
    char *lower = hf_heap_text(&pull->heap, at->type ? at->type : "", pull->err);
    for (char *c = lower; c && *c; c++)
        *c = (char)tolower((unsigned char)*c);
    const char *quoted = lower ? hf_pull_quote(pull, lower) : NULL;
    return quoted ? hf_heap_print(&pull->heap, pull->err, "Unsupported(%s)%s", quoted, optional)
                  : NULL;
}

/* The only column of the primary key. */
static bool is_id(const struct hf_table *table, const struct hf_column *column)
{
    size_t keys = 0;
    for (size_t i = 0; i < table->column_count; i++)
        keys += table->columns[i].key > 0;
    return keys == 1 && column->key;
}

/* The name that Prisma gives an index when nobody says another. */
static const char *default_name(struct hf_pull *pull, const struct hf_table *table,
                                const struct hf_index *index)
{
    const char *name = table->name;
    for (size_t i = 0; name && i < index->count; i++)
        name = hf_heap_print(&pull->heap, pull->err, "%s_%s", name, index->columns[i].name);
    return name
               ? hf_heap_print(&pull->heap, pull->err, "%s_%s", name, index->unique ? "key" : "idx")
               : NULL;
}

/* `map: "name"`, with what goes before it; "" where the name needs no saying. A constraint within
 * the table has no name that could be said. */
static const char *map_of(struct hf_pull *pull, const struct hf_table *table,
                          const struct hf_index *index, const char *before)
{
    const char *usual = default_name(pull, table, index);
    if (!usual || !index->sql || !strcmp(usual, index->name))
        return usual ? "" : NULL;
    const char *quoted = hf_pull_quote(pull, index->name);
    return quoted ? hf_heap_print(&pull->heap, pull->err, "%smap: %s", before, quoted) : NULL;
}

static bool is_same_index(const struct hf_index *a, const struct hf_index *b)
{
    if (a->unique != b->unique || a->count != b->count || b->partial || b->key)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!b->columns[i].name || strcasecmp(a->columns[i].name, b->columns[i].name) != 0 ||
            a->columns[i].descending != b->columns[i].descending)
            return false;
    return true;
}

/* An index that a UNIQUE in the table's text makes, and that another one says as well. */
static bool is_repeated(const struct hf_table *table, const struct hf_index *index)
{
    for (size_t i = 0; i < table->index_count && !index->sql; i++)
        if (&table->indexes[i] != index && (table->indexes[i].sql || &table->indexes[i] > index) &&
            is_same_index(index, &table->indexes[i]))
            return true;
    return false;
}

static bool is_printed(const struct hf_pulled_table *table, const struct hf_index *index)
{
    return !index->key && hf_pull_is_expressible(table, index) && !is_repeated(table->table, index);
}

/* The index that is "@unique" of a field: the last one made, as Prisma takes it. */
static const struct hf_index *field_index(const struct hf_pulled_table *table,
                                          const struct hf_column *column)
{
    for (size_t i = table->table->index_count; i-- > 0;) {
        const struct hf_index *index = &table->table->indexes[i];
        if (index->unique && index->count == 1 && index->columns[0].name &&
            !strcmp(index->columns[0].name, column->name) && is_printed(table, index))
            return index;
    }
    return NULL;
}

static const char *unique_attribute(struct hf_pull *pull, const struct hf_table *table,
                                    const struct hf_index *index)
{
    const char *map = map_of(pull, table, index, "");
    const char *sort = index->columns[0].descending ? "sort: Desc" : "";
    if (!map)
        return NULL;
    if (!*map && !*sort)
        return " @unique";
    return hf_heap_print(&pull->heap, pull->err, " @unique(%s%s%s)", map, *map && *sort ? ", " : "",
                         sort);
}

static int add_column(struct hf_pull *pull, struct hf_pulled_table *table, int column)
{
    const struct hf_column *at = &table->table->columns[column];
    const struct hf_index *index = field_index(table, at);
    bool counted = at == hf_table_rowid_column(table->table) && !at->fallback;
    const char *id = is_id(table->table, at) ? " @id" : "";
    const char *unique = index ? unique_attribute(pull, table->table, index) : "";
    const char *fallback = counted ? " @default(autoincrement())" : hf_pull_default(pull, at);
    const char *map = "";
    if (strcmp(table->fields[column], at->name) != 0) {
        map = hf_pull_quote(pull, at->name);
        map = map ? hf_heap_print(&pull->heap, pull->err, " @map(%s)", map) : NULL;
    }
    if (!unique || !fallback || !map)
        return -1;
    const char *all = hf_heap_print(&pull->heap, pull->err, "%s%s%s%s", id, unique, fallback, map);
    const char *type = type_of(pull, table, column);
    return all && type ? hf_pull_add_line(pull, &table->lines, table->fields[column], type,
                                          *all ? all + 1 : all)
                       : -1;
}

static const char *index_fields(struct hf_pull *pull, const struct hf_pulled_table *table,
                                const struct hf_index *index)
{
    const char *list = "";
    for (size_t i = 0; list && i < index->count; i++)
        list = hf_heap_print(&pull->heap, pull->err, "%s%s%s%s", list, i ? ", " : "",
                             table->fields[hf_pull_column(table, index->columns[i].name)],
                             index->columns[i].descending ? "(sort: Desc)" : "");
    return list;
}

static int add_index(struct hf_pull *pull, struct hf_pulled_table *table,
                     const struct hf_index *index)
{
    const char *fields = index_fields(pull, table, index);
    const char *map = map_of(pull, table->table, index, ", ");
    if (!fields || !map)
        return -1;
    return hf_pull_add_line(pull, &table->attributes,
                            hf_heap_print(&pull->heap, pull->err, "@@%s([%s]%s)",
                                          index->unique ? "unique" : "index", fields, map),
                            NULL, NULL);
}

static int add_id(struct hf_pull *pull, struct hf_pulled_table *table)
{
    const struct hf_table *at = table->table;
    const char **columns =
        hf_heap_alloc(&pull->heap, (at->column_count + 1) * sizeof(char *), pull->err);
    size_t count = 0;
    if (!columns)
        return -1;
    for (size_t i = 0; i < at->column_count; i++) {
        if (!at->columns[i].key)
            continue;
        columns[at->columns[i].key - 1] = at->columns[i].name;
        count++;
    }
    if (count < 2)
        return 0;
    const char *fields = hf_pull_field_list(pull, table, columns, count, ", ");
    return fields ? hf_pull_add_line(pull, &table->attributes,
                                     hf_heap_print(&pull->heap, pull->err, "@@id([%s])", fields),
                                     NULL, NULL)
                  : -1;
}

static int add_indexes(struct hf_pull *pull, struct hf_pulled_table *table)
{
    for (int unique = 1; unique >= 0; unique--) {
        for (size_t i = table->table->index_count; i-- > 0;) {
            const struct hf_index *index = &table->table->indexes[i];
            if (index->unique != unique || !is_printed(table, index))
                continue;
            const struct hf_column *only =
                index->count == 1 ? hf_table_column(table->table, index->columns[0].name) : NULL;
            if (only && unique && field_index(table, only) == index)
                continue;
            if (add_index(pull, table, index))
                return -1;
        }
    }
    return 0;
}

static int add_block_attributes(struct hf_pull *pull, struct hf_pulled_table *table)
{
    if (add_id(pull, table) || add_indexes(pull, table))
        return -1;
    if (strcmp(table->name, table->table->name) != 0) {
        const char *map = hf_pull_quote(pull, table->table->name);
        map = map ? hf_heap_print(&pull->heap, pull->err, "@@map(%s)", map) : NULL;
        if (hf_pull_add_line(pull, &table->attributes, map, NULL, NULL))
            return -1;
    }
    return table->ignored ? hf_pull_add_line(pull, &table->attributes, "@@ignore", NULL, NULL) : 0;
}

int hf_pull_columns(struct hf_pull *pull)
{
    for (size_t i = 0; i < pull->count; i++) {
        struct hf_pulled_table *table = &pull->tables[i];
        if (table->refused)
            continue;
        for (size_t j = 0; j < table->table->column_count; j++)
            if (table->fields[j] && add_column(pull, table, (int)j))
                return -1;
        if (add_block_attributes(pull, table))
            return -1;
    }
    return 0;
}
