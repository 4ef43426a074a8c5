/*
 * A page of a table's rows. Rows are found by their key, so that the last page of ten million rows
 * costs what the first does; those of views and virtual tables are counted through.
 */
#ifndef HF_SQLITE_LOOK_ROWS_H
#define HF_SQLITE_LOOK_ROWS_H

#include "sqlite/look_filter.h"
#include "sqlite/look_place.h"

enum hf_look_from { HF_LOOK_AFTER, HF_LOOK_BEFORE };

enum { HF_LOOK_MOST_ROWS = 200 };

struct hf_look_page {
    const struct hf_look_table *table;
    enum hf_look_from from;
    const struct hf_look_place *place; /* NULL: from the first, or the last, row */
    bool is_that_row;                  /* the row at `place`, and no other */
    int limit;
    const struct hf_look_filter *filters;
    size_t filter_count;
};

struct hf_look_end {
    bool has_more;
    bool is_interrupted;          /* the deadline came: go on at `reached` */
    uint64_t scanned;             /* rows that a filter was tried on */
    struct hf_look_place reached; /* with is_interrupted; without values: nothing was reached */
    int64_t vm_steps;             /* what it cost, as SQLite counts */
};

/* A row: `first` is the column of the statement where the table's columns begin (secret ones are
 * NULL), `place` where it is. 1: there is no room for it, nor for any other; -1: err. */
typedef int (*hf_look_row)(void *context, sqlite3_stmt *row, int first,
                           const struct hf_look_place *place, struct hf_error *err);

/*
 * Calls `each` for the rows of a page, outwards from its place: those before a place come in
 * reverse. HF_USAGE for a column that is not there, HF_REFUSED for one that is secret, and where a
 * secret orders the rows. Without filters a deadline that comes is an error.
 */
int hf_look_rows(struct hf_look_end *out, struct hf_look *look, const struct hf_look_page *page,
                 hf_look_row each, void *context, struct hf_error *err);

#endif
