/*
 * A schema as it is wanted: the statements that make it in an empty database, and what statements
 * cannot say. Both readers (schema/prisma/compile.h, schema/sql_compile.h) produce it; planning
 * compares the database that it makes with the live one.
 */
#ifndef HF_SCHEMA_WANTED_H
#define HF_SCHEMA_WANTED_H

#include <sqlite3.h>
#include <stddef.h>

#include "schema/sources.h"

/* `@renamed-from`: keep the data under a new name. */
struct hf_rename {
    char *table;  /* its wanted name */
    char *column; /* its wanted name; NULL: the table itself is renamed */
    char *from;   /* the name that it had */
};

/* The values that a column of an enum may hold. SQLite does not check them; a plan counts the rows
 * that hold another. */
struct hf_enum_column {
    char *table, *column;
    char **values; /* ends with NULL */
};

struct hf_wanted {
    enum hf_schema_dialect dialect;
    char **statements; /* in order, without ';' at the end */
    size_t statement_count;
    struct hf_rename *renames;
    size_t rename_count;
    struct hf_enum_column *enums;
    size_t enum_count;
};

/* Each copies what it is given. */
int hf_wanted_add_statement(struct hf_wanted *wanted, const char *sql, struct hf_error *err);
int hf_wanted_add_rename(struct hf_wanted *wanted, const char *table, const char *column,
                         const char *from, struct hf_error *err);
int hf_wanted_add_enum(struct hf_wanted *wanted, const char *table, const char *column,
                       const char *const *values, struct hf_error *err);

/* A new in-memory database with the schema in it; the caller closes with sqlite3_close. NULL on
 * failure: HF_CONFIG with SQLite's complaint. */
sqlite3 *hf_wanted_build(const struct hf_wanted *wanted, struct hf_error *err);

void hf_wanted_release(struct hf_wanted *wanted);
HF_AUTO_RELEASE(hf_wanted)

#endif
