/*
 * What stands in strings and numbers of a Prisma schema: times, base64, decimal numbers.
 */
#ifndef HF_SCHEMA_PRISMA_LITERALS_H
#define HF_SCHEMA_PRISMA_LITERALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct hf_prisma_time {
    int year, month, day, hour, minute, second;
    char fraction[10]; /* up to nine digits */
    int offset;        /* minutes from UTC */
    bool west;
};

/* RFC 3339, as in "2026-01-31T12:00:00.5+02:00". */
bool hf_prisma_parse_time(const char *text, struct hf_prisma_time *out);

/* Standard base64 with its padding; `each` (may be NULL) gets the bytes, and ends it by anything
 * but 0. */
bool hf_prisma_base64(const char *text, int (*each)(void *arg, uint8_t byte), void *arg);

/* A number as it may stand in the string of a Decimal's default, also with an exponent of up to
 * three digits. */
bool hf_prisma_is_decimal(const char *text);

/* Appends such a number with neither exponent nor needless zeros before it. */
int hf_prisma_print_decimal(struct hf_buf *out, const char *text, struct hf_error *err);

#endif
