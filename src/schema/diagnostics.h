/*
 * What is wrong with a schema, and where: as many complaints as its reader can give at once.
 */
#ifndef HF_SCHEMA_DIAGNOSTICS_H
#define HF_SCHEMA_DIAGNOSTICS_H

#include <stddef.h>

#include "base/bytes.h"
#include "schema/sources.h"

struct hf_diagnostic {
    const struct hf_schema_source *source; /* borrowed */
    size_t offset, length;                 /* bytes in its text */
    char *message;                         /* one sentence */
};

struct hf_diagnostics {
    struct hf_diagnostic *list; /* in the order found */
    size_t count;
};

/* Line and column (in characters, both from 1) of a byte in a source. */
void hf_source_position(const struct hf_schema_source *source, size_t offset, size_t *line,
                        size_t *column);

/* Adds one; fails only for memory, else returns 0. */
int hf_diagnose(struct hf_diagnostics *out, const struct hf_schema_source *source, size_t offset,
                size_t length, struct hf_error *err, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Drops all but the first `count`: what a reader found that then tried another way. */
void hf_diagnostics_truncate(struct hf_diagnostics *diagnostics, size_t count);

/*
 * Appends to `out`, for a terminal, three lines each: "<path>:<line>:<column>: <message>", the line
 * of the schema, and carets under what is wrong. After the first 50 only says how many more there
 * are.
 */
int hf_diagnostics_print(struct hf_buf *out, const struct hf_diagnostics *diagnostics,
                         struct hf_error *err);

/* HF_CONFIG with the first complaint's place and message, and how many more there are. Returns -1.
 */
int hf_diagnostics_error(const struct hf_diagnostics *diagnostics, struct hf_error *err);

void hf_diagnostics_release(struct hf_diagnostics *diagnostics);
HF_AUTO_RELEASE(hf_diagnostics)

#endif
