/*
 * SQL text as SQLite's own tokenizer sees it (https://sqlite.org/lang_keywords.html,
 * tokenize.c): enough to find the parts of a CREATE statement and to compare two of them by
 * meaning. Pure.
 */
#ifndef HF_SQLITE_SQL_TOKEN_H
#define HF_SQLITE_SQL_TOKEN_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

enum hf_sql_kind {
    HF_SQL_END,
    HF_SQL_WORD,    /* a keyword or a bare name */
    HF_SQL_QUOTED,  /* "name", `name`, [name] */
    HF_SQL_STRING,  /* 'text' */
    HF_SQL_LITERAL, /* a number or x'blob' */
    HF_SQL_MARK,    /* everything else, an operator or one character */
};

struct hf_sql_token {
    enum hf_sql_kind kind;
    const char *text; /* in the SQL; not terminated */
    size_t length;
};

/* Whether a bare name may hold it: letters, digits, _, $, and every byte of a longer character. */
bool hf_sql_in_name(char c);

/* The token at *at, past space and comments; *at moves behind it. */
struct hf_sql_token hf_sql_next(const char **at);

/* A bare word, without regard to case. `word` is in capitals. */
bool hf_sql_is(const struct hf_sql_token *token, const char *word);
bool hf_sql_is_mark(const struct hf_sql_token *token, char mark);

/* Whether it is a name, bare or quoted in any way (SQLite takes 'text' for one, too), and this one,
 * without regard to case. */
bool hf_sql_names(const struct hf_sql_token *token, const char *name);

/* The name or text without its quotes, terminated; `out` holds token->length + 1 bytes. */
void hf_sql_unquote(char *out, const struct hf_sql_token *token);

/* Whether the SQL mentions a name outside of strings. */
bool hf_sql_mentions(const char *sql, size_t length, const char *name);

/* Equal but for space, comments, letter case of words and names, and the quotes around names. */
bool hf_sql_same(const char *a, const char *b);

/* Appends it in a canonical form: equal by hf_sql_same means equal here. */
void hf_sql_canonical(sqlite3_str *out, const char *sql, size_t length);

#endif
