#include "sqlite/schema_compare.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Something of the schema. Its texts are what SQLite says of it: a hostile file can make them be
 * anything, but never other than texts. */
struct thing {
    char *what, *name, *definition;
};

struct things {
    struct thing *list; /* in order of what and name */
    size_t count;
};

static void things_release(struct things *things)
{
    for (size_t i = 0; i < things->count; i++) {
        free(things->list[i].what);
        free(things->list[i].name);
        free(things->list[i].definition);
    }
    free(things->list);
    *things = (struct things){0};
}
HF_AUTO_RELEASE(things)

static char *copy_of(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return strdup(text ? text : "");
}

static int add(struct things *things, sqlite3_stmt *statement, struct hf_error *err)
{
    struct thing *list = realloc(things->list, (things->count + 1) * sizeof *list);
    things->list = list ? list : things->list;
    if (!list)
        return hf_error_memory(err);
    struct thing *thing = &list[things->count++];
    *thing = (struct thing){copy_of(statement, 0), copy_of(statement, 1), copy_of(statement, 2)};
    return thing->what && thing->name && thing->definition ? 0 : hf_error_memory(err);
}

static int by_what_and_name(const void *a, const void *b)
{
    const struct thing *x = a, *y = b;
    int order = strcmp(x->what, y->what);
    return order ? order : strcmp(x->name, y->name);
}

static int read_things(struct things *out, const struct hf_compared *state, struct hf_error *err)
{
    static const char sql[] =
        "WITH listed AS (SELECT name, type FROM pragma_table_list WHERE schema = 'main')"
        " SELECT type, name, sql FROM main.sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE "
        "'\\'"
        " AND tbl_name NOT IN (SELECT name FROM listed WHERE type = 'shadow')"
        " UNION ALL SELECT 'column', s.name || '.' || c.name, c.type || ' ' || c.\"notnull\" || ' '"
        " || c.pk || ' ' || c.hidden || ' ' || coalesce(c.dflt_value, '')"
        " FROM listed AS s, pragma_table_xinfo(s.name) AS c"
        " WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    sqlite3_stmt *statement = NULL;
    int step = SQLITE_ERROR, failed = 0;
    if (!sqlite3_prepare_v2(state->db, sql, -1, &statement, NULL))
        while (!failed && (step = sqlite3_step(statement)) == SQLITE_ROW)
            failed = add(out, statement, err);
    if (!failed && step != SQLITE_DONE)
        failed = hf_compared_failed(state, err);
    sqlite3_finalize(statement);
    if (!failed && out->count)
        qsort(out->list, out->count, sizeof *out->list, by_what_and_name);
    return failed;
}

/* Is it a column of a table that is itself new or gone? Then the table tells enough. */
static bool is_of_table_in(const struct things *things, const struct thing *column)
{
    for (size_t i = 0; i < things->count; i++) {
        const struct thing *table = &things->list[i];
        size_t length = strlen(table->name);
        if (!strcmp(table->what, "table") && !strncmp(column->name, table->name, length) &&
            column->name[length] == '.')
            return true;
    }
    return false;
}

struct telling {
    int (*each)(void *context, const struct hf_schema_difference *difference, struct hf_error *err);
    void *context;
    const struct things *from, *to;
};

static int tell(const struct telling *telling, const struct thing *thing, const char *change,
                struct hf_error *err)
{
    if (!strcmp(thing->what, "column") &&
        !(is_of_table_in(telling->from, thing) && is_of_table_in(telling->to, thing)))
        return 0;
    const struct hf_schema_difference difference = {
        .what = thing->what, .name = thing->name, .change = change};
    return telling->each(telling->context, &difference, err);
}

/* What both have. */
static int compare_thing(const struct telling *telling, const struct thing *from,
                         const struct thing *to, struct hf_error *err)
{
    return strcmp(from->definition, to->definition) ? tell(telling, from, "changed", err) : 0;
}

static int compare_things(const struct telling *telling, struct hf_error *err)
{
    const struct things *from = telling->from, *to = telling->to;
    size_t i = 0, k = 0;
    int failed = 0;
    while (!failed && i < from->count && k < to->count) {
        int order = by_what_and_name(&from->list[i], &to->list[k]);
        if (order < 0)
            failed = tell(telling, &from->list[i++], "removed", err);
        else if (order > 0)
            failed = tell(telling, &to->list[k++], "added", err);
        else
            failed = compare_thing(telling, &from->list[i++], &to->list[k++], err);
    }
    while (!failed && i < from->count)
        failed = tell(telling, &from->list[i++], "removed", err);
    while (!failed && k < to->count)
        failed = tell(telling, &to->list[k++], "added", err);
    return failed;
}

int hf_schemas_compare(const struct hf_compared *from, const struct hf_compared *to,
                       int (*each)(void *context, const struct hf_schema_difference *difference,
                                   struct hf_error *err),
                       void *context, struct hf_error *err)
{
    hf_auto(things) struct things a = {0}, b = {0};
    const struct telling telling = {each, context, &a, &b};
    return read_things(&a, from, err) || read_things(&b, to, err) || compare_things(&telling, err)
               ? -1
               : 0;
}
