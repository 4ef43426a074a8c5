/*
 * A live schema as SQL text that makes it again.
 */
#ifndef HF_SCHEMA_SQL_PULL_H
#define HF_SCHEMA_SQL_PULL_H

#include <sqlite3.h>

#include "base/bytes.h"

/* Appends statements in an order that executes, each with ";" and an empty line behind it. Left out
 * are SQLite's own tables, shadow tables, and those by which other tools remember things. */
int hf_sql_pull(struct hf_buf *out, sqlite3 *live, struct hf_error *err);

#endif
