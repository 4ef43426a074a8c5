/*
 * The parts of a CREATE TABLE statement: what SQLite's introspection does not tell (CHECK,
 * DEFERRABLE, constraint names, expressions of generated columns) is only in its text.
 */
#ifndef HF_SCHEMA_TABLE_TEXT_H
#define HF_SCHEMA_TABLE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "schema/heap.h"

enum hf_clause_kind {
    HF_CLAUSE_TYPE, /* of a column; first, when there is one */
    HF_CLAUSE_PRIMARY_KEY,
    HF_CLAUSE_NOT_NULL,
    HF_CLAUSE_NULL,
    HF_CLAUSE_UNIQUE,
    HF_CLAUSE_CHECK,
    HF_CLAUSE_DEFAULT,
    HF_CLAUSE_COLLATE,
    HF_CLAUSE_REFERENCES, /* of a column, or a table's FOREIGN KEY; with its DEFERRABLE */
    HF_CLAUSE_GENERATED,
};

struct hf_clause {
    enum hf_clause_kind kind;
    const char *text;       /* as written, "CONSTRAINT name" included */
    const char *body;       /* as written, without the name */
    const char *deferrable; /* "DEFERRABLE INITIALLY DEFERRED", "NOT DEFERRABLE", or NULL */
};

struct hf_column_text {
    const char *name;       /* without quotes */
    const char *definition; /* as written, from the name on */
    struct hf_clause *clauses;
    size_t count;
};

struct hf_table_text {
    struct hf_column_text *columns;
    size_t column_count;
    struct hf_clause *constraints; /* of the table */
    size_t constraint_count;
    const char *body;    /* from "(" on, as written */
    const char *options; /* behind the last ")": "STRICT, WITHOUT ROWID", or "" */
};

/* Reads a statement that SQLite has accepted. HF_FAILED: it is of a kind that is not known here
 * (CREATE TABLE ... AS is stored by SQLite with columns, and is known). All texts are in `heap`.
 */
int hf_table_text_read(struct hf_table_text *out, struct hf_heap *heap, const char *sql,
                       struct hf_error *err);

const struct hf_column_text *hf_table_text_column(const struct hf_table_text *text,
                                                  const char *name);

/* The first clause of a kind, or NULL. */
const struct hf_clause *hf_column_clause(const struct hf_column_text *column,
                                         enum hf_clause_kind kind);

#endif
