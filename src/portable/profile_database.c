#include "portable/profile_database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "sqlite/connection.h"

int hf_profile_db_error(sqlite3 *db, struct hf_error *err)
{
    const char *path = sqlite3_db_filename(db, "main");
    return hf_connection_error(db, sqlite3_extended_errcode(db), path ? path : "", err);
}

int hf_profile_execute(sqlite3 *db, const char *sql, struct hf_error *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) ? hf_profile_db_error(db, err) : 0;
}

int hf_profile_find_column(sqlite3 *db, const char *column, bool *has, bool *may_be_null,
                           struct hf_error *err)
{
    static const char sql[] = "SELECT NOT \"notnull\" FROM pragma_table_xinfo(?1) "
                              "WHERE schema = 'main' AND name = ?2 COLLATE NOCASE";
    const char *dot = strchr(column, '.');
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL))
        return hf_profile_db_error(db, err);
    sqlite3_bind_text(statement, 1, column, (int)(dot - column), SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, dot + 1, -1, SQLITE_STATIC);
    *has = sqlite3_step(statement) == SQLITE_ROW;
    *may_be_null = *has && sqlite3_column_int(statement, 0);
    return sqlite3_finalize(statement) ? hf_profile_db_error(db, err) : 0;
}

int hf_profile_has_column(sqlite3 *db, const char *column, bool *has, struct hf_error *err)
{
    bool may_be_null;
    return hf_profile_find_column(db, column, has, &may_be_null, err);
}

static int has_all(sqlite3 *db, const struct hf_profile_texts *columns, bool *all,
                   struct hf_error *err)
{
    *all = true;
    for (size_t i = 0; *all && i < columns->count; i++)
        if (hf_profile_has_column(db, columns->items[i], all, err))
            return -1;
    return 0;
}

/* `format` has "%s" for what is before and "%w" for the name. */
static int print_name(struct hf_buf *sql, const char *format, const char *before, const char *name,
                      struct hf_error *err)
{
    char *text = sqlite3_mprintf(format, before, name);
    int failed = text ? hf_buf_print(sql, err, "%s", text) : hf_error_memory(err);
    sqlite3_free(text);
    return failed;
}

static int print_columns(struct hf_buf *sql, sqlite3 *db, const struct hf_profile_table *table,
                         bool *any, struct hf_error *err)
{
    for (size_t i = 0; i < table->columns.count; i++) {
        const char *column = table->columns.items[i];
        char name[512];
        bool has;
        snprintf(name, sizeof name, "%s.%s", table->name, column);
        if (hf_profile_has_column(db, name, &has, err) ||
            print_name(sql, has ? "%s\"%w\"" : "%sNULL AS \"%w\"", i ? ", " : "", column, err))
            return -1;
        *any |= has;
    }
    return 0;
}

static int make_view(sqlite3 *db, const struct hf_profile_table *table, struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf sql = {0};
    bool any = false;
    if (print_name(&sql, "%s\"%w\" AS SELECT ", "CREATE TEMP VIEW IF NOT EXISTS ", table->name,
                   err) ||
        print_columns(&sql, db, table, &any, err) ||
        (any ? print_name(&sql, "%s\"%w\"", " FROM main.", table->name, err)
             : hf_buf_print(&sql, err, " WHERE false")))
        return -1;
    return hf_profile_execute(db, (const char *)sql.data, err);
}

int hf_profile_make_views(sqlite3 *db, const struct hf_profile *profile, struct hf_error *err)
{
    /* Their first use declares tables, which the authorizer would take for the script's own. */
    if (hf_profile_execute(db, "SELECT 1 FROM json_each('[]'), json_tree('[]')", err))
        return -1;
    for (size_t i = 0; i < profile->table_count; i++)
        if (make_view(db, &profile->tables[i], err))
            return -1;
    return 0;
}

int hf_profile_drop_views(sqlite3 *db, const struct hf_profile *profile, struct hf_error *err)
{
    int failed = 0;
    for (size_t i = 0; !failed && i < profile->table_count; i++) {
        char *sql = sqlite3_mprintf("DROP VIEW temp.\"%w\"", profile->tables[i].name);
        failed = sql ? hf_profile_execute(db, sql, err) : hf_error_memory(err);
        sqlite3_free(sql);
    }
    return failed;
}

int hf_profile_version(sqlite3 *db, const struct hf_profile *profile, const char **name,
                       struct hf_error *err)
{
    for (size_t i = 0; i < profile->version_count; i++) {
        bool all;
        if (has_all(db, &profile->versions[i].columns, &all, err))
            return -1;
        if (all) {
            *name = profile->versions[i].name;
            return 0;
        }
    }
    *name = "unknown";
    return 0;
}

/* "Table.column Table.column", or "not ..." of it. */
static int is_wanted(sqlite3 *db, const struct hf_profile_script *script,
                     const struct hf_profile_statement *statement, bool *wanted,
                     struct hf_error *err)
{
    const char *at = statement->when ? statement->when : "";
    bool inverted = !strncmp(at, "not ", 4), all = true;
    for (at += inverted ? 4 : 0; *at; at += strspn(at, " ")) {
        char column[256];
        size_t length = strcspn(at, " ");
        snprintf(column, sizeof column, "%.*s", (int)length, at);
        if (!strchr(column, '.') || length >= sizeof column)
            return hf_error_set(err, HF_CONFIG, "%s line %zu: '%s' is not 'Table.column'",
                                script->file, statement->line, column);
        bool has;
        if (hf_profile_has_column(db, column, &has, err))
            return -1;
        all &= has;
        at += length;
    }
    *wanted = all != inverted;
    return 0;
}

/* What is written before @write would be written whatever becomes of the rest. */
static int authorize(void *context, int action, const char *a, const char *b, const char *database,
                     const char *trigger)
{
    const struct hf_profile_statement *statement = context;
    (void)a, (void)b, (void)trigger;
    switch (action) {
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_PRAGMA:
        return SQLITE_DENY;
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    default:
        return statement->write || (database && !strcmp(database, "temp")) ? SQLITE_OK
                                                                           : SQLITE_DENY;
    }
}

int hf_profile_sql_error(sqlite3 *db, const struct hf_profile_script *script,
                         const struct hf_profile_statement *statement, struct hf_error *err)
{
    if ((sqlite3_errcode(db) & 0xff) == SQLITE_ERROR || sqlite3_errcode(db) == SQLITE_AUTH) {
        hf_error_set(err, HF_CONFIG, "%s line %zu: %s", script->file, statement->line,
                     sqlite3_errmsg(db));
        if (sqlite3_errcode(db) == SQLITE_AUTH)
            hf_error_hint(err, "the database is written to after @write, and the transaction, "
                               "other files and pragmas are not a profile's");
        return -1;
    }
    hf_profile_db_error(db, err);
    return hf_error_wrap(err, "%s line %zu", script->file, statement->line);
}

int hf_profile_prepare(sqlite3 *db, const struct hf_profile_script *script,
                       const struct hf_profile_statement *statement, sqlite3_stmt **out,
                       struct hf_error *err)
{
    bool wanted;
    if (is_wanted(db, script, statement, &wanted, err))
        return -1;
    sqlite3_stmt *prepared = NULL;
    if (wanted) {
        sqlite3_set_authorizer(db, authorize, (void *)statement);
        int rc = sqlite3_prepare_v2(db, statement->sql, -1, &prepared, NULL);
        sqlite3_set_authorizer(db, NULL, NULL);
        if (rc)
            return hf_profile_sql_error(db, script, statement, err);
    }
    *out = prepared;
    return 0;
}
