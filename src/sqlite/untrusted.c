#include "sqlite/untrusted.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "sqlite/connection.h"

enum { LARGEST_VALUE = 256 << 20, LONGEST_SQL = 1 << 20 };

static bool is_beside(const char *path, const char *ending)
{
    hf_auto_free char *name = NULL;
    struct stat status;
    if (asprintf(&name, "%s%s", path, ending) < 0) {
        name = NULL;
        return true;
    }
    return !stat(name, &status) && status.st_size > 0;
}

/* A log with something in it is left where it is, as it is: a backup may have been copied with one,
 * or the file's application runs. */
static bool has_log(const char *path)
{
    return is_beside(path, "-wal");
}

/* What is beside the file belongs to what is in it, and only SQLite can put it there. */
static sqlite3 *open_file(const char *path, enum hf_file_users users, int busy_ms,
                          struct hf_error *err)
{
    return users == HF_USED_BY_NOBODY && !has_log(path) && !is_beside(path, "-journal")
               ? hf_connection_open_still(path, err)
               : hf_connection_open(path, NULL, busy_ms, err);
}

static int harden(sqlite3 *db)
{
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
    return rc;
}

/* Exclusive locking makes no -shm file. A user among others is from its first read on one of those
 * who use the log, and the last of them removes it. */
static int join_users(sqlite3 *db, enum hf_file_users users)
{
    return sqlite3_exec(db,
                        users == HF_USED_BY_NOBODY ? "PRAGMA locking_mode = EXCLUSIVE"
                                                   : "SELECT 1 FROM main.sqlite_schema LIMIT 1",
                        NULL, NULL, NULL);
}

sqlite3 *hf_untrusted_open(const char *path, enum hf_file_users users, int busy_ms,
                           struct hf_error *err)
{
    sqlite3 *db = open_file(path, users, busy_ms, err);
    if (!db)
        return NULL;
    int rc = harden(db);
    if (rc == SQLITE_OK && !has_log(path))
        rc = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    if (rc == SQLITE_OK)
        rc = join_users(db, users);
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
