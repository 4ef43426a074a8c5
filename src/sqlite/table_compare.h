/*
 * Two states of a database, table by table: which rows are in one only, and which differ.
 */
#ifndef HF_SQLITE_TABLE_COMPARE_H
#define HF_SQLITE_TABLE_COMPARE_H

#include <stdint.h>

#include "base/events.h"
#include "sqlite/compared.h"

struct hf_table_difference {
    const char *name;
    uint64_t rows_from, rows_to;
    uint64_t added, removed, changed; /* on the way from one to the other */
    const char *reason; /* why it was compared otherwise than row by row, or not; NULL */
};

/*
 * Calls `each` for every table that either state has, by name. Rows are the same row by their
 * primary key; where the states have none in common, only by all they hold. Memory does not grow
 * with the tables, but rows without a key in common are sorted in temporary files. Tells of
 * progress in tables. HF_CORRUPT for a damaged file.
 */
int hf_tables_compare(const struct hf_compared *from, const struct hf_compared *to,
                      const struct hf_events *events,
                      int (*each)(void *context, const struct hf_table_difference *difference,
                                  struct hf_error *err),
                      void *context, struct hf_error *err);

#endif
