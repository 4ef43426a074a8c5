#include "schema/table_text.h"

#include <string.h>
#include <strings.h>

#include "sqlite/sql_token.h"

struct reader {
    struct hf_heap *heap;
    const char *at;
    struct hf_sql_token token; /* the current one; `at` is behind it */
    const char *end;           /* of the token before */
};

static void advance(struct reader *reader)
{
    reader->end = reader->token.text + reader->token.length;
    reader->token = hf_sql_next(&reader->at);
}

static bool is(const struct reader *reader, const char *word)
{
    return hf_sql_is(&reader->token, word);
}

static bool accept(struct reader *reader, const char *word)
{
    if (!is(reader, word))
        return false;
    advance(reader);
    return true;
}

static bool at_end(const struct reader *reader)
{
    return reader->token.kind == HF_SQL_END || hf_sql_is_mark(&reader->token, ',') ||
           hf_sql_is_mark(&reader->token, ')');
}

/* The parenthesis at the current token, with all that is in it. */
static void skip_parentheses(struct reader *reader)
{
    int depth = 0;
    do {
        depth += hf_sql_is_mark(&reader->token, '(');
        depth -= hf_sql_is_mark(&reader->token, ')');
        advance(reader);
    } while (depth > 0 && reader->token.kind != HF_SQL_END);
}

static bool skip_if_parentheses(struct reader *reader)
{
    if (!hf_sql_is_mark(&reader->token, '('))
        return false;
    skip_parentheses(reader);
    return true;
}

static void skip_conflict(struct reader *reader)
{
    if (accept(reader, "ON") && accept(reader, "CONFLICT"))
        advance(reader);
}

/* [NOT] DEFERRABLE [INITIALLY word]. NOT NULL may follow a reference: that is not ours. */
static int read_deferrable(struct reader *reader, struct hf_clause *clause, struct hf_error *err)
{
    struct reader ahead = *reader;
    const char *start = reader->token.text;
    accept(&ahead, "NOT");
    if (!accept(&ahead, "DEFERRABLE"))
        return 0;
    if (accept(&ahead, "INITIALLY"))
        advance(&ahead);
    *reader = ahead;
    clause->deferrable = hf_heap_slice(reader->heap, start, (size_t)(reader->end - start), err);
    return clause->deferrable ? 0 : -1;
}

static int read_references(struct reader *reader, struct hf_clause *clause, struct hf_error *err)
{
    advance(reader); /* the parent */
    skip_if_parentheses(reader);
    for (;;) {
        if (accept(reader, "ON")) {
            advance(reader);            /* DELETE, UPDATE */
            if (!accept(reader, "SET")) /* NULL, DEFAULT */
                accept(reader, "NO");   /* ACTION */
            advance(reader);
        } else if (accept(reader, "MATCH")) {
            advance(reader);
        } else {
            return read_deferrable(reader, clause, err);
        }
    }
}

static void read_default(struct reader *reader)
{
    if (skip_if_parentheses(reader))
        return;
    if (hf_sql_is_mark(&reader->token, '-') || hf_sql_is_mark(&reader->token, '+'))
        advance(reader);
    advance(reader);
}

static bool is_column_clause(const struct reader *reader)
{
    static const char *const words[] = {"CONSTRAINT", "PRIMARY",    "NOT",       "NULL",
                                        "UNIQUE",     "CHECK",      "DEFAULT",   "COLLATE",
                                        "AS",         "REFERENCES", "GENERATED", NULL};
    for (const char *const *word = words; *word; word++) {
        if (is(reader, *word))
            return true;
    }
    return false;
}

/* What stands behind an optional CONSTRAINT name. False: nothing that is known. */
static int read_clause_body(struct reader *reader, struct hf_clause *clause, struct hf_error *err)
{
    if (accept(reader, "PRIMARY")) {
        clause->kind = HF_CLAUSE_PRIMARY_KEY;
        accept(reader, "KEY");
        skip_if_parentheses(reader);
        if (is(reader, "ASC") || is(reader, "DESC"))
            advance(reader);
        skip_conflict(reader);
        accept(reader, "AUTOINCREMENT");
    } else if (accept(reader, "NOT")) {
        clause->kind = HF_CLAUSE_NOT_NULL;
        accept(reader, "NULL");
        skip_conflict(reader);
    } else if (accept(reader, "NULL")) {
        clause->kind = HF_CLAUSE_NULL;
        skip_conflict(reader);
    } else if (accept(reader, "UNIQUE")) {
        clause->kind = HF_CLAUSE_UNIQUE;
        skip_if_parentheses(reader);
        skip_conflict(reader);
    } else if (accept(reader, "CHECK")) {
        clause->kind = HF_CLAUSE_CHECK;
        skip_if_parentheses(reader);
        skip_conflict(reader);
    } else if (accept(reader, "DEFAULT")) {
        clause->kind = HF_CLAUSE_DEFAULT;
        read_default(reader);
    } else if (accept(reader, "COLLATE")) {
        clause->kind = HF_CLAUSE_COLLATE;
        advance(reader);
    } else if (is(reader, "GENERATED") || is(reader, "AS")) {
        clause->kind = HF_CLAUSE_GENERATED;
        while (!hf_sql_is_mark(&reader->token, '(') && reader->token.kind != HF_SQL_END)
            advance(reader);
        skip_parentheses(reader);
        if (is(reader, "STORED") || is(reader, "VIRTUAL"))
            advance(reader);
    } else if (accept(reader, "REFERENCES")) {
        clause->kind = HF_CLAUSE_REFERENCES;
        return read_references(reader, clause, err);
    } else if (accept(reader, "FOREIGN")) {
        clause->kind = HF_CLAUSE_REFERENCES;
        accept(reader, "KEY");
        skip_if_parentheses(reader);
        accept(reader, "REFERENCES");
        return read_references(reader, clause, err);
    } else {
        return hf_error_set(err, HF_FAILED, "a table's definition has '%.*s' in an unknown place",
                            (int)reader->token.length, reader->token.text);
    }
    return 0;
}

