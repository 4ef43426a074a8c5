#include "service/follow_log.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/time.h"
#include "os/signals.h"
#include "service/json_channel.h"

enum { SUMMARY = 10000 }; /* ms between two lines about small steps */

static void put(const struct hf_follow_log *log, const char *event, const char *text,
                json_t *fields)
{
    char time[40];
    if (log->format == HF_LOG_TEXT) {
        json_decref(fields);
        fprintf(log->out, "%s\n", text);
        fflush(log->out);
        return;
    }
    hf_time_iso(time, sizeof time, hf_now(log->env));
    json_t *line = json_pack("{s:s, s:s, s:o, s:o}", "time", time, "event", event, "text",
                             hf_text_value(text), "fields", fields ? fields : json_object());
    char *dump = line ? json_dumps(line, JSON_COMPACT) : NULL;
    if (dump)
        fprintf(log->out, "%s\n", dump);
    fflush(log->out);
    free(dump);
    json_decref(line);
}

static void take_notice(void *context, const char *text)
{
    const struct hf_follow_log *log = context;
    char marked[1100];
    if (log->quiet)
        return;
    snprintf(marked, sizeof marked, "%s%s", log->format == HF_LOG_TEXT ? "note: " : "", text);
    put(log, "notice", marked, NULL);
}

void hf_follow_log_init(struct hf_follow_log *log, FILE *out, enum hf_log_format format, bool quiet,
                        const struct hf_env *env)
{
    *log = (struct hf_follow_log){.out = out, .format = format, .quiet = quiet, .env = env};
    log->events = (struct hf_events){.context = log, .notice = take_notice};
}

static void describe(char *text, size_t size, const struct hf_follow_log *log,
                     const struct hf_follow_step *step, int64_t lag)
{
    char age[32], bytes[16];
    hf_format_duration(age, sizeof age, lag);
    if (step->kind == HF_FOLLOW_CREATED)
        snprintf(text, size, "point %" PRIu64 ": a new replica of %s, taken %s ago", step->seq,
                 hf_format_bytes(bytes, sizeof bytes, step->size), age);
    else if (step->kind == HF_FOLLOW_COMPARED)
        snprintf(text, size,
                 "point %" PRIu64 ": %" PRIu64 " pages after comparing all, taken %s ago",
                 step->seq, log->pages, age);
    else
        snprintf(text, size, "point %" PRIu64 ": %" PRIu64 " %s%s, taken %s ago", step->seq,
                 log->pages, log->pages == 1 ? "page" : "pages",
                 log->steps > 1 ? " in several steps" : "", age);
}

static json_t *step_fields(const struct hf_follow_step *step, int64_t lag)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "from", (json_int_t)step->from,
                     "point", (json_int_t)step->seq, "segments", (json_int_t)step->segments,
                     "bytes_read", (json_int_t)step->bytes_read, "pages", (json_int_t)step->pages,
                     "duration_ms", (json_int_t)step->duration, "blocked_ms",
                     (json_int_t)step->blocked, "lag_ms", (json_int_t)lag);
}

static void put_step(struct hf_follow_log *log)
{
    static const char *const events[] = {"nothing", "created", "advanced", "compared"};
    const struct hf_follow_step *step = &log->last;
    char text[256];
    int64_t lag = hf_now(log->env) - step->time;
    lag = lag < 0 ? 0 : lag;
    describe(text, sizeof text, log, step, lag);
    put(log, events[step->kind], text, step_fields(step, lag));
    log->steps = log->pages = 0;
}

void hf_follow_log_step(struct hf_follow_log *log, const struct hf_follow_step *step)
{
    int64_t now = hf_monotonic();
    if (log->quiet || (step->kind == HF_FOLLOW_NOTHING && !log->steps))
        return;
    if (step->kind != HF_FOLLOW_NOTHING) {
        log->last = *step;
        log->steps++;
        log->pages += step->pages;
    }
    if (log->format == HF_LOG_TEXT && log->last.kind == HF_FOLLOW_ADVANCED && log->told &&
        now - log->told < SUMMARY)
        return;
    put_step(log);
    log->told = now;
}

void hf_follow_log_error(struct hf_follow_log *log, const struct hf_error *err)
{
    char text[1600], hint[HF_TYPED_HINT];
    hf_error_typed_hint(hint, err);
    snprintf(text, sizeof text, "holdfast: %s%s%s", err->text, *hint ? "\n  hint: " : "", hint);
    bool is_text = log->format == HF_LOG_TEXT;
    put(log, "error", is_text ? text : err->text,
        is_text || !*hint ? NULL : json_pack("{s:o}", "hint", hf_text_value(hint)));
}

static void put_point(struct hf_follow_log *log, const char *event, const char *what, uint64_t seq)
{
    char text[128];
    if (log->quiet)
        return;
    snprintf(text, sizeof text, "%s: the replica is at point %" PRIu64, what, seq);
    put(log, event, text, json_pack("{s:I}", "point", (json_int_t)seq));
}

void hf_follow_log_recovered(struct hf_follow_log *log, uint64_t seq)
{
    put_point(log, "recovered", "it goes on", seq);
}

void hf_follow_log_stopped(struct hf_follow_log *log, uint64_t seq)
{
    put_point(log, "stopped", "stopped", seq);
}
