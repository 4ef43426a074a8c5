#include "console/connections.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "console/route.h"

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

/* A request of few bytes that is not whole can be sent again, by whomever; a file is not asked for
 * twice. */
static bool is_unfinished(const struct hf_exchange *exchange)
{
    return exchange->stage == HF_EXCHANGE_READING &&
           !(exchange->route && exchange->route->body == HF_BODY_FILE);
}

static bool is_dispensable(const struct hf_connection *connection)
{
    const struct hf_exchange *exchange = connection->exchange;
    return !exchange || is_unfinished(exchange) ||
           (exchange->visitor.access == HF_ACCESS_ANYONE && exchange->stage != HF_EXCHANGE_WAITING);
}

bool hf_connections_end_one(struct hf_connections *connections)
{
    struct hf_connection *oldest = NULL;
    for (struct hf_connection *at = connections->newest; at; at = at->next)
        if (!at->is_ending && is_dispensable(at))
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
