#include "sqlite/virtual_table.h"

#include <ctype.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A word, a quoted name or string without its quotes, or one other character. */
struct token {
    const char *text;
    size_t length;
    bool quoted;
};

static const char *skip_blanks(const char *c)
{
    for (;;) {
        if (isspace((unsigned char)*c)) {
            c++;
        } else if (c[0] == '-' && c[1] == '-') {
            c += strcspn(c, "\n");
        } else if (c[0] == '/' && c[1] == '*') {
            const char *end = strstr(c + 2, "*/");
            c = end ? end + 2 : c + strlen(c);
        } else {
            return c;
        }
    }
}

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

/* Returns what follows it; NULL at the end. */
static const char *next_token(struct token *out, const char *c)
{
    c = skip_blanks(c);
    if (!*c)
        return NULL;
    *out = (struct token){.text = c, .length = 1};
    if (strchr("\"'`[", *c)) {
        char closing = *c == '[' ? ']' : *c;
        const char *end = c + 1;
        while (*end && (*end != closing || (closing != ']' && end[1] == closing)))
            end += *end == closing ? 2 : 1;
        *out = (struct token){.text = c + 1, .length = (size_t)(end - c - 1), .quoted = true};
        return *end ? end + 1 : end;
    }
    while (in_word(*c) && in_word(c[out->length]))
        out->length++;
    return c + out->length;
}

static bool is_word(const struct token *token, const char *word)
{
    return !token->quoted && token->length == strlen(word) &&
           !strncasecmp(token->text, word, token->length);
}

/* What follows USING: the module, and then its arguments. */
static const char *find_module(struct token *module, const char *sql)
{
    struct token token;
    const char *c = sql;
    while ((c = next_token(&token, c))) {
        if (is_word(&token, "using"))
            return next_token(module, c);
    }
    return NULL;
}

enum content { OWN, NONE, ANOTHER };

/* FTS takes content=, content="", content='table' among its arguments. */
static enum content content_option(const char *arguments)
{
    struct token token;
    const char *c = arguments;
    bool first = false; /* token of an argument */
    while ((c = next_token(&token, c))) {
        bool begins = first;
        first = !token.quoted && (*token.text == '(' || *token.text == ',');
        if (!begins || !is_word(&token, "content"))
            continue;
        const char *value = next_token(&token, c);
        if (!value || !is_word(&token, "="))
            continue;
        if (!next_token(&token, value) || !token.length ||
            (!token.quoted && strchr(",)", *token.text)))
            return NONE;
        return ANOTHER;
    }
    return OWN;
}

enum hf_virtual_kind hf_virtual_kind_of(const char *sql)
{
    static const char *const by_rows[] = {"rtree", "rtree_i32", "geopoly"};
    static const char *const looks[] = {"fts5vocab", "fts4aux", "fts3tokenize", "dbstat",
                                        "sqlite_stmt"};
    struct token module = {0};
    const char *arguments = find_module(&module, sql);
    if (!arguments)
        return HF_VIRTUAL_UNKNOWN;
    module.quoted = false;
    for (size_t i = 0; i < sizeof by_rows / sizeof *by_rows; i++) {
        if (is_word(&module, by_rows[i]))
            return HF_VIRTUAL_ROWS;
    }
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        if (is_word(&module, looks[i]))
            return HF_VIRTUAL_NOTHING;
    }
    if (!is_word(&module, "fts5") && !is_word(&module, "fts4") && !is_word(&module, "fts3"))
        return HF_VIRTUAL_UNKNOWN;
    switch (content_option(arguments)) {
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
