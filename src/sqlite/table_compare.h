/*
 * Two states of a database, table by table: which rows are in one only, and which differ.
 */
#ifndef HF_SQLITE_TABLE_COMPARE_H
#define HF_SQLITE_TABLE_COMPARE_H

#include <stdbool.h>

#include "sqlite/row_merge.h"

enum hf_compared_how {
    HF_COMPARED_ROWS,    /* row by row, by what tells them apart */
    HF_COMPARED_CONTENT, /* by all they hold: what changed is one removed and one added */
    HF_COMPARED_COUNTED, /* counted only */
    HF_COMPARED_SKIPPED, /* not read */
};

enum hf_compared_why {
    HF_WHY_NOTHING, /* compared row by row */
    HF_WHY_NO_KEY,
    HF_WHY_ENCODING,         /* the states encode text differently */
    HF_WHY_NO_COMMON_COLUMN, /* the columns have all changed */
    HF_WHY_OTHER_CONTENT,    /* a virtual table that shows another table's rows */
    HF_WHY_INDEX_ONLY,       /* one that keeps an index, and no rows */
    HF_WHY_NO_CONTENT,       /* one that only looks at something */
    HF_WHY_UNKNOWN_MODULE,   /* what its module does is not known: it is not let do it */
    HF_WHY_UNREADABLE,       /* its module cannot read it */
};

struct hf_table_difference {
    const char *name;
    bool is_virtual;
    enum hf_compared_how how;
    enum hf_compared_why why;
    const char *said;            /* what SQLite said of one that is unreadable; NULL */
    struct hf_row_counts counts; /* zero where they are not known */
};

typedef int (*hf_table_compared)(void *context, const struct hf_table_difference *difference,
                                 struct hf_error *err);

/*
 * Calls `each` for every table that either state has, by name. Rows are the same row by their
 * primary key, those of virtual tables by their rowid; where the states have none in common, only
 * by all they hold. Memory does not grow with the tables, but rows without a key in common are
 * sorted in temporary files. Progress is told in rows, of about so many. HF_CORRUPT for a damaged
 * file.
 */
int hf_tables_compare(const struct hf_compared *from, const struct hf_compared *to,
                      const struct hf_events *events, hf_table_compared each, void *context,
                      struct hf_error *err);

#endif
