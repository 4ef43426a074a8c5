#include "sqlite/shared_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "os/file.h"
#include "sqlite/connection.h"

struct hf_shared_file {
    const struct hf_env *env;
    char *path; /* without symbolic links */
    sqlite3 *db;
    int fd;
    bool begun;
};

struct hf_shared_file *hf_shared_file_open(const struct hf_env *env, const char *path, int busy_ms,
                                           struct hf_error *err)
{
    struct hf_shared_file *file = calloc(1, sizeof *file);
    if (file) {
        *file = (struct hf_shared_file){.env = env, .fd = -1, .path = hf_path_real(path)};
        if (file->path) {
            file->fd = hf_file_open(env, file->path, O_RDWR, 0, err);
            file->db = file->fd < 0 ? NULL : hf_connection_open(file->path, NULL, busy_ms, err);
            if (file->db)
                return file;
            hf_shared_file_free(file);
            return NULL;
        }
    }
    hf_shared_file_free(file);
    hf_error_memory(err);
    return NULL;
}

static int failed(const struct hf_shared_file *file, int rc, struct hf_error *err)
{
    return hf_connection_error(file->db, rc, file->path, err);
}

static int look(const struct hf_shared_file *file, struct hf_shared_look *out, struct hf_error *err)
{
    struct hf_shared_look found = {0};
    struct stat status;
    const struct hf_fs *fs = &file->env->fs;
    if (hf_file_read(file->env, file->fd, file->path, found.header, sizeof found.header, 0, err) <
        0)
        return -1;
    if (fs->stat(fs->context, file->path, &status))
        return hf_error_sys(err, errno, "stat", file->path);
    found.size = (uint64_t)status.st_size;
    *out = found;
    return 0;
}

int hf_shared_file_look(struct hf_shared_file *file, struct hf_shared_look *out,
                        struct hf_error *err)
{
    /* Reads page 1 and nothing else: the lock is held until the statement ends. */
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(file->db, "PRAGMA user_version", -1, &statement, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        rc = SQLITE_OK;
    int result = rc == SQLITE_OK ? look(file, out, err) : failed(file, rc, err);
    sqlite3_finalize(statement);
    return result;
}

int hf_shared_file_leave_log(struct hf_shared_file *file, struct hf_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(file->db, "PRAGMA journal_mode = DELETE", -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    const char *mode = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : "";
    bool left = rc == SQLITE_ROW && mode && !strcmp(mode, "delete");
    int result = 0;
    if (!left && (rc == SQLITE_ROW || (rc & 0xff) == SQLITE_BUSY))
        result = hf_error_set(err, HF_LOCKED,
                              "somebody put '%s' in WAL mode and has it open: it cannot follow",
                              file->path);
    else if (!left)
        result = failed(file, rc, err);
    sqlite3_finalize(statement);
    return result;
}

/* Under the lock a journal has been rolled back, or never meant anything: journal_mode=PERSIST and
 * TRUNCATE leave one. */
static int remove_stale_journal(const struct hf_shared_file *file, struct hf_error *err)
{
    hf_auto_free char *name = NULL;
    if (asprintf(&name, "%s-journal", file->path) < 0) {
        name = NULL;
        return hf_error_memory(err);
    }
    const struct hf_fs *fs = &file->env->fs;
    if (fs->unlink(fs->context, name) && errno != ENOENT)
        return hf_error_sys(err, errno, "remove", name);
    return 0;
}

int hf_shared_file_begin(struct hf_shared_file *file, struct hf_shared_look *out,
                         struct hf_error *err)
{
    int rc = sqlite3_exec(file->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return failed(file, rc, err);
    file->begun = true;
    if (!remove_stale_journal(file, err) && !look(file, out, err))
        return 0;
    hf_shared_file_end(file);
    return -1;
}

int hf_shared_file_enter(struct hf_shared_file *file, int patience, struct hf_error *err)
{
    enum { PAUSE = 2 };
    sqlite3_file *own = hf_connection_file(file->db, SQLITE_FCNTL_FILE_POINTER);
    int rc = own ? SQLITE_OK : SQLITE_ERROR;
    /* The pager would take this lock when it writes; it gives back whatever is held. */
    for (int waited = 0; own; waited += PAUSE) {
        rc = own->pMethods->xLock(own, SQLITE_LOCK_EXCLUSIVE);
        if ((rc & 0xff) != SQLITE_BUSY || waited >= patience)
            break;
        sqlite3_sleep(PAUSE);
    }
    if (rc == SQLITE_OK)
        return 0;
    if ((rc & 0xff) != SQLITE_BUSY)
        return failed(file, rc, err);
    return hf_error_set(err, HF_LOCKED, "'%s' is being read in a long transaction", file->path);
}

void hf_shared_file_end(struct hf_shared_file *file)
{
    if (file->begun)
        sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL);
    file->begun = false;
}

int hf_shared_file_fd(const struct hf_shared_file *file)
{
    return file->fd;
}

void hf_shared_file_free(struct hf_shared_file *file)
{
    if (!file)
        return;
    hf_shared_file_end(file);
    sqlite3_close(file->db);
    if (file->fd >= 0)
        file->env->fs.close(file->env->fs.context, file->fd);
    free(file->path);
    free(file);
}
