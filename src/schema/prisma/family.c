#include "schema/prisma/family.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sqlite/sql_token.h"

enum { TYPE_TEXT = 64 };

static bool one_of(const char *type, const char *const *names)
{
    for (; *names; names++) {
        if (!strcmp(type, *names))
            return true;
    }
    return false;
}

/* In small letters, without a length in parentheses. */
static void fold(char out[TYPE_TEXT], const char *type)
{
    size_t length = 0;
    for (; *type && *type != '(' && length < TYPE_TEXT - 1; type++)
        out[length++] = (char)tolower((unsigned char)*type);
    while (length && out[length - 1] == ' ')
        length--;
    out[length] = 0;
}

enum hf_family hf_family_of(const char *type)
{
    static const char *const ints[] = {"int", "integer", "serial", NULL};
    static const char *const floats[] = {"real", "float", "double", NULL};
    static const char *const dates[] = {"date", "datetime", "timestamp", NULL};
    static const char *const bytes[] = {"blob", "binary", NULL};
    char name[TYPE_TEXT];
    fold(name, type);
    if (one_of(name, ints))
        return HF_FAMILY_INT;
    if (!strcmp(name, "bigint"))
        return HF_FAMILY_BIGINT;
    if (one_of(name, floats))
        return HF_FAMILY_FLOAT;
    if (!strcmp(name, "boolean"))
        return HF_FAMILY_BOOLEAN;
    if (!strcmp(name, "text") || strstr(name, "char"))
        return HF_FAMILY_STRING;
    if (strstr(name, "numeric") || strstr(name, "decimal"))
        return HF_FAMILY_DECIMAL;
    if (one_of(name, dates))
        return HF_FAMILY_DATETIME;
    if (one_of(name, bytes))
        return HF_FAMILY_BYTES;
    return strcmp(name, "jsonb") ? HF_FAMILY_OTHER : HF_FAMILY_JSON;
}

const char *hf_family_name(enum hf_family family)
{
    static const char *const names[] = {"Unsupported", "Int",    "BigInt",   "Float", "Decimal",
                                        "Boolean",     "String", "DateTime", "Bytes", "Json"};
    return names[family];
}

bool hf_family_same(const char *a, const char *b)
{
    enum hf_family family = hf_family_of(a);
    return family == hf_family_of(b) && (family != HF_FAMILY_OTHER || hf_sql_same(a, b));
}

/* A text that looks like a number becomes one in a column of numeric affinity, so that a date must
 * not look like one. */
char *hf_family_fits(struct hf_heap *heap, enum hf_family family, const char *name,
                     struct hf_error *err)
{
    static const char is_float[] = "typeof(%1) = 'real' OR (typeof(%1) = 'integer' AND %1 BETWEEN "
                                   "-9007199254740992 AND 9007199254740992)";
    static const char keeps_as_text[] = "typeof(%1) IN ('integer', 'text') OR (typeof(%1) = 'real' "
                                        "AND CAST(CAST(%1 AS TEXT) AS REAL) = %1)";
    static const char is_moment[] = "typeof(%1) = 'integer' OR (typeof(%1) = 'text' AND %1 GLOB "
                                    "'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*')";
    static const char *const conditions[] = {
        [HF_FAMILY_OTHER] = "0",
        [HF_FAMILY_INT] = "typeof(%1) = 'integer' AND %1 BETWEEN -2147483648 AND 2147483647",
        [HF_FAMILY_BIGINT] = "typeof(%1) = 'integer'",
        [HF_FAMILY_FLOAT] = is_float,
        [HF_FAMILY_DECIMAL] = "typeof(%1) IN ('integer', 'real')",
        [HF_FAMILY_BOOLEAN] = "typeof(%1) = 'integer' AND %1 IN (0, 1)",
        [HF_FAMILY_STRING] = keeps_as_text,
        [HF_FAMILY_DATETIME] = is_moment,
        [HF_FAMILY_BYTES] = "typeof(%1) = 'blob'",
        [HF_FAMILY_JSON] = "typeof(%1) = 'text' AND json_valid(%1)",
    };
    sqlite3_str *text = sqlite3_str_new(NULL);
    for (const char *at = conditions[family]; *at; at++) {
        if (strncmp(at, "%1", 2)) {
            sqlite3_str_appendchar(text, 1, *at);
        } else {
            sqlite3_str_appendall(text, name);
            at++;
        }
    }
    return hf_heap_finish(heap, text, err);
}

