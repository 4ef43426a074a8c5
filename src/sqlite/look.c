#include "sqlite/look.h"

#include <stdlib.h>
#include <string.h>

#include "os/signals.h"
#include "sqlite/connection.h"
#include "sqlite/untrusted.h"

enum { LOOK_EVERY = 1000, LARGEST_VALUE = 64 << 20 };

struct secret {
    char *table, *column;
    bool is_derived; /* a generated column beside one that is configured */
};

struct hf_look {
    sqlite3 *db;
    const char *name;
    int64_t deadline;
    struct secret *secrets;
    size_t secret_count, secret_room;
    bool met_secret; /* the last statement wanted to read one */
    bool met_change; /* or to do something else than reading */
};

sqlite3 *hf_look_db(const struct hf_look *look)
{
    return look->db;
}

bool hf_look_is_secret(const struct hf_look *look, const char *table, const char *column)
{
    for (size_t i = 0; i < look->secret_count; i++)
        if (!sqlite3_stricmp(look->secrets[i].table, table) &&
            !sqlite3_stricmp(look->secrets[i].column, column))
            return true;
    return false;
}

static int add_secret(struct hf_look *look, const char *table, size_t length, const char *column,
                      bool is_derived, struct hf_error *err)
{
    if (look->secret_count == look->secret_room) {
        size_t room = look->secret_room ? 2 * look->secret_room : 16;
        struct secret *grown = reallocarray(look->secrets, room, sizeof *grown);
        if (!grown)
            return hf_error_memory(err);
        look->secrets = grown;
        look->secret_room = room;
    }
    struct secret *added = &look->secrets[look->secret_count];
    *added = (struct secret){strndup(table, length), strdup(column), is_derived};
    look->secret_count++;
    return added->table && added->column ? 0 : hf_error_memory(err);
}

static int take_secrets(struct hf_look *look, const struct hf_look_options *options,
                        struct hf_error *err)
{
    for (size_t i = 0; i < options->secret_count; i++) {
        const char *text = options->secrets[i], *dot = strchr(text, '.');
        if (dot && add_secret(look, text, (size_t)(dot - text), dot + 1, false, err))
            return -1;
    }
    return 0;
}

/* What tells about the schema, and changes nothing. */
static bool is_harmless_pragma(const char *name, const char *argument)
{
    static const char *const telling[] = {"table_list",      "table_xinfo", "table_info",
                                          "index_list",      "index_xinfo", "index_info",
                                          "foreign_key_list"};
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
        if (!sqlite3_stricmp(name, telling[i]))
            return true;
    static const char *const numbers[] = {"data_version", "schema_version", "encoding"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!argument && !sqlite3_stricmp(name, numbers[i]))
            return true;
    return false;
}

/* Samples of indexed columns, also of secret ones: to everybody they are empty. */
static bool is_sample(const char *table)
{
    return !sqlite3_stricmp(table, "sqlite_stat4") || !sqlite3_stricmp(table, "sqlite_stat3");
}

static int authorize(void *context, int action, const char *first, const char *second,
                     const char *database, const char *inside)
{
    struct hf_look *look = context;
    (void)database;
    (void)inside;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_READ:
        if (is_sample(first))
            return SQLITE_IGNORE;
        if (!hf_look_is_secret(look, first, second))
            return SQLITE_OK;
        look->met_secret = true;
        return SQLITE_DENY;
    case SQLITE_UPDATE:
        /* Asked when a virtual table, also one of pragmas, declares its columns: the statement is
         * made by SQLite and never runs. As one that runs it fails (query_only). */
        if (!sqlite3_stricmp(first, "sqlite_master"))
            return SQLITE_OK;
        break;
    case SQLITE_FUNCTION:
        /* In the schema only harmless ones are possible at all (TRUSTED_SCHEMA). */
        if (sqlite3_stricmp(second, "load_extension") != 0 &&
            sqlite3_stricmp(second, "fts3_tokenizer") != 0)
            return SQLITE_OK;
        break;
    case SQLITE_PRAGMA:
        if (is_harmless_pragma(first, second))
            return SQLITE_OK;
        break;
    default:
        break;
    }
    look->met_change = true;
    return SQLITE_DENY;
}

