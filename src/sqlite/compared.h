/*
 * One of two states of a database that are compared: a SQLite file, which may be hostile and in
 * use, read in one transaction.
 */
#ifndef HF_SQLITE_COMPARED_H
#define HF_SQLITE_COMPARED_H

#include <sqlite3.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sqlite/untrusted.h"

struct hf_compared {
    sqlite3 *db;
    const char *path;     /* for errors; borrowed */
    const char *encoding; /* of its texts, as PRAGMA encoding says */
};

/* Opens it for reading alone, and begins the transaction in which it stands still. Writers go on.
 */
int hf_compared_open(struct hf_compared *out, const char *path, enum hf_file_users users,
                     struct hf_error *err);
void hf_compared_release(struct hf_compared *state);
HF_AUTO_RELEASE(hf_compared)

/* Prepares `sql`, and frees it with sqlite3_free. NULL counts as no memory. */
int hf_compared_prepare(sqlite3_stmt **out, const struct hf_compared *state, char *sql,
                        struct hf_error *err);

/* What its connection said last. Returns -1. */
int hf_compared_failed(const struct hf_compared *state, struct hf_error *err);

#endif
