#include "service/control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "service/control_address.h"
#include "service/json_channel.h"

enum {
    MOST_CLIENTS = 32,
    LONGEST_REQUEST = 64 << 10,
    MOST_WAITING = 4 << 20, /* of answers: a status of a thousand databases */
};

struct client {
    struct hf_json_channel channel; /* fd -1: a free place */
    hf_control_request request;     /* 0: none is being answered */
    int64_t since;                  /* of hf_monotonic: when it connected or last asked */
    bool is_taken_from;             /* by take_requests, further up in the calls */
};

struct hf_control_socket {
    struct hf_signals *signals;
    hf_control_asked asked;
    void *context;
    int fd;
    char **names;
    size_t name_count;
    dev_t device; /* of the socket, to know its names again */
    ino_t inode;
    hf_control_request last;
    bool is_deaf; /* nobody more can be taken at the moment */
    struct client clients[MOST_CLIENTS];
};

char *hf_control_path(const char *state_path)
{
    char *path;
    return asprintf(&path, "%s.sock", state_path) < 0 ? NULL : path;
}

/* Of several that come at once each sees what the one before did. The kernel lets go of the lock
 * with the process. */
static int lock_directory(const char *path, struct hf_error *err)
{
    hf_auto_free char *parent = hf_path_parent(path);
    if (!parent)
        return hf_error_memory(err);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return hf_error_sys(err, errno, "open", parent);
    flock(fd, LOCK_EX); /* where there are no locks it is as good as it can be */
    return fd;
}

