#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define WEEK (7 * DAY)

static void skip_spaces(const char **at)
{
    while (**at == ' ')
        ++*at;
}

static bool skip(const char **at, char c)
{
    if (**at != c)
        return false;
    ++*at;
    return true;
}

/* A number of `least` to `most` digits. */
static bool read_number(const char **at, int least, int most, int *number)
{
    int digits = 0, value = 0;
    for (; digits < most && (*at)[digits] >= '0' && (*at)[digits] <= '9'; digits++)
        value = 10 * value + (*at)[digits] - '0';
    if (digits < least)
        return false;
    *at += digits;
    *number = value;
    return true;
}

/* A word of letters, whole and in any case. */
static bool read_word(const char **at, const char *word)
{
    size_t length = strlen(word);
    char next = strncasecmp(*at, word, length) == 0 ? (*at)[length] : 'x';
    if ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z'))
        return false;
    *at += length;
    return true;
}

/* What was typed, before any calendar looks at it. */
struct typed {
    struct tm tm; /* date and clock */
    int milliseconds;
    int64_t precision;
};

static bool read_date(const char **at, struct typed *typed)
{
    struct tm *tm = &typed->tm;
    if (!read_number(at, 4, 4, &tm->tm_year) || !skip(at, '-') ||
        !read_number(at, 2, 2, &tm->tm_mon) || !skip(at, '-') ||
        !read_number(at, 2, 2, &tm->tm_mday))
        return false;
    tm->tm_year -= 1900;
    tm->tm_mon -= 1;
    /* A day that does not exist comes back as another one. */
    struct tm day = {.tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday};
    timegm(&day);
    typed->precision = DAY;
    return day.tm_mon == tm->tm_mon && day.tm_mday == tm->tm_mday;
}

static bool read_fraction(const char **at, struct typed *typed)
{
    const char *begin = *at;
    if (!read_number(at, 1, 3, &typed->milliseconds))
        return false;
    typed->precision = 1;
    for (long digits = *at - begin; digits < 3; digits++) {
        typed->milliseconds *= 10;
        typed->precision *= 10;
    }
    return true;
}

static bool read_clock(const char **at, struct typed *typed)
{
    struct tm *tm = &typed->tm;
    if (!read_number(at, 1, 2, &tm->tm_hour) || !skip(at, ':') ||
        !read_number(at, 2, 2, &tm->tm_min) || tm->tm_hour > 23 || tm->tm_min > 59)
        return false;
    typed->precision = MINUTE;
    if (!skip(at, ':'))
        return true;
    if (!read_number(at, 2, 2, &tm->tm_sec) || tm->tm_sec > 59)
        return false;
    typed->precision = SECOND;
    return !skip(at, '.') || read_fraction(at, typed);
}

/* "Z", "+02:00", "+0200", "-03": milliseconds east of UTC. */
static bool read_offset(const char **at, int64_t *offset)
{
    *offset = 0;
    if (skip(at, 'Z') || skip(at, 'z'))
        return true;
    int sign = **at == '-' ? -1 : 1, hours, minutes = 0;
    if ((!skip(at, '+') && !skip(at, '-')) || !read_number(at, 2, 2, &hours))
        return false;
    bool colon = skip(at, ':');
    if (!read_number(at, 2, 2, &minutes) && colon)
        return false;
    *offset = sign * (hours * HOUR + minutes * MINUTE);
    return hours < 24 && minutes < 60;
}

static int64_t local_time(const struct typed *typed, int is_dst)
{
    struct tm tm = typed->tm;
    tm.tm_isdst = is_dst;
    return mktime(&tm) * SECOND + typed->milliseconds;
}

/* The local zone's own abbreviation, as hf_time_local writes it: it also tells the two hours apart
 * that a clock change repeats. */
static bool read_zone_name(const char **at, const struct typed *typed, int64_t *time)
{
    for (int is_dst = 0; is_dst < 2; is_dst++) {
        int64_t candidate = local_time(typed, is_dst);
        time_t seconds = (time_t)(candidate / SECOND);
        struct tm back;
        if (!localtime_r(&seconds, &back) || back.tm_mday != typed->tm.tm_mday ||
            back.tm_hour != typed->tm.tm_hour || !read_word(at, back.tm_zone))
            continue;
        *time = candidate;
        return true;
    }
    return false;
}

/* What may follow a date and a clock; nothing means local time. */
static bool read_zone(const char **at, const struct typed *typed, int64_t *time)
{
    struct tm tm = typed->tm;
    int64_t offset = 0;
    skip_spaces(at);
    if (!**at) {
        *time = local_time(typed, -1);
        return true;
    }
    if (read_zone_name(at, typed, time))
        return true;
    *time = timegm(&tm) * SECOND + typed->milliseconds;
    if (read_word(at, "UTC"))
        return true;
    bool known = read_offset(at, &offset);
    *time -= offset;
    return known;
}

static bool read_absolute(const char **at, int64_t now, struct typed *typed, int64_t *time)
{
    (void)now;
    if (!read_date(at, typed))
        return false;
    bool iso = skip(at, 'T') || skip(at, 't');
    skip_spaces(at);
    if (!**at && !iso) {
        *time = local_time(typed, -1);
        /* The day of a clock change has 23 or 25 hours. */
        struct typed next = *typed;
        next.tm.tm_mday++;
        typed->precision = local_time(&next, -1) - *time;
        return true;
    }
    return read_clock(at, typed) && read_zone(at, typed, time);
}

