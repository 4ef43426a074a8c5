#include "console/server.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "codec/key.h"
#include "console/exchange_answer.h"
#include "console/listen.h"
#include "console/route.h"
#include "console/server_streams.h"
#include "os/env.h"

enum {
    MOST_CONNECTIONS = 512,
    MOST_OF_ONE = 320, /* of one address, so that others get in beside it */
    IDLE_SECONDS = 30,
    CONNECTION_MEMORY = 16 << 10, /* of which the request's head takes what it needs */
    LONGEST_JSON = 64 << 10,
    BEAT = 15000,
};

/* One socket of a client, for a forked child to close. */
struct connection {
    int fd;
    struct connection *next;
};

struct hf_server {
    struct hf_signals *signals;
    struct hf_server_options options;
    char *uploads;
    struct MHD_Daemon *daemon;
    int listen_fd, epoll_fd, port;
    struct connection *connections;
    struct hf_exchange *exchanges;
    struct hf_streams streams;
    int64_t beat_at;
};

struct hf_streams *hf_server_streams(struct hf_server *server)
{
    return &server->streams;
}

static int refuse_body(struct hf_exchange *exchange)
{
    exchange->is_refused = true;
    return 0;
}

/* A name of the server's own: nothing that a client says becomes a part of a path. */
static int open_upload(struct hf_exchange *exchange)
{
    uint8_t random[16];
    char name[2 * sizeof random + 1];
    const struct hf_env *env = hf_env_system();
    if (hf_random(env, random, sizeof random, NULL))
        return -1;
    hf_hex_encode(name, random, sizeof random);
    if (asprintf(&exchange->upload, "%s/%s", exchange->server->uploads, name) < 0) {
        exchange->upload = NULL;
        return -1;
    }
    exchange->upload_fd =
        open(exchange->upload, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return exchange->upload_fd < 0 ? -1 : 0;
}

static int put_upload(struct hf_exchange *exchange, const char *bytes, size_t length)
{
    if (exchange->upload_fd < 0 && open_upload(exchange))
        return -1;
    for (size_t done = 0; done < length;) {
        ssize_t put = write(exchange->upload_fd, bytes + done, length - done);
        if (put <= 0)
            return -1;
        done += (size_t)put;
    }
    return 0;
}

static uint64_t limit_of(struct hf_exchange *exchange)
{
    const struct hf_server_options *options = &exchange->server->options;
    switch (exchange->route->body) {
    case HF_BODY_JSON:
        return LONGEST_JSON;
    case HF_BODY_FILE:
        return options->room(exchange);
    case HF_BODY_NONE:
        return 0;
    }
    return 0;
}

/* What is too much is read no further than that: the connection ends. */
static enum MHD_Result take_body(struct hf_exchange *exchange, const char *bytes, size_t length)
{
    exchange->received += length;
    if (exchange->is_refused)
        return exchange->received > 4 * LONGEST_JSON ? MHD_NO : MHD_YES;
    if (exchange->received > limit_of(exchange))
        return refuse_body(exchange), MHD_YES;
    int failed = exchange->route->body == HF_BODY_FILE
                     ? put_upload(exchange, bytes, length)
                     : hf_buf_append(&exchange->raw, bytes, length, NULL);
    return failed ? MHD_NO : MHD_YES;
}

static bool close_upload(struct hf_exchange *exchange)
{
    int fd = exchange->upload_fd;
    exchange->upload_fd = -1;
    return fd < 0 || !close(fd);
}

/* The request is whole. */
static void finish(struct hf_exchange *exchange)
{
    bool is_json = exchange->route->body == HF_BODY_JSON;
    if (exchange->is_refused)
        hf_exchange_refuse(exchange, 413, "usage", "the body is too large");
    else if (!close_upload(exchange))
        hf_exchange_refuse(exchange, 507, "no_space", "the file could not be kept");
    else if (!is_json || hf_exchange_parse(exchange))
        exchange->server->options.handle(exchange);
}

static enum MHD_Result queue(struct hf_exchange *exchange)
{
    if (!exchange->response)
        return MHD_NO;
    enum MHD_Result result = hf_microhttpd.queue_response(
        exchange->connection, (unsigned)exchange->status, exchange->response);
    hf_microhttpd.destroy_response(exchange->response);
    exchange->response = NULL;
    return result;
}

/* The head is there: is the rest wanted at all? */
static enum MHD_Result begin(struct hf_exchange *exchange)
{
    const char *length = hf_exchange_header(exchange, "Content-Length");
    exchange->server->options.admit(exchange);
    if (exchange->stage != HF_EXCHANGE_ANSWERED && length &&
        strtoull(length, NULL, 10) > limit_of(exchange))
        hf_exchange_refuse(exchange, 413, "usage", "the body is too large");
    return exchange->stage == HF_EXCHANGE_ANSWERED ? queue(exchange) : MHD_YES;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_length, void **own)
{
    struct hf_exchange *exchange = *own;
    (void)context, (void)connection, (void)url, (void)version;
    if (!exchange)
        return MHD_NO;
    if (!exchange->method) {
        exchange->method = method;
        return begin(exchange);
    }
    if (*upload_length) {
        size_t length = *upload_length;
        *upload_length = 0;
        return take_body(exchange, upload, length);
    }
    if (exchange->stage == HF_EXCHANGE_READING)
        finish(exchange);
    if (exchange->stage == HF_EXCHANGE_ANSWERED)
        return queue(exchange);
    exchange->is_suspended = true;
    hf_microhttpd.suspend_connection(exchange->connection);
    return MHD_YES;
}

/* The request line is there. What this returns is the request's own from here on. */
static void *make_exchange(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct hf_server *server = context;
    struct hf_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return NULL;
    exchange->path = strndup(uri, strcspn(uri, "?"));
    exchange->server = server;
    exchange->console = server->options.console;
    exchange->connection = connection;
    exchange->upload_fd = -1;
    exchange->next = server->exchanges;
    server->exchanges = exchange;
    return exchange;
}

static void end_exchange(void *context, struct MHD_Connection *connection, void **own,
                         enum MHD_RequestTerminationCode how)
{
    struct hf_server *server = context;
    struct hf_exchange *exchange = *own, **at = &server->exchanges;
    (void)connection, (void)how;
    if (!exchange)
        return;
    while (*at != exchange)
        at = &(*at)->next;
    *at = exchange->next;
    close_upload(exchange);
    if (exchange->upload)
        unlink(exchange->upload);
    free(exchange->upload);
    if (exchange->response)
        hf_microhttpd.destroy_response(exchange->response);
    hf_wipe(exchange->raw.data, exchange->raw.data ? exchange->raw.capacity : 0);
    hf_buf_release(&exchange->raw);
    json_decref(exchange->body);
    free((char *)(uintptr_t)exchange->path);
    free(exchange);
    *own = NULL;
}

static void note_connection(void *context, struct MHD_Connection *connection, void **own,
                            enum MHD_ConnectionNotificationCode what)
{
    struct hf_server *server = context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            hf_microhttpd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct connection *noted = calloc(1, sizeof *noted);
        if (!noted || !info)
            return;
        *noted = (struct connection){info->connect_fd, server->connections};
        server->connections = noted;
        *own = noted;
    } else if (*own) {
        struct connection **at = &server->connections;
        while (*at != *own)
            at = &(*at)->next;
        *at = (*at)->next;
        free(*own);
        *own = NULL;
    }
}