static int must_be_free(const char *path, struct hf_error *err)
{
    struct hf_error local = {0};
    struct stat status;
    if (lstat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
        return hf_error_set(err, HF_EXISTS, "'%s' is no socket", path);
    int fd = hf_control_connect(path, &local);
    if (fd < 0 && local.code == HF_NOT_FOUND)
        return 0;
    if (fd < 0)
        return hf_error_pass(err, &local);
    uid_t user = 0;
    pid_t process = 0;
    hf_control_peer(fd, &user, &process);
    close(fd);
    hf_error_set(err, HF_LOCKED, "another Holdfast (process %d) listens at '%s'", (int)process,
                 path);
    return hf_error_hint(err, "one process at a time looks after a database");
}

static int keep_name(struct hf_control_socket *control, const char *path, struct hf_error *err)
{
    char **grown = realloc(control->names, (control->name_count + 1) * sizeof *grown);
    if (!grown)
        return hf_error_memory(err);
    control->names = grown;
    grown[control->name_count] = strdup(path);
    return grown[control->name_count] ? (control->name_count++, 0) : hf_error_memory(err);
}

static int listen_at(struct hf_control_socket *control, const char *path, struct hf_error *err)
{
    struct stat status;
    if (must_be_free(path, err))
        return -1;
    control->fd = hf_control_listen(path, err);
    if (control->fd < 0)
        return -1;
    if (stat(path, &status) == 0) {
        control->device = status.st_dev;
        control->inode = status.st_ino;
    }
    return keep_name(control, path, err) ||
                   hf_signals_watch(control->signals, control->fd, HF_TO_READ, err)
               ? -1
               : 0;
}

struct hf_control_socket *hf_control_socket_open(struct hf_signals *signals, const char *path,
                                                 hf_control_asked asked, void *context,
                                                 struct hf_error *err)
{
    struct hf_control_socket *control = calloc(1, sizeof *control);
    if (!control) {
        hf_error_memory(err);
        return NULL;
    }
    *control = (struct hf_control_socket){
        .signals = signals, .asked = asked, .context = context, .fd = -1};
    for (size_t i = 0; i < MOST_CLIENTS; i++)
        control->clients[i].channel.fd = -1;
    int directory = lock_directory(path, err);
    int failed = directory < 0 || listen_at(control, path, err);
    if (directory >= 0)
        close(directory);
    if (!failed)
        return control;
    hf_control_socket_free(control);
    return NULL;
}

static bool is_own(const struct hf_control_socket *control, const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && status.st_dev == control->device &&
           status.st_ino == control->inode;
}

static int link_to(struct hf_control_socket *control, const char *path, struct hf_error *err)
{
    if (is_own(control, path))
        return 0;
    if (must_be_free(path, err))
        return -1;
    if ((unlink(path) && errno != ENOENT) || link(control->names[0], path))
        return hf_error_sys(err, errno, "link the control socket to", path);
    return keep_name(control, path, err);
}

int hf_control_socket_also(struct hf_control_socket *control, const char *path,
                           struct hf_error *err)
{
    int directory = lock_directory(path, err);
    if (directory < 0)
        return -1;
    int failed = link_to(control, path, err);
    close(directory);
    return failed;
}

static void drop(struct hf_control_socket *control, struct client *client)
{
    if (client->channel.fd >= 0)
        hf_signals_forget(control->signals, client->channel.fd);
    hf_json_channel_release(&client->channel);
    *client = (struct client){.channel.fd = -1};
}

/* Names that have become somebody else's stay. */
static void remove_names(struct hf_control_socket *control)
{
    for (size_t i = 0; i < control->name_count; i++) {
        int directory = lock_directory(control->names[i], NULL);
        if (is_own(control, control->names[i]))
            unlink(control->names[i]);
        if (directory >= 0)
            close(directory);
        free(control->names[i]);
    }
    free(control->names);
}

void hf_control_socket_free(struct hf_control_socket *control)
{
    if (!control)
        return;
    for (size_t i = 0; i < MOST_CLIENTS; i++)
        drop(control, &control->clients[i]);
    remove_names(control);
    if (control->fd >= 0) {
        hf_signals_forget(control->signals, control->fd);
        close(control->fd);
    }
    free(control);
}

void hf_control_at_fork(struct hf_control_socket *control)
{
    if (!control)
        return;
    close(control->fd);
    for (size_t i = 0; i < MOST_CLIENTS; i++) {
        if (control->clients[i].channel.fd >= 0)
            close(control->clients[i].channel.fd);
    }
}

static void watch(struct hf_control_socket *control, struct client *client)
{
    struct hf_json_channel *channel = &client->channel;
    bool writes = hf_json_channel_is_waiting(channel);
    /* Who asks again while an answer is due is heard after it. */
    bool reads = !client->request && !channel->ended;
    int failed = 0;
    if (channel->broken || (channel->ended && !client->request && !writes)) {
        drop(control, client);
        return;
    }
    if (reads || writes)
        failed = hf_signals_watch(
            control->signals, channel->fd,
            (enum hf_readiness)((reads ? HF_TO_READ : 0) | (writes ? HF_TO_WRITE : 0)), NULL);
    else
        hf_signals_forget(control->signals, channel->fd); /* its end would be told for ever */
    if (failed)
        drop(control, client);
}

static struct client *find(struct hf_control_socket *control, hf_control_request request)
{
    for (size_t i = 0; request && i < MOST_CLIENTS; i++) {
        if (control->clients[i].request == request)
            return &control->clients[i];
    }
    return NULL;
}

void hf_control_tell(struct hf_control_socket *control, hf_control_request request, json_t *event)
{
    struct client *client = find(control, request);
    if (!client) {
        json_decref(event);
        return;
    }
    /* One that is gone, or does not listen, is dropped; what it asked for goes on. */
    hf_json_channel_send(&client->channel, event);
    watch(control, client);
}

static void take_requests(struct hf_control_socket *control, struct client *client)
{
    unsigned garbage = 0;
    if (client->is_taken_from)
        return;
    client->is_taken_from = true;
    while (client->channel.fd >= 0 && !client->request) {
        json_t *what = hf_json_channel_next(&client->channel, &garbage);
        if (garbage || !what)
            break;
        client->request = ++control->last;
        client->since = hf_monotonic();
        control->asked(control->context, client->request, what);
        json_decref(what);
    }
    client->is_taken_from = false;
    if (!garbage || client->channel.fd < 0)
        return;
    struct hf_error error = {0};
    hf_error_set(&error, HF_USAGE, "that is no JSON object");
    hf_json_channel_send(&client->channel, hf_json_failed(&error));
    client->channel.broken = true;
}

void hf_control_close(struct hf_control_socket *control, hf_control_request request, json_t *answer)
{
    struct client *client = find(control, request);
    if (!client) {
        json_decref(answer);
        return;
    }
    client->request = 0;
    hf_json_channel_send(&client->channel, answer);
    take_requests(control, client); /* what came meanwhile */
    if (client->channel.fd >= 0)
        watch(control, client);
}

void hf_control_fail(struct hf_control_socket *control, hf_control_request request,
                     const struct hf_error *why)
{
    hf_control_close(control, request, hf_json_failed(why));
}

/* The one that has said nothing for longest gives its place to a new one. */
static struct client *make_place(struct hf_control_socket *control)
{
    struct client *oldest = NULL;
    for (size_t i = 0; i < MOST_CLIENTS; i++) {
        struct client *client = &control->clients[i];
        if (client->channel.fd < 0)
            return client;
        if (!client->request && (!oldest || client->since < oldest->since))
            oldest = client;
    }
    if (oldest)
        drop(control, oldest);
    return oldest;
}

static void accept_client(struct hf_control_socket *control)
{
    uid_t user;
    pid_t process;
    int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
        make_place(control);
        control->is_deaf = true;
        hf_signals_forget(control->signals, control->fd);
    }
    if (fd < 0)
        return;
    bool is_heard = hf_control_peer(fd, &user, &process) && (user == geteuid() || user == 0);
    struct client *client = is_heard ? make_place(control) : NULL;
    if (!client) {
        close(fd);
        return;
    }
    hf_json_channel_init(&client->channel, fd, LONGEST_REQUEST, MOST_WAITING);
    client->since = hf_monotonic();
    watch(control, client);
}

static void client_happened(struct hf_control_socket *control, struct client *client, bool readable)
{
    if (readable)
        hf_json_channel_receive(&client->channel);
    else
        hf_json_channel_flush(&client->channel);
    take_requests(control, client);
    if (client->channel.fd >= 0)
        watch(control, client);
}

bool hf_control_take(struct hf_control_socket *control, const struct hf_happening *happening)
{
    if (control->is_deaf) {
        control->is_deaf = false;
        hf_signals_watch(control->signals, control->fd, HF_TO_READ, NULL);
    }
    if (happening->kind != HF_READABLE && happening->kind != HF_WRITABLE)
        return false;
    if (happening->fd == control->fd) {
        accept_client(control);
        return true;
    }
    for (size_t i = 0; i < MOST_CLIENTS; i++) {
        struct client *client = &control->clients[i];
        if (client->channel.fd != happening->fd)
            continue;
        client_happened(control, client, happening->kind == HF_READABLE);
        return true;
    }
    return false;
}
