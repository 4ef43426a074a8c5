#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void hf_hex_encode(char *out, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * length] = 0;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hf_hex_decode(uint8_t *out, size_t length, const char *text)
{
    for (size_t i = 0; i < length; i++) {
        uint64_t byte;
        if (!hf_hex_number(text + 2 * i, 2, &byte))
            return false;
        out[i] = (uint8_t)byte;
    }
    return text[2 * length] == 0;
}

bool hf_hex_number(const char *text, int digits, uint64_t *value)
{
    uint64_t number = 0;
    for (int i = 0; i < digits; i++) {
        int digit = digit_of(text[i]);
        if (digit < 0)
            return false;
        number = number << 4 | (uint64_t)digit;
    }
    *value = number;
    return true;
}

const char *hf_format_bytes(char *out, size_t size, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        snprintf(out, size, "%" PRIu64 " B", bytes);
        return out;
    }
    double value = (double)bytes / 1024;
    int unit = 0;
    while (value >= 1023.95 && unit < 5) {
        value /= 1024;
        unit++;
    }
    snprintf(out, size, "%.1f %s", value, units[unit]);
    return out;
}

const char *hf_format_duration(char *out, size_t size, int64_t milliseconds)
{
    int64_t seconds = milliseconds / 1000;
    if (milliseconds < 10000)
        snprintf(out, size, "%.2f s", (double)milliseconds / 1000);
    else if (seconds < 60)
        snprintf(out, size, "%" PRId64 " s", seconds);
    else if (seconds < 3600)
        snprintf(out, size, "%" PRId64 " min %02" PRId64 " s", seconds / 60, seconds % 60);
    else
        snprintf(out, size, "%" PRId64 " h %02" PRId64 " min", seconds / 3600, seconds / 60 % 60);
    return out;
}

enum { LONGEST_NAME = 63 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, substitutions, swaps of neighbours. */
static int distance(const char *a, const char *b)
{
    int rows[3][LONGEST_NAME + 2];
    int length = (int)strlen(b);
    for (int j = 0; j <= length; j++)
        rows[0][j] = j;
    int i = 0;
    for (; a[i]; i++) {
        int *now = rows[(i + 1) % 3], *above = rows[i % 3], *twice_above = rows[(i + 2) % 3];
        now[0] = i + 1;
        for (int j = 0; j < length; j++) {
            now[j + 1] = least(above[j] + (a[i] != b[j]), least(above[j + 1], now[j]) + 1);
            if (i && j && a[i] == b[j - 1] && a[i - 1] == b[j])
                now[j + 1] = least(now[j + 1], twice_above[j - 1] + 1);
        }
    }
    return rows[i % 3][length];
}

const char *hf_nearest(const char *typed, const char *const *names)
{
    const char *best = NULL;
    size_t length = strlen(typed);
    if (length > LONGEST_NAME)
        return NULL;
    int nearest = (int)length / 3 + 1;
    for (; *names; names++) {
        int steps = strlen(*names) > LONGEST_NAME ? nearest : distance(typed, *names);
        if (steps < nearest || (steps == nearest && !best && length > 2)) {
            nearest = steps;
            best = *names;
        }
    }
    return best;
}
