#include "portable/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void hf_base64_encode(char *out, const void *bytes, size_t length)
{
    const uint8_t *in = bytes;
    for (; length >= 3; in += 3, length -= 3) {
        unsigned group = (unsigned)in[0] << 16 | (unsigned)in[1] << 8 | in[2];
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = alphabet[group >> 6 & 63];
        *out++ = alphabet[group & 63];
    }
    if (!length)
        return;
    unsigned group = (unsigned)in[0] << 16 | (length == 2 ? (unsigned)in[1] << 8 : 0);
    *out++ = alphabet[group >> 18];
    *out++ = alphabet[group >> 12 & 63];
    *out++ = length == 2 ? alphabet[group >> 6 & 63] : '=';
    *out++ = '=';
}

static int value_of(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool hf_base64_decode(void *out, size_t *made, const char *text, size_t length)
{
    uint8_t *next = out;
    if (length % 4)
        return false;
    size_t padding = length && text[length - 1] == '=' ? 1 + (text[length - 2] == '=') : 0;
    for (size_t i = 0; i < length; i += 4) {
        int used = i + 4 == length ? 4 - (int)padding : 4, bad = 0;
        unsigned group = 0;
        for (int j = 0; j < 4; j++) {
            int value = j < used ? value_of((unsigned char)text[i + (size_t)j]) : 0;
            bad |= value < 0;
            group = group << 6 | ((unsigned)value & 63);
        }
        if (bad || group & ((1u << 8 * (4 - used)) - 1))
            return false;
        for (int j = 0; j < used - 1; j++)
            *next++ = (uint8_t)(group >> (16 - 8 * j));
    }
    *made = (size_t)(next - (uint8_t *)out);
    return true;
}
