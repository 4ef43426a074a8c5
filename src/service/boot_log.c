#include "service/boot_log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "base/time.h"
#include "service/json_channel.h"

enum { TEXT_COLUMNS = 68, LONGEST_TEXT = 1600 };

static int64_t microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* "0.4 ms", "12 ms", "1.20 s" */
static const char *format_time(char *out, size_t size, int64_t elapsed)
{
    if (elapsed < 10000)
        snprintf(out, size, "%.1f ms", (double)elapsed / 1000);
    else if (elapsed < 1000000)
        snprintf(out, size, "%d ms", (int)(elapsed / 1000));
    else
        hf_format_duration(out, size, elapsed / 1000);
    return out;
}

/* One write for a line: other processes write to the same place. */
static void put_json(const struct hf_boot_log *log, const char *event, const char *text,
                     json_t *duration, json_t *fields)
{
    char time[40];
    hf_time_iso(time, sizeof time, hf_now(log->env));
    json_t *line =
        json_pack("{s:s, s:i, s:s, s:o, s:o, s:o}", "time", time, "step", (int)log->step, "event",
                  event, "text", hf_text_value(text), "duration_ms",
                  duration ? duration : json_null(), "fields", fields ? fields : json_object());
    char *dump = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    if (dump)
        fprintf(log->out, "%s\n", dump);
    free(dump);
    json_decref(line);
}

static void put(struct hf_boot_log *log, const char *event, bool timed, json_t *fields,
                const char *text)
{
    char taken[32];
    int64_t now = microseconds(), elapsed = now - log->since;
    bool is_json = log->format == HF_LOG_JSON && !log->quiet;
    if (is_json)
        put_json(log, event, text, timed ? json_real((double)elapsed / 1000) : NULL, fields);
    else
        json_decref(fields);
    if (!is_json && !log->quiet && timed)
        fprintf(log->out, "[%d/%d] %-*s %9s\n", (int)log->step, HF_STEP_COUNT, TEXT_COLUMNS, text,
                format_time(taken, sizeof taken, elapsed));
    else if (!is_json && !log->quiet)
        fprintf(log->out, "[%d/%d] %s\n", (int)log->step, HF_STEP_COUNT, text);
    fflush(log->out);
    if (timed)
        log->since = now;
}

#define PRINT(text, format)                                                                        \
    do {                                                                                           \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        vsnprintf(text, sizeof(text), format, args);                                               \
        va_end(args);                                                                              \
    } while (0)

static void take_notice(void *context, const char *text)
{
    hf_boot_log_notice(context, "%s", text);
}

void hf_boot_log_init(struct hf_boot_log *log, FILE *out, enum hf_log_format format,
                      const struct hf_env *env)
{
    *log = (struct hf_boot_log){.out = out, .format = format, .env = env, .since = microseconds()};
    log->events = (struct hf_events){.context = log, .notice = take_notice};
}

void hf_boot_log_step(struct hf_boot_log *log, enum hf_boot_step step)
{
    log->step = step;
    log->since = microseconds();
}

void hf_boot_log_done(struct hf_boot_log *log, json_t *fields, const char *format, ...)
{
    char text[LONGEST_TEXT];
    PRINT(text, format);
    put(log, "done", true, fields, text);
}

void hf_boot_log_skipped(struct hf_boot_log *log, const char *format, ...)
{
    char text[LONGEST_TEXT];
    PRINT(text, format);
    put(log, "skipped", true, NULL, text);
}

void hf_boot_log_begin(struct hf_boot_log *log, const char *format, ...)
{
    char text[LONGEST_TEXT];
    PRINT(text, format);
    put(log, "begin", false, NULL, text);
}

void hf_boot_log_notice(struct hf_boot_log *log, const char *format, ...)
{
    char text[LONGEST_TEXT], marked[LONGEST_TEXT + 8];
    PRINT(text, format);
    snprintf(marked, sizeof marked, "%s%s", log->format == HF_LOG_TEXT ? "note: " : "", text);
    put(log, "notice", false, NULL, marked);
}

void hf_boot_log_block(struct hf_boot_log *log, const char *lines)
{
    if (log->format == HF_LOG_JSON)
        put(log, "notice", false, NULL, lines);
    else if (!log->quiet)
        fputs(lines, log->out);
}

void hf_boot_log_error(struct hf_boot_log *log, const struct hf_error *err)
{
    char hint[HF_TYPED_HINT];
    hf_error_typed_hint(hint, err);
    if (log->format == HF_LOG_JSON) {
        put_json(log, "error", err->text, NULL,
                 *hint ? json_pack("{s:o}", "hint", hf_text_value(hint)) : NULL);
    } else {
        fprintf(log->out, "holdfast: %s\n", err->text);
        if (*hint)
            fprintf(log->out, "  hint: %s\n", hint);
    }
    fflush(log->out);
}
