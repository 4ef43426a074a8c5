/*
 * HTTP/1.1: listens, reads requests within limits, and sends the answers (console/exchange.h). TLS
 * is for the proxy in front. Single-threaded; everything happens in hf_server_take, which is called
 * from the loop around hf_signals_wait.
 */
#ifndef HF_CONSOLE_SERVER_H
#define HF_CONSOLE_SERVER_H

#include "base/cleanup.h"
#include "console/exchange.h"
#include "os/signals.h"

struct hf_server;

struct hf_server_options {
    const char *listen;  /* "127.0.0.1:8420", "[::1]:8420", "8420"; port 0: any */
    const char *uploads; /* directory for bodies that are files; outlives the server */
    struct hf_console *console;
    /* The head of a request is there. Chooses `route`, or answers: then the body is not read. */
    void (*admit)(struct hf_exchange *exchange);
    /* The request is whole: answers, or waits. */
    void (*handle)(struct hf_exchange *exchange);
    /* Bytes that an upload may have, and for which there is room now. */
    uint64_t largest_upload;
    uint64_t (*room)(const struct hf_console *console);
};

struct hf_server *hf_server_open(struct hf_signals *signals,
                                 const struct hf_server_options *options, struct hf_error *err);
/* From here on every request is refused, so that what handles them can go. NULL is fine. */
void hf_server_quiesce(struct hf_server *server);
void hf_server_free(struct hf_server *server);
HF_AUTO_FREE(hf_server)

/* The port that it listens on. */
int hf_server_port(const struct hf_server *server);

/* In a forked child: lets go of the socket and the connections, which stay the parent's. */
void hf_server_at_fork(struct hf_server *server);

/* When hf_server_take must be called with a deadline (of hf_monotonic); 0: never. */
int64_t hf_server_deadline(const struct hf_server *server);

/* To be called with everything that happens; true when it was the server's alone. */
bool hf_server_take(struct hf_server *server, const struct hf_happening *happening);

struct hf_streams *hf_server_streams(struct hf_server *server);

/* Ends all answers that go on: whoever may still hear them asks again. */
void hf_server_end_streams(struct hf_server *server);

/*
 * An answer that goes on: server-sent events (WHATWG HTML, 9.2). `closed` is called when the client
 * is gone; after it, and after hf_stream_end, the stream is no more.
 */
struct hf_stream;
struct hf_stream *hf_stream_begin(struct hf_exchange *exchange,
                                  void (*closed)(void *context, struct hf_stream *stream),
                                  void *context);

/* One event; `data` has no line breaks (JSON has none). A client that does not read loses events,
 * never this process's memory: what waits is kept under 64 KiB. */
void hf_stream_send(struct hf_stream *stream, const char *event, const char *data);
void hf_stream_end(struct hf_stream *stream);

#endif
