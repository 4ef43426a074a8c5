/*
 * The kernel's own list of file locks (/proc/locks): who holds which wal-index lock, and whether
 * this process still has the one that it believes in. Closing any descriptor of a file drops all
 * POSIX locks that the process has on it, without a word (https://www.sqlite.org/howtocorrupt.html,
 * section 2.2.1); only the kernel knows.
 */
#ifndef HF_SQLITE_LOCK_TABLE_H
#define HF_SQLITE_LOCK_TABLE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/bytes.h"

/* The wal-index's lock bytes (https://www.sqlite.org/walformat.html#wal_locks). */
enum { HF_LOCK_WRITE = 0, HF_LOCK_CHECKPOINT = 1, HF_LOCK_READ_0 = 3 };

/* All zero is an empty table, which knows of no lock. */
struct hf_lock_table {
    struct hf_buf text; /* a line a lock */
};

/* Reads the list. Where there is none, or not enough memory, the table is empty. */
void hf_lock_table_load(struct hf_lock_table *table);

static inline void hf_lock_table_release(struct hf_lock_table *table)
{
    hf_buf_release(&table->text);
}
HF_AUTO_RELEASE(hf_lock_table)

/* The process that holds wal-index lock `lock` of the -shm file `shm`, for itself alone; 0 for
 * none.
 */
pid_t hf_lock_table_holder(const struct hf_lock_table *table, const struct stat *shm, int lock);

/* Whether process `pid` has lock `lock` of the -shm file, shared or not. */
bool hf_lock_table_has(const struct hf_lock_table *table, const struct stat *shm, int lock,
                       pid_t pid);

#endif
