/*
 * The wal-index (-shm): what SQLite's processes share about a log.
 * https://www.sqlite.org/walformat.html#the_wal_index_file_format
 */
#ifndef HF_SQLITE_WAL_INDEX_H
#define HF_SQLITE_WAL_INDEX_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { HF_READ_SLOTS = 5 };

/* One published state of a log. */
struct hf_wal_index {
    uint32_t page_size;
    uint32_t max_frame;   /* frames of the log that count */
    uint32_t page_count;  /* of the database after them */
    bool big_endian;      /* how the log's checksums are computed */
    uint32_t checksum[2]; /* cumulative, of frame max_frame */
    uint8_t salt[8]; /* of the log's frames, as in the log; without meaning while max_frame is 0 */
    /* Read after the rest: */
    uint32_t backfilled;           /* frames already in the database file */
    uint32_t marks[HF_READ_SLOTS]; /* up to which frame the readers of a slot may read */
};

enum hf_wal_index_read {
    HF_WAL_INDEX_READ,
    HF_WAL_INDEX_TORN,  /* a writer is at it, or died at it: begin a new transaction, which repairs
                           it */
    HF_WAL_INDEX_FAILED /* `err` says why */
};

/* Reads through SQLite's own mapping for `file`, the main database of a connection that is in a
 * read transaction in WAL mode. */
enum hf_wal_index_read hf_wal_index_read(sqlite3_file *file, struct hf_wal_index *out,
                                         struct hf_error *err);

/* SQLite's checksum over `length` bytes (a multiple of 8), continued from `sum`. */
void hf_wal_checksum(bool big_endian, const uint8_t *bytes, size_t length, uint32_t sum[2]);

#endif
