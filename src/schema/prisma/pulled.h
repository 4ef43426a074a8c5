/*
 * What hf_prisma_pull (schema/prisma/pull.h) makes of a database before it is printed.
 */
#ifndef HF_SCHEMA_PRISMA_PULLED_H
#define HF_SCHEMA_PRISMA_PULLED_H

#include <stdbool.h>

#include "base/bytes.h"
#include "schema/model.h"
#include "schema/prisma/names.h"

/* A line of a model: name, type and attributes in columns; or, with only `name`, as it stands. */
struct hf_pulled_line {
    const char *name, *type, *attributes;
    struct hf_pulled_line *next;
};

struct hf_pulled_lines {
    struct hf_pulled_line *first, *last;
};

struct hf_pulled_table {
    const struct hf_table *table;
    const char *name;    /* of its model */
    const char **fields; /* by column; NULL: the column is not in the model */
    bool ignored;        /* nothing required identifies its rows */
    bool join;           /* the table of a relation of many to many */
    bool refused;        /* no model can be made of it: only notes are printed */
    struct hf_pulled_lines notes, lines, attributes;
};

struct hf_pull {
    struct hf_model model;
    struct hf_heap heap;
    struct hf_error *err;
    struct hf_prisma_names names; /* of models; of fields, in the scope of their table */
    struct hf_pulled_table *tables;
    size_t count;
};

/* The steps. Each returns -1 for want of memory. */
int hf_pull_name_tables(struct hf_pull *pull); /* fills tables, names, fields, join, ignored */
int hf_pull_columns(struct hf_pull *pull);     /* lines of columns, attributes of indexes */
int hf_pull_relations(struct hf_pull *pull);   /* lines of relations */
int hf_pull_notes(struct hf_pull *pull);       /* what is not expressed */
int hf_pull_print(struct hf_buf *out, struct hf_pull *pull);

int hf_pull_add_line(struct hf_pull *pull, struct hf_pulled_lines *lines, const char *name,
                     const char *type, const char *attributes);

/* A note about a table; its text becomes one line. Formats of sqlite3_mprintf. */
int hf_pull_add_note(struct hf_pull *pull, struct hf_pulled_table *table, const char *format, ...);

/* A name that no other model (scope NULL), or line of a table, has: `wanted`, or with a number. */
const char *hf_pull_unique_name(struct hf_pull *pull, const void *scope, const char *wanted);

/* By the name in the database; NULL: not a model. */
struct hf_pulled_table *hf_pull_find(struct hf_pull *pull, const char *table);

/* Index in `columns`, or -1: there is none, or it is not in the model. */
int hf_pull_column(const struct hf_pulled_table *table, const char *column);

/* It can never be NULL: NOT NULL, or the rowid. */
bool hf_pull_is_required(const struct hf_pulled_table *table, int column);

/* All columns are plain ones of the model, and all rows are in it. */
bool hf_pull_is_expressible(const struct hf_pulled_table *table, const struct hf_index *index);

/* The columns (as names) are those of the primary key or of a unique index, in this order or, with
 * `any_order`, in any. */
bool hf_pull_is_unique(const struct hf_pulled_table *table, const char *const *columns,
                       size_t count, bool any_order);

/* "a, b", the fields of columns. */
const char *hf_pull_field_list(struct hf_pull *pull, const struct hf_pulled_table *table,
                               const char *const *columns, size_t count, const char *separator);

/* In the quotes and escapes of Prisma's language. */
const char *hf_pull_quote(struct hf_pull *pull, const char *text);

/* "@default(...)", or "" for none. */
const char *hf_pull_default(struct hf_pull *pull, const struct hf_column *column);

#endif
