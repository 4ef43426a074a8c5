#include "sqlite/restore_target.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "os/file.h"
#include "sqlite/connection.h"
#include "sqlite/db_header.h"
#include "sqlite/other_users.h"

struct hf_restore_target {
    const struct hf_env *env;
    char *path; /* without symbolic links */
    enum hf_target_state state;
    bool was_vacant; /* there was not even an empty file when it was taken */
    sqlite3 *db;     /* holds the EXCLUSIVE lock, for HF_TARGET_DATABASE */
    uint32_t page_size, page_count;
    int fd;
};

/* The database's own name first: a log or journal must never be left alone with another database.
 */
static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
enum { ENDINGS = sizeof endings / sizeof *endings, ATTEMPTS = 5 };

static char *name_with(const char *path, const char *ending, struct hf_error *err)
{
    char *name = NULL;
    if (asprintf(&name, "%s%s", path, ending) >= 0)
        return name;
    hf_error_memory(err);
    return NULL;
}

/* 1, 0, or -1 with an error. */
static int is_there(const struct hf_env *env, const char *path, struct stat *status,
                    struct hf_error *err)
{
    if (env->fs.stat(env->fs.context, path, status) == 0)
        return 1;
    return errno == ENOENT ? 0 : hf_error_sys(err, errno, "stat", path);
}

static int refuse_other_users(const struct hf_restore_target *target, struct hf_error *err)
{
    struct stat status;
    struct hf_other_user user;
    int there = is_there(target->env, target->path, &status, err);
    if (there <= 0)
        return there;
    if (!hf_find_other_user(&status, &user))
        return 0;
    hf_error_set(err, HF_LOCKED, "'%s' is open in process %d (%s)", target->path, user.pid,
                 user.command);
    return hf_error_hint(err, "stop that program first: it would go on with the old database");
}

static void let_go(struct hf_restore_target *target)
{
    sqlite3_close(target->db);
    target->db = NULL;
}

/* Takes the EXCLUSIVE lock, for good. What a crash left is rolled back or recovered by this. With
 * exclusive locking set before the first access, SQLite uses no -shm file. */
static int lock(struct hf_restore_target *target, int busy_ms, struct hf_error *err)
{
    target->db = hf_connection_open(target->path, NULL, busy_ms, err);
    if (!target->db)
        return -1;
    if (sqlite3_db_readonly(target->db, "main"))
        return hf_connection_error(NULL, SQLITE_READONLY, target->path, err);
    int rc = sqlite3_exec(target->db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT",
                          NULL, NULL, NULL);
    switch (rc & 0xff) {
    case SQLITE_OK:
        target->state = HF_TARGET_DATABASE;
        return 0;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        let_go(target);
        target->state = HF_TARGET_DAMAGED;
        return 0;
    case SQLITE_BUSY:
        if (refuse_other_users(target, err))
            return -1; /* names the process */
        break;
    default:
        break;
    }
    return hf_connection_error(target->db, rc, target->path, err);
}

/*
 * In exclusive mode SQLite keeps a journal that it rolled back open, and deletes it by name on
 * closing: by then the name may be that of our own hot journal. So whoever finds a journal, which
 * under the lock is rolled back durably or without meaning, removes it, closes and locks again.
 * Where none is found, this connection has rolled nothing back; somebody may have come in between.
 */
static int lock_without_journal(struct hf_restore_target *target, int busy_ms, struct hf_error *err)
{
    const struct hf_fs *fs = &target->env->fs;
    hf_auto_free char *journal = name_with(target->path, "-journal", err);
    if (!journal)
        return -1;
    for (int i = 0; i < ATTEMPTS; i++) {
        struct stat status;
        if (lock(target, busy_ms, err))
            return -1;
        if (target->state != HF_TARGET_DATABASE)
            return 0;
        int there = is_there(target->env, journal, &status, err);
        if (there <= 0)
            return there;
        if (fs->unlink(fs->context, journal) && errno != ENOENT)
            return hf_error_sys(err, errno, "remove", journal);
        let_go(target);
    }
    hf_error_set(err, HF_LOCKED, "'%s' is in use: its journal comes back again and again",
                 target->path);
    return hf_error_hint(err, "wait until the other program has finished, or end it");
}

