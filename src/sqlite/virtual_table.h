/*
 * What the content of a virtual table is: its rows, those of another table, or the tables that its
 * module keeps it in (its shadow tables).
 */
#ifndef HF_SQLITE_VIRTUAL_TABLE_H
#define HF_SQLITE_VIRTUAL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

enum hf_virtual_kind {
    HF_VIRTUAL_ROWS,    /* rtree, geopoly, FTS3 to 5 that keep their own text */
    HF_VIRTUAL_REBUILT, /* FTS over another table's text */
    HF_VIRTUAL_SHADOWS, /* FTS without text: its index is all there is */
    HF_VIRTUAL_NOTHING, /* a look at something else: fts5vocab, dbstat */
    HF_VIRTUAL_UNKNOWN, /* its module is not known here; its tables look like any others */
};

/* By its CREATE VIRTUAL TABLE alone: nothing is run. */
enum hf_virtual_kind hf_virtual_kind_of(const char *sql);

struct hf_virtual {
    enum hf_virtual_kind kind;
    char **shadows; /* the names of the tables that its module makes */
    size_t shadow_count;
};

/* `sql` is its CREATE VIRTUAL TABLE. It is tried in an empty database in memory, since a name alone
 * does not tell: "docs_content" may be a table of the application's that "docs" indexes. */
int hf_virtual_look(struct hf_virtual *out, const char *name, const char *sql,
                    struct hf_error *err);
void hf_virtual_release(struct hf_virtual *look);
HF_AUTO_RELEASE(hf_virtual)

#endif
