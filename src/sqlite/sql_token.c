#include "sqlite/sql_token.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* As SQLite's IdChar. */
bool hf_sql_in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

static const char *skip_space(const char *at)
{
    for (;;) {
        if (isspace((unsigned char)*at)) {
            at++;
        } else if (at[0] == '-' && at[1] == '-') {
            at += strcspn(at, "\n");
        } else if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at + 2, "*/");
            at = end ? end + 2 : at + strlen(at);
        } else {
            return at;
        }
    }
}

/* Behind the closing quote; doubled ones belong to the text. */
static const char *skip_quoted(const char *at)
{
    char close = *at == '[' ? ']' : *at;
    for (at++; *at; at++) {
        if (*at != close)
            continue;
        if (close == ']' || at[1] != close)
            return at + 1;
        at++;
    }
    return at;
}

static const char *skip_number(const char *at)
{
    while (hf_sql_in_name(*at) || *at == '.' ||
           ((*at == '+' || *at == '-') && (at[-1] == 'e' || at[-1] == 'E')))
        at++;
    return at;
}

static size_t mark_length(const char *at)
{
    static const char *const longer[] = {
        "->>", "->", "||", "<<", ">>", "<=", ">=", "<>", "!=", "==", NULL};
    for (const char *const *mark = longer; *mark; mark++) {
        if (!strncmp(at, *mark, strlen(*mark)))
            return strlen(*mark);
    }
    return 1;
}

struct hf_sql_token hf_sql_next(const char **at)
{
    const char *start = skip_space(*at), *end = start;
    enum hf_sql_kind kind = HF_SQL_MARK;
    unsigned char c = (unsigned char)*start;
    if (!c) {
        kind = HF_SQL_END;
    } else if (c == '\'') {
        kind = HF_SQL_STRING;
        end = skip_quoted(start);
    } else if (c == '"' || c == '`' || c == '[') {
        kind = HF_SQL_QUOTED;
        end = skip_quoted(start);
    } else if ((c == 'x' || c == 'X') && start[1] == '\'') {
        kind = HF_SQL_LITERAL;
        end = skip_quoted(start + 1);
    } else if (isdigit(c) || (c == '.' && isdigit((unsigned char)start[1]))) {
        kind = HF_SQL_LITERAL;
        end = skip_number(start);
    } else if (hf_sql_in_name(*start)) {
        kind = HF_SQL_WORD;
        while (hf_sql_in_name(*end))
            end++;
    } else {
        end = start + mark_length(start);
    }
    *at = end;
    return (struct hf_sql_token){kind, start, (size_t)(end - start)};
}

bool hf_sql_is(const struct hf_sql_token *token, const char *word)
{
    return token->kind == HF_SQL_WORD && strlen(word) == token->length &&
           !strncasecmp(token->text, word, token->length);
}

bool hf_sql_is_mark(const struct hf_sql_token *token, char mark)
{
    return token->kind == HF_SQL_MARK && token->length == 1 && *token->text == mark;
}

static bool is_quoted(const struct hf_sql_token *token)
{
    return token->kind == HF_SQL_QUOTED || token->kind == HF_SQL_STRING;
}

/* The next character of a quoted token's text, or -1; moves *at. */
static int quoted_next(const struct hf_sql_token *token, size_t *at)
{
    char close = *token->text == '[' ? ']' : *token->text;
    size_t end = token->length;
    if (end > 1 && token->text[end - 1] == close)
        end--;
    if (*at >= end)
        return -1;
    char c = token->text[*at];
    *at += c == close ? 2 : 1;
    return (unsigned char)c;
}

bool hf_sql_names(const struct hf_sql_token *token, const char *name)
{
    if (token->kind == HF_SQL_WORD)
        return strlen(name) == token->length && !strncasecmp(token->text, name, token->length);
    if (!is_quoted(token))
        return false;
    size_t at = 1;
    for (int c; (c = quoted_next(token, &at)) >= 0; name++) {
        if (tolower(c) != tolower((unsigned char)*name))
            return false;
    }
    return !*name;
}

void hf_sql_unquote(char *out, const struct hf_sql_token *token)
{
    size_t at = 1, used = 0;
    if (is_quoted(token)) {
        for (int c; (c = quoted_next(token, &at)) >= 0;)
            out[used++] = (char)c;
    } else {
        memcpy(out, token->text, token->length);
        used = token->length;
    }
    out[used] = '\0';
}

bool hf_sql_mentions(const char *sql, size_t length, const char *name)
{
    const char *at = sql;
    for (;;) {
        struct hf_sql_token token = hf_sql_next(&at);
        if (token.kind == HF_SQL_END || token.text >= sql + length)
            return false;
        if (token.kind != HF_SQL_STRING && hf_sql_names(&token, name))
            return true;
    }
}

void hf_sql_canonical(sqlite3_str *out, const char *sql, size_t length)
{
    const char *at = sql;
    for (;;) {
        struct hf_sql_token token = hf_sql_next(&at);
        if (token.kind == HF_SQL_END || token.text >= sql + length)
            return;
        if (sqlite3_str_length(out))
            sqlite3_str_appendchar(out, 1, ' ');
        size_t inside = 1;
        if (token.kind == HF_SQL_QUOTED) {
            for (int c; (c = quoted_next(&token, &inside)) >= 0;)
                sqlite3_str_appendchar(out, 1, (char)tolower(c));
        } else {
            for (size_t i = 0; i < token.length; i++)
                sqlite3_str_appendchar(out, 1,
                                       token.kind == HF_SQL_STRING
                                           ? token.text[i]
                                           : (char)tolower((unsigned char)token.text[i]));
        }
    }
}

static bool is_word(const struct hf_sql_token *token)
{
    return token->kind == HF_SQL_WORD || token->kind == HF_SQL_QUOTED;
}

/* The next character of a name, quoted or not, in small letters, or -1; moves *at. */
static int name_next(const struct hf_sql_token *token, size_t *at)
{
    if (token->kind == HF_SQL_QUOTED) {
        *at = *at ? *at : 1;
        int c = quoted_next(token, at);
        return c < 0 ? c : tolower(c);
    }
    return *at < token->length ? tolower((unsigned char)token->text[(*at)++]) : -1;
}

static bool same_token(const struct hf_sql_token *a, const struct hf_sql_token *b)
{
    if (is_word(a) && is_word(b)) {
        size_t in_a = 0, in_b = 0;
        int c;
        do {
            c = name_next(a, &in_a);
            if (c != name_next(b, &in_b))
                return false;
        } while (c >= 0);
        return true;
    }
    if (a->kind != b->kind || a->length != b->length)
        return false;
    return a->kind == HF_SQL_STRING ? !memcmp(a->text, b->text, a->length)
                                    : !strncasecmp(a->text, b->text, a->length);
}

bool hf_sql_same(const char *a, const char *b)
{
    struct hf_sql_token one, other;
    do {
        one = hf_sql_next(&a);
        other = hf_sql_next(&b);
        if (!same_token(&one, &other))
            return false;
    } while (one.kind != HF_SQL_END);
    return true;
}
