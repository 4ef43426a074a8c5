/*
 * One table of a portable copy, as it is written: docs/portable.md, "Tables".
 */
#ifndef HF_PORTABLE_COPY_TABLE_H
#define HF_PORTABLE_COPY_TABLE_H

#include <sqlite3.h>

#include "portable/copy_schema.h"
#include "portable/copy_value.h"
#include "portable/json_writer.h"

/* What rows are read from. */
struct hf_copy_database {
    sqlite3 *db; /* within a read transaction */
    const char *path;
    enum hf_copy_encoding encoding;
};

struct hf_copy_table_result {
    uint64_t rows;
    char checksum[HF_COPY_CHECKSUM_TEXT];
};

/*
 * Puts the table as one value: an object with name, columns, rows (a line each), count and
 * checksum. Rows come in the order of the table's own tree, so that the same content gives the same
 * text. `events` may be NULL.
 */
int hf_copy_put_table(struct hf_json_writer *writer, const struct hf_copy_database *database,
                      const struct hf_copy_table *table, struct hf_copy_table_result *result,
                      struct hf_error *err);

#endif
