/*
 * Schemas in SQL: executed into an empty database in memory, so that anything SQLite understands is
 * understood.
 */
#ifndef HF_SCHEMA_SQL_COMPILE_H
#define HF_SCHEMA_SQL_COMPILE_H

#include "schema/diagnostics.h"
#include "schema/wanted.h"

/*
 * As hf_schema_compile. CREATE, ALTER and DROP are carried out; PRAGMA, BEGIN and COMMIT, which
 * dumps have, are passed over; anything else is complained about. Nothing can reach outside of the
 * empty database. A file is read up to its first error of syntax.
 */
int hf_sql_compile(struct hf_wanted *out, const struct hf_schema_sources *sources,
                   struct hf_diagnostics *diagnostics, struct hf_error *err);

/*
 * Takes the hints out of the comments of one CREATE TABLE statement: "-- @renamed-from old" on a
 * line above it, or on its first line, names the table's old name; above a column's line, or at its
 * end, the column's. `text` starts where the statement before ended.
 */
int hf_sql_rename_hints(struct hf_wanted *out, const char *text, size_t length,
                        struct hf_error *err);

#endif
