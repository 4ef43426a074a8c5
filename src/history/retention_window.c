#include "history/retention_window.h"

#include <stdio.h>
#include <time.h>

enum { MONDAY = 3 /* days from Thursday, 1970-01-01, back to one */ };

/* Division that rounds down also before 1970. */
static int64_t floor_div(int64_t number, int64_t by)
{
    int64_t result = number / by;
    return result * by > number ? result - 1 : result;
}

static void civil(struct tm *out, int64_t time, enum hf_retention_zone zone)
{
    time_t seconds = (time_t)floor_div(time, 1000);
    if (!(zone == HF_RETENTION_LOCAL ? localtime_r(&seconds, out) : gmtime_r(&seconds, out)))
        *out = (struct tm){.tm_mday = 1}; /* a year that no calendar has */
}

/* Days from 1970-01-01 to that day of the calendar. */
static int64_t day_number(const struct tm *day)
{
    struct tm midnight = {.tm_year = day->tm_year, .tm_mon = day->tm_mon, .tm_mday = day->tm_mday};
    return floor_div((int64_t)timegm(&midnight), 86400);
}

int64_t hf_retention_window(int64_t time, struct hf_span every, enum hf_retention_zone zone)
{
    struct tm day;
    if (every.unit < HF_SPAN_DAY)
        return floor_div(time, hf_span_age(every));
    civil(&day, time, zone);
    switch (every.unit) {
    case HF_SPAN_DAY:
        return floor_div(day_number(&day), every.count);
    case HF_SPAN_WEEK:
        return floor_div(floor_div(day_number(&day) + MONDAY, 7), every.count);
    case HF_SPAN_MONTH:
        return floor_div((int64_t)day.tm_year * 12 + day.tm_mon, every.count);
    default:
        return floor_div(day.tm_year, every.count);
    }
}

const char *hf_retention_window_text(char *out, size_t size, int64_t time, struct hf_span every,
                                     enum hf_retention_zone zone)
{
    struct tm day;
    bool fine = every.unit < HF_SPAN_DAY;
    int64_t length = fine ? hf_span_age(every) : 0;
    civil(&day, fine ? floor_div(time, length) * length : time, fine ? HF_RETENTION_UTC : zone);
    switch (every.unit) {
    case HF_SPAN_SECOND:
        strftime(out, size, "%Y-%m-%d %H:%M:%S UTC", &day);
        break;
    case HF_SPAN_MINUTE:
    case HF_SPAN_HOUR:
        strftime(out, size, "%Y-%m-%d %H:%M UTC", &day);
        break;
    case HF_SPAN_DAY:
        strftime(out, size, "%Y-%m-%d", &day);
        break;
    case HF_SPAN_WEEK: {
        time_t monday = (time_t)((day_number(&day) - (day_number(&day) + MONDAY) % 7) * 86400);
        gmtime_r(&monday, &day);
        strftime(out, size, "week of %Y-%m-%d", &day);
        break;
    }
    case HF_SPAN_MONTH:
        strftime(out, size, "%Y-%m", &day);
        break;
    default:
        strftime(out, size, "%Y", &day);
    }
    return out;
}
