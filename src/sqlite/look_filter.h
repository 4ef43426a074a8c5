/*
 * Which rows of a table a person wants to see: column, operator, value. Values are only ever bound.
 */
#ifndef HF_SQLITE_LOOK_FILTER_H
#define HF_SQLITE_LOOK_FILTER_H

#include "sqlite/look_table.h"

enum hf_look_operator {
    HF_LOOK_EQUAL,
    HF_LOOK_NOT_EQUAL,
    HF_LOOK_LESS,
    HF_LOOK_LESS_EQUAL,
    HF_LOOK_GREATER,
    HF_LOOK_GREATER_EQUAL,
    HF_LOOK_CONTAINS, /* as LIKE: ASCII letters in either case */
    HF_LOOK_STARTS_WITH,
    HF_LOOK_IS_NULL,
    HF_LOOK_IS_NOT_NULL,
};

/* "=", "contains", "is null"... false: there is none of that name. */
bool hf_look_operator_named(const char *name, enum hf_look_operator *out);

/* A number in `value` is one, unless the column is of texts. */
struct hf_look_filter {
    const char *column;
    enum hf_look_operator is;
    const char *value; /* unused where nothing is compared */
};

enum { HF_LOOK_MOST_FILTERS = 8, HF_LOOK_FILTER_PARAMETERS = 2 };

/* Appends the condition, with its parameters from ?`parameter` on. HF_USAGE for a column that is
 * not there, HF_REFUSED for a secret one. */
int hf_look_filter_put(sqlite3_str *sql, const struct hf_look_table *table,
                       const struct hf_look_filter *filter, int parameter, struct hf_error *err);

/* Binds them. An SQLite result. */
int hf_look_filter_bind(sqlite3_stmt *statement, const struct hf_look_table *table,
                        const struct hf_look_filter *filter, int parameter);

#endif
