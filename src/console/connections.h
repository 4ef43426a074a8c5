/*
 * The sockets of a server's clients. There are only so many of them: when nearly all are taken, one
 * that is held for nothing, or by nobody who is known, gives way to who comes. So nobody keeps
 * others out by holding connections. Single-threaded.
 */
#ifndef HF_CONSOLE_CONNECTIONS_H
#define HF_CONSOLE_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "console/exchange.h"

struct hf_connection {
    int fd;
    const struct hf_exchange *exchange; /* the request that it has in hand, or NULL */
    bool is_ending;
    struct hf_connection *next; /* an older one */
};

struct hf_connections {
    struct hf_connection *newest;
    size_t count;
};

/* NULL: no memory, and it is not known then. */
struct hf_connection *hf_connection_add(struct hf_connections *connections, int fd);
void hf_connection_remove(struct hf_connections *connections, struct hf_connection *connection);

/* Ends the oldest that is idle, whose request is not whole (but for a file that is sent), or on
 * which nobody who is known waits. False: there is none. */
bool hf_connections_end_one(struct hf_connections *connections);

/* In a forked child: lets go of all, which stay the parent's. */
void hf_connections_at_fork(const struct hf_connections *connections);

#endif