/* A default reduced to its tokens, without parentheses around all of it, and without quotes. */
struct value {
    char *text;
    bool quoted;
};

static struct value read_value(struct hf_heap *heap, const char *sql, struct hf_error *err)
{
    struct value value = {0};
    sqlite3_str *tokens = sqlite3_str_new(NULL);
    hf_sql_canonical(tokens, sql, strlen(sql));
    char *text = hf_heap_finish(heap, tokens, err);
    while (text && text[0] == '(' && text[1] == ' ') {
        size_t length = strlen(text), at = 0;
        int depth = 0;
        for (; at < length; at++) {
            depth += text[at] == '(';
            depth -= text[at] == ')';
            if (!depth)
                break;
        }
        if (at + 1 != length)
            break;
        text[length - 2 > 1 ? length - 2 : length - 1] = 0;
        text += 2;
    }
    if (!text)
        return value;
    const char *at = sql + strspn(sql, "( \t\r\n");
    struct hf_sql_token token = hf_sql_next(&at);
    value.quoted = token.kind == HF_SQL_STRING || token.kind == HF_SQL_QUOTED;
    const char *rest = at;
    struct hf_sql_token next = hf_sql_next(&rest);
    bool alone = next.kind == HF_SQL_END || hf_sql_is_mark(&next, ')');
    value.text = value.quoted && alone ? hf_heap_unquote(heap, &token, err) : text;
    value.quoted &= alone;
    return value;
}

static bool same_number(const char *a, const char *b)
{
    char *a_end, *b_end;
    double first = strtod(a, &a_end), second = strtod(b, &b_end);
    return a_end != a && b_end != b && !*a_end && !*b_end && first == second;
}

static const char *boolean_of(const char *text)
{
    if (!strcasecmp(text, "true"))
        return "1";
    return strcasecmp(text, "false") ? text : "0";
}

/* Prisma reads all of these as now(). */
static const char *moment_of(const char *text)
{
    bool now =
        !strcmp(text, "datetime ( 'now' )") || !strcmp(text, "datetime ( 'now' , 'localtime' )");
    return now ? "current_timestamp" : text;
}

static bool is_null(const char *text)
{
    return !text || !strcasecmp(text, "NULL");
}

/* "- 5", as tokens are joined, is the number "-5". */
static void join_sign(char *text)
{
    if (text && (text[0] == '-' || text[0] == '+') && text[1] == ' ')
        memmove(text + 1, text + 2, strlen(text + 2) + 1);
}

static bool same_value(enum hf_family family, const struct value *a, const struct value *b)
{
    if (family == HF_FAMILY_DATETIME)
        return !strcmp(moment_of(a->text), moment_of(b->text));
    if (family == HF_FAMILY_OTHER && a->quoted != b->quoted)
        return false;
    if (family == HF_FAMILY_BOOLEAN)
        return !strcmp(boolean_of(a->text), boolean_of(b->text));
    if (family != HF_FAMILY_STRING && same_number(a->text, b->text))
        return true;
    return !strcmp(a->text, b->text);
}

int hf_default_same(bool *same, enum hf_family family, const char *a, const char *b,
                    struct hf_error *err)
{
    *same = is_null(a) && is_null(b);
    if (is_null(a) || is_null(b))
        return 0;
    hf_auto(hf_heap) struct hf_heap heap = {0};
    struct value first = read_value(&heap, a, err), second = read_value(&heap, b, err);
    if (!first.text || !second.text)
        return -1;
    join_sign(first.text);
    join_sign(second.text);
    *same = same_value(family, &first, &second);
    return 0;
}

bool hf_default_is_literal(const char *text)
{
    const char *at = text;
    struct hf_sql_token token = hf_sql_next(&at);
    if (hf_sql_is_mark(&token, '-') || hf_sql_is_mark(&token, '+'))
        token = hf_sql_next(&at);
    struct hf_sql_token end = hf_sql_next(&at);
    if (end.kind != HF_SQL_END)
        return false;
    return token.kind == HF_SQL_STRING || token.kind == HF_SQL_LITERAL ||
           token.kind == HF_SQL_QUOTED || hf_sql_is(&token, "TRUE") || hf_sql_is(&token, "FALSE");
}
