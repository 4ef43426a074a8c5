/*
 * A database as a profile's SQL sees it: every table of the profile with every column that any
 * version gave it, whatever this database has.
 */
#ifndef HF_PORTABLE_PROFILE_DATABASE_H
#define HF_PORTABLE_PROFILE_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "portable/profile.h"

/* Does the main database have the column "Table.column"? */
int hf_profile_has_column(sqlite3 *db, const char *column, bool *has, struct hf_error *err);

/* And may it be NULL there? */
int hf_profile_find_column(sqlite3 *db, const char *column, bool *has, bool *may_be_null,
                           struct hf_error *err);

/*
 * Makes a temporary view over each table of the profile. It has the table's name, so that SQL that
 * names no schema reads it (and writes to "main.Table"): a column that this database lacks is NULL,
 * a table that it lacks is empty. Twice is fine.
 */
int hf_profile_make_views(sqlite3 *db, const struct hf_profile *profile, struct hf_error *err);

/* Then the tables are seen as they are again. */
int hf_profile_drop_views(sqlite3 *db, const struct hf_profile *profile, struct hf_error *err);

/* The first version whose columns are all there, or "unknown". */
int hf_profile_version(sqlite3 *db, const struct hf_profile *profile, const char **name,
                       struct hf_error *err);

/*
 * Prepares a statement of a script for this database; `*out` is NULL where @when excludes it.
 * Statements may neither end the transaction nor attach files nor set pragmas, nor write to the
 * database before @write. Errors name the file and the line.
 */
int hf_profile_prepare(sqlite3 *db, const struct hf_profile_script *script,
                       const struct hf_profile_statement *statement, sqlite3_stmt **out,
                       struct hf_error *err);

/* What failed while the statement ran: the code that fits, with file and line. Returns -1. */
int hf_profile_sql_error(sqlite3 *db, const struct hf_profile_script *script,
                         const struct hf_profile_statement *statement, struct hf_error *err);

/* What the connection's last call met, as an error of the database's file. Returns -1. */
int hf_profile_db_error(sqlite3 *db, struct hf_error *err);

/* Runs SQL of the engine's own. */
int hf_profile_execute(sqlite3 *db, const char *sql, struct hf_error *err);

#endif
