#include "sqlite/db_header.h"

#include <sqlite3.h>
#include <string.h>

#include "base/bytes.h"

static const char magic[16] = "SQLite format 3";

/* Places of the header's fields: https://www.sqlite.org/fileformat2.html#the_database_header */
enum {
    PAGE_SIZE = 16,
    READ_VERSION = 19,
    PAYLOAD_FRACTIONS = 21,
    CHANGE_COUNTER = 24,
    PAGE_COUNT = 28,
    VERSION_VALID_FOR = 92
};

bool hf_db_header_parse(struct hf_db_header *out, const uint8_t bytes[HF_DB_HEADER_BYTES])
{
    static const uint8_t fractions[3] = {64, 32, 32};
    if (memcmp(bytes, magic, sizeof magic) ||
        memcmp(bytes + PAYLOAD_FRACTIONS, fractions, sizeof fractions))
        return false;
    uint32_t page_size = (uint32_t)bytes[PAGE_SIZE] << 8 | bytes[PAGE_SIZE + 1];
    if (page_size == 1) /* 65536 does not fit into the two bytes */
        page_size = HF_PAGE_SIZE_MAX;
    if (page_size < HF_PAGE_SIZE_MIN || (page_size & (page_size - 1)))
        return false;
    uint32_t change_counter = hf_get_be32(bytes + CHANGE_COUNTER);
    *out = (struct hf_db_header){
        .page_size = page_size,
        .page_count = hf_get_be32(bytes + PAGE_COUNT),
        .change_counter = change_counter,
        .counters_agree = hf_get_be32(bytes + VERSION_VALID_FOR) == change_counter,
        .wal = bytes[READ_VERSION] == 2,
    };
    return true;
}

uint32_t hf_lock_byte_page(uint32_t page_size)
{
    /* A value of 0 asks without changing anything. */
    uint32_t pending_byte = (uint32_t)sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, 0);
    return pending_byte / page_size + 1;
}
