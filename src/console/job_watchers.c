#include "console/job_watchers.h"

#include <stdlib.h>

#include "console/job_record.h"
#include "console/server.h"

static void send_record(struct hf_stream *stream, const json_t *record, enum hf_access access)
{
    json_t *shown = hf_job_record_shown(record, access);
    char *text = json_dumps(shown, JSON_COMPACT);
    if (text)
        hf_stream_send(stream, "job", text);
    free(text);
    json_decref(shown);
}

static void forget(void *context, struct hf_stream *stream)
{
    struct hf_job_watchers *watchers = context;
    for (size_t i = 0; i < watchers->count; i++) {
        if (watchers->list[i].stream != stream)
            continue;
        watchers->list[i] = watchers->list[--watchers->count];
        return;
    }
}

void hf_job_watch(struct hf_job_watchers *watchers, const json_t *record,
                  struct hf_exchange *exchange)
{
    enum hf_access access = exchange->visitor.access;
    if (watchers->count == HF_MOST_JOB_WATCHERS) {
        hf_exchange_refuse(exchange, 503, "unreachable", "too many watch already");
        return;
    }
    struct hf_stream *stream = hf_stream_begin(exchange, forget, watchers);
    if (!stream)
        return;
    send_record(stream, record, access);
    if (hf_job_record_state(record) != HF_JOB_RUNNING) {
        hf_stream_end(stream);
        return;
    }
    watchers->list[watchers->count].stream = stream;
    watchers->list[watchers->count++].access = access;
}

void hf_job_watchers_tell(struct hf_job_watchers *watchers, const json_t *record)
{
    for (size_t i = 0; i < watchers->count; i++)
        send_record(watchers->list[i].stream, record, watchers->list[i].access);
}

void hf_job_watchers_end(struct hf_job_watchers *watchers)
{
    for (size_t i = 0; i < watchers->count; i++)
        hf_stream_end(watchers->list[i].stream);
    watchers->count = 0;
}
