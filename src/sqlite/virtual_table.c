#include "sqlite/virtual_table.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sqlite/sql_token.h"

/* The word after USING; the arguments follow it. HF_SQL_END: there is none. */
static struct hf_sql_token next_module(const char **sql)
{
    struct hf_sql_token token;
    do
        token = hf_sql_next(sql);
    while (token.kind != HF_SQL_END && !hf_sql_is(&token, "USING"));
    return hf_sql_next(sql);
}

static bool is_one_of(const struct hf_sql_token *module, const char *const *names)
{
    for (; *names; names++)
        if (hf_sql_names(module, *names))
            return true;
    return false;
}

enum content { OWN, NONE, ANOTHER };

/* FTS takes content=, content="", content='table' among its arguments. */
static enum content content_option(const char *arguments)
{
    bool begins = false; /* an argument, with the next token */
    for (;;) {
        struct hf_sql_token token = hf_sql_next(&arguments);
        if (token.kind == HF_SQL_END)
            return OWN;
        bool is_option = begins && hf_sql_is(&token, "CONTENT");
        begins = hf_sql_is_mark(&token, '(') || hf_sql_is_mark(&token, ',');
        if (!is_option)
            continue;
        const char *rest = arguments;
        token = hf_sql_next(&rest);
        if (!hf_sql_is_mark(&token, '='))
            continue;
        token = hf_sql_next(&rest);
        return token.kind == HF_SQL_END || hf_sql_is_mark(&token, ',') ||
                       hf_sql_is_mark(&token, ')') || hf_sql_names(&token, "")
                   ? NONE
                   : ANOTHER;
    }
}

enum hf_virtual_kind hf_virtual_kind_of(const char *sql)
{
    static const char *const by_rows[] = {"rtree", "rtree_i32", "geopoly", NULL};
    static const char *const looks[] = {"fts5vocab", "fts4aux",     "fts3tokenize",
                                        "dbstat",    "sqlite_stmt", NULL};
    static const char *const texts[] = {"fts5", "fts4", "fts3", NULL};
    const struct hf_sql_token module = next_module(&sql);
    if (is_one_of(&module, by_rows))
        return HF_VIRTUAL_ROWS;
    if (is_one_of(&module, looks))
        return HF_VIRTUAL_NOTHING;
    if (!is_one_of(&module, texts))
        return HF_VIRTUAL_UNKNOWN;
    switch (content_option(sql)) {
    case NONE:
        return HF_VIRTUAL_SHADOWS;
    case ANOTHER:
        return HF_VIRTUAL_REBUILT;
    case OWN:
        break;
    }
    return HF_VIRTUAL_ROWS;
}

static int add_shadow(struct hf_virtual *out, const char *name, struct hf_error *err)
{
    char **larger = realloc(out->shadows, (out->shadow_count + 1) * sizeof *larger);
    if (!larger)
        return hf_error_memory(err);
    out->shadows = larger;
    larger[out->shadow_count] = strdup(name);
    return larger[out->shadow_count] ? (out->shadow_count++, 0) : hf_error_memory(err);
}

static int list_made(struct hf_virtual *out, sqlite3 *db, const char *name, struct hf_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'table'", -1,
                                &statement, NULL);
    int result = 0;
    while (rc == SQLITE_OK && !result && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *made = (const char *)sqlite3_column_text(statement, 0);
        rc = SQLITE_OK;
        if (!made)
            result = hf_error_memory(err);
        else if (strcasecmp(made, name) != 0)
            result = add_shadow(out, made, err);
    }
    sqlite3_finalize(statement);
    if (!result && rc != SQLITE_DONE)
        result = hf_error_memory(err);
    return result;
}

/* In an empty database in memory. Any failure but that of memory means that the application alone
 * can make it. */
static int try_it(struct hf_virtual *out, sqlite3 *db, const char *name, const char *sql,
                  struct hf_error *err)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if ((rc & 0xff) == SQLITE_NOMEM)
        return hf_error_memory(err);
    if (rc == SQLITE_OK)
        return list_made(out, db, name, err);
    out->kind = HF_VIRTUAL_UNKNOWN;
    return 0;
}

int hf_virtual_look(struct hf_virtual *out, const char *name, const char *sql, struct hf_error *err)
{
    struct hf_virtual look = {.kind = hf_virtual_kind_of(sql)};
    sqlite3 *db = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
    int result = sqlite3_open_v2(":memory:", &db, flags, NULL) == SQLITE_OK
                     ? try_it(&look, db, name, sql, err)
                     : hf_error_memory(err);
    sqlite3_close(db);
    if (result)
        hf_virtual_release(&look);
    else
        *out = look;
    return result;
}

void hf_virtual_release(struct hf_virtual *look)
{
    for (size_t i = 0; i < look->shadow_count; i++)
        free(look->shadows[i]);
    free(look->shadows);
    *look = (struct hf_virtual){0};
}
