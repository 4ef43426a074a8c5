#include "sqlite/look.h"

#include <stdlib.h>
#include <string.h>

#include "os/signals.h"
#include "sqlite/connection.h"
#include "sqlite/look_copies.h"

enum { LOOK_EVERY = 1000, LARGEST_VALUE = 64 << 20 };

struct hf_look {
    sqlite3 *db;
    const char *name;
    int64_t deadline;
    struct hf_look_secrets secrets;
    int64_t schema_version; /* that they were learnt from; -1: none */
    bool is_learning;       /* not known yet is what the insides of virtual tables are */
    bool met_secret;        /* the last statement wanted to read one */
    bool met_change;        /* or to do something else than reading */
};

sqlite3 *hf_look_db(const struct hf_look *look)
{
    return look->db;
}

const struct hf_look_secrets *hf_look_secrets(const struct hf_look *look)
{
    return &look->secrets;
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

/* `view`: what it is read in. Reading no column counts rows; in a view it may be a search. */
static bool is_hidden(const struct hf_look *look, const char *table, const char *column,
                      const char *view)
{
    if (view && hf_look_secrets_are_inside(&look->secrets, table))
        return true;
    if (!view && !*column)
        return false;
    return hf_look_secrets_have(&look->secrets, table, column);
}

static int authorize(void *context, int action, const char *first, const char *second,
                     const char *database, const char *inside)
{
    struct hf_look *look = context;
    (void)database;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_READ:
        if (is_sample(first))
            return SQLITE_IGNORE;
        if (!is_hidden(look, first, second, inside))
            return SQLITE_OK;
        look->met_secret = true;
        return SQLITE_DENY;
    case SQLITE_INSERT:
    case SQLITE_DELETE:
    case SQLITE_UPDATE:
        /* R*Tree prepares at once what it might write to its insides with. It would fail
         * (query_only), as would the next. */
        if (!inside && (look->is_learning || hf_look_secrets_are_inside(&look->secrets, first)))
            return SQLITE_OK;
        /* Asked when a virtual table, also one of pragmas, declares its columns: the statement is
         * made by SQLite and never runs. */
        if (action == SQLITE_UPDATE && !sqlite3_stricmp(first, "sqlite_master"))
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
    look->schema_version = -1;
    look->db = hf_untrusted_open(path, options->users, options->busy_ms, err);
    int failed = !look->db;
    for (size_t i = 0; !failed && i < options->secret_count; i++)
        failed = hf_look_secrets_configure(&look->secrets, options->secrets[i], err);
    if (failed) {
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

void hf_look_free(struct hf_look *look)
{
    if (!look)
        return;
    sqlite3_close(look->db);
    hf_look_secrets_release(&look->secrets);
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
                         : hf_look_secrets_derive(&look->secrets, table, column, err);
    }
    if (!failed && rc != SQLITE_DONE)
        failed = hf_look_error(look, err);
    sqlite3_finalize(row);
    return failed;
}

static int learn(struct hf_look *look, struct hf_error *err)
{
    hf_look_secrets_forget_derived(&look->secrets);
    size_t configured = look->secrets.count;
    for (size_t i = 0; i < configured; i++)
        if (add_generated(look, look->secrets.list[i].table, err))
            return -1;
    return hf_look_find_copies(look, &look->secrets, err);
}

static int ask_schema_version(struct hf_look *look, int64_t *version, struct hf_error *err)
{
    sqlite3_stmt *row = hf_look_prepare(look, sqlite3_mprintf("PRAGMA schema_version"), err);
    int failed = row ? 0 : -1;
    if (row && sqlite3_step(row) == SQLITE_ROW)
        *version = sqlite3_column_int(row, 0) & 0xffffffff;
    else if (row)
        failed = hf_look_error(look, err);
    sqlite3_finalize(row);
    return failed;
}

int hf_look_begin(struct hf_look *look, int64_t ms, struct hf_error *err)
{
    int64_t version;
    look->deadline = hf_monotonic() + ms;
    if (ask_schema_version(look, &version, err))
        return -1;
    if (version == look->schema_version)
        return 0;
    look->schema_version = -1;
    look->is_learning = true;
    int failed = learn(look, err);
    look->is_learning = false;
    if (failed)
        return -1;
    look->schema_version = version;
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
                     "this cannot be shown: it reads a column that holds a secret, or what may "
                     "hold copies of one");
        return hf_error_hint(err, "its CREATE text can be shown");
    }
    return hf_error_set(err, HF_REFUSED, "this cannot be shown: '%s' would do more than read",
                        look->name);
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
    for (size_t i = 0; joins && !failed && !*may && i < look->secrets.count; i++)
        *may = has_row(look,
                       sqlite3_mprintf("SELECT 1 FROM main.sqlite_schema WHERE type = 'table'"
                                       " AND name = %Q COLLATE NOCASE",
                                       look->secrets.list[i].table),
                       err, &failed);
    return failed;
}
