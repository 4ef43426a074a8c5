#include "console/connections.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct hf_connection *hf_connection_add(struct hf_connections *connections, int fd)
{
    struct hf_connection *added = calloc(1, sizeof *added);
    if (!added)
        return NULL;
    *added = (struct hf_connection){.fd = fd, .next = connections->newest};
    connections->newest = added;
    connections->count++;
    return added;
}

void hf_connection_remove(struct hf_connections *connections, struct hf_connection *connection)
{
    struct hf_connection **at = &connections->newest;
    while (*at != connection)
        at = &(*at)->next;
    *at = connection->next;
    connections->count--;
    free(connection);
}

static bool is_strangers(const struct hf_connection *connection)
{
    const struct hf_exchange *exchange = connection->exchange;
    return !exchange ||
           (exchange->visitor.access == HF_ACCESS_ANYONE && exchange->stage != HF_EXCHANGE_WAITING);
}

bool hf_connections_end_a_stranger(struct hf_connections *connections)
{
    struct hf_connection *oldest = NULL;
    for (struct hf_connection *at = connections->newest; at; at = at->next)
        if (!at->is_ending && is_strangers(at))
            oldest = at;
    if (!oldest)
        return false;
    oldest->is_ending = true;
    shutdown(oldest->fd, SHUT_RDWR); /* which the server sees, and closes it */
    return true;
}

void hf_connections_at_fork(const struct hf_connections *connections)
{
    for (const struct hf_connection *at = connections->newest; at; at = at->next)
        close(at->fd);
}