static int fold_log(struct hf_restore_target *target, struct hf_error *err)
{
    struct stat status;
    int rc = sqlite3_wal_checkpoint_v2(target->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (rc != SQLITE_OK)
        return hf_connection_error(target->db, rc, target->path, err);
    hf_auto_free char *log = name_with(target->path, "-wal", err);
    int there = log ? is_there(target->env, log, &status, err) : -1;
    if (there > 0 && status.st_size > 0)
        return hf_error_set(err, HF_FAILED, "the log '%s' could not be folded into its database",
                            log);
    return there < 0 ? -1 : 0;
}

/* The file alone is the database by now; a header that promises more pages than there are means
 * damage. */
static int measure(struct hf_restore_target *target, struct hf_error *err)
{
    uint8_t bytes[HF_DB_HEADER_BYTES];
    struct hf_db_header header;
    sqlite3_int64 size = 0;
    sqlite3_file *file = hf_connection_file(target->db, SQLITE_FCNTL_FILE_POINTER);
    if (!file)
        return hf_connection_error(NULL, SQLITE_CANTOPEN, target->path, err);
    int rc = file->pMethods->xRead(file, bytes, sizeof bytes, 0);
    if (rc == SQLITE_OK)
        rc = file->pMethods->xFileSize(file, &size);
    if (rc != SQLITE_OK)
        return hf_connection_error(target->db, rc, target->path, err);
    if (hf_db_header_parse(&header, bytes)) {
        uint64_t pages = ((uint64_t)size + header.page_size - 1) / header.page_size;
        uint32_t count =
            header.counters_agree && header.page_count ? header.page_count : (uint32_t)pages;
        target->page_size = header.page_size;
        target->page_count = count;
        if ((uint64_t)(count - (count == hf_lock_byte_page(header.page_size))) * header.page_size <=
            (uint64_t)size)
            return 0;
    }
    let_go(target);
    target->state = HF_TARGET_DAMAGED;
    return 0;
}

/* The log is empty and the journal rolled back: nothing is lost with them. */
static int remove_companions(struct hf_restore_target *target, struct hf_error *err)
{
    const struct hf_fs *fs = &target->env->fs;
    for (int i = 1; i < ENDINGS; i++) {
        hf_auto_free char *name = name_with(target->path, endings[i], err);
        if (!name)
            return -1;
        if (fs->unlink(fs->context, name) && errno != ENOENT)
            return hf_error_sys(err, errno, "remove", name);
    }
    return hf_sync_parent(target->env, target->path, err);
}

static int take(struct hf_restore_target *target, int busy_ms, struct hf_error *err)
{
    struct stat status;
    int there = is_there(target->env, target->path, &status, err);
    if (there < 0)
        return -1;
    if (there && !S_ISREG(status.st_mode)) {
        hf_error_set(err, HF_IO, "'%s' is not a regular file", target->path);
        return hf_error_hint(err, "name the database file");
    }
    target->was_vacant = !there;
    if (!there)
        return 0;
    if (status.st_size == 0) /* SQLite would delete the log beside it */
        return refuse_other_users(target, err);
    if (lock_without_journal(target, busy_ms, err) || refuse_other_users(target, err))
        return -1;
    if (target->state == HF_TARGET_DATABASE && (fold_log(target, err) || measure(target, err)))
        return -1;
    return target->state == HF_TARGET_DATABASE ? remove_companions(target, err) : 0;
}

struct hf_restore_target *hf_restore_target_take(const struct hf_env *env, const char *path,
                                                 int busy_ms, struct hf_error *err)
{
    struct hf_restore_target *target = calloc(1, sizeof *target);
    if (target) {
        *target = (struct hf_restore_target){.env = env, .fd = -1, .state = HF_TARGET_ABSENT};
        target->path = hf_path_real(path);
    }
    if (!target || !target->path) {
        hf_restore_target_free(target);
        hf_error_memory(err);
        return NULL;
    }
    if (take(target, busy_ms, err) == 0)
        return target;
    hf_restore_target_free(target);
    return NULL;
}

const char *hf_restore_target_path(const struct hf_restore_target *target)
{
    return target->path;
}

const struct hf_env *hf_restore_target_env(const struct hf_restore_target *target)
{
    return target->env;
}

enum hf_target_state hf_restore_target_state(const struct hf_restore_target *target)
{
    return target->state;
}

uint32_t hf_restore_target_page_size(const struct hf_restore_target *target)
{
    return target->page_size;
}

uint32_t hf_restore_target_page_count(const struct hf_restore_target *target)
{
    return target->page_count;
}

int hf_restore_target_fd(struct hf_restore_target *target, struct hf_error *err)
{
    assert(target->state == HF_TARGET_DATABASE);
    if (target->fd < 0)
        target->fd = hf_file_open(target->env, target->path, O_RDWR, 0, err);
    return target->fd;
}

/* A name under which nothing is kept yet. */
static char *free_name(const struct hf_restore_target *target, struct hf_error *err)
{
    struct stat status;
    for (int64_t time = hf_now(target->env);; time++) {
        char *name = NULL;
        int taken = 0;
        if (asprintf(&name, "%s.replaced-%lld", target->path, (long long)time) < 0) {
            hf_error_memory(err);
            return NULL;
        }
        for (int i = 0; i < ENDINGS && taken == 0; i++) {
            hf_auto_free char *full = name_with(name, endings[i], err);
            taken = full ? is_there(target->env, full, &status, err) : -1;
        }
        if (!taken)
            return name;
        free(name);
        if (taken < 0)
            return NULL;
    }
}

static int move(const struct hf_env *env, const char *from, const char *to, struct hf_error *err)
{
    const struct hf_fs *fs = &env->fs;
    int result = fs->rename_new(fs->context, from, to);
    if (result && (errno == EINVAL || errno == ENOSYS)) /* a file system that cannot say "new" */
        result = fs->rename(fs->context, from, to);
    return result ? hf_error_sys(err, errno, "set aside", from) : 0;
}

/* Nobody can be kept from making a database where there is none: it stays, and its log with it. */
static int refuse_newcomer(const struct hf_restore_target *target, struct hf_error *err)
{
    struct stat status;
    int there = is_there(target->env, target->path, &status, err);
    if (there <= 0)
        return there;
    if (!target->was_vacant && !status.st_size)
        return refuse_other_users(target, err);
    hf_error_set(err, HF_EXISTS, "'%s' came to be there meanwhile, and stays as it is",
                 target->path);
    return hf_error_hint(err, "stop what made it, and restore again");
}

bool hf_restore_target_is_empty_file(const struct hf_restore_target *target)
{
    return target->state == HF_TARGET_ABSENT && !target->was_vacant;
}

int hf_restore_target_set_aside(struct hf_restore_target *target, char *kept, size_t size,
                                struct hf_error *err)
{
    bool moved_database = false;
    if (target->state == HF_TARGET_DATABASE) {
        *kept = 0;
        return 0;
    }
    if (target->state == HF_TARGET_ABSENT && refuse_newcomer(target, err))
        return -1;
    hf_auto_free char *name = free_name(target, err);
    if (!name)
        return -1;
    for (int i = target->state == HF_TARGET_ABSENT; i < ENDINGS; i++) {
        struct stat status;
        hf_auto_free char *from = name_with(target->path, endings[i], err);
        hf_auto_free char *to = from ? name_with(name, endings[i], err) : NULL;
        int there = to ? is_there(target->env, from, &status, err) : -1;
        if (there < 0 || (there && move(target->env, from, to, err)))
            return -1;
        moved_database |= there && i == 0;
    }
    if (hf_sync_parent(target->env, target->path, err))
        return -1;
    snprintf(kept, size, "%s", moved_database ? name : "");
    return 0;
}

void hf_restore_target_free(struct hf_restore_target *target)
{
    if (!target)
        return;
    let_go(target);
    if (target->fd >= 0)
        target->env->fs.close(target->env->fs.context, target->fd);
    free(target->path);
    free(target);
}
