#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "console/credentials.h"
#include "console/exchange_answer.h"
#include "console/server.h"
#include "console/server_streams.h"

enum { MOST_WAITING = 64 << 10 };

struct hf_stream {
    struct MHD_Connection *connection;
    struct hf_streams *streams;
    void (*closed)(void *context, struct hf_stream *stream);
    void *context;
    struct hf_buf waiting;
    char whose[HF_ID_TEXT]; /* the login's or token's id */
    bool is_suspended, is_ended;
    struct hf_stream *next;
};

static void go_on(struct hf_stream *stream)
{
    if (!stream->is_suspended)
        return;
    stream->is_suspended = false;
    hf_microhttpd.resume_connection(stream->connection);
}

/* What the client is sent next; nothing waiting: the connection sleeps. */
static ssize_t read_stream(void *context, uint64_t position, char *out, size_t most)
{
    struct hf_stream *stream = context;
    (void)position;
    size_t length = stream->waiting.length < most ? stream->waiting.length : most;
    if (length) {
        memcpy(out, stream->waiting.data, length);
        stream->waiting.length -= length;
        memmove(stream->waiting.data, stream->waiting.data + length, stream->waiting.length);
        return (ssize_t)length;
    }
    if (stream->is_ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    stream->is_suspended = true;
    hf_microhttpd.suspend_connection(stream->connection);
    return 0;
}

static void close_stream(void *context)
{
    struct hf_stream *stream = context;
    struct hf_stream **at = &stream->streams->first;
    while (*at != stream)
        at = &(*at)->next;
    *at = stream->next;
    if (!stream->is_ended && stream->closed)
        stream->closed(stream->context, stream);
    hf_buf_release(&stream->waiting);
    free(stream);
}

struct hf_stream *hf_stream_begin(struct hf_exchange *exchange,
                                  void (*closed)(void *context, struct hf_stream *stream),
                                  void *context)
{
    struct hf_stream *stream = calloc(1, sizeof *stream);
    struct MHD_Response *response =
        stream ? hf_microhttpd.create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream,
                                                             stream, close_stream)
               : NULL;
    if (!response) {
        free(stream);
        hf_exchange_answer(exchange, 500, NULL);
        return NULL;
    }
    stream->connection = exchange->connection;
    stream->streams = exchange->streams;
    memcpy(stream->whose, exchange->visitor.id, sizeof stream->whose);
    stream->closed = closed;
    stream->context = context;
    stream->next = stream->streams->first;
    stream->streams->first = stream;
    hf_microhttpd.add_response_header(response, "Content-Type", "text/event-stream");
    hf_microhttpd.add_response_header(response, "Cache-Control", "no-store");
    hf_microhttpd.add_response_header(response, "X-Accel-Buffering", "no");
    hf_exchange_answer(exchange, 200, response);
    return stream;
}

static void append(struct hf_stream *stream, const char *text, size_t length)
{
    hf_buf_append(&stream->waiting, text, length, NULL);
}

void hf_stream_send(struct hf_stream *stream, const char *event, const char *data)
{
    size_t length = strlen(data);
    if (stream->waiting.length + length + 64 > MOST_WAITING ||
        hf_buf_reserve(&stream->waiting, length + strlen(event) + 32, NULL))
        return;
    append(stream, "event: ", 7);
    append(stream, event, strlen(event));
    append(stream, "\ndata: ", 7);
    append(stream, data, length);
    append(stream, "\n\n", 2);
    go_on(stream);
}

void hf_stream_end(struct hf_stream *stream)
{
    stream->is_ended = true;
    go_on(stream);
}

void hf_streams_beat(struct hf_streams *streams)
{
    for (struct hf_stream *stream = streams->first; stream; stream = stream->next) {
        if (!stream->waiting.length)
            append(stream, ":\n\n", 3);
        go_on(stream);
    }
}

static void end(struct hf_stream *stream)
{
    if (!stream->is_ended && stream->closed)
        stream->closed(stream->context, stream);
    hf_stream_end(stream);
}

void hf_streams_end(struct hf_streams *streams)
{
    for (struct hf_stream *stream = streams->first; stream; stream = stream->next)
        end(stream);
}

void hf_streams_end_oldest(struct hf_streams *streams)
{
    struct hf_stream *oldest = NULL;
    for (struct hf_stream *stream = streams->first; stream; stream = stream->next)
        oldest = stream->is_ended ? oldest : stream;
    if (oldest)
        end(oldest);
}

void hf_streams_expire(struct hf_streams *streams, const struct hf_credentials *credentials)
{
    for (struct hf_stream *stream = streams->first; stream; stream = stream->next)
        if (!stream->is_ended && !hf_credentials_know(credentials, stream->whose))
            end(stream);
}
