/*
 * SQLite's own VFS with one more eye: which wal-index locks our connections hold. Which read slot
 * a read transaction landed on cannot be asked of SQLite; the locks tell it exactly.
 */
#ifndef HF_SQLITE_VFS_SHIM_H
#define HF_SQLITE_VFS_SHIM_H

#include <sqlite3.h>

#include "base/error.h"

#define HF_VFS_NAME "holdfast"

/* Registers the VFS (not as the default). Thread-safe, may be called again. */
int hf_vfs_register(struct hf_error *err);

/* The read slot (0 .. 4) whose lock `file`, a main database opened through HF_VFS_NAME, holds;
 * -1 for none. https://www.sqlite.org/walformat.html#wal_locks */
int hf_vfs_read_slot(sqlite3_file *file);

#endif
