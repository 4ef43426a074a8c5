/*
 * Rows of two states that found no equal so far, kept in a temporary file until they are compared
 * in the order of their key.
 */
#ifndef HF_SQLITE_ROW_LEFTOVERS_H
#define HF_SQLITE_ROW_LEFTOVERS_H

#include "sqlite/row_order.h"

struct hf_leftovers {
    struct hf_compared state;        /* of the temporary file */
    sqlite3_stmt *add_from, *add_to; /* statements that take a row of either */
    int columns;
    bool has_any;
};

/* `like` has texts in the encoding of those that are to come. */
int hf_leftovers_init(struct hf_leftovers *out, const struct hf_compared *like,
                      const struct hf_row_order *order, struct hf_error *err);
void hf_leftovers_release(struct hf_leftovers *leftovers);
HF_AUTO_RELEASE(hf_leftovers)

/* Adds rows, whose columns begin at `first`; either may be NULL. */
int hf_leftovers_add(struct hf_leftovers *leftovers, sqlite3_stmt *from, sqlite3_stmt *to,
                     int first, struct hf_error *err);

/* Queries for them, in order of the key. */
int hf_leftovers_select(sqlite3_stmt **from, sqlite3_stmt **to,
                        const struct hf_leftovers *leftovers, const struct hf_row_order *order,
                        struct hf_error *err);

#endif
