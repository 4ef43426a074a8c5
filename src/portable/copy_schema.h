/*
 * What a database consists of, in the order in which it can be made again.
 */
#ifndef HF_PORTABLE_COPY_SCHEMA_H
#define HF_PORTABLE_COPY_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/events.h"
#include "portable/copy_hash.h"

enum hf_copy_content {
    HF_COPY_ROWS,    /* are carried */
    HF_COPY_REBUILT, /* an FTS index over another table: made again from that */
    HF_COPY_NO_ROWS, /* shows what is elsewhere, or nothing that can be read here */
};

struct hf_copy_table {
    char *name;
    char **columns; /* that are stored: neither generated nor hidden */
    size_t column_count;
    const char *rowid; /* what to call a rowid that is no column; NULL: there is none */
    enum hf_copy_content content;
    bool is_virtual;
    char *shadow_of; /* the virtual table whose insides these are; or NULL */
};

struct hf_copy_statement {
    char *type; /* "table", "index", "view", "trigger" */
    char *name;
    char *table; /* that an index or trigger belongs to */
    char *sql;
};

struct hf_copy_schema {
    struct hf_copy_table *tables; /* in the order they were made, then SQLite's own */
    size_t table_count;
    struct hf_copy_statement *statements; /* tables, indexes, views, triggers */
    size_t statement_count;
    char hash[HF_COPY_CHECKSUM_TEXT]; /* of the statements, whatever their order */
};

/* Reads the main database's. `path` is for messages, `events` for what cannot be carried. Call it
 * within a transaction. */
int hf_copy_schema_read(struct hf_copy_schema *out, sqlite3 *db, const char *path,
                        const struct hf_events *events, struct hf_error *err);
void hf_copy_schema_release(struct hf_copy_schema *schema);
HF_AUTO_RELEASE(hf_copy_schema)

/* By name, as SQLite compares names; NULL when there is none. */
const struct hf_copy_table *hf_copy_schema_table(const struct hf_copy_schema *schema,
                                                 const char *name);

/* SQLite's names compare without regard to ASCII case. */
bool hf_copy_same_name(const char *a, const char *b);

/* Appends `name` as an SQL identifier. */
int hf_copy_append_name(struct hf_buf *sql, const char *name, struct hf_error *err);

#endif
