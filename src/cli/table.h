/*
 * Text in aligned columns.
 */
#ifndef HF_CLI_TABLE_H
#define HF_CLI_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/error.h"

enum hf_align { HF_LEFT, HF_RIGHT };

struct hf_column {
    const char *title; /* NULL ends a table's columns */
    enum hf_align align;
};

struct hf_table {
    const struct hf_column *columns;
    size_t width; /* columns */
    char **cells; /* row after row */
    size_t count;
    size_t capacity;
};

void hf_table_init(struct hf_table *table, const struct hf_column *columns);

/* One string a column, copied; NULL is an empty cell. Control characters become '?', so that what
 * somebody wrote into a label cannot steer a terminal. */
int hf_table_add(struct hf_table *table, const char *const *cells, struct hf_error *err);

/* Titles, then rows; nothing at all without rows. Columns that are empty in every row are left out.
 */
void hf_table_print(const struct hf_table *table, FILE *out);

void hf_table_release(struct hf_table *table);
HF_AUTO_RELEASE(hf_table)

#endif
