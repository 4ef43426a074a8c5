/*
 * Base64 with padding (RFC 4648, section 4).
 */
#ifndef HF_PORTABLE_BASE64_H
#define HF_PORTABLE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 4 characters for every 3 bytes begun, and no NUL. */
static inline size_t hf_base64_length(size_t length)
{
    return (length + 2) / 3 * 4;
}

void hf_base64_encode(char *out, const void *bytes, size_t length);

/* Canonical text only: padded, no spaces, unused bits zero. `out` holds length / 4 * 3 bytes and
 * may be `text` itself. */
bool hf_base64_decode(void *out, size_t *made, const char *text, size_t length);

#endif