static int add_clause(struct reader *reader, struct hf_clause **list, size_t *count,
                      struct hf_clause *clause, const char *start, const char *body,
                      struct hf_error *err)
{
    clause->text = hf_heap_slice(reader->heap, start, (size_t)(reader->end - start), err);
    clause->body = hf_heap_slice(reader->heap, body, (size_t)(reader->end - body), err);
    *list = hf_heap_grow(reader->heap, *list, *count, sizeof **list, err);
    if (!clause->text || !clause->body || !*list)
        return -1;
    (*list)[(*count)++] = *clause;
    return 0;
}

static int read_clause(struct reader *reader, struct hf_clause **list, size_t *count,
                       struct hf_error *err)
{
    struct hf_clause clause = {0};
    const char *start = reader->token.text;
    if (accept(reader, "CONSTRAINT"))
        advance(reader);
    if (at_end(reader)) /* a name without a constraint means nothing, and SQLite takes it */
        return 0;
    const char *body = reader->token.text;
    if (read_clause_body(reader, &clause, err))
        return -1;
    return add_clause(reader, list, count, &clause, start, body, err);
}

static int read_type(struct reader *reader, struct hf_column_text *column, struct hf_error *err)
{
    struct hf_clause clause = {.kind = HF_CLAUSE_TYPE};
    const char *start = reader->token.text;
    if (at_end(reader) || is_column_clause(reader))
        return 0;
    while (!at_end(reader) && !is_column_clause(reader)) {
        if (!skip_if_parentheses(reader))
            advance(reader);
    }
    return add_clause(reader, &column->clauses, &column->count, &clause, start, start, err);
}

/* It may also stand behind other clauses of the column. Returns 1 when it did, -1 on failure. */
static int read_late_deferrable(struct reader *reader, const struct hf_column_text *column,
                                struct hf_error *err)
{
    struct hf_clause none = {0}, *key = &none;
    const char *before = reader->token.text;
    for (size_t i = 0; i < column->count; i++) {
        if (column->clauses[i].kind == HF_CLAUSE_REFERENCES)
            key = &column->clauses[i];
    }
    if (read_deferrable(reader, key, err))
        return -1;
    return reader->token.text != before;
}

static int read_column(struct reader *reader, struct hf_table_text *out, struct hf_error *err)
{
    out->columns =
        hf_heap_grow(reader->heap, out->columns, out->column_count, sizeof *out->columns, err);
    if (!out->columns)
        return -1;
    struct hf_column_text *column = &out->columns[out->column_count];
    *column = (struct hf_column_text){.name = hf_heap_unquote(reader->heap, &reader->token, err)};
    const char *start = reader->token.text;
    if (!column->name)
        return -1;
    advance(reader);
    if (read_type(reader, column, err))
        return -1;
    while (!at_end(reader)) {
        int late = read_late_deferrable(reader, column, err);
        if (late < 0 || (!late && read_clause(reader, &column->clauses, &column->count, err)))
            return -1;
    }
    column->definition = hf_heap_slice(reader->heap, start, (size_t)(reader->end - start), err);
    out->column_count++;
    return column->definition ? 0 : -1;
}

static bool is_table_clause(const struct reader *reader)
{
    return is(reader, "CONSTRAINT") || is(reader, "PRIMARY") || is(reader, "UNIQUE") ||
           is(reader, "CHECK") || is(reader, "FOREIGN");
}

/* Table constraints may follow one another without a comma. */
static int read_items(struct reader *reader, struct hf_table_text *out, struct hf_error *err)
{
    while (!hf_sql_is_mark(&reader->token, ')')) {
        if (reader->token.kind == HF_SQL_END)
            return hf_error_set(err, HF_FAILED, "a table's definition ends too early");
        if (hf_sql_is_mark(&reader->token, ','))
            advance(reader);
        else if (is_table_clause(reader)
                     ? read_clause(reader, &out->constraints, &out->constraint_count, err)
                     : read_column(reader, out, err))
            return -1;
    }
    return 0;
}

int hf_table_text_read(struct hf_table_text *out, struct hf_heap *heap, const char *sql,
                       struct hf_error *err)
{
    struct hf_table_text text = {0};
    struct reader reader = {.heap = heap, .at = sql};
    do
        advance(&reader);
    while (reader.token.kind != HF_SQL_END && !hf_sql_is_mark(&reader.token, '('));
    if (reader.token.kind == HF_SQL_END)
        return hf_error_set(err, HF_FAILED, "a table's definition has no columns");
    text.body = hf_heap_text(heap, reader.token.text, err);
    advance(&reader);
    if (!text.body || read_items(&reader, &text, err))
        return -1;
    advance(&reader);
    text.options = hf_heap_text(heap, reader.token.text, err);
    if (!text.options)
        return -1;
    *out = text;
    return 0;
}

const struct hf_column_text *hf_table_text_column(const struct hf_table_text *text,
                                                  const char *name)
{
    for (size_t i = 0; i < text->column_count; i++) {
        if (!strcasecmp(text->columns[i].name, name))
            return &text->columns[i];
    }
    return NULL;
}

const struct hf_clause *hf_column_clause(const struct hf_column_text *column,
                                         enum hf_clause_kind kind)
{
    for (size_t i = 0; i < column->count; i++) {
        if (column->clauses[i].kind == kind)
            return &column->clauses[i];
    }
    return NULL;
}
