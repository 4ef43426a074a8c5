/*
 * A database that is only looked at, whoever made it and whoever writes to it meanwhile: nothing
 * but reading is possible, every statement ends at a deadline, and columns that hold secrets are
 * read by nothing: no statement, and no view or generated column inside one.
 *
 * Beside an application in WAL mode it blocks nobody: it only ever reads, for as long as one
 * statement takes. Belongs into a process of its own. Single-owner.
 */
#ifndef HF_SQLITE_LOOK_H
#define HF_SQLITE_LOOK_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sqlite/look_secrets.h"
#include "sqlite/untrusted.h"

struct hf_look;

struct hf_look_options {
    const char *name; /* of the database, in errors; borrowed */
    enum hf_file_users users;
    int busy_ms;
    const char *const *secrets; /* "Table.column", compared as SQLite does; copied */
    size_t secret_count;
};

/* HF_CORRUPT: no database, or one whose schema cannot be read. */
struct hf_look *hf_look_open(const char *path, const struct hf_look_options *options,
                             struct hf_error *err);
void hf_look_free(struct hf_look *look);
HF_AUTO_FREE(hf_look)

/* From now on a statement has `ms`; what runs longer is interrupted. 0 at first: nothing runs. Also
 * learns where secrets may be beside what is configured, when the schema is another. */
int hf_look_begin(struct hf_look *look, int64_t ms, struct hf_error *err);

/* Moves the deadline alone, to a moment of hf_monotonic, and returns the one before. */
int64_t hf_look_deadline(struct hf_look *look, int64_t deadline);
bool hf_look_is_over(const struct hf_look *look);

/* What is never read: columns that hold secrets or may be generated from them, and tables that may
 * hold copies of them. As of the last hf_look_begin. */
const struct hf_look_secrets *hf_look_secrets(const struct hf_look *look);

sqlite3 *hf_look_db(const struct hf_look *look);

/* Prepares what `sql` (freed with sqlite3_free; NULL: no memory) says. NULL: err. */
sqlite3_stmt *hf_look_prepare(struct hf_look *look, char *sql, struct hf_error *err);

/* Whether a view here could tell of a secret column: SQLite's authorizer is not asked about columns
 * that are joined by USING or NATURAL, so none is shown beside a table with secrets. */
int hf_look_views_may_tell(struct hf_look *look, bool *may, struct hf_error *err);

/* What went wrong last, in words for people: HF_REFUSED what must not be read, HF_FAILED with a
 * hint what took too long, HF_NO_MEMORY, HF_CORRUPT... Returns -1. */
int hf_look_error(const struct hf_look *look, struct hf_error *err);

/* All of SQLite in this process gets no more memory than this. */
void hf_look_limit_memory(int64_t bytes);

#endif