/* A clock, or a word for a day with or without one. */
static bool read_near_day(const char **at, int64_t now, struct typed *typed, int64_t *time)
{
    time_t seconds = (time_t)(now / SECOND);
    struct tm today;
    if (!localtime_r(&seconds, &today))
        return false;
    bool yesterday = read_word(at, "yesterday"), named = yesterday || read_word(at, "today");
    typed->tm.tm_year = today.tm_year;
    typed->tm.tm_mon = today.tm_mon;
    typed->tm.tm_mday = today.tm_mday - yesterday;
    typed->precision = DAY;
    skip_spaces(at);
    if ((**at || !named) && !read_clock(at, typed))
        return false;
    *time = local_time(typed, -1);
    return true;
}

static const struct unit {
    const char *word;
    int64_t length;
} units[] = {
    {"seconds", SECOND}, {"second", SECOND}, {"secs", SECOND}, {"sec", SECOND}, {"s", SECOND},
    {"minutes", MINUTE}, {"minute", MINUTE}, {"mins", MINUTE}, {"min", MINUTE}, {"m", MINUTE},
    {"hours", HOUR},     {"hour", HOUR},     {"hrs", HOUR},    {"hr", HOUR},    {"h", HOUR},
    {"days", DAY},       {"day", DAY},       {"d", DAY},       {"weeks", WEEK}, {"week", WEEK},
    {"w", WEEK},
};

static int64_t read_unit(const char **at)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (read_word(at, units[i].word))
            return units[i].length;
    return 0;
}

/* "1h30m ago": each unit smaller than the one before. */
static bool read_relative(const char **at, int64_t now, struct typed *typed, int64_t *time)
{
    int64_t back = 0, larger = INT64_MAX;
    int number;
    while (read_number(at, 1, 7, &number)) {
        skip_spaces(at);
        int64_t unit = read_unit(at);
        if (!unit || unit >= larger)
            return false;
        back += number * unit;
        larger = unit;
        skip_spaces(at);
    }
    if (larger == INT64_MAX)
        return false;
    read_word(at, "ago");
    *time = now - back;
    typed->precision = 1;
    return true;
}

static bool read_now(const char **at, int64_t now, struct typed *typed, int64_t *time)
{
    *time = now;
    typed->precision = 1;
    return read_word(at, "now");
}

static bool parse(const char *text, int64_t now, int64_t *time, int64_t *precision)
{
    static bool (*const forms[])(const char **at, int64_t now, struct typed *typed,
                                 int64_t *time) = {read_now, read_relative, read_near_day,
                                                   read_absolute};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *at = text;
        struct typed typed = {0};
        int64_t found;
        skip_spaces(&at);
        if (!forms[i](&at, now, &typed, &found))
            continue;
        skip_spaces(&at);
        if (*at)
            continue;
        *time = found;
        *precision = typed.precision;
        return true;
    }
    return false;
}

bool hf_time_parse(const char *text, int64_t now, int64_t *time)
{
    int64_t precision;
    tzset(); /* localtime_r need not look at TZ */
    return parse(text, now, time, &precision);
}

int64_t hf_time_precision(const char *text)
{
    int64_t time, precision;
    tzset();
    return parse(text, 0, &time, &precision) ? precision : 1;
}

int hf_time_typed(const char *text, int64_t now, int64_t *time, struct hf_error *err)
{
    int64_t begin, precision;
    tzset();
    if (parse(text, now, &begin, &precision)) {
        *time = begin + precision - 1;
        return 0;
    }
    hf_error_set(err, HF_USAGE, "'%s' is not a time", text);
    return hf_error_hint(err, "for example '15m ago', '14:05', 'yesterday 14:05', "
                              "'2026-11-22 14:05', '2026-11-22T14:05:00Z'");
}

/* Splits into seconds and what is left, which is never negative. */
static time_t split(int64_t time, int *milliseconds)
{
    *milliseconds = (int)((time % SECOND + SECOND) % SECOND);
    return (time_t)((time - *milliseconds) / SECOND);
}

const char *hf_time_iso(char *out, size_t size, int64_t time)
{
    int milliseconds;
    time_t seconds = split(time, &milliseconds);
    struct tm tm;
    char text[32];
    if (!gmtime_r(&seconds, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm))
        snprintf(out, size, "%" PRId64 " ms", time);
    else
        snprintf(out, size, "%s.%03dZ", text, milliseconds);
    return out;
}

const char *hf_time_local(char *out, size_t size, int64_t time)
{
    int milliseconds;
    time_t seconds = split(time, &milliseconds);
    struct tm tm;
    tzset();
    if (!localtime_r(&seconds, &tm) || !strftime(out, size, "%Y-%m-%d %H:%M:%S %Z", &tm))
        snprintf(out, size, "%" PRId64 " ms", time);
    return out;
}

const char *hf_time_age(char *out, size_t size, int64_t time, int64_t now)
{
    static const struct {
        int64_t below, length;
        const char *name;
    } steps[] = {
        {MINUTE, SECOND, "s"}, {HOUR, MINUTE, "min"}, {2 * DAY, HOUR, "h"}, {INT64_MAX, DAY, "d"}};
    bool future = time > now;
    int64_t distance = future ? time - now : now - time;
    if (distance < 2 * SECOND) {
        snprintf(out, size, "just now");
        return out;
    }
    int i = 0;
    while (distance >= steps[i].below)
        i++;
    snprintf(out, size, "%s%" PRId64 " %s%s", future ? "in " : "", distance / steps[i].length,
             steps[i].name, future ? "" : " ago");
    return out;
}
