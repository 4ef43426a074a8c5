/*
 * What a database that is looked at (sqlite/look.h) has: its tables, and how the rows of each are
 * told apart.
 */
#ifndef HF_SQLITE_LOOK_TABLE_H
#define HF_SQLITE_LOOK_TABLE_H

#include "sqlite/look.h"

enum hf_look_kind { HF_LOOK_TABLE, HF_LOOK_VIEW, HF_LOOK_VIRTUAL, HF_LOOK_SHADOW };

/* "table", "view", "virtual", "shadow": a shadow table keeps the data of a virtual one. */
const char *hf_look_kind_name(enum hf_look_kind kind);

struct hf_look_column {
    char *name, *type, *standard; /* the last: its DEFAULT as written, or NULL */
    bool not_null, is_generated, is_secret;
    int key_place; /* in the primary key, from 1; 0: not in it */
};

/* A part of what orders the rows: how it is written in SQL, collation included. */
struct hf_look_key {
    char *sql;
    bool is_descending;
};

enum { HF_LOOK_MOST_COLUMNS = 2000, HF_LOOK_MOST_KEYS = 32 };

struct hf_look_table {
    char *name;
    enum hf_look_kind kind;
    bool is_without_rowid;
    bool is_copy; /* it may hold copies of secrets: its rows cannot be shown */
    struct hf_look_column *columns;
    size_t column_count;
    /* Rows in this order are unique; none: they can only be counted through (views, virtual). */
    struct hf_look_key keys[HF_LOOK_MOST_KEYS];
    size_t key_count;
    char *key_index;    /* of a table without rowid */
    bool key_is_secret; /* rows cannot be shown, as their order and place would tell of it */
};

/* HF_NOT_FOUND. SQLite's own tables are not there. */
int hf_look_table(struct hf_look_table *out, struct hf_look *look, const char *name,
                  struct hf_error *err);
void hf_look_table_release(struct hf_look_table *table);
HF_AUTO_RELEASE(hf_look_table)

/* Calls `each` for the first `most` by name; -1 of it ends. */
int hf_look_each_table(struct hf_look *look, int most,
                       int (*each)(void *context, const char *name, enum hf_look_kind kind,
                                   struct hf_error *err),
                       void *context, struct hf_error *err);

struct hf_look_count {
    int64_t rows; /* -1: unknown */
    bool is_exact;
};

/* Counts for at most `ms`; what takes longer is estimated from statistics or keys. */
int hf_look_count(struct hf_look_count *out, struct hf_look *look,
                  const struct hf_look_table *table, int64_t ms, struct hf_error *err);

#endif
