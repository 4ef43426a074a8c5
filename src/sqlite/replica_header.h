/*
 * What page 1 of a read replica says of itself, where it differs from the point that the replica is
 * at. Everything else in the file is the point, bit for bit.
 *
 * - File format versions (bytes 18 and 19): rollback journal, so that a reader makes no log beside.
 * - Change counter (24) and version-valid-for (92): grow with each step, so that connections notice
 *   that what they have cached is old.
 * - Schema cookie (40): grows when a step may have changed the schema. The application's own may
 *   come back to an earlier value, after a restore for one; a connection that had prepared
 * statements against the schema of then would go on with them.
 *
 * https://www.sqlite.org/fileformat2.html#the_database_header. Pure.
 */
#ifndef HF_SQLITE_REPLICA_HEADER_H
#define HF_SQLITE_REPLICA_HEADER_H

#include <stdint.h>

#include "sqlite/db_header.h"

struct hf_replica_marks {
    uint32_t change_counter;
    uint32_t schema_cookie;
};

/* The marks of a header, a replica's or any database's. */
struct hf_replica_marks hf_replica_marks_of(const uint8_t header[HF_DB_HEADER_BYTES]);

/* Makes the beginning of a database's page 1 a replica's. A header whose page count does not count
 * (version-valid-for is not the change counter) stays one. */
void hf_replica_mark(uint8_t header[HF_DB_HEADER_BYTES], const struct hf_replica_marks *marks);

/* Undoes it: `original` is how the header was before. */
void hf_replica_unmark(uint8_t header[HF_DB_HEADER_BYTES],
                       const uint8_t original[HF_DB_HEADER_BYTES]);

#endif
