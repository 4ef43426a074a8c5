#include "service/control_client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "os/signals.h"
#include "service/control_address.h"
#include "service/control_socket.h"

enum { LONGEST_ANSWER = 64 << 20, LONGEST_QUESTION = 1 << 20 };

int hf_control_client_open(struct hf_control_client *out, const char *state_path,
                           struct hf_error *err)
{
    uid_t user;
    *out = (struct hf_control_client){.channel.fd = -1};
    hf_auto_free char *path = hf_control_path(state_path);
    if (!path)
        return hf_error_memory(err);
    int fd = hf_control_connect(path, err);
    if (fd < 0)
        return -1;
    if (!hf_control_peer(fd, &user, &out->process) ||
        (user != geteuid() && user != 0 && geteuid() != 0)) {
        close(fd);
        hf_error_set(err, HF_REFUSED, "who listens at '%s' is somebody else", path);
        return hf_error_hint(err, "ask as the user that Holdfast runs as");
    }
    hf_json_channel_init(&out->channel, fd, LONGEST_ANSWER, LONGEST_QUESTION);
    return 0;
}

void hf_control_client_release(struct hf_control_client *client)
{
    /* All zero is one that was never opened. */
    if (client->process)
        hf_json_channel_release(&client->channel);
    *client = (struct hf_control_client){.channel.fd = -1};
}

static int gone(const struct hf_control_client *client, const char *what, struct hf_error *err)
{
    hf_error_set(err, HF_UNREACHABLE, "Holdfast (process %d) %s", (int)client->process, what);
    return hf_error_hint(err, "its log says what it did");
}

static int wait_for(struct hf_control_client *client, short events, int64_t until,
                    struct hf_error *err)
{
    for (;;) {
        struct pollfd fd = {.fd = client->channel.fd, .events = events};
        int64_t left = until ? until - hf_monotonic() : -1;
        if (until && left < 0)
            left = 0;
        int ready = poll(&fd, 1, left > INT_MAX ? INT_MAX : (int)left);
        if (ready > 0)
            return 0;
        if (ready == 0)
            return gone(client, "does not answer", err);
        if (errno != EINTR)
            return hf_error_sys(err, errno, "poll", "control socket");
    }
}

int hf_control_ask(struct hf_control_client *client, json_t *request, struct hf_error *err)
{
    if (!request)
        return hf_error_memory(err);
    hf_json_channel_send(&client->channel, request);
    while (!client->channel.broken && hf_json_channel_is_waiting(&client->channel)) {
        if (wait_for(client, POLLOUT, 0, err))
            return -1;
        hf_json_channel_flush(&client->channel);
    }
    return client->channel.broken ? gone(client, "is gone", err) : 0;
}

json_t *hf_control_answer(struct hf_control_client *client, int64_t patience, struct hf_error *err)
{
    int64_t until = patience ? hf_monotonic() + patience : 0;
    for (;;) {
        json_t *event = hf_json_channel_next(&client->channel, NULL);
        if (event && strcmp(hf_member_text(event, "event", ""), "failed") != 0)
            return event;
        if (event) {
            hf_json_failure(event, err);
            json_decref(event);
            return NULL;
        }
        if (client->channel.ended || client->channel.broken) {
            gone(client, "ended before it had answered", err);
            return NULL;
        }
        if (wait_for(client, POLLIN, until, err))
            return NULL;
        hf_json_channel_receive(&client->channel);
    }
}

static void pass(const struct hf_events *events, const json_t *event)
{
    const char *text = hf_member_text(event, "text", NULL);
    const char *stage = hf_member_text(event, "stage", "");
    if (text)
        hf_notice(events, "%s", text);
    if (!text || *stage)
        hf_progress(events, stage, (uint64_t)hf_member_integer(event, "done", 0),
                    (uint64_t)hf_member_integer(event, "total", 0));
}

json_t *hf_control_do(struct hf_control_client *client, json_t *request,
                      const struct hf_events *events, int64_t patience, struct hf_error *err)
{
    if (hf_control_ask(client, request, err))
        return NULL;
    for (;;) {
        json_t *event = hf_control_answer(client, patience, err);
        if (!event || !strcmp(hf_member_text(event, "event", ""), "done"))
            return event;
        pass(events, event);
        json_decref(event);
    }
}
