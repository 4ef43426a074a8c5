/*
 * Text for people: hexadecimal, sizes, and the nearest of several names.
 */
#ifndef HF_BASE_TEXT_H
#define HF_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lower case, 2 * length characters and a NUL. */
void hf_hex_encode(char *out, const uint8_t *bytes, size_t length);

/* Exactly 2 * length lower-case digits, and nothing after them; false when it is not that. */
bool hf_hex_decode(uint8_t *out, size_t length, const char *text);

/* Exactly `digits` lower-case digits at `text` (what follows is not looked at). */
bool hf_hex_number(const char *text, int digits, uint64_t *value);

/* "0 B", "512 B", "4.0 KiB", "1.1 GiB". `out` holds 16 bytes or more. */
const char *hf_format_bytes(char *out, size_t size, uint64_t bytes);

/* "0.42 s", "12 s", "3 min 05 s", "2 h 10 min". */
const char *hf_format_duration(char *out, size_t size, int64_t milliseconds);

/* The name that somebody who typed `typed` most likely meant, or NULL when none is near.
 * `names` ends with NULL. Nearness: optimal string alignment distance of at most a third. */
const char *hf_nearest(const char *typed, const char *const *names);

#endif
