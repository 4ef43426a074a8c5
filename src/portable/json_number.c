#include "portable/json_number.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 0.d1d2d3... times 10 to the `point` */
struct decimal {
    char digits[24];
    int count;
    int point;
};

static void take_digits(struct decimal *out, const char *scientific)
{
    const char *exponent = strchr(scientific, 'e');
    out->count = 0;
    for (const char *c = scientific; c < exponent; c++) {
        if (*c != '.')
            out->digits[out->count++] = *c;
    }
    while (out->count > 1 && out->digits[out->count - 1] == '0')
        out->count--;
    out->digits[out->count] = 0;
    out->point = atoi(exponent + 1) + 1;
}

static bool reads_back(const struct decimal *decimal, double value)
{
    char text[48];
    snprintf(text, sizeof text, "0.%se%d", decimal->digits, decimal->point);
    return strtod(text, NULL) == value;
}

static bool try_digits(struct decimal *out, double value, int digits)
{
    char text[48];
    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    take_digits(out, text);
    return strtod(text, NULL) == value;
}

/* Prices, ratings, seconds: a few decimals. The quotient of two integers that doubles hold exactly
 * is what reading the decimal gives, so the first that fits is the shortest. */
static size_t print_few_decimals(char *out, double value)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    double size = fabs(value);
    if (size >= 1e9 || size < 1e-6)
        return 0;
    for (int decimals = 0; decimals < 7; decimals++) {
        long long scaled = llround(size * powers[decimals]);
        if ((double)scaled / powers[decimals] != size)
            continue;
        long long power = (long long)powers[decimals];
        int length = sprintf(out, "%s%lld", value < 0 ? "-" : "", scaled / power);
        if (decimals)
            length += sprintf(out + length, ".%0*lld", decimals, scaled % power);
        return (size_t)length;
    }
    return 0;
}

/* The neighbour above: below a power of two doubles lie twice as close, so that the nearest decimal
 * can miss where the next one does not. */
static bool try_above(struct decimal *out, double value, int digits)
{
    int exponent;
    if (frexp(value, &exponent) != 0.5)
        return false;
    try_digits(out, value, digits);
    while (out->count < digits)
        out->digits[out->count++] = '0';
    if (out->digits[digits - 1] == '9')
        return false; /* what comes next has fewer digits */
    out->digits[digits - 1]++;
    out->digits[digits] = 0;
    return reads_back(out, value);
}

static void shortest(struct decimal *out, double value)
{
    /* A decimal of up to DBL_DIG digits survives the way to a normal double and back, so fewer
     * digits than that are found by cutting zeros. */
    int first = value < DBL_MIN ? 1 : DBL_DIG;
    for (int digits = first; digits < 17; digits++) {
        if (try_digits(out, value, digits) || try_above(out, value, digits))
            return;
    }
    try_digits(out, value, 17);
}

static size_t print_decimal(char *out, const struct decimal *decimal)
{
    const char *digits = decimal->digits;
    int count = decimal->count, point = decimal->point;
    if (count <= point && point <= 21)
        return (size_t)sprintf(out, "%s%.*s", digits, point - count, "00000000000000000000");
    if (0 < point && point <= 21)
        return (size_t)sprintf(out, "%.*s.%s", point, digits, digits + point);
    if (-6 < point && point <= 0)
        return (size_t)sprintf(out, "0.%.*s%s", -point, "00000", digits);
    return (size_t)sprintf(out, "%c%s%se%+d", *digits, count > 1 ? "." : "", digits + 1, point - 1);
}

size_t hf_number_print(char out[HF_NUMBER_TEXT], double value)
{
    if (value == 0)
        return (size_t)sprintf(out, "0");
    size_t few = print_few_decimals(out, value);
    if (few)
        return few;
    struct decimal decimal;
    size_t sign = value < 0;
    if (sign)
        *out = '-';
    shortest(&decimal, fabs(value));
    return sign + print_decimal(out + sign, &decimal);
}

size_t hf_number_print_real(char out[HF_NUMBER_TEXT], double value)
{
    if (value == 0)
        return (size_t)sprintf(out, signbit(value) ? "-0.0" : "0.0");
    size_t length = hf_number_print(out, value);
    if (strpbrk(out, ".e"))
        return length;
    memcpy(out + length, ".0", 3);
    return length + 2;
}
