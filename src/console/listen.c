#include "console/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* "[::1]:8420" into "::1" and "8420". */
static int take_apart(char host[256], char port[8], const char *where, struct hf_error *err)
{
    const char *colon = strrchr(where, ':');
    size_t length = colon ? (size_t)(colon - where) : 0;
    snprintf(port, 8, "%s", colon ? colon + 1 : where);
    if (!colon)
        where = "127.0.0.1", length = strlen(where);
    if (where[0] == '[' && length > 2)
        where++, length -= 2;
    if (!length || length >= 256)
        return hf_error_set(err, HF_CONFIG, "'%s' is no address to listen at", where);
    memcpy(host, where, length);
    host[length] = '\0';
    return 0;
}

static int port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    char port[16] = "0";
    if (getsockname(fd, (struct sockaddr *)&address, &length) ||
        getnameinfo((struct sockaddr *)&address, length, NULL, 0, port, sizeof port,
                    NI_NUMERICSERV))
        return 0;
    return atoi(port);
}

static int open_at(const struct addrinfo *at)
{
    int on = 1;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!bind(fd, at->ai_addr, at->ai_addrlen) && !listen(fd, 128))
        return fd;
    int sys = errno;
    close(fd);
    errno = sys;
    return -1;
}

int hf_listen(const char *where, int *port, struct hf_error *err)
{
    char host[256], service[8];
    const struct addrinfo wanted = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    if (take_apart(host, service, where, err))
        return -1;
    int unknown = getaddrinfo(host, service, &wanted, &list);
    if (unknown)
        return hf_error_set(err, HF_CONFIG, "listen at '%s': %s", where, gai_strerror(unknown));
    int fd = open_at(list), sys = errno;
    freeaddrinfo(list);
    if (fd >= 0) {
        *port = port_of(fd);
        return fd;
    }
    hf_error_sys(err, sys, "listen at", where);
    if (err && sys == EADDRINUSE)
        err->code = HF_LOCKED;
    if (err && sys == EADDRNOTAVAIL)
        err->code = HF_CONFIG;
    return sys == EADDRINUSE ? hf_error_hint(err, "another program listens there: choose another "
                                                  "port with --console")
                             : -1;
}
