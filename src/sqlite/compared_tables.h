/*
 * Which tables a state of a database has that can be compared: ordinary and virtual ones. What a
 * virtual table keeps its data in (its shadow tables) goes with it.
 */
#ifndef HF_SQLITE_COMPARED_TABLES_H
#define HF_SQLITE_COMPARED_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sqlite/compared.h"
#include "sqlite/virtual_table.h"

struct hf_compared_table {
    char *name; /* owned */
    bool is_virtual;
    bool has_rowid;            /* else it is WITHOUT ROWID */
    enum hf_virtual_kind kind; /* of a virtual one */
    uint64_t rows;             /* about so many */
};

struct hf_compared_tables {
    struct hf_compared_table *list; /* by name */
    size_t count;
};

/* The tables of a state. Of the virtual ones nothing is opened. */
int hf_compared_tables_read(struct hf_compared_tables *out, const struct hf_compared *state,
                            struct hf_error *err);
/* Counts the rows of a table, virtual ones by their module. */
int hf_compared_count(uint64_t *rows, const struct hf_compared *state, const char *table,
                      struct hf_error *err);
void hf_compared_tables_release(struct hf_compared_tables *tables);
HF_AUTO_RELEASE(hf_compared_tables)

#endif
