/*
 * Text as the Unicode standard wants it: SQLite stores whatever bytes it is given.
 */
#ifndef HF_PORTABLE_UTF8_H
#define HF_PORTABLE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes of the character at `text`, at most `length`; 0 when it is none (Unicode 15, table 3-7:
 * no overlong forms, no surrogates, nothing past U+10FFFF). */
size_t hf_utf8_character(const char *text, size_t length);

/* How many bytes from `text` on are well-formed; `length` when all are. */
size_t hf_utf8_valid(const char *text, size_t length);

#endif
