/*
 * What SQLite's file format says about a database file: https://www.sqlite.org/fileformat2.html
 * Pure: bytes in, values out.
 */
#ifndef HF_SQLITE_DB_HEADER_H
#define HF_SQLITE_DB_HEADER_H

#include <stdbool.h>
#include <stdint.h>

enum { HF_DB_HEADER_BYTES = 100, HF_PAGE_SIZE_MIN = 512, HF_PAGE_SIZE_MAX = 65536 };

struct hf_db_header {
    uint32_t page_size;  /* 512 to 65536, a power of two */
    uint32_t page_count; /* as the header says; valid when counters_agree */
    uint32_t change_counter;
    bool counters_agree; /* version-valid-for equals the change counter */
    bool wal;            /* read version 2 */
};

/* False when the bytes are not the beginning of a SQLite 3 database. */
bool hf_db_header_parse(struct hf_db_header *out, const uint8_t bytes[HF_DB_HEADER_BYTES]);

/* The page that holds SQLite's lock bytes and never has content; a file may end before it.
 * Asks SQLite, so that a moved pending byte (SQLITE_TESTCTRL_PENDING_BYTE) counts. */
uint32_t hf_lock_byte_page(uint32_t page_size);

#endif
