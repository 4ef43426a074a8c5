/*
 * The schema of a database as it is: what SQLite itself says of it.
 */
#ifndef HF_SCHEMA_MODEL_H
#define HF_SCHEMA_MODEL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "schema/heap.h"

enum hf_column_kind { /* table_xinfo's numbers */
                      HF_COLUMN_PLAIN,
                      HF_COLUMN_HIDDEN,
                      HF_COLUMN_VIRTUAL, /* generated when read */
                      HF_COLUMN_STORED,  /* generated when written */
};

struct hf_column {
    const char *name, *type;
    const char *fallback; /* the DEFAULT's text; NULL: none */
    bool not_null;
    int key; /* place in the primary key, from 1; 0: none */
    enum hf_column_kind kind;
};

struct hf_index_column {
    const char *name; /* NULL: an expression, or the rowid */
    const char *collation;
    bool descending;
};

struct hf_index {
    const char *name;
    const char *sql;           /* NULL: made by a constraint in the table's text */
    bool unique, partial, key; /* key: of the primary key */
    struct hf_index_column *columns;
    size_t count;
};

struct hf_foreign_key {
    int id;
    const char *parent;
    const char **from, **to; /* `to` is resolved: the parent's primary key where none is said */
    size_t count;
    const char *on_delete, *on_update;
};

enum hf_table_kind { HF_TABLE_PLAIN, HF_TABLE_VIRTUAL, HF_TABLE_SHADOW };

struct hf_table {
    const char *name, *sql;
    enum hf_table_kind kind;
    bool strict, without_rowid, autoincrement;
    bool module_missing; /* a virtual table that cannot be used here */
    bool maybe_shadow;   /* named like a shadow table of one whose module is missing */
    bool gone;           /* planning took it away: hf_model_table does not find it */
    struct hf_column *columns;
    size_t column_count;
    struct hf_index *indexes;
    size_t index_count;
    struct hf_foreign_key *keys;
    size_t key_count;
};

/* A trigger or a view. */
struct hf_object {
    const char *name, *sql;
    const char *table; /* that a trigger fires on (a table or a view) */
};

struct hf_model {
    struct hf_heap heap;
    struct hf_table *tables; /* in the order of their making; without SQLite's own */
    size_t table_count;
    struct hf_object *triggers;
    size_t trigger_count;
    struct hf_object *views;
    size_t view_count;
    size_t *slots; /* index + 1 into tables, by hash of the name */
    size_t slot_count;
};

/* Reads the "main" schema; one read transaction is the caller's to hold. */
int hf_model_read(struct hf_model *out, sqlite3 *db, struct hf_error *err);

/* By name, as SQLite finds it: without regard to (ASCII) case. NULL: there is none. */
struct hf_table *hf_model_table(const struct hf_model *model, const char *name);
const struct hf_column *hf_table_column(const struct hf_table *table, const char *name);
const struct hf_index *hf_table_index(const struct hf_table *table, const char *name);
const struct hf_object *hf_model_view(const struct hf_model *model, const char *name);
const struct hf_object *hf_model_trigger(const struct hf_model *model, const char *name);

/* The column that is another name for the rowid, or NULL. */
const struct hf_column *hf_table_rowid_column(const struct hf_table *table);

bool hf_column_generated(const struct hf_column *column);

void hf_model_release(struct hf_model *model);
HF_AUTO_RELEASE(hf_model)

#endif
