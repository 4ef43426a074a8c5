#include "schema/wanted.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more element, doubling at the powers of two, so that a count is all that is kept. */
static int grow(void **list, size_t count, size_t size, struct hf_error *err)
{
    if (count & (count - 1))
        return 0;
    void *bigger = realloc(*list, (count ? 2 * count : 1) * size);
    if (!bigger)
        return hf_error_memory(err);
    *list = bigger;
    return 0;
}

int hf_wanted_add_statement(struct hf_wanted *wanted, const char *sql, struct hf_error *err)
{
    char *copy = strdup(sql);
    if (!copy)
        return hf_error_memory(err);
    if (grow((void **)&wanted->statements, wanted->statement_count, sizeof *wanted->statements,
             err)) {
        free(copy);
        return -1;
    }
    wanted->statements[wanted->statement_count++] = copy;
    return 0;
}

static void release_rename(struct hf_rename *rename)
{
    free(rename->table);
    free(rename->column);
    free(rename->from);
}

int hf_wanted_add_rename(struct hf_wanted *wanted, const char *table, const char *column,
                         const char *from, struct hf_error *err)
{
    struct hf_rename rename = {strdup(table), column ? strdup(column) : NULL, strdup(from)};
    if (!rename.table || (column && !rename.column) || !rename.from) {
        release_rename(&rename);
        return hf_error_memory(err);
    }
    if (grow((void **)&wanted->renames, wanted->rename_count, sizeof *wanted->renames, err)) {
        release_rename(&rename);
        return -1;
    }
    wanted->renames[wanted->rename_count++] = rename;
    return 0;
}

static void release_enum(struct hf_enum_column *column)
{
    free(column->table);
    free(column->column);
    for (char **value = column->values; value && *value; value++)
        free(*value);
    free(column->values);
}

static char **copy_values(const char *const *values)
{
    size_t count = 0;
    while (values[count])
        count++;
    char **copy = calloc(count + 1, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = strdup(values[i]);
        if (copy[i])
            continue;
        while (i)
            free(copy[--i]);
        free(copy);
        return NULL;
    }
    return copy;
}

int hf_wanted_add_enum(struct hf_wanted *wanted, const char *table, const char *column,
                       const char *const *values, struct hf_error *err)
{
    struct hf_enum_column one = {strdup(table), strdup(column), copy_values(values)};
    if (!one.table || !one.column || !one.values) {
        release_enum(&one);
        return hf_error_memory(err);
    }
    if (grow((void **)&wanted->enums, wanted->enum_count, sizeof *wanted->enums, err)) {
        release_enum(&one);
        return -1;
    }
    wanted->enums[wanted->enum_count++] = one;
    return 0;
}

static int execute(sqlite3 *database, const struct hf_wanted *wanted, struct hf_error *err)
{
    for (size_t i = 0; i < wanted->statement_count; i++) {
        int rc = sqlite3_exec(database, wanted->statements[i], NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            continue;
        if (rc == SQLITE_NOMEM)
            return hf_error_memory(err);
        return hf_error_set(err, HF_CONFIG, "SQLite refuses the schema: %s, in: %.400s",
                            sqlite3_errmsg(database), wanted->statements[i]);
    }
    return 0;
}

sqlite3 *hf_wanted_build(const struct hf_wanted *wanted, struct hf_error *err)
{
    sqlite3 *database = NULL;
    if (sqlite3_open_v2(":memory:", &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
        SQLITE_OK) {
        sqlite3_close(database);
        hf_error_memory(err);
        return NULL;
    }
    if (execute(database, wanted, err)) {
        sqlite3_close(database);
        return NULL;
    }
    return database;
}

void hf_wanted_release(struct hf_wanted *wanted)
{
    for (size_t i = 0; i < wanted->statement_count; i++)
        free(wanted->statements[i]);
    for (size_t i = 0; i < wanted->rename_count; i++)
        release_rename(&wanted->renames[i]);
    for (size_t i = 0; i < wanted->enum_count; i++)
        release_enum(&wanted->enums[i]);
    free(wanted->statements);
    free(wanted->renames);
    free(wanted->enums);
    *wanted = (struct hf_wanted){0};
}
