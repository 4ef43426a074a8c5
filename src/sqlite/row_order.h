/*
 * Rows of a table in an order that two states of it share, so that they can be compared side by
 * side without being held in memory.
 */
#ifndef HF_SQLITE_ROW_ORDER_H
#define HF_SQLITE_ROW_ORDER_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"

/* The columns of a table, without generated ones. */
struct hf_row_columns {
    char **names; /* owned */
    int *key;     /* for each its place in the primary key, 1 on; 0: it is no part of it */
    int count;
    bool has_null_keys; /* a row has a key of which a part is NULL */
};

int hf_row_columns_read(struct hf_row_columns *out, sqlite3 *db, const char *path,
                        const char *table, struct hf_error *err);
void hf_row_columns_release(struct hf_row_columns *columns);
HF_AUTO_RELEASE(hf_row_columns)

/* Which columns two states of a table have both, and by which of them rows are the same row. */
struct hf_row_order {
    char *select;    /* its first `keys` columns are the key, in which order it gives the rows */
    int keys, count; /* columns */
    bool by_content; /* there is no key in common: all columns are it */
};

/* `count` 0: they have no column in common. */
int hf_row_order_make(struct hf_row_order *out, const char *table, const struct hf_row_columns *a,
                      const struct hf_row_columns *b, struct hf_error *err);
void hf_row_order_release(struct hf_row_order *order);
HF_AUTO_RELEASE(hf_row_order)

/* Compares columns first..last-1 of two rows in SQLite's order (datatype3.html, "Sort Order") with
 * the BINARY collation. */
int hf_rows_compare(sqlite3_stmt *a, sqlite3_stmt *b, int first, int last);

/* Whether these columns differ in value or type: 1 and 1.0 are one key, and two values. */
bool hf_rows_differ(sqlite3_stmt *a, sqlite3_stmt *b, int first, int last);

#endif
