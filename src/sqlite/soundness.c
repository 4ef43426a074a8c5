#include "sqlite/soundness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sqlite/connection.h"
#include "sqlite/page_source.h"

static const char reason_for_no_page[] = "error code=";

/* A page that the system does not give, or that there is no memory for, is no damage. */
static int refusal_in(const char *line)
{
    const char *found = strstr(line, reason_for_no_page);
    int rc = found ? atoi(found + sizeof reason_for_no_page - 1) : SQLITE_OK;
    return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB ? SQLITE_OK : rc;
}

static int not_sound(const char *path, const char *complaint, struct hf_error *err)
{
    /* "*** in database main ***" only says which database is meant. */
    const char *line = !strncmp(complaint, "***", 3) ? strchr(complaint, '\n') : NULL;
    line = line ? line + 1 : complaint;
    return hf_error_set(err, HF_CORRUPT, "'%s' is damaged: %.*s", path, (int)strcspn(line, "\n"),
                        line);
}

/* The first row is "ok" or the first complaint. */
static int quick_check(sqlite3 *db, const char *path, struct hf_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    int failed = 0;
    if (rc == SQLITE_ROW) {
        const char *row = (const char *)sqlite3_column_text(statement, 0);
        int refused = row ? refusal_in(row) : SQLITE_NOMEM;
        if (refused)
            failed = hf_connection_error(NULL, refused, path, err);
        else if (strcmp(row, "ok"))
            failed = not_sound(path, row, err);
    } else if ((rc & 0xff) == SQLITE_ERROR) {
        failed = hf_error_set(err, HF_UNSUPPORTED, "'%s' cannot be checked: %s", path,
                              sqlite3_errmsg(db));
    } else if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB) {
        failed = not_sound(path, sqlite3_errmsg(db), err);
    } else {
        failed = hf_connection_error(db, rc, path, err);
    }
    sqlite3_finalize(statement);
    return failed;
}

/* What SQLite overlooks: it reads a file that was cut at a page's end as far as it needs to. */
static int check_length(const char *path, int busy_ms, struct hf_error *err)
{
    struct hf_page_source *source = hf_page_source_open(path, busy_ms, err);
    if (!source)
        return -1;
    hf_page_source_free(source);
    return 0;
}

/* A page that is not all there is read as zeros. */
static int check_last_page(sqlite3 *db, const char *path, struct hf_error *err)
{
    struct stat status;
    sqlite3_stmt *row = NULL;
    int page_size = 0;
    if (!sqlite3_prepare_v2(db, "PRAGMA main.page_size", -1, &row, NULL) &&
        sqlite3_step(row) == SQLITE_ROW)
        page_size = sqlite3_column_int(row, 0);
    sqlite3_finalize(row);
    return page_size && !stat(path, &status) && status.st_size % page_size
               ? not_sound(path, "it ends within a page", err)
               : 0;
}

int hf_soundness_check(const char *path, enum hf_file_users users, int busy_ms,
                       struct hf_error *err)
{
    if (users == HF_USED_BY_OTHERS && check_length(path, busy_ms, err))
        return -1;
    sqlite3 *db = hf_untrusted_open(path, users, busy_ms, err);
    if (!db)
        return -1;
    int failed = quick_check(db, path, err);
    if (!failed && users == HF_USED_BY_NOBODY)
        failed = check_last_page(db, path, err);
    sqlite3_close(db);
    return failed;
}
