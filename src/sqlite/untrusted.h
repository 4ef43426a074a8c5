/*
 * A SQLite file that may come from anybody, opened to be looked at. Belongs into a process that can
 * be killed: what the file's schema can make SQLite do takes bounded memory, but no bounded time.
 */
#ifndef HF_SQLITE_UNTRUSTED_H
#define HF_SQLITE_UNTRUSTED_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/error.h"

/* As hf_connection_open; but triggers do not fire, functions in the schema
 * are the harmless ones, and cells are checked. Temporary tables can be made. Leaves no side files
 * that were not there, when it is the last of this process's connections to the file that closes.
 * HF_CORRUPT: no database. */
sqlite3 *hf_untrusted_open(const char *path, int busy_ms, struct hf_error *err);

/* Calls `each` for the first `most` ordinary tables by name, without SQLite's own and the insides
 * of virtual ones. -1 of `each` ends it. `path` is for errors. */
int hf_untrusted_tables(sqlite3 *db, const char *path, int most,
                        int (*each)(void *context, const char *name, uint64_t rows,
                                    struct hf_error *err),
                        void *context, struct hf_error *err);

#endif
