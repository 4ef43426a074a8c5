/*
 * How SQLite would carry out a query.
 */
#ifndef HF_SQLITE_QUERY_PLAN_H
#define HF_SQLITE_QUERY_PLAN_H

#include <sqlite3.h>

/* 1: rows come from a sorter, only after all of them were found. -1: it cannot be prepared, and the
 * connection has the error. */
int hf_query_sorts(sqlite3 *db, const char *sql);

#endif
