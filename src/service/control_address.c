#include "service/control_address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/file.h"

enum { MOST_WAITING = 16 };

static int open_socket(const char *path, struct hf_error *err)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd < 0 ? hf_error_sys(err, errno, "socket", path) : fd;
}

static int no_listener(const char *path, struct hf_error *err)
{
    return hf_error_set(err, HF_NOT_FOUND, "nobody listens at '%s'", path);
}

/* The socket itself, whatever its name's length: a link to it is followed. */
static int connect_through(int fd, int place, const char *path, struct hf_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", place);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return 0;
    if (errno == ECONNREFUSED || errno == ENOENT || errno == ENOTSOCK)
        return no_listener(path, err);
    if (errno == EAGAIN)
        return hf_error_set(err, HF_LOCKED, "too many ask at '%s' at once", path);
    return hf_error_sys(err, errno, "connect to", path);
}

int hf_control_connect(const char *path, struct hf_error *err)
{
    int place = open(path, O_PATH | O_CLOEXEC);
    if (place < 0)
        return errno == ENOENT || errno == ENOTDIR ? no_listener(path, err)
                                                   : hf_error_sys(err, errno, "open", path);
    int fd = open_socket(path, err);
    int failed = fd < 0 || connect_through(fd, place, path, err);
    close(place);
    if (!failed)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Bound under a short name of its own first, so that nobody finds one that does not listen yet. */
static int bind_in(int directory, int fd, char name[32], const char *path, struct hf_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return hf_error_sys(err, errno, "getrandom", path);
    snprintf(name, 32, ".%016llx.sock", (unsigned long long)random);
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, name);
    mode_t before = umask(0177);
    int failed = bind(fd, (const struct sockaddr *)&address, sizeof address);
    int sys = errno;
    umask(before);
    return failed ? hf_error_sys(err, sys, "bind", path) : 0;
}

static int listen_in(int directory, int fd, const char *path, struct hf_error *err)
{
    char name[32];
    if (bind_in(directory, fd, name, path, err))
        return -1;
    if (listen(fd, MOST_WAITING) == 0 && renameat(directory, name, AT_FDCWD, path) == 0)
        return 0;
    int sys = errno;
    unlinkat(directory, name, 0);
    return hf_error_sys(err, sys, "listen at", path);
}

int hf_control_listen(const char *path, struct hf_error *err)
{
    hf_auto_free char *parent = hf_path_parent(path);
    if (!parent)
        return hf_error_memory(err);
    int directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return hf_error_sys(err, errno, "open", parent);
    int fd = open_socket(path, err);
    int failed = fd < 0 || listen_in(directory, fd, path, err);
    close(directory);
    if (!failed)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

bool hf_control_peer(int fd, uid_t *user, pid_t *process)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length))
        return false;
    *user = peer.uid;
    *process = peer.pid;
    return true;
}