bool hf_look_is_over(const struct hf_look *look)
{
    return hf_monotonic() >= look->deadline;
}

static int end_at_deadline(void *context)
{
    return hf_look_is_over(context);
}

int64_t hf_look_deadline(struct hf_look *look, int64_t deadline)
{
    int64_t before = look->deadline;
    look->deadline = deadline;
    return before;
}

static void set_limits(sqlite3 *db)
{
    static const struct {
        int what, most;
    } limits[] = {
        {SQLITE_LIMIT_LENGTH, LARGEST_VALUE},     {SQLITE_LIMIT_EXPR_DEPTH, 200},
        {SQLITE_LIMIT_COMPOUND_SELECT, 50},       {SQLITE_LIMIT_VDBE_OP, 250000},
        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 8192}, {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(db, limits[i].what, limits[i].most);
}

static int harden(struct hf_look *look)
{
    sqlite3 *db = look->db;
    set_limits(db);
    sqlite3_progress_handler(db, LOOK_EVERY, end_at_deadline, look);
    int rc = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0, NULL);
    /* Besides the authorizer: a write would fail when it runs, wherever it came from. */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db,
                          "PRAGMA mmap_size = 0; PRAGMA query_only = ON;"
                          " PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192",
                          NULL, NULL, NULL);
    return rc == SQLITE_OK ? sqlite3_set_authorizer(db, authorize, look) : rc;
}

struct hf_look *hf_look_open(const char *path, const struct hf_look_options *options,
                             struct hf_error *err)
{
    struct hf_look *look = calloc(1, sizeof *look);
    if (!look) {
        hf_error_memory(err);
        return NULL;
    }
    look->name = options->name;
    look->db = hf_untrusted_open(path, options->busy_ms, err);
    if (!look->db || take_secrets(look, options, err)) {
        hf_look_free(look);
        return NULL;
    }
    look->deadline = INT64_MAX;
    if (harden(look) != SQLITE_OK) {
        hf_look_error(look, err);
        hf_look_free(look);
        return NULL;
    }
    look->deadline = 0;
    return look;
}

static void drop_secrets(struct hf_look *look, bool only_derived)
{
    size_t kept = 0;
    for (size_t i = 0; i < look->secret_count; i++) {
        struct secret *secret = &look->secrets[i];
        if (only_derived && !secret->is_derived) {
            look->secrets[kept++] = *secret;
            continue;
        }
        free(secret->table);
        free(secret->column);
    }
    look->secret_count = kept;
}

void hf_look_free(struct hf_look *look)
{
    if (!look)
        return;
    sqlite3_close(look->db);
    drop_secrets(look, false);
    free(look->secrets);
    free(look);
}

/* SQLite does not ask the authorizer about what a generated column is made from. */
static int add_generated(struct hf_look *look, const char *table, struct hf_error *err)
{
    static const char sql[] = "SELECT name FROM pragma_table_xinfo(?1) WHERE hidden IN (2, 3)";
    sqlite3_stmt *row = hf_look_prepare(look, sqlite3_mprintf("%s", sql), err);
    int failed = 0, rc = SQLITE_OK;
    if (!row)
        return -1;
    sqlite3_bind_text(row, 1, table, -1, SQLITE_STATIC);
    while (!failed && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(row, 0);
        failed = !column ? hf_error_memory(err)
                         : add_secret(look, table, strlen(table), column, true, err);
    }
    if (!failed && rc != SQLITE_DONE)
        failed = hf_look_error(look, err);
    sqlite3_finalize(row);
    return failed;
}

