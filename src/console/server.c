#include "console/server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console/connections.h"
#include "console/exchange_answer.h"
#include "console/listen.h"
#include "console/request_body.h"
#include "console/server_streams.h"

enum {
    MOST_CONNECTIONS = 512,
    MOST_BEFORE_SOME_END = 480,
    IDLE_SECONDS = 30,
    CONNECTION_MEMORY = 16 << 10, /* of which the request's head takes what it needs */
    BEAT = 15000,
};

struct hf_server {
    struct hf_signals *signals;
    struct hf_server_options options;
    struct MHD_Daemon *daemon;
    int listen_fd, epoll_fd, port;
    struct hf_connections connections;
    struct hf_exchange *exchanges;
    struct hf_streams streams;
    int64_t beat_at;
    bool is_ending;
};

struct hf_streams *hf_server_streams(struct hf_server *server)
{
    return &server->streams;
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
    exchange->options->admit(exchange);
    if (exchange->stage != HF_EXCHANGE_ANSWERED)
        hf_request_body_begin(exchange);
    return exchange->stage == HF_EXCHANGE_ANSWERED ? queue(exchange) : MHD_YES;
}

static void refuse_at_end(struct hf_exchange *exchange)
{
    hf_exchange_refuse(exchange, 503, "unreachable", "the console ends");
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_length, void **own)
{
    const struct hf_server *server = context;
    struct hf_exchange *exchange = *own;
    (void)connection, (void)url, (void)version;
    if (!exchange)
        return MHD_NO;
    if (server->is_ending && exchange->stage == HF_EXCHANGE_READING)
        refuse_at_end(exchange);
    if (!exchange->method) {
        exchange->method = method;
        return exchange->stage == HF_EXCHANGE_ANSWERED ? queue(exchange) : begin(exchange);
    }
    if (*upload_length) {
        size_t length = *upload_length;
        *upload_length = 0;
        return hf_request_body_take(exchange, upload, length) ? MHD_YES : MHD_NO;
    }
    if (exchange->stage == HF_EXCHANGE_READING && hf_request_body_end(exchange))
        exchange->options->handle(exchange);
    if (exchange->stage == HF_EXCHANGE_ANSWERED)
        return queue(exchange);
    exchange->is_suspended = true;
    hf_microhttpd.suspend_connection(exchange->connection);
    return MHD_YES;
}

static struct hf_connection *noted(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        hf_microhttpd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* The request line is there. What this returns is the request's own from here on. */
static void *make_exchange(void *context, const char *uri, struct MHD_Connection *connection)
{
    struct hf_server *server = context;
    struct hf_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return NULL;
    exchange->path = strndup(uri, strcspn(uri, "?"));
    exchange->options = &server->options;
    exchange->streams = &server->streams;
    exchange->console = server->options.console;
    exchange->connection = connection;
    exchange->upload_fd = -1;
    exchange->next = server->exchanges;
    server->exchanges = exchange;
    if (noted(connection))
        noted(connection)->exchange = exchange;
    return exchange;
}

static void end_exchange(void *context, struct MHD_Connection *connection, void **own,
                         enum MHD_RequestTerminationCode how)
{
    struct hf_server *server = context;
    struct hf_exchange *exchange = *own, **at = &server->exchanges;
    (void)how;
    if (!exchange)
        return;
    if (noted(connection))
        noted(connection)->exchange = NULL;
    while (*at != exchange)
        at = &(*at)->next;
    *at = exchange->next;
    hf_request_body_release(exchange);
    if (exchange->response)
        hf_microhttpd.destroy_response(exchange->response);
    free((char *)(uintptr_t)exchange->path);
    free(exchange);
    *own = NULL;
}

/* Who looks at what goes on asks again by itself. */
static void make_room(struct hf_server *server)
{
    if (server->connections.count > MOST_BEFORE_SOME_END &&
        !hf_connections_end_one(&server->connections))
        hf_streams_end_oldest(&server->streams);
}

static void note_connection(void *context, struct MHD_Connection *connection, void **own,
                            enum MHD_ConnectionNotificationCode what)
{
    struct hf_server *server = context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            hf_microhttpd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        make_room(server);
        *own = info ? hf_connection_add(&server->connections, info->connect_fd) : NULL;
    } else if (*own) {
        hf_connection_remove(&server->connections, *own);
        *own = NULL;
    }
}

static int start(struct hf_server *server, struct hf_error *err)
{
    server->daemon = hf_microhttpd.start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, server,
        MHD_OPTION_LISTEN_SOCKET, server->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)MOST_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_URI_LOG_CALLBACK, make_exchange, server, MHD_OPTION_NOTIFY_COMPLETED,
        end_exchange, server, MHD_OPTION_NOTIFY_CONNECTION, note_connection, server,
        MHD_OPTION_END);
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
            refuse_at_end(exchange);
    hf_server_end_streams(server);
}

void hf_server_quiesce(struct hf_server *server)
{
    if (server)
        server->is_ending = true;
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
    hf_connections_at_fork(&server->connections);
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
