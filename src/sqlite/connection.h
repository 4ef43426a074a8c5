/*
 * SQLite connections as this layer opens them, and their errors as struct hf_error.
 */
#ifndef HF_SQLITE_CONNECTION_H
#define HF_SQLITE_CONNECTION_H

#include <sqlite3.h>

#include "base/error.h"

/* Before SQLite is used for the first time: no connection gets room for pages (90 KiB each) before
 * it reads some. A process that holds a thousand databases would have 180 MB of it. */
void hf_connections_begin_small(void);

/*
 * Opens an existing database for reading and writing (for reading alone where that is all that is
 * permitted), through the VFS `vfs` (NULL: the default). `path` is taken literally: nothing in it
 * is an URI or a special name. The connection never checkpoints by itself, never removes a log and
 * maps no memory. NULL on failure, with a hint; the caller closes with sqlite3_close.
 */
sqlite3 *hf_connection_open(const char *path, const char *vfs, int busy_ms, struct hf_error *err);

/* Opens one that nobody writes to, and that has neither a log with frames nor a hot journal beside
 * it: read-only, without locks, and without any file made beside it. */
sqlite3 *hf_connection_open_still(const char *path, struct hf_error *err);

/* Moves what the log holds into the database and empties it, as far as nobody else is in the way:
 * after a change that made it long. Nothing outside WAL mode. Best effort; the connection waits for
 * nobody from then on. */
void hf_connection_fold_log(sqlite3 *db);

/*
 * What an SQLite result code means for the file `path`: HF_LOCKED, HF_CORRUPT, HF_NO_SPACE,
 * HF_NO_MEMORY, HF_IO, else HF_FAILED; with a hint. `db` may be NULL. Returns -1.
 */
int hf_connection_error(sqlite3 *db, int rc, const char *path, struct hf_error *err);

/* The connection's own file object: SQLITE_FCNTL_FILE_POINTER (the database) or
 * SQLITE_FCNTL_JOURNAL_POINTER (the log in WAL mode). NULL when there is none, or it is not open.
 */
sqlite3_file *hf_connection_file(sqlite3 *db, int which);

#endif