int hf_look_begin(struct hf_look *look, int64_t ms, struct hf_error *err)
{
    look->deadline = hf_monotonic() + ms;
    drop_secrets(look, true);
    size_t configured = look->secret_count;
    for (size_t i = 0; i < configured; i++)
        if (add_generated(look, look->secrets[i].table, err))
            return -1;
    return 0;
}

sqlite3_stmt *hf_look_prepare(struct hf_look *look, char *sql, struct hf_error *err)
{
    sqlite3_stmt *statement = NULL;
    if (!sql) {
        hf_error_memory(err);
        return NULL;
    }
    look->met_secret = look->met_change = false;
    int rc = sqlite3_prepare_v2(look->db, sql, -1, &statement, NULL);
    sqlite3_free(sql);
    if (rc == SQLITE_OK && statement)
        return statement;
    hf_look_error(look, err);
    return NULL;
}

static int too_slow(const struct hf_look *look, struct hf_error *err)
{
    hf_error_set(err, HF_FAILED, "looking into '%s' took too long and was stopped", look->name);
    return hf_error_hint(err, "look at less at once; a view may need more time than there is");
}

static int forbidden(const struct hf_look *look, struct hf_error *err)
{
    if (look->met_secret) {
        hf_error_set(err, HF_REFUSED,
                     "this cannot be shown: it reads a column that holds a secret");
        return hf_error_hint(err, "its CREATE text can be shown");
    }
    hf_error_set(err, HF_REFUSED, "this cannot be shown: '%s' would do more than read", look->name);
    return hf_error_hint(err, "of a virtual table, look at the tables that it keeps its data in");
}

int hf_look_error(const struct hf_look *look, struct hf_error *err)
{
    int rc = sqlite3_extended_errcode(look->db);
    bool is_denied = look->met_secret || look->met_change;
    switch (rc & 0xff) {
    case SQLITE_INTERRUPT:
        return too_slow(look, err);
    case SQLITE_AUTH:
        return forbidden(look, err);
    case SQLITE_NOMEM:
        return hf_error_set(err, HF_NO_MEMORY,
                            "looking into '%s' takes more memory than is allowed for it",
                            look->name);
    case SQLITE_TOOBIG:
        return hf_error_set(err, HF_UNSUPPORTED, "a value in '%s' is too large to be shown",
                            look->name);
    case SQLITE_ERROR:
        /* A virtual table says in its own words that it may not prepare what it wants to. */
        if (is_denied)
            return forbidden(look, err);
        return hf_error_set(err, HF_UNSUPPORTED, "this cannot be shown: %s",
                            sqlite3_errmsg(look->db));
    default:
        return hf_connection_error(look->db, rc, look->name, err);
    }
}

void hf_look_limit_memory(int64_t bytes)
{
    sqlite3_hard_heap_limit64(bytes);
}

static bool has_row(struct hf_look *look, char *sql, struct hf_error *err, int *failed)
{
    sqlite3_stmt *statement = hf_look_prepare(look, sql, err);
    int step = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        *failed = statement ? hf_look_error(look, err) : -1;
    sqlite3_finalize(statement);
    return step == SQLITE_ROW;
}

int hf_look_views_may_tell(struct hf_look *look, bool *may, struct hf_error *err)
{
    int failed = 0;
    bool joins = has_row(look,
                         sqlite3_mprintf("SELECT 1 FROM main.sqlite_schema WHERE type = 'view'"
                                         " AND (sql LIKE '%%using%%' OR sql LIKE '%%natural%%')"),
                         err, &failed);
    *may = false;
    for (size_t i = 0; joins && !failed && !*may && i < look->secret_count; i++)
        *may = has_row(look,
                       sqlite3_mprintf("SELECT 1 FROM main.sqlite_schema WHERE type = 'table'"
                                       " AND name = %Q COLLATE NOCASE",
                                       look->secrets[i].table),
                       err, &failed);
    return failed;
}
