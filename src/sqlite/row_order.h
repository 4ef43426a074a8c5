/*
 * Rows of a table in an order that two states of it share, so that they can be compared side by
 * side without being held in memory.
 */
#ifndef HF_SQLITE_ROW_ORDER_H
#define HF_SQLITE_ROW_ORDER_H

#include <sqlite3.h>
#include <stdbool.h>

#include "sqlite/compared_tables.h"

/* The columns of a table, without generated and hidden ones. */
struct hf_row_columns {
    char **names; /* owned */
    int *key;     /* for each its place in the primary key, 1 on; 0: it is no part of it */
    int count;
    bool has_null_keys; /* a row has a key of which a part is NULL */
    const char *rowid;  /* of an ordinary one: a name that no column has taken; NULL: none */
};

/* The key of a virtual table is its rowid. */
int hf_row_columns_read(struct hf_row_columns *out, const struct hf_compared *state,
                        const struct hf_compared_table *table, struct hf_error *err);
void hf_row_columns_release(struct hf_row_columns *columns);
HF_AUTO_RELEASE(hf_row_columns)

/* Which columns two states of a table have both, and by which of them rows are the same row. */
struct hf_row_order {
    const char *table;                 /* borrowed */
    char *columns;                     /* as a list in SQL, the key's first */
    int keys, count;                   /* columns */
    bool by_content;                   /* there is no key in common: all columns are it */
    const char *rowid_from, *rowid_to; /* names of rowids; NULL: not both have any */
};

/* `count` 0: they have no column in common. */
int hf_row_order_make(struct hf_row_order *out, const char *table, const struct hf_row_columns *a,
                      const struct hf_row_columns *b, struct hf_error *err);
/* A query for the rows as they lie: before the columns stands the rowid, by this name of it. */
char *hf_row_order_select_stored(const struct hf_row_order *order, const char *rowid);

/* A query for the rows that meet a condition, in order of the key; for sqlite3_free. NULL: no
 * memory. */
char *hf_row_order_select(const struct hf_row_order *order, const char *condition);

/* What follows ORDER BY: the first columns are the key. */
void hf_row_order_put_key(sqlite3_str *sql, const struct hf_row_order *order);

void hf_row_order_release(struct hf_row_order *order);
HF_AUTO_RELEASE(hf_row_order)

/* Compares columns first..last-1 of two rows in SQLite's order (datatype3.html, "Sort Order") with
 * the BINARY collation. */
int hf_rows_compare(sqlite3_stmt *a, sqlite3_stmt *b, int first, int last);

/* Whether these columns differ in value or type: 1 and 1.0 are one key, and two values. */
bool hf_rows_differ(sqlite3_stmt *a, sqlite3_stmt *b, int first, int last);

#endif
