#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "schema/prisma/family.h"
#include "schema/prisma/literals.h"
#include "schema/prisma/pulled.h"
#include "sqlite/sql_token.h"

/* Defaults of columns as "@default(...)". */

/* One literal, and nothing after it: 'text', "text" (which SQLite takes for a text here), a number
 * with its sign, x'00', or a bare word. */
static bool is_one_literal(const char *text, struct hf_sql_token *token)
{
    const char *at = text;
    *token = hf_sql_next(&at);
    if (hf_sql_is_mark(token, '-') || hf_sql_is_mark(token, '+'))
        *token = hf_sql_next(&at);
    struct hf_sql_token end = hf_sql_next(&at);
    return token->kind != HF_SQL_END && token->kind != HF_SQL_MARK && end.kind == HF_SQL_END;
}

/* Without the parentheses around all of it. */
static const char *without_parentheses(struct hf_pull *pull, const char *text)
{
    size_t length = strlen(text);
    while (length > 2 && text[0] == '(' && text[length - 1] == ')') {
        int depth = 1;
        const char *at = text + 1;
        struct hf_sql_token token = hf_sql_next(&at);
        for (; token.kind != HF_SQL_END && depth; token = hf_sql_next(&at)) {
            depth += hf_sql_is_mark(&token, '(');
            depth -= hf_sql_is_mark(&token, ')');
        }
        if (depth || token.kind != HF_SQL_END)
            break;
        text = hf_heap_slice(&pull->heap, text + 1, length - 2, pull->err);
        if (!text)
            return NULL;
        length = strlen(text);
    }
    return text;
}

static const char *generated(struct hf_pull *pull, const char *text, bool literal)
{
    const char *sql = literal ? text : hf_heap_print(&pull->heap, pull->err, "(%s)", text);
    const char *quoted = sql ? hf_pull_quote(pull, sql) : NULL;
    return quoted ? hf_heap_print(&pull->heap, pull->err, " @default(dbgenerated(%s))", quoted)
                  : NULL;
}

static const char *plain(struct hf_pull *pull, const char *value)
{
    return value ? hf_heap_print(&pull->heap, pull->err, " @default(%s)", value) : NULL;
}

static bool is_whole_number(const char *text)
{
    const char *digits = text + (*text == '-');
    errno = 0;
    strtoll(text, NULL, 10);
    return *digits && digits[strspn(digits, "0123456789")] == 0 && errno != ERANGE;
}

static const char *decimal(struct hf_pull *pull, const char *text)
{
    hf_auto(hf_buf) struct hf_buf out = {0};
    if (hf_prisma_print_decimal(&out, text, pull->err) || hf_buf_append(&out, "", 1, pull->err))
        return NULL;
    return plain(pull, hf_heap_text(&pull->heap, (const char *)out.data, pull->err));
}

static const char *boolean(const char *text)
{
    if (!strcasecmp(text, "true") || !strcmp(text, "1"))
        return " @default(true)";
    return !strcasecmp(text, "false") || !strcmp(text, "0") ? " @default(false)" : NULL;
}

/* What Prisma has a form for; "" when it has none. */
static const char *expressed(struct hf_pull *pull, enum hf_family family, const char *text,
                             const struct hf_sql_token *token, bool literal)
{
    bool quoted = literal && (token->kind == HF_SQL_STRING || token->kind == HF_SQL_QUOTED);
    const char *inner = quoted ? hf_heap_unquote(&pull->heap, token, pull->err) : text;
    const char *found = NULL;
    if (!inner)
        return NULL;
    switch (family) {
    case HF_FAMILY_INT:
    case HF_FAMILY_BIGINT:
        return literal && is_whole_number(inner) ? plain(pull, inner) : "";
    case HF_FAMILY_FLOAT:
    case HF_FAMILY_DECIMAL:
        return literal && !quoted && *text != '+' && hf_prisma_is_decimal(text)
                   ? decimal(pull, text)
                   : "";
    case HF_FAMILY_BOOLEAN:
        found = literal && !quoted ? boolean(text) : NULL;
        return found ? found : "";
    case HF_FAMILY_DATETIME:
        return !strcasecmp(text, "CURRENT_TIMESTAMP") ? " @default(now())" : "";
    case HF_FAMILY_STRING:
        return quoted ? plain(pull, hf_pull_quote(pull, inner)) : "";
    default:
        return "";
    }
}

const char *hf_pull_default(struct hf_pull *pull, const struct hf_column *column)
{
    struct hf_sql_token token;
    if (!column->fallback)
        return "";
    const char *text = without_parentheses(pull, column->fallback);
    if (!text)
        return NULL;
    if (!strcasecmp(text, "NULL") || !*text)
        return "";
    bool literal = is_one_literal(text, &token);
    const char *found = expressed(pull, hf_family_of(column->type), text, &token, literal);
    return found && !*found ? generated(pull, text, literal) : found;
}
