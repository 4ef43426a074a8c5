#include "sqlite/schema_version.h"

#include <stdio.h>

#include "sqlite/connection.h"

enum { BUSY_MS = 2000 };

static sqlite3_stmt *first_row(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (!sqlite3_prepare_v2(db, sql, -1, &statement, NULL) && sqlite3_step(statement) == SQLITE_ROW)
        return statement;
    sqlite3_finalize(statement);
    return NULL;
}

int hf_schema_version_read(struct hf_schema_version *out, const char *path,
                           enum hf_file_users users, struct hf_error *err)
{
    struct hf_schema_version version = {0};
    sqlite3 *db = hf_untrusted_open(path, users, BUSY_MS, err);
    if (!db)
        return -1;
    sqlite3_stmt *number = first_row(db, "PRAGMA main.user_version");
    int failed = number ? 0 : hf_connection_error(db, sqlite3_extended_errcode(db), path, err);
    version.user_version = number ? sqlite3_column_int64(number, 0) : 0;
    /* Most databases have no such table. */
    sqlite3_stmt *migration =
        first_row(db, "SELECT migration_name FROM main._prisma_migrations WHERE finished_at IS NOT "
                      "NULL AND rolled_back_at IS NULL ORDER BY finished_at DESC LIMIT 1");
    if (migration && sqlite3_column_text(migration, 0))
        snprintf(version.migration, sizeof version.migration, "%s",
                 (const char *)sqlite3_column_text(migration, 0));
    sqlite3_finalize(number);
    sqlite3_finalize(migration);
    sqlite3_close(db);
    if (!failed)
        *out = version;
    return failed;
}
