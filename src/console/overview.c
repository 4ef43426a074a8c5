#include "console/overview.h"

#include <stdlib.h>

#include "console/console_state.h"
#include "console/reader_client.h"
#include "console/worker.h"

enum {
    MOST_STREAMS = 256,
    MOST_WAITING = 256,
    LEAST_PAUSE = 2000, /* between two readings */
    COST_SHARE = 20,    /* and so many times what the last one took */
};

struct hf_overview {
    struct hf_console *console;
    json_t *last;
    char *text;                      /* of `last` */
    int64_t asked_at, read_at, cost; /* of hf_monotonic; ms */
    bool is_asking, is_old;
    struct hf_exchange *waiting[MOST_WAITING];
    size_t waiting_count;
    struct hf_stream *streams[MOST_STREAMS];
    size_t stream_count;
};

struct hf_overview *hf_overview_new(struct hf_console *console, struct hf_error *err)
{
    struct hf_overview *overview = calloc(1, sizeof *overview);
    if (!overview) {
        hf_error_memory(err);
        return NULL;
    }
    overview->console = console;
    return overview;
}

void hf_overview_free(struct hf_overview *overview)
{
    if (!overview)
        return;
    json_decref(overview->last);
    free(overview->text);
    free(overview);
}

void hf_overview_touch(struct hf_overview *overview)
{
    overview->is_old = true;
    hf_reader_touch(overview->console->reader);
}

void hf_overview_tell(struct hf_overview *overview, const char *event, const char *data)
{
    for (size_t i = 0; i < overview->stream_count; i++)
        hf_stream_send(overview->streams[i], event, data);
}

static void answer_who_waits(struct hf_overview *overview, const struct hf_error *err)
{
    for (size_t i = 0; i < overview->waiting_count; i++) {
        if (err)
            hf_exchange_fail(overview->waiting[i], err);
        else
            hf_exchange_reply_text(overview->waiting[i], "application/json; charset=utf-8",
                                   overview->text);
    }
    overview->waiting_count = 0;
}

/* The time of reading is in it, and is no difference that anybody wants to be told of. */
static bool is_news(const struct hf_overview *overview, json_t *fresh)
{
    json_t *time = json_object_get(fresh, "time"), *ms = json_object_get(fresh, "time_ms");
    if (!overview->last)
        return true;
    json_object_set(overview->last, "time", time);
    json_object_set(overview->last, "time_ms", ms);
    return !json_equal(overview->last, fresh);
}

/* What was read before is no answer to how it is now. */
static void fail(struct hf_overview *overview, const struct hf_error *err)
{
    free(overview->text);
    json_decref(overview->last);
    overview->text = NULL;
    overview->last = NULL;
    answer_who_waits(overview, err);
}

static void take(void *context, const json_t *answer)
{
    struct hf_overview *overview = context;
    struct hf_error err = {0};
    overview->is_asking = false;
    overview->read_at = hf_monotonic();
    overview->cost = overview->read_at - overview->asked_at;
    json_t *fresh = hf_worker_result(answer, &err);
    char *text = fresh ? json_dumps(fresh, JSON_COMPACT) : NULL;
    if (!text) {
        if (fresh)
            hf_error_memory(&err);
        json_decref(fresh);
        fail(overview, &err);
        return;
    }
    bool news = is_news(overview, fresh);
    free(overview->text);
    json_decref(overview->last);
    overview->last = fresh;
    overview->text = text;
    answer_who_waits(overview, NULL);
    if (news)
        hf_overview_tell(overview, "overview", text);
}

static void ask(struct hf_overview *overview)
{
    struct hf_error err = {0};
    if (overview->is_asking)
        return;
    overview->asked_at = hf_monotonic();
    overview->is_old = false;
    overview->is_asking = true;
    json_t *question = json_pack("{s:s, s:I}", "do", "overview", "kit_saved",
                                 (json_int_t)overview->console->credentials.kit_saved);
    if (!hf_reader_ask(overview->console->reader, question, take, overview, &err))
        return;
    overview->is_asking = false;
    overview->read_at = overview->asked_at;
    fail(overview, &err);
}

/* When it may be read again. */
static int64_t due_at(const struct hf_overview *overview)
{
    int64_t pause = overview->cost * COST_SHARE;
    return overview->read_at + (overview->is_old      ? overview->cost
                                : pause > LEAST_PAUSE ? pause
                                                      : LEAST_PAUSE);
}

static bool is_due(const struct hf_overview *overview)
{
    return !overview->read_at || due_at(overview) <= hf_monotonic();
}

const json_t *hf_overview_last(struct hf_overview *overview)
{
    if (is_due(overview))
        ask(overview);
    return overview->last;
}

void hf_overview_answer(struct hf_overview *overview, struct hf_exchange *exchange)
{
    bool is_useful =
        overview->text && !overview->is_old && hf_monotonic() - overview->read_at < 4 * LEAST_PAUSE;
    if (is_due(overview))
        ask(overview);
    if (overview->text && (is_useful || !overview->is_asking)) {
        hf_exchange_reply_text(exchange, "application/json; charset=utf-8", overview->text);
    } else if (overview->waiting_count == MOST_WAITING) {
        hf_exchange_refuse(exchange, 503, "unreachable", "too many wait for the repository");
    } else {
        hf_exchange_wait(exchange);
        overview->waiting[overview->waiting_count++] = exchange;
        if (!overview->is_asking)
            ask(overview);
    }
}

static void forget_stream(void *context, struct hf_stream *stream)
{
    struct hf_overview *overview = context;
    for (size_t i = 0; i < overview->stream_count; i++) {
        if (overview->streams[i] != stream)
            continue;
        overview->streams[i] = overview->streams[--overview->stream_count];
        return;
    }
}

void hf_overview_stream(struct hf_overview *overview, struct hf_exchange *exchange)
{
    if (overview->stream_count == MOST_STREAMS) {
        hf_exchange_refuse(exchange, 503, "unreachable", "too many watch already");
        return;
    }
    struct hf_stream *stream = hf_stream_begin(exchange, forget_stream, overview);
    if (!stream)
        return;
    overview->streams[overview->stream_count++] = stream;
    if (overview->text)
        hf_stream_send(stream, "overview", overview->text);
    if (is_due(overview))
        ask(overview);
}

int64_t hf_overview_deadline(const struct hf_overview *overview)
{
    return overview->stream_count && !overview->is_asking ? due_at(overview) : 0;
}

void hf_overview_tick(struct hf_overview *overview)
{
    if (overview->stream_count && !overview->is_asking && is_due(overview))
        ask(overview);
}
