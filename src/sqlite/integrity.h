/*
 * SQLite's own opinion of a database file.
 */
#ifndef HF_SQLITE_INTEGRITY_H
#define HF_SQLITE_INTEGRITY_H

#include <stdint.h>

#include "base/error.h"

struct hf_integrity {
    uint64_t problems;       /* lines of integrity_check other than "ok", at most 100 */
    char first_problem[256]; /* "" when there is none */
    uint64_t orphans;        /* rows of foreign_key_check: the application's matter, not damage */
    char first_orphan[256];  /* "table 'a' row 7 refers to a missing row of 'b'", or "" */
};

/*
 * Runs integrity_check and, if that finds nothing, foreign_key_check on a file that nobody else has
 * open, as one that may come from anybody (untrusted.h). Problems found are not an error: the call
 * fails only when it cannot find out (HF_IO, HF_NO_MEMORY; HF_UNSUPPORTED where the schema needs
 * collations or functions that only the application has). A file that is no database is one
 * problem.
 */
int hf_integrity_check(const char *path, struct hf_integrity *out, struct hf_error *err);

#endif
