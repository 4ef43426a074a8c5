/*
 * How SQLite would carry out a query.
 */
#ifndef HF_SQLITE_QUERY_PLAN_H
#define HF_SQLITE_QUERY_PLAN_H

#include <sqlite3.h>

enum hf_query_order {
    HF_QUERY_AS_STORED, /* rows come as they lie in the file */
    HF_QUERY_BY_INDEX,  /* each is looked up in the table for an entry of an index */
    HF_QUERY_SORTED,    /* from a sorter, only after all of them were found */
};

/* In which order a query over one table reads it. -1: it cannot be prepared, and the connection has
 * the error. */
int hf_query_order(sqlite3 *db, const char *sql);

#endif
