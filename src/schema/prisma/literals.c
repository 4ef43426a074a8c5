#include "schema/prisma/literals.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool take_digits(const char **at, int count, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++, ++*at) {
        if (!isdigit((unsigned char)**at))
            return false;
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

static bool take(const char **at, const char *any)
{
    if (!**at || !strchr(any, **at))
        return false;
    ++*at;
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

bool hf_prisma_parse_time(const char *text, struct hf_prisma_time *out)
{
    const char *at = text;
    struct hf_prisma_time time = {0};
    int *const parts[] = {&time.year, &time.month,  &time.day,
                          &time.hour, &time.minute, &time.second};
    static const char *const after[] = {"-", "-", "Tt ", ":", ":", ""};
    for (int i = 0; i < 6; i++)
        if (!take_digits(&at, i ? 2 : 4, parts[i]) || (i < 5 && !take(&at, after[i])))
            return false;
    if (time.month < 1 || time.month > 12 || time.day < 1 ||
        time.day > days_in(time.year, time.month) || time.hour > 23 || time.minute > 59 ||
        time.second > 60)
        return false;
    if (take(&at, ".")) {
        int digits = 0;
        for (; isdigit((unsigned char)*at); at++, digits++)
            if (digits < 9)
                time.fraction[digits] = *at;
        if (!digits)
            return false;
    }
    if (!take(&at, "Zz")) {
        int hours, minutes;
        time.west = *at == '-';
        if (!take(&at, "+-") || !take_digits(&at, 2, &hours) || !take(&at, ":") ||
            !take_digits(&at, 2, &minutes) || hours > 23 || minutes > 59)
            return false;
        time.offset = hours * 60 + minutes;
        time.west &= time.offset != 0;
    }
    *out = time;
    return *at == 0;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (isdigit((unsigned char)c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool hf_prisma_base64(const char *text, int (*each)(void *arg, uint8_t byte), void *arg)
{
    size_t length = strlen(text);
    if (length % 4)
        return false;
    for (size_t at = 0; at < length; at += 4) {
        uint32_t bits = 0;
        int pads = 0;
        for (int i = 0; i < 4; i++) {
            int digit = base64_digit(text[at + (size_t)i]);
            bool pad = text[at + (size_t)i] == '=' && at + 4 == length && i >= 2;
            if (pad ? false : digit < 0 || pads)
                return false;
            pads += pad;
            bits = bits << 6 | (uint32_t)(pad ? 0 : digit);
        }
        if ((pads == 1 && bits & 0xff) || (pads == 2 && bits & 0xffff))
            return false;
        for (int i = 0; i < 3 - pads; i++)
            if (each && each(arg, (uint8_t)(bits >> (16 - 8 * i))))
                return false;
    }
    return true;
}

bool hf_prisma_is_decimal(const char *text)
{
    text += *text == '+' || *text == '-';
    size_t whole = strspn(text, "0123456789");
    text += whole;
    size_t fraction = 0;
    if (*text == '.') {
        fraction = strspn(++text, "0123456789");
        text += fraction;
    }
    if (!whole && !fraction)
        return false;
    if (*text == 'e' || *text == 'E') {
        ++text;
        text += *text == '+' || *text == '-';
        size_t exponent = strspn(text, "0123456789");
        if (!exponent || exponent > 3)
            return false;
        text += exponent;
    }
    return *text == 0;
}

int hf_prisma_print_decimal(struct hf_buf *out, const char *text, struct hf_error *err)
{
    bool negative = *text == '-';
    text += *text == '-' || *text == '+';
    size_t whole = strspn(text, "0123456789");
    const char *fraction = text + whole + (text[whole] == '.');
    size_t places = text[whole] == '.' ? strspn(fraction, "0123456789") : 0;
    long exponent = fraction[places] ? strtol(fraction + places + 1, NULL, 10) : 0;
    hf_auto(hf_buf) struct hf_buf digits = {0};
    if (hf_buf_append(&digits, text, whole, err) || hf_buf_append(&digits, fraction, places, err))
        return -1;
    long scale = (long)places - exponent;
    for (; scale < 0; scale++)
        if (hf_buf_append(&digits, "0", 1, err))
            return -1;
    const char *first = (const char *)digits.data;
    size_t count = digits.length;
    for (; count > (size_t)scale + 1 && *first == '0'; count--)
        first++;
    bool zero = true;
    for (size_t i = 0; i < count; i++)
        zero &= first[i] == '0';
    if (negative && !zero && hf_buf_append(out, "-", 1, err))
        return -1;
    if (count <= (size_t)scale && hf_buf_append(out, "0.", 2, err))
        return -1;
    for (size_t i = count; i < (size_t)scale; i++)
        if (hf_buf_append(out, "0", 1, err))
            return -1;
    if (count <= (size_t)scale)
        return hf_buf_append(out, first, count, err);
    if (hf_buf_append(out, first, count - (size_t)scale, err))
        return -1;
    return scale ? hf_buf_print(out, err, ".%.*s", (int)scale, first + count - scale) : 0;
}
