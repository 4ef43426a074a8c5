#include "sqlite/untrusted.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "sqlite/connection.h"

enum { LARGEST_VALUE = 256 << 20, LONGEST_SQL = 1 << 20 };

/* A log with something in it is left where it is, as it is: a backup may have been copied with one,
 * or the file's application runs. */
static bool has_log(const char *path)
{
    hf_auto_free char *log = NULL;
    struct stat status;
    if (asprintf(&log, "%s-wal", path) < 0) {
        log = NULL;
        return true;
    }
    return !stat(log, &status) && status.st_size > 0;
}

sqlite3 *hf_untrusted_open(const char *path, int busy_ms, struct hf_error *err)
{
    sqlite3 *db = hf_connection_open(path, NULL, busy_ms, err);
    if (!db)
        return NULL;
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LARGEST_VALUE);
    sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, LONGEST_SQL);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    int rc = sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
    if (rc == SQLITE_OK && !has_log(path))
        rc = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    /* From the first read on it is one of those who use the log, and the last of them removes it.
     */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "SELECT 1 FROM main.sqlite_schema LIMIT 1", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        return db;
    hf_connection_error(db, rc, path, err);
    sqlite3_close(db);
    return NULL;
}

static int failed_at(sqlite3 *db, const char *path, struct hf_error *err)
{
    return hf_connection_error(db, sqlite3_extended_errcode(db), path, err);
}

static int count_rows(sqlite3 *db, const char *path, const char *table, uint64_t *rows,
                      struct hf_error *err)
{
    sqlite3_stmt *row = NULL;
    char *sql = sqlite3_mprintf("SELECT count(*) FROM main.\"%w\"", table);
    if (!sql)
        return hf_error_memory(err);
    int rc = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    sqlite3_free(sql);
    if (rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW)
        *rows = (uint64_t)sqlite3_column_int64(row, 0);
    return sqlite3_finalize(row) || rc ? failed_at(db, path, err) : 0;
}

int hf_untrusted_tables(sqlite3 *db, const char *path, int most,
                        int (*each)(void *context, const char *name, uint64_t rows,
                                    struct hf_error *err),
                        void *context, struct hf_error *err)
{
    static const char sql[] = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND"
                              " type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                              " ORDER BY name LIMIT ?1";
    sqlite3_stmt *tables = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &tables, NULL))
        return failed_at(db, path, err);
    sqlite3_bind_int(tables, 1, most);
    int failed = 0;
    while (!failed && sqlite3_step(tables) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(tables, 0);
        uint64_t rows = 0;
        failed = !name || count_rows(db, path, name, &rows, err) || each(context, name, rows, err);
    }
    if (sqlite3_finalize(tables) && !failed)
        failed = failed_at(db, path, err);
    return failed ? -1 : 0;
}
