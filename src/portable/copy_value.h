/*
 * Values of a database as JSON and back, exactly:
 *
 *   NULL      null
 *   INTEGER   9223372036854775807      a number without '.' and 'e'
 *   REAL      1.0, 0.1, 1e+21          a number with one of them; {"real": "inf"}, {"real": "-inf"}
 *   TEXT      "a string"               {"text": base64 of the bytes} when they are no UTF-8,
 *                                      {"text16": base64 of UTF-16LE} when a UTF-16 database holds
 *                                      text that is no UTF-16
 *   BLOB      {"blob": base64}
 */
#ifndef HF_PORTABLE_COPY_VALUE_H
#define HF_PORTABLE_COPY_VALUE_H

#include <sqlite3.h>

#include "portable/copy_hash.h"
#include "portable/json_reader.h"
#include "portable/json_writer.h"

enum hf_copy_encoding { HF_COPY_UTF8, HF_COPY_UTF16 }; /* of the database */

/* A column of the row that `statement` stands on. Borrowed until its next step. Fails only for
 * memory. */
int hf_copy_value_of_column(struct hf_copy_value *out, sqlite3_stmt *statement, int column,
                            enum hf_copy_encoding encoding, struct hf_buf *room,
                            struct hf_error *err);

void hf_copy_put_value(struct hf_json_writer *writer, const struct hf_copy_value *value);

/* Reads the value that `event` begins. Borrowed until the reader's next call or `room`'s next use.
 * HF_CORRUPT with the place for what is no such value. */
int hf_copy_read_value(struct hf_copy_value *out, struct hf_json_reader *reader,
                       const struct hf_json_event *event, struct hf_buf *room,
                       struct hf_error *err);

/* Binds a copy of it. Returns SQLite's code. */
int hf_copy_bind_value(sqlite3_stmt *statement, int parameter, const struct hf_copy_value *value);

#endif
