#include "sqlite/row_estimate.h"

#include <stdbool.h>
#include <stddef.h>

enum { PLACES = 16, LOOKED_AT = 64 /* rows at a place */ };

/* Prepares `sql`, and frees it. NULL: it cannot be. */
static sqlite3_stmt *prepare(sqlite3 *db, char *sql)
{
    sqlite3_stmt *row = NULL;
    if (sql)
        sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    sqlite3_free(sql);
    return row;
}

/* Whether it is answered; NULL leaves `number` as it is. */
static bool ask_number(sqlite3 *db, char *sql, int64_t *number)
{
    sqlite3_stmt *row = prepare(db, sql);
    bool found = row && sqlite3_step(row) == SQLITE_ROW;
    if (found && sqlite3_column_type(row, 0) != SQLITE_NULL)
        *number = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return found;
}

/* The rows from `first` to `last`, as if all were as close as those at the beginning. */
static double rows_between(sqlite3_stmt *row, int64_t first, int64_t last)
{
    int64_t at = first;
    int rows = 0;
    sqlite3_reset(row);
    sqlite3_bind_int64(row, 1, first);
    sqlite3_bind_int64(row, 2, last);
    for (; sqlite3_step(row) == SQLITE_ROW; rows++)
        at = sqlite3_column_int64(row, 0);
    if (rows < LOOKED_AT)
        return rows;
    return rows * (((double)last - (double)first + 1) / ((double)at - (double)first + 1));
}

static int64_t by_rowids(sqlite3 *db, const char *table, const char *rowid)
{
    int64_t first = 1, last = 0;
    /* Two statements, as SQLite looks up either end alone at once. */
    if (!ask_number(db, sqlite3_mprintf("SELECT min(%s) FROM main.\"%w\"", rowid, table), &first) ||
        !ask_number(db, sqlite3_mprintf("SELECT max(%s) FROM main.\"%w\"", rowid, table), &last))
        return -1;
    if (last < first)
        return 0;
    sqlite3_stmt *row =
        prepare(db, sqlite3_mprintf("SELECT %s FROM main.\"%w\" NOT INDEXED WHERE %s BETWEEN ?1"
                                    " AND ?2 ORDER BY 1 LIMIT %d",
                                    rowid, table, rowid, (int)LOOKED_AT));
    uint64_t step = ((uint64_t)last - (uint64_t)first) / PLACES + 1, left;
    double rows = 0;
    for (int64_t from = first; row; from += (int64_t)step) {
        left = (uint64_t)last - (uint64_t)from;
        rows += rows_between(row, from, left < step ? last : from + (int64_t)(step - 1));
        if (left < step)
            break;
    }
    sqlite3_finalize(row);
    return row && rows < 9e18 ? (int64_t)rows : -1;
}

int64_t hf_row_estimate(sqlite3 *db, const char *table, const char *rowid)
{
    int64_t rows = rowid ? by_rowids(db, table, rowid) : -1;
    if (rows < 0)
        ask_number(db,
                   sqlite3_mprintf("SELECT max(CAST(stat AS INTEGER)) FROM main.sqlite_stat1"
                                   " WHERE tbl = %Q COLLATE NOCASE",
                                   table),
                   &rows);
    return rows;
}
