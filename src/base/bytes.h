/*
 * Little-endian integers in memory, and a growing byte buffer.
 */
#ifndef HF_BASE_BYTES_H
#define HF_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"

static inline uint64_t hf_get_le(const uint8_t *in, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | in[i];
    return value;
}

static inline void hf_put_le(uint8_t *out, int bytes, uint64_t value)
{
    for (int i = 0; i < bytes; i++, value >>= 8)
        out[i] = (uint8_t)value;
}

/* Big-endian, as in SQLite's file formats. */
static inline uint32_t hf_get_be32(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static inline void hf_put_be32(uint8_t *out, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        out[i] = (uint8_t)value;
}

/* Owns `data`; all zero is an empty buffer. */
struct hf_buf {
    uint8_t *data;
    size_t length;
    size_t capacity;
};

/* Room for `more` bytes past the length. Fails only for memory. */
int hf_buf_reserve(struct hf_buf *buf, size_t more, struct hf_error *err);

/* Appends; `bytes` may be NULL to append zeros. */
int hf_buf_append(struct hf_buf *buf, const void *bytes, size_t length, struct hf_error *err);

/* Appends an integer of 1 to 8 bytes. */
int hf_buf_append_le(struct hf_buf *buf, int bytes, uint64_t value, struct hf_error *err);

/* Appends text, and a NUL after it that the length does not count. */
int hf_buf_print(struct hf_buf *buf, struct hf_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void hf_buf_release(struct hf_buf *buf);
HF_AUTO_RELEASE(hf_buf)

#endif
