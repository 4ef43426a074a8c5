#include "sqlite/look_copies.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/sql_token.h"
#include "sqlite/trigger_writes.h"

enum kind { TABLE, VIRTUAL, VIEW, TRIGGER };

struct object {
    enum kind kind;
    char *name, *sql;
    bool tells; /* of secrets */
};

struct schema {
    struct object *list;
    size_t count, room;
};

static void schema_release(struct schema *schema)
{
    for (size_t i = 0; i < schema->count; i++) {
        free(schema->list[i].name);
        free(schema->list[i].sql);
    }
    free(schema->list);
}

static int take_object(struct schema *schema, sqlite3_stmt *row, struct hf_error *err)
{
    if (schema->count == schema->room) {
        size_t room = schema->room ? 2 * schema->room : 64;
        struct object *grown = reallocarray(schema->list, room, sizeof *grown);
        if (!grown)
            return hf_error_memory(err);
        schema->list = grown;
        schema->room = room;
    }
    const char *name = (const char *)sqlite3_column_text(row, 1);
    const char *sql = (const char *)sqlite3_column_text(row, 2);
    struct object *object = &schema->list[schema->count++];
    *object = (struct object){(enum kind)sqlite3_column_int(row, 0), strdup(name ? name : ""),
                              strdup(sql ? sql : ""), false};
    return object->name && object->sql ? 0 : hf_error_memory(err);
}

static int read_schema(struct schema *schema, struct hf_look *look, struct hf_error *err)
{
    static const char sql[] =
        "SELECT CASE type WHEN 'view' THEN 2 WHEN 'trigger' THEN 3 ELSE rootpage = 0 END, name, sql"
        " FROM main.sqlite_schema WHERE type IN ('table', 'view', 'trigger')";
    sqlite3_stmt *row = hf_look_prepare(look, sqlite3_mprintf("%s", sql), err);
    int failed = 0, rc = SQLITE_OK;
    if (!row)
        return -1;
    while (!failed && (rc = sqlite3_step(row)) == SQLITE_ROW)
        failed = take_object(schema, row, err);
    if (!failed && rc != SQLITE_DONE)
        failed = hf_look_error(look, err);
    sqlite3_finalize(row);
    return failed;
}

/* As a word, however it is quoted. */
static bool mentions(const char *sql, const char *name)
{
    int length = (int)strlen(name);
    for (const char *at = sql; length && *at; at++)
        if (!sqlite3_strnicmp(at, name, length) && (at == sql || !hf_sql_in_name(at[-1])) &&
            !hf_sql_in_name(at[length]))
            return true;
    return false;
}

/* "*", but not the one of count(*). */
static bool takes_all_columns(const char *sql)
{
    for (const char *star = strchr(sql, '*'); star; star = strchr(star + 1, '*'))
        if (star == sql || star[-1] != '(')
            return true;
    return false;
}

static bool reads_secret(const struct object *object, const struct hf_look_secret *secret)
{
    if (!secret->column)
        return false; /* a copy, which is an object that tells */
    bool names_table = mentions(object->sql, secret->table);
    bool names_column = mentions(object->sql, secret->column);
    if (object->kind == VIRTUAL)
        return names_table || names_column;
    return names_table && (names_column || takes_all_columns(object->sql));
}

/* A trigger that names a virtual table most often writes to it. */
static bool reads_copy(const struct object *object, const struct schema *schema)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct object *copy = &schema->list[i];
        if (copy->tells && copy != object && copy->kind != TRIGGER &&
            (copy->kind != VIRTUAL || object->kind != TRIGGER) && mentions(object->sql, copy->name))
            return true;
    }
    return false;
}

static bool tells(const struct object *object, const struct schema *schema,
                  const struct hf_look_secrets *secrets)
{
    if (object->kind == TABLE)
        return false; /* by itself; a trigger may write to it */
    for (size_t i = 0; i < secrets->count; i++)
        if (reads_secret(object, &secrets->list[i]))
            return true;
    return reads_copy(object, schema);
}

