/*
 * About how many rows a table has, without reading all of it.
 */
#ifndef HF_SQLITE_ROW_ESTIMATE_H
#define HF_SQLITE_ROW_ESTIMATE_H

#include <sqlite3.h>
#include <stdint.h>

/* By how close rowids are at some places, where the table has any, else by what ANALYZE counted.
 * `rowid`: a name of it that no column has taken; NULL: none. -1: not known. */
int64_t hf_row_estimate(sqlite3 *db, const char *table, const char *rowid);

#endif
