#include "portable/import_target.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sqlite/connection.h"

enum { CACHE_KIB = 16 << 10 };

static int fail(struct hf_import_target *target, int rc, struct hf_error *err)
{
    return hf_connection_error(target->db, rc, target->path, err);
}

int hf_import_run(struct hf_import_target *target, struct hf_error *err, const char *sql)
{
    int rc = sqlite3_exec(target->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : fail(target, rc, err);
}

static int run_number(struct hf_import_target *target, const char *pragma, int64_t value,
                      struct hf_error *err)
{
    char sql[96];
    snprintf(sql, sizeof sql, "PRAGMA main.%s = %" PRId64, pragma, value);
    return hf_import_run(target, err, sql);
}

static const char *encoding_pragma(const char *encoding)
{
    static const char *const known[][2] = {
        {"UTF-8", "PRAGMA encoding = 'UTF-8'"},
        {"UTF-16le", "PRAGMA encoding = 'UTF-16le'"},
        {"UTF-16be", "PRAGMA encoding = 'UTF-16be'"},
    };
    for (size_t i = 0; i < 3; i++) {
        if (!strcmp(encoding, known[i][0]))
            return known[i][1];
    }
    return NULL;
}

/* What is written into a file that nobody can see yet needs neither journal nor syncs: it is synced
 * as a whole before it gets its name. */
static int prepare_new(struct hf_import_target *target, const struct hf_copy_facts *facts,
                       struct hf_error *err)
{
    const char *sql = encoding_pragma(facts->encoding);
    if (!sql)
        return hf_error_set(err, HF_CORRUPT, "the copy's encoding '%s' is not known",
                            facts->encoding);
    if (run_number(target, "page_size", facts->page_size, err) ||
        run_number(target, "auto_vacuum", facts->auto_vacuum, err) ||
        hf_import_run(target, err, sql))
        return -1;
    return target->is_new_file
               ? hf_import_run(target, err, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
               : 0;
}

/* Insides of virtual tables are written, triggers and checks of rows that have passed them are not
 * run again; keys of other tables are checked at the end. */
static int prepare(struct hf_import_target *target, struct hf_error *err)
{
    int rc = sqlite3_db_config(target->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(target->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    if (rc != SQLITE_OK)
        return fail(target, rc, err);
    return run_number(target, "cache_size", -CACHE_KIB, err) ||
                   hf_import_run(target, err, "PRAGMA foreign_keys = OFF")
               ? -1
               : 0;
}

static int ask_number(struct hf_import_target *target, const char *sql, int64_t *out,
                      struct hf_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(target->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else
        fail(target, rc, err);
    sqlite3_finalize(statement);
    return rc == SQLITE_ROW ? 0 : -1;
}

static int open_file(struct hf_import_target *target, int busy_ms, const struct hf_env *env,
                     struct hf_error *err)
{
    struct stat status;
    const char *path = target->path;
    target->is_new_file = env->fs.stat(env->fs.context, path, &status) != 0;
    if (target->is_new_file && errno != ENOENT)
        return hf_error_sys(err, errno, "look at", path);
    if (target->is_new_file) {
        if (hf_new_file_begin(&target->file, env, path, 0600, err))
            return -1;
        hf_new_file_remove_litter(&target->file, HF_LITTER_OF_FILE);
        path = target->file.temporary;
    }
    target->db = hf_connection_open(path, NULL, busy_ms, err);
    return target->db ? 0 : -1;
}

int hf_import_target_open(struct hf_import_target *out, const char *path, int busy_ms,
                          const struct hf_copy_facts *facts, const struct hf_env *env,
                          struct hf_error *err)
{
    int64_t objects, pages;
    *out = (struct hf_import_target){.path = path, .file = {.fd = -1}};
    if (open_file(out, busy_ms, env, err) || prepare(out, err) ||
        ask_number(out, "PRAGMA main.page_count", &pages, err) ||
        (!pages && prepare_new(out, facts, err)) || hf_import_run(out, err, "BEGIN IMMEDIATE") ||
        ask_number(out,
                   "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' "
                   "ESCAPE '\\'",
                   &objects, err)) {
        hf_import_target_release(out);
        return -1;
    }
    out->is_empty = !objects;
    return 0;
}

/* One CREATE statement and nothing after it. */
static int create(struct hf_import_target *target, const struct hf_copy_statement *statement,
                  struct hf_error *err)
{
    sqlite3_stmt *prepared = NULL;
    const char *rest = "";
    if (sqlite3_strnicmp(statement->sql, "CREATE ", 7) != 0)
        return hf_error_set(err, HF_CORRUPT, "the copy's statement for %s '%s' creates nothing",
                            statement->type, statement->name);
    int rc = sqlite3_prepare_v2(target->db, statement->sql, -1, &prepared, &rest);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(prepared);
    sqlite3_finalize(prepared);
    if (rc == SQLITE_DONE && !rest[strspn(rest, " \t\r\n;")])
        return 0;
    if (rc == SQLITE_DONE)
        return hf_error_set(err, HF_CORRUPT, "the copy's statement for %s '%s' is more than one",
                            statement->type, statement->name);
    if ((rc & 0xff) != SQLITE_ERROR) {
        fail(target, rc, err);
        return hf_error_wrap(err, "make %s '%s'", statement->type, statement->name);
    }
    hf_error_set(err, HF_UNSUPPORTED, "make %s '%s': %s", statement->type, statement->name,
                 sqlite3_errmsg(target->db));
    return hf_error_hint(err, "a schema can need functions, collations or modules that only the "
                              "application has: let it make its own, then import into that");
}

/* A virtual table whose module only the application has: what SQLite keeps of it is this line. */
static int record_virtual(struct hf_import_target *target,
                          const struct hf_copy_statement *statement, struct hf_error *err)
{
    /* A CREATE that fails for its module can leave its line behind. */
    static const char *const statements[] = {
        "DELETE FROM sqlite_schema WHERE type = 'table' AND name = ?1 AND rootpage = 0 AND sql = "
        "?2",
        "INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) "
        "VALUES ('table', ?1, ?1, 0, ?2)"};
    if (hf_import_run(target, err, "PRAGMA writable_schema = ON"))
        return -1;
    int rc = SQLITE_DONE;
    for (size_t i = 0; i < 2 && rc == SQLITE_DONE; i++) {
        sqlite3_stmt *change = NULL;
        rc = sqlite3_prepare_v2(target->db, statements[i], -1, &change, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_bind_text(change, 1, statement->name, -1, SQLITE_STATIC);
        if (rc == SQLITE_OK)
            rc = sqlite3_bind_text(change, 2, statement->sql, -1, SQLITE_STATIC);
        if (rc == SQLITE_OK)
            rc = sqlite3_step(change);
        sqlite3_finalize(change);
    }
    int failed = rc == SQLITE_DONE ? 0 : fail(target, rc, err);
    return hf_import_run(target, failed ? NULL : err, "PRAGMA writable_schema = RESET") || failed
               ? -1
               : 0;
}

static bool needs_own_module(const struct hf_import_target *target,
                             const struct hf_copy_statement *statement)
{
    const char *message = sqlite3_errmsg(target->db);
    return !sqlite3_strnicmp(statement->sql, "CREATE VIRTUAL TABLE", 20) &&
           (strstr(message, "no such module") || strstr(message, "no such tokenizer") ||
            strstr(message, "unknown tokenizer"));
}

int hf_import_make_tables(struct hf_import_target *target, const struct hf_copy_outline *outline,
                          struct hf_error *err)
{
    for (size_t i = 0; i < outline->statement_count; i++) {
        const struct hf_copy_statement *statement = &outline->statements[i];
        struct hf_error found = {0};
        if (strcmp(statement->type, "table") != 0 || !create(target, statement, &found))
            continue;
        if (found.code == HF_NO_MEMORY || !needs_own_module(target, statement))
            return hf_error_pass(err, &found);
        if (record_virtual(target, statement, err))
            return -1;
    }
    /* What the planner learned goes into tables that only ANALYZE can make. */
    for (size_t i = 0; i < outline->table_count; i++) {
        if (hf_copy_same_name(outline->tables[i].table.name, "sqlite_stat1"))
            return hf_import_run(target, err, "ANALYZE sqlite_schema");
    }
    return 0;
}

int hf_import_make_others(struct hf_import_target *target, const struct hf_copy_outline *outline,
                          struct hf_error *err)
{
    for (size_t i = 0; i < outline->statement_count; i++) {
        if (strcmp(outline->statements[i].type, "table") != 0 &&
            create(target, &outline->statements[i], err))
            return -1;
    }
    return 0;
}

int hf_import_count_orphans(struct hf_import_target *target, uint64_t *count, char first[256],
                            struct hf_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(target->db, "PRAGMA foreign_key_check", -1, &statement, NULL);
    *count = 0;
    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!*count)
            snprintf(first, 256, "table '%.80s' row %lld refers to a missing row of '%.80s'",
                     (const char *)sqlite3_column_text(statement, 0),
                     (long long)sqlite3_column_int64(statement, 1),
                     (const char *)sqlite3_column_text(statement, 2));
        ++*count;
        rc = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    /* A key that is declared wrongly, or a module that is missing, cannot be checked by anybody. */
    if (rc == SQLITE_DONE || rc == SQLITE_ERROR)
        return 0;
    return fail(target, rc, err);
}

static int finish_new(struct hf_import_target *target, const struct hf_copy_facts *facts,
                      struct hf_error *err)
{
    int rc = SQLITE_OK;
    if (!strcmp(facts->journal_mode, "wal"))
        rc = sqlite3_exec(target->db, "PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE)",
                          NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(target->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_close(target->db);
    if (rc != SQLITE_OK)
        return fail(target, rc, err);
    target->db = NULL;
    return hf_new_file_commit(&target->file, HF_COMMIT_NEW, err);
}

int hf_import_target_commit(struct hf_import_target *target, const struct hf_copy_facts *facts,
                            struct hf_error *err)
{
    if (target->is_empty && (run_number(target, "user_version", facts->user_version, err) ||
                             run_number(target, "application_id", facts->application_id, err)))
        return -1;
    if (hf_import_run(target, err, "COMMIT"))
        return -1;
    return target->is_new_file ? finish_new(target, facts, err) : 0;
}

void hf_import_target_release(struct hf_import_target *target)
{
    sqlite3_close(target->db); /* rolls back what is not committed */
    hf_new_file_release(&target->file);
    *target = (struct hf_import_target){.file = {.fd = -1}};
}
