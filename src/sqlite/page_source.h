/*
 * The pages of one consistent state of a live database.
 *
 * Opening begins a read transaction, so that the state cannot change under the reader; a
 * writer in WAL mode is never blocked by it, one in a rollback-journal mode can commit again
 * after hf_page_source_free. What a killed process left behind (log, hot journal) is recovered by
 * SQLite first, as for any reader.
 *
 * Page bytes are read through SQLite's own file handles: opening and closing the file
 * otherwise would drop every POSIX lock that this process has on it. In WAL mode a page's newest
 * image is taken from the log up to the published mxFrame, else from the file; held on read
 * slot 0 the file alone is the state (https://www.sqlite.org/walformat.html). Log frames are proven
 * by salt and checksum chain. Single-owner.
 */
#ifndef HF_SQLITE_PAGE_SOURCE_H
#define HF_SQLITE_PAGE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

struct hf_page_source;

/*
 * What a database looked like without reading its pages. Two stamps that are equal, the
 * earlier of them settled, mean that no page has changed in between. Taken so that a change during
 * the taking makes it differ from every later one.
 */
struct hf_db_stamp {
    uint64_t device, inode;
    uint64_t size, modified, changed;      /* of the database file: bytes, ns, ns (ctime) */
    uint64_t log_size, log_modified;       /* of the -wal file, 0 without one */
    uint32_t log_frames;                   /* wal-index mxFrame; 0 in rollback modes */
    uint32_t log_salt[2], log_checksum[2]; /* of the wal-index; 0 when log_frames is 0 */
    uint32_t change_counter;
    uint32_t settled; /* 1: no file time is so recent that a later write could leave it the same */
};

bool hf_db_stamp_equal(const struct hf_db_stamp *a, const struct hf_db_stamp *b);

struct hf_db_info {
    uint32_t page_size;
    uint32_t page_count;     /* of the state that is read */
    uint32_t lock_byte_page; /* never has content; may be past page_count */
    bool wal;
    struct hf_db_stamp stamp;
};

/*
 * Waits at most `busy_ms` for a writer that has the file exclusively.
 * Errors, each with a hint: HF_NOT_FOUND (no file), HF_CORRUPT (empty file, not a database or
 * encrypted, truncated), HF_LOCKED, HF_IO (a directory, no permission), HF_NO_MEMORY.
 */
struct hf_page_source *hf_page_source_open(const char *path, int busy_ms, struct hf_error *err);

const struct hf_db_info *hf_page_source_info(const struct hf_page_source *source);

/* Reads pages first .. first+count-1 (from 1, all within page_count) into `out`, page_size bytes
 * each; the lock-byte page comes as zeros. A file that ends early is HF_CORRUPT. */
int hf_page_source_read(struct hf_page_source *source, uint32_t first, uint32_t count, uint8_t *out,
                        struct hf_error *err);

/* Ends the transaction and closes; never checkpoints, never deletes a log. NULL is fine. */
void hf_page_source_free(struct hf_page_source *source);
HF_AUTO_FREE(hf_page_source)

#endif
