#include "portable/json_surrogate.h"

#include <string.h>

/* "\uXXXX" at `text`: its number, or -1. */
static int escaped_unit(const uint8_t *text, size_t length)
{
    if (length < 6 || text[0] != '\\' || text[1] != 'u')
        return -1;
    int unit = 0;
    for (int i = 2; i < 6; i++) {
        int c = text[i] | 0x20;
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool is_high(int unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(int unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

size_t hf_json_mend_surrogates(uint8_t *text, size_t length, bool last)
{
    enum { PAIR = 12 };
    size_t at = 0;
    while (at < length) {
        const uint8_t *found = memchr(text + at, '\\', length - at);
        if (!found)
            return length;
        at = (size_t)(found - text);
        if (length - at < PAIR && !last)
            return at;
        int unit = escaped_unit(text + at, length - at);
        if (is_high(unit) && is_low(escaped_unit(text + at + 6, length - at - 6))) {
            at += PAIR;
        } else if (is_high(unit) || is_low(unit)) {
            memcpy(text + at + 2, "fffd", 4);
            at += 6;
        } else {
            at += 2; /* the escape and what it escapes, which may be a backslash */
        }
    }
    return length;
}
