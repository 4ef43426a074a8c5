/*
 * A SQLite file that may come from anybody, opened to be looked at. Belongs into a process that can
 * be killed: what the file's schema can make SQLite do takes bounded memory, but no bounded time.
 */
#ifndef HF_SQLITE_UNTRUSTED_H
#define HF_SQLITE_UNTRUSTED_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/error.h"

enum hf_file_users {
    HF_USED_BY_OTHERS, /* perhaps: takes a reader's lock only */
    HF_USED_BY_NOBODY, /* a copy that is ours alone */
};

struct hf_untrusted_file {
    const char *path;
    enum hf_file_users users;
};

/*
 * As hf_connection_open; but triggers do not fire, functions in the schema are the harmless ones,
 * and cells are checked. Temporary tables can be made. Leaves no side files that were not there,
 * when it is the last of this process's connections to the file that closes. HF_CORRUPT: no
 * database.
 *
 * Used by nobody it is read-only, and its first read says whether it is a database; only a log with
 * frames or a journal that was brought with it makes SQLite write, to put in what belongs there.
 */
sqlite3 *hf_untrusted_open(const char *path, enum hf_file_users users, int busy_ms,
                           struct hf_error *err);

/* Calls `each` for the first `most` ordinary tables by name, without SQLite's own and the insides
 * of virtual ones. -1 of `each` ends it. `path` is for errors. */
int hf_untrusted_tables(sqlite3 *db, const char *path, int most,
                        int (*each)(void *context, const char *name, uint64_t rows,
                                    struct hf_error *err),
                        void *context, struct hf_error *err);

#endif
