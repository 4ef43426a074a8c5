#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int hf_buf_reserve(struct hf_buf *buf, size_t more, struct hf_error *err)
{
    if (buf->capacity - buf->length >= more)
        return 0;
    size_t capacity = buf->capacity ? buf->capacity : 256;
    while (capacity - buf->length < more) {
        if (capacity > SIZE_MAX / 2)
            return hf_error_memory(err);
        capacity *= 2;
    }
    uint8_t *data = realloc(buf->data, capacity);
    if (!data)
        return hf_error_memory(err);
    buf->data = data;
    buf->capacity = capacity;
    return 0;
}

int hf_buf_append(struct hf_buf *buf, const void *bytes, size_t length, struct hf_error *err)
{
    if (hf_buf_reserve(buf, length, err))
        return -1;
    if (length && bytes)
        memcpy(buf->data + buf->length, bytes, length);
    else if (length)
        memset(buf->data + buf->length, 0, length);
    buf->length += length;
    return 0;
}

int hf_buf_append_le(struct hf_buf *buf, int bytes, uint64_t value, struct hf_error *err)
{
    uint8_t raw[8];
    hf_put_le(raw, bytes, value);
    return hf_buf_append(buf, raw, (size_t)bytes, err);
}

void hf_buf_release(struct hf_buf *buf)
{
    free(buf->data);
    *buf = (struct hf_buf){0};
}

int hf_buf_print(struct hf_buf *buf, struct hf_error *err, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    int failed = length < 0 ? hf_error_set(err, HF_FAILED, "text cannot be formatted")
                            : hf_buf_reserve(buf, (size_t)length + 1, err);
    if (!failed) {
        vsnprintf((char *)buf->data + buf->length, (size_t)length + 1, format, again);
        buf->length += (size_t)length;
    }
    va_end(again);
    return failed;
}
