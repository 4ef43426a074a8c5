/*
 * A live database as a Prisma schema: what Prisma's own introspection prints, made so that it
 * compiles and, planned against that database, finds nothing to do. What Prisma cannot express
 * (CHECK, triggers, partial and expression indexes, generated columns, virtual tables) becomes a
 * comment: a plan leaves it alone.
 */
#ifndef HF_SCHEMA_PRISMA_PULL_H
#define HF_SCHEMA_PRISMA_PULL_H

#include <sqlite3.h>

#include "base/bytes.h"

/* Appends the schema's text. `db` is only read; one read transaction is the caller's to hold. */
int hf_prisma_pull(struct hf_buf *out, sqlite3 *db, struct hf_error *err);

#endif
