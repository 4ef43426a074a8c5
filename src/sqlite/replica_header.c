#include "sqlite/replica_header.h"

#include <string.h>

#include "base/bytes.h"

enum {
    WRITE_VERSION = 18, /* and the read version after it */
    CHANGE_COUNTER = 24,
    SCHEMA_COOKIE = 40,
    VERSION_VALID_FOR = 92,
    ROLLBACK_JOURNAL = 1,
};

/* All that is a replica's own: place and length. */
static const struct {
    uint8_t at, length;
} own[] = {{WRITE_VERSION, 2}, {CHANGE_COUNTER, 4}, {SCHEMA_COOKIE, 4}, {VERSION_VALID_FOR, 4}};

struct hf_replica_marks hf_replica_marks_of(const uint8_t header[HF_DB_HEADER_BYTES])
{
    return (struct hf_replica_marks){hf_get_be32(header + CHANGE_COUNTER),
                                     hf_get_be32(header + SCHEMA_COOKIE)};
}

void hf_replica_mark(uint8_t header[HF_DB_HEADER_BYTES], const struct hf_replica_marks *marks)
{
    int agrees = memcmp(header + CHANGE_COUNTER, header + VERSION_VALID_FOR, 4) == 0;
    header[WRITE_VERSION] = header[WRITE_VERSION + 1] = ROLLBACK_JOURNAL;
    hf_put_be32(header + CHANGE_COUNTER, marks->change_counter);
    hf_put_be32(header + VERSION_VALID_FOR, marks->change_counter - !agrees);
    hf_put_be32(header + SCHEMA_COOKIE, marks->schema_cookie);
}

void hf_replica_unmark(uint8_t header[HF_DB_HEADER_BYTES],
                       const uint8_t original[HF_DB_HEADER_BYTES])
{
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        memcpy(header + own[i].at, original + own[i].at, own[i].length);
}
