#include "sqlite/connection.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Relative paths get a "./": SQLite may be built to take "file:..." for an URI, and ":memory:" and
 * "" name databases that are no files. */
static char *literal_path(const char *path)
{
    char *literal = NULL;
    if (asprintf(&literal, "%s%s", *path == '/' ? "" : "./", path) < 0)
        return NULL;
    return literal;
}

void hf_connections_begin_small(void)
{
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
}

static int too_long_for_sqlite(const char *path, struct hf_error *err)
{
    char resolved[PATH_MAX];
    const sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    if (!vfs || !realpath(path, resolved) || strlen(resolved) + 8 <= (size_t)vfs->mxPathname)
        return 0;
    hf_error_set(err, HF_UNSUPPORTED, "SQLite cannot open '%.80s...': its path has %zu bytes", path,
                 strlen(resolved));
    return hf_error_hint(err, "SQLite opens files whose full path has up to %d bytes",
                         vfs->mxPathname - 8);
}

static int settle(sqlite3 *db, int busy_ms)
{
    int rc = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(db, busy_ms);
    if (rc == SQLITE_OK)
        rc = sqlite3_wal_autocheckpoint(db, 0);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "PRAGMA mmap_size = 0", NULL, NULL, NULL);
    return rc;
}

/* `name` is freed; `path` is for errors. */
static sqlite3 *open_by(char *name, int flags, const char *vfs, int busy_ms, const char *path,
                        struct hf_error *err)
{
    sqlite3 *db = NULL;
    if (!name) {
        hf_error_memory(err);
        return NULL;
    }
    int rc = sqlite3_open_v2(
        name, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE,
        vfs);
    free(name);
    if (rc == SQLITE_OK)
        rc = settle(db, busy_ms);
    if (rc == SQLITE_OK)
        return db;
    if ((rc & 0xff) != SQLITE_CANTOPEN || !too_long_for_sqlite(path, err))
        hf_connection_error(db, rc, path, err);
    sqlite3_close(db);
    return NULL;
}

sqlite3 *hf_connection_open(const char *path, const char *vfs, int busy_ms, struct hf_error *err)
{
    return open_by(literal_path(path), SQLITE_OPEN_READWRITE, vfs, busy_ms, path, err);
}

/* As an URI, in which every byte of the path may be written as its code. */
static char *still_uri(const char *path)
{
    static const char digits[] = "0123456789abcdef", before[] = "file:", after[] = "?immutable=1";
    hf_auto_free char *literal = literal_path(path);
    char *uri = literal ? malloc(sizeof before + 3 * strlen(literal) + sizeof after) : NULL;
    if (!uri)
        return NULL;
    char *out = stpcpy(uri, before);
    for (const char *c = literal; *c; c++) {
        if (*c == '/') {
            *out++ = *c;
            continue;
        }
        *out++ = '%';
        *out++ = digits[(unsigned char)*c >> 4];
        *out++ = digits[*c & 15];
    }
    strcpy(out, after);
    return uri;
}

sqlite3 *hf_connection_open_still(const char *path, struct hf_error *err)
{
    return open_by(still_uri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL, 0, path, err);
}

void hf_connection_fold_log(sqlite3 *db)
{
    sqlite3_busy_timeout(db, 0);
    sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

static int locked(int rc, const char *path, struct hf_error *err)
{
    hf_error_set(err, HF_LOCKED, "'%s' is in use: %s", path, sqlite3_errstr(rc));
    return hf_error_hint(err, "wait until the other program has finished, or end it");
}

static int refused(sqlite3 *db, int rc, const char *path, struct hf_error *err)
{
    int sys = db ? sqlite3_system_errno(db) : 0;
    hf_error_set(err, sys == ENOSPC || sys == EDQUOT ? HF_NO_SPACE : HF_IO,
                 "cannot access '%s': %s%s%s", path, db ? sqlite3_errmsg(db) : sqlite3_errstr(rc),
                 sys ? ": " : "", sys ? strerror(sys) : "");
    if (err)
        err->sys = sys;
    if ((rc & 0xff) == SQLITE_IOERR)
        return -1;
    if (sys == ENOENT || sys == ENOTDIR)
        return hf_error_hint(err, "is the path right?");
    return hf_error_hint(err, "run as the owner of the file; in WAL mode, and after a crash, its "
                              "directory and its -wal and -shm files must be writable too");
}

int hf_connection_error(sqlite3 *db, int rc, const char *path, struct hf_error *err)
{
    if (rc == SQLITE_IOERR_NOMEM)
        return hf_error_memory(err);
    switch (rc & 0xff) {
    case SQLITE_NOMEM:
        return hf_error_memory(err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return locked(rc, path, err);
    case SQLITE_NOTADB:
        hf_error_set(err, HF_CORRUPT, "'%s' is not a SQLite database, or it is encrypted", path);
        return hf_error_hint(err, "check the path; encrypted databases are not supported");
    case SQLITE_CORRUPT:
        hf_error_set(err, HF_CORRUPT, "'%s' is damaged or truncated", path);
        return hf_error_hint(err,
                             "restore it from a backup; 'sqlite3 FILE .recover' may save rows");
    case SQLITE_FULL:
        return hf_error_set(err, HF_NO_SPACE, "'%s': the disk is full", path);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return refused(db, rc, path, err);
    default:
        return hf_error_set(err, HF_FAILED, "'%s': %s", path,
                            db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
    }
}

sqlite3_file *hf_connection_file(sqlite3 *db, int which)
{
    sqlite3_file *file = NULL;
    if (sqlite3_file_control(db, "main", which, &file) != SQLITE_OK || !file || !file->pMethods)
        return NULL;
    return file;
}