static int start(struct hf_server *server, struct hf_error *err)
{
    server->daemon = hf_microhttpd.start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, server,
        MHD_OPTION_LISTEN_SOCKET, server->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)MOST_CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        server->options.is_behind_proxy ? 0U : (unsigned)MOST_OF_ONE, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, make_exchange, server,
        MHD_OPTION_NOTIFY_COMPLETED, end_exchange, server, MHD_OPTION_NOTIFY_CONNECTION,
        note_connection, server, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        server->daemon ? hf_microhttpd.get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)
                       : NULL;
    if (!info)
        return hf_error_set(err, HF_FAILED, "the console's HTTP server does not start");
    server->epoll_fd = info->epoll_fd;
    return hf_signals_watch(server->signals, server->epoll_fd, HF_TO_READ, err);
}

struct hf_server *hf_server_open(struct hf_signals *signals,
                                 const struct hf_server_options *options, struct hf_error *err)
{
    struct hf_server *server = calloc(1, sizeof *server);
    if (!server) {
        hf_error_memory(err);
        return NULL;
    }
    server->signals = signals;
    server->options = *options;
    server->epoll_fd = server->listen_fd = -1;
    server->beat_at = hf_monotonic() + BEAT;
    server->uploads = strdup(options->uploads);
    if (!hf_microhttpd_load(err))
        server->listen_fd = hf_listen(options->listen, &server->port, err);
    if (server->listen_fd < 0 || start(server, err)) {
        hf_server_free(server);
        return NULL;
    }
    return server;
}

void hf_server_end_streams(struct hf_server *server)
{
    hf_streams_end(&server->streams);
}

static void answer_who_waits(struct hf_server *server)
{
    for (struct hf_exchange *exchange = server->exchanges; exchange; exchange = exchange->next)
        if (exchange->stage == HF_EXCHANGE_WAITING)
            hf_exchange_refuse(exchange, 503, "unreachable", "the console ends");
    hf_server_end_streams(server);
}

void hf_server_free(struct hf_server *server)
{
    if (!server)
        return;
    if (server->epoll_fd >= 0)
        hf_signals_forget(server->signals, server->epoll_fd);
    if (server->daemon) {
        answer_who_waits(server);
        hf_microhttpd.run(server->daemon);
        hf_microhttpd.stop_daemon(server->daemon); /* closes the socket too */
    } else if (server->listen_fd >= 0) {
        close(server->listen_fd);
    }
    free(server->uploads);
    free(server);
}

int hf_server_port(const struct hf_server *server)
{
    return server->port;
}

void hf_server_at_fork(struct hf_server *server)
{
    if (!server)
        return;
    close(server->listen_fd);
    close(server->epoll_fd);
    for (struct connection *at = server->connections; at; at = at->next)
        close(at->fd);
}

int64_t hf_server_deadline(const struct hf_server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout;
    int64_t at = server->beat_at;
    if (hf_microhttpd.get_timeout(server->daemon, &timeout) == MHD_YES) {
        int64_t due = hf_monotonic() + (int64_t)(timeout < BEAT ? timeout : BEAT);
        at = due < at ? due : at;
    }
    return at;
}

bool hf_server_take(struct hf_server *server, const struct hf_happening *happening)
{
    int64_t now = hf_monotonic();
    bool is_own = happening->kind == HF_READABLE && happening->fd == server->epoll_fd;
    if (server->beat_at <= now) {
        server->beat_at = now + BEAT;
        hf_streams_beat(&server->streams);
    }
    /* Also after what was no happening of the server's: a worker's answer lets connections go on.
     */
    hf_microhttpd.run(server->daemon);
    return is_own;
}
