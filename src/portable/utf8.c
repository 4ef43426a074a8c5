#include "portable/utf8.h"

#include <stdint.h>
#include <string.h>

size_t hf_utf8_character(const char *text, size_t length)
{
    const unsigned char *c = (const unsigned char *)text;
    if (!length || *c < 0x80)
        return length ? 1 : 0;
    size_t bytes = *c >= 0xf0 ? 4 : *c >= 0xe0 ? 3 : 2;
    if (*c < 0xc2 || *c > 0xf4 || length < bytes)
        return 0;
    unsigned char least = *c == 0xe0 ? 0xa0 : *c == 0xf0 ? 0x90 : 0x80;
    unsigned char most = *c == 0xed ? 0x9f : *c == 0xf4 ? 0x8f : 0xbf;
    if (c[1] < least || c[1] > most)
        return 0;
    for (size_t i = 2; i < bytes; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    }
    return bytes;
}

size_t hf_utf8_valid(const char *text, size_t length)
{
    size_t done = 0;
    while (done < length) {
        uint64_t eight;
        if (length - done >= sizeof eight) {
            memcpy(&eight, text + done, sizeof eight);
            if (!(eight & UINT64_C(0x8080808080808080))) {
                done += sizeof eight;
                continue;
            }
        }
        size_t bytes = hf_utf8_character(text + done, length - done);
        if (!bytes)
            return done;
        done += bytes;
    }
    return done;
}
