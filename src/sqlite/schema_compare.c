#include "sqlite/schema_compare.h"

#include <stdbool.h>
#include <string.h>

/* Things as lines "what\x1fname\x1fdefinition", in order of the first two. */
static const char things_sql[] =
    "SELECT type || char(31) || name || char(31) || coalesce(sql, '') FROM main.sqlite_schema"
    " WHERE type <> 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " UNION ALL SELECT 'table' || char(31) || name || char(31) FROM main.sqlite_schema"
    " WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " UNION ALL SELECT 'column' || char(31) || s.name || '.' || c.name || char(31) || c.type ||"
    " ' ' || c.\"notnull\" || ' ' || c.pk || ' ' || c.hidden || ' ' || coalesce(c.dflt_value, '')"
    " FROM main.sqlite_schema AS s, pragma_table_xinfo(s.name) AS c"
    " WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " ORDER BY 1";

/* The part before the definition, which ends there from now on. */
static char *take_apart(char *line, char **name)
{
    *name = strchr(line, 31);
    *(*name)++ = '\0';
    char *definition = strchr(*name, 31);
    *definition++ = '\0';
    return definition;
}

struct thing {
    const char *what, *name, *definition;
};

static bool read_thing(struct thing *out, const struct hf_names *names, size_t at)
{
    char *name = NULL;
    if (at >= names->count)
        return false;
    out->what = names->list[at];
    out->definition = take_apart(names->list[at], &name);
    out->name = name;
    return true;
}

/* Columns of a table that is itself new or gone are not told. */
static bool is_of(const struct thing *column, const char *table)
{
    size_t length = strlen(table);
    return !strncmp(column->name, table, length) && column->name[length] == '.';
}

struct telling {
    int (*each)(void *context, const struct hf_schema_difference *difference, struct hf_error *err);
    void *context;
    const struct hf_names *from_tables, *to_tables;
};

static bool has_table(const struct hf_names *tables, const struct thing *column)
{
    for (size_t i = 0; i < tables->count; i++)
        if (is_of(column, tables->list[i]))
            return true;
    return false;
}

/* `from` and `to` are the two states' of it; NULL: that one has not got it. */
static int tell(const struct telling *telling, const struct thing *thing, const struct thing *from,
                const struct thing *to, struct hf_error *err)
{
    bool is_column = !strcmp(thing->what, "column");
    if (from && to && !strcmp(from->definition, to->definition))
        return 0;
    if (is_column &&
        !(has_table(telling->from_tables, thing) && has_table(telling->to_tables, thing)))
        return 0;
    const struct hf_schema_difference difference = {.what = thing->what,
                                                    .name = thing->name,
                                                    .change = from && to ? "changed"
                                                              : from     ? "removed"
                                                                         : "added"};
    return telling->each(telling->context, &difference, err);
}

static int compare_things(const struct telling *telling, const struct hf_names *from,
                          const struct hf_names *to, struct hf_error *err)
{
    struct thing a, b;
    size_t i = 0, k = 0;
    bool has_a = read_thing(&a, from, i), has_b = read_thing(&b, to, k);
    while (has_a || has_b) {
        int order = !has_a ? 1 : !has_b ? -1 : strcmp(a.what, b.what);
        order = order || !has_a || !has_b ? order : strcmp(a.name, b.name);
        if (tell(telling, order <= 0 ? &a : &b, order <= 0 ? &a : NULL, order >= 0 ? &b : NULL,
                 err))
            return -1;
        if (order <= 0)
            has_a = read_thing(&a, from, ++i);
        if (order >= 0)
            has_b = read_thing(&b, to, ++k);
    }
    return 0;
}

int hf_schemas_compare(const struct hf_compared *from, const struct hf_compared *to,
                       int (*each)(void *context, const struct hf_schema_difference *difference,
                                   struct hf_error *err),
                       void *context, struct hf_error *err)
{
    static const char tables_sql[] = "SELECT name FROM main.sqlite_schema WHERE type = 'table'";
    hf_auto(hf_names) struct hf_names a = {0}, b = {0}, from_tables = {0}, to_tables = {0};
    const struct telling telling = {each, context, &from_tables, &to_tables};
    return hf_compared_names(&a, from, things_sql, err) ||
                   hf_compared_names(&b, to, things_sql, err) ||
                   hf_compared_names(&from_tables, from, tables_sql, err) ||
                   hf_compared_names(&to_tables, to, tables_sql, err) ||
                   compare_things(&telling, &a, &b, err)
               ? -1
               : 0;
}