/* A trigger of a table with secrets, whose columns are known one by one, names it anyway; so do
 * those that stand in for writing to a view. */
static bool may_fill(const struct object *trigger, const struct object *table,
                     const struct hf_look_secrets *secrets)
{
    if (table->kind == TRIGGER)
        return false;
    return table->kind == VIEW || hf_look_secrets_name(secrets, table->name)
               ? hf_trigger_writes_to(trigger->sql, table->name)
               : mentions(trigger->sql, table->name);
}

static int mask_tables_in(const struct object *trigger, struct schema *schema,
                          struct hf_look_secrets *secrets, struct hf_error *err)
{
    for (size_t i = 0; i < schema->count; i++) {
        struct object *table = &schema->list[i];
        if (table->tells || !may_fill(trigger, table, secrets))
            continue;
        table->tells = true;
        if (hf_look_secrets_derive(secrets, table->name, NULL, err))
            return -1;
    }
    return 0;
}

static int mask(const struct object *object, struct schema *schema, struct hf_look_secrets *secrets,
                struct hf_error *err)
{
    if (object->kind == TRIGGER)
        return mask_tables_in(object, schema, secrets, err);
    return object->kind == VIRTUAL ? hf_look_secrets_derive(secrets, object->name, NULL, err) : 0;
}

/* Until no more are found: a copy may be copied. */
static int follow(struct schema *schema, struct hf_look_secrets *secrets, struct hf_error *err)
{
    bool found = true;
    while (found) {
        found = false;
        for (size_t i = 0; i < schema->count; i++) {
            struct object *object = &schema->list[i];
            if (object->tells || !tells(object, schema, secrets))
                continue;
            object->tells = found = true;
            if (mask(object, schema, secrets, err))
                return -1;
        }
    }
    return 0;
}

/* SQLite knows what a module calls its tables only when it has the module. */
static bool is_known(struct hf_look *look, const char *name)
{
    sqlite3_stmt *row =
        hf_look_prepare(look, sqlite3_mprintf("SELECT 1 FROM main.\"%w\"", name), NULL);
    sqlite3_finalize(row);
    return row != NULL;
}

static int find_insides_of_unknown(struct hf_look *look, const struct schema *schema,
                                   const struct object *virtual, struct hf_look_secrets *secrets,
                                   struct hf_error *err)
{
    int length = (int)strlen(virtual->name);
    if (is_known(look, virtual->name))
        return 0;
    for (size_t i = 0; i < schema->count; i++) {
        const struct object *table = &schema->list[i];
        if (table->kind == TABLE && !sqlite3_strnicmp(table->name, virtual->name, length) &&
            table->name[length] == '_' && hf_look_secrets_derive_inside(secrets, table->name, err))
            return -1;
    }
    return 0;
}

static int find_insides(struct hf_look *look, const struct schema *schema,
                        struct hf_look_secrets *secrets, struct hf_error *err)
{
    static const char sql[] =
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'";
    int failed = 0, rc = SQLITE_OK;
    for (size_t i = 0; !failed && i < schema->count; i++)
        if (schema->list[i].kind == VIRTUAL)
            failed = find_insides_of_unknown(look, schema, &schema->list[i], secrets, err);
    sqlite3_stmt *row = failed ? NULL : hf_look_prepare(look, sqlite3_mprintf("%s", sql), err);
    if (!row)
        return -1;
    while (!failed && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(row, 0);
        failed = name ? hf_look_secrets_derive_inside(secrets, name, err) : hf_error_memory(err);
    }
    if (!failed && rc != SQLITE_DONE)
        failed = hf_look_error(look, err);
    sqlite3_finalize(row);
    return failed;
}

int hf_look_find_copies(struct hf_look *look, struct hf_look_secrets *secrets, struct hf_error *err)
{
    struct schema schema = {0};
    int failed = read_schema(&schema, look, err) || find_insides(look, &schema, secrets, err) ||
                 follow(&schema, secrets, err);
    schema_release(&schema);
    return failed ? -1 : 0;
}
