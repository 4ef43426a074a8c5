#include "codec/bech32.h"

#include <assert.h>
#include <string.h>

enum { CHECK = 6, MOST_BYTES = 64, MOST_GROUPS = (MOST_BYTES * 8 + 4) / 5 + CHECK };

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t check_step(uint32_t sum, unsigned value)
{
    static const uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                         0x2a1462b3};
    uint32_t top = sum >> 25;
    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (int i = 0; i < 5; i++)
        sum ^= top >> i & 1 ? generator[i] : 0;
    return sum;
}

static uint32_t check_of(const char *prefix, const uint8_t *groups, size_t count)
{
    uint32_t sum = 1;
    for (const char *c = prefix; *c; c++)
        sum = check_step(sum, (unsigned)*c >> 5);
    sum = check_step(sum, 0);
    for (const char *c = prefix; *c; c++)
        sum = check_step(sum, *c & 31);
    for (size_t i = 0; i < count; i++)
        sum = check_step(sum, groups[i]);
    return sum;
}

/* One case throughout; the text in lower case goes to `out`. */
static bool fold_case(char *out, const char *text, size_t length)
{
    bool lower = false, upper = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        lower |= c >= 'a' && c <= 'z';
        upper |= c >= 'A' && c <= 'Z';
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    out[length] = 0;
    return !(lower && upper);
}

static bool regroup(uint8_t *out, size_t length, const uint8_t *groups, size_t count)
{
    unsigned window = 0, bits = 0;
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        window = (window << 5 | groups[i]) & 0xfff;
        bits += 5;
        if (bits < 8)
            continue;
        bits -= 8;
        if (made == length)
            return false;
        out[made++] = (uint8_t)(window >> bits);
    }
    return made == length && bits < 5 && !(window & ((1u << bits) - 1));
}

bool hf_bech32_decode(uint8_t *out, size_t length, const char *prefix, const char *text)
{
    char folded[MOST_GROUPS + 32];
    uint8_t groups[MOST_GROUPS] = {0};
    size_t given = strlen(text), head = strlen(prefix);
    assert(length <= MOST_BYTES && head < 24);
    if (given >= sizeof folded || given < head + 1 + CHECK || !fold_case(folded, text, given) ||
        strncmp(folded, prefix, head) != 0 || folded[head] != '1')
        return false;
    size_t count = given - head - 1;
    if (count > sizeof groups)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *found = strchr(alphabet, folded[head + 1 + i]);
        if (!found)
            return false;
        groups[i] = (uint8_t)(found - alphabet);
    }
    return check_of(prefix, groups, count) == 1 && regroup(out, length, groups, count - CHECK);
}

void hf_bech32_encode(char *out, const char *prefix, const uint8_t *bytes, size_t length)
{
    uint8_t groups[MOST_GROUPS] = {0};
    size_t count = 0;
    unsigned window = 0, bits = 0;
    assert(length <= MOST_BYTES);
    for (size_t i = 0; i < length; i++) {
        window = (window << 8 | bytes[i]) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5)
            groups[count++] = window >> (bits - 5) & 31;
    }
    if (bits)
        groups[count++] = window << (5 - bits) & 31;
    uint32_t sum = check_of(prefix, groups, count + CHECK) ^ 1;
    for (int i = 0; i < CHECK; i++)
        groups[count++] = sum >> 5 * (CHECK - 1 - i) & 31;
    size_t head = strlen(prefix);
    memcpy(out, prefix, head);
    out[head++] = '1';
    for (size_t i = 0; i < count; i++)
        out[head + i] = alphabet[groups[i]];
    out[head + count] = 0;
}
