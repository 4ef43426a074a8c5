/*
 * Rename hints in the comments of an SQL schema.
 */
#include <ctype.h>
#include <string.h>

#include "schema/heap.h"
#include "schema/sql_compile.h"
#include "sqlite/sql_token.h"

enum { NAME_TEXT = 256 };

struct place {
    const char *at;
    char name[NAME_TEXT];
};

struct layout {
    struct hf_heap heap;
    char table[NAME_TEXT];
    const char *create; /* the word CREATE */
    struct place *columns;
    size_t count;
};

static int copy_name(struct hf_heap *heap, char out[NAME_TEXT], const struct hf_sql_token *token,
                     struct hf_error *err)
{
    const char *name = hf_heap_unquote(heap, token, err);
    if (!name)
        return -1;
    sqlite3_snprintf(NAME_TEXT, out, "%s", name);
    return 0;
}

static bool starts_constraint(const struct hf_sql_token *token)
{
    return hf_sql_is(token, "CONSTRAINT") || hf_sql_is(token, "PRIMARY") ||
           hf_sql_is(token, "UNIQUE") || hf_sql_is(token, "CHECK") || hf_sql_is(token, "FOREIGN");
}

static int add_column(struct layout *layout, const struct hf_sql_token *token, struct hf_error *err)
{
    if (starts_constraint(token))
        return 0;
    layout->columns =
        hf_heap_grow(&layout->heap, layout->columns, layout->count, sizeof *layout->columns, err);
    if (!layout->columns)
        return -1;
    struct place *column = &layout->columns[layout->count];
    column->at = token->text;
    if (copy_name(&layout->heap, column->name, token, err))
        return -1;
    layout->count++;
    return 0;
}

/* Where the table's name and each column's begin. An empty table name: it is no CREATE TABLE. */
static int read_layout(struct layout *layout, const char *text, size_t length, struct hf_error *err)
{
    const char *at = text;
    struct hf_sql_token token = hf_sql_next(&at), before = {0};
    layout->create = token.text;
    token = hf_sql_next(&at);
    if (!hf_sql_is(&token, "TABLE"))
        return 0;
    while (token.kind != HF_SQL_END && !hf_sql_is_mark(&token, '(')) {
        before = token;
        token = hf_sql_next(&at);
    }
    if (token.kind == HF_SQL_END || copy_name(&layout->heap, layout->table, &before, err))
        return token.kind == HF_SQL_END ? 0 : -1;
    bool begins = true;
    for (int depth = 1; depth > 0;) {
        token = hf_sql_next(&at);
        if (token.kind == HF_SQL_END || token.text >= text + length)
            return 0;
        if (begins && depth == 1 && add_column(layout, &token, err))
            return -1;
        depth += hf_sql_is_mark(&token, '(');
        depth -= hf_sql_is_mark(&token, ')');
        begins = depth == 1 && hf_sql_is_mark(&token, ',');
    }
    return 0;
}

/* Whether SQL stands before `comment` in its line. */
static bool ends_a_line(const char *text, const char *comment)
{
    while (comment > text && comment[-1] != '\n') {
        comment--;
        if (!isspace((unsigned char)*comment))
            return true;
    }
    return false;
}

static int take_hint(struct hf_wanted *out, const struct layout *layout, const char *text,
                     const char *comment, const char *from, struct hf_error *err)
{
    const struct place *above = NULL, *below = NULL;
    for (size_t i = 0; i < layout->count; i++) {
        if (layout->columns[i].at < comment)
            above = &layout->columns[i];
        else if (!below)
            below = &layout->columns[i];
    }
    const struct place *column = ends_a_line(text, comment) ? above : below;
    bool of_table = comment < layout->create || (ends_a_line(text, comment) && !above);
    if (of_table)
        return hf_wanted_add_rename(out, layout->table, NULL, from, err);
    return column ? hf_wanted_add_rename(out, layout->table, column->name, from, err) : 0;
}

static int read_hint(struct hf_wanted *out, struct layout *layout, const char *text,
                     const char *comment, struct hf_error *err)
{
    static const char mark[] = "@renamed-from";
    const char *at = comment + 2;
    at += strspn(at, "- \t");
    if (strncmp(at, mark, sizeof mark - 1))
        return 0;
    at += sizeof mark - 1;
    char from[NAME_TEXT];
    struct hf_sql_token name = hf_sql_next(&at);
    if (name.kind == HF_SQL_END || memchr(comment, '\n', (size_t)(name.text - comment)))
        return 0;
    return copy_name(&layout->heap, from, &name, err) ||
           take_hint(out, layout, text, comment, from, err);
}

int hf_sql_rename_hints(struct hf_wanted *out, const char *text, size_t length,
                        struct hf_error *err)
{
    if (!memmem(text, length, "@renamed-from", strlen("@renamed-from")))
        return 0;
    struct layout layout = {0};
    int failed = read_layout(&layout, text, length, err);
    const char *at = text;
    /* Between two tokens there is only space and comments. */
    while (!failed && *layout.table && at < text + length) {
        const char *gap = at;
        struct hf_sql_token token = hf_sql_next(&at);
        for (const char *c = gap; !failed && c + 1 < token.text; c++) {
            if (c[0] != '-' || c[1] != '-')
                continue;
            failed = read_hint(out, &layout, text, c, err);
            c += strcspn(c, "\n");
        }
        if (token.kind == HF_SQL_END)
            break;
    }
    hf_heap_release(&layout.heap);
    return failed;
}
