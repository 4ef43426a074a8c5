#include "service/json_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_AT_ONCE = 64 << 10 };

void hf_json_channel_init(struct hf_json_channel *channel, int fd, size_t longest_line,
                          size_t most_waiting)
{
    *channel = (struct hf_json_channel){
        .fd = fd, .longest_line = longest_line, .most_waiting = most_waiting};
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void hf_json_channel_release(struct hf_json_channel *channel)
{
    if (channel->fd >= 0)
        close(channel->fd);
    hf_buf_release(&channel->in);
    hf_buf_release(&channel->out);
    *channel = (struct hf_json_channel){.fd = -1};
}

/* What was taken makes room. */
static void shift(struct hf_buf *buf, size_t *done)
{
    if (*done)
        memmove(buf->data, buf->data + *done, buf->length - *done);
    buf->length -= *done;
    *done = 0;
}

bool hf_json_channel_receive(struct hf_json_channel *channel)
{
    if (channel->ended || channel->broken)
        return false;
    shift(&channel->in, &channel->taken);
    if (hf_buf_reserve(&channel->in, MOST_AT_ONCE, NULL)) {
        channel->broken = true;
        return false;
    }
    ssize_t got;
    do
        got = recv(channel->fd, channel->in.data + channel->in.length, MOST_AT_ONCE, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        channel->in.length += (size_t)got;
    else if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
        channel->ended = true;
    return got > 0;
}

json_t *hf_json_channel_next(struct hf_json_channel *channel, unsigned *garbage)
{
    while (!channel->broken) {
        const char *line = (const char *)channel->in.data + channel->taken;
        size_t left = channel->in.length - channel->taken;
        const char *end = left ? memchr(line, '\n', left) : NULL;
        size_t length = end ? (size_t)(end - line) : left;
        if (length > channel->longest_line)
            channel->broken = true;
        if (!end || channel->broken)
            break;
        channel->taken += length + 1;
        json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
        if (json_is_object(object))
            return object;
        json_decref(object);
        if (garbage)
            (*garbage)++;
    }
    return NULL;
}

bool hf_json_channel_is_waiting(const struct hf_json_channel *channel)
{
    return channel->out.length > channel->sent;
}

void hf_json_channel_flush(struct hf_json_channel *channel)
{
    while (!channel->broken && hf_json_channel_is_waiting(channel)) {
        ssize_t sent = send(channel->fd, channel->out.data + channel->sent,
                            channel->out.length - channel->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0)
            channel->sent += (size_t)sent;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            break;
        else if (errno != EINTR)
            channel->broken = true;
    }
    shift(&channel->out, &channel->sent);
}

bool hf_json_channel_send(struct hf_json_channel *channel, json_t *object)
{
    char *line = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(object);
    size_t length = line ? strlen(line) : 0;
    if (!line || channel->out.length - channel->sent + length + 1 > channel->most_waiting ||
        hf_buf_append(&channel->out, line, length, NULL) ||
        hf_buf_append(&channel->out, "\n", 1, NULL))
        channel->broken = true;
    free(line);
    hf_json_channel_flush(channel);
    return !channel->broken;
}

const char *hf_member_text(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : otherwise;
}

int64_t hf_member_integer(const json_t *object, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool hf_member_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

json_t *hf_text_value(const char *text)
{
    json_t *value = json_string(text);
    char plain[2048];
    size_t length = 0;
    for (const char *c = text; !value && *c && length + 1 < sizeof plain; c++)
        plain[length++] = (unsigned char)*c < 0x80 ? *c : '?';
    plain[length] = 0;
    return value ? value : json_string(plain);
}

json_t *hf_text_or_null(const char *text)
{
    return text ? hf_text_value(text) : json_null();
}

int hf_json_append(json_t *list, json_t *item)
{
    return item ? json_array_append_new(list, item) : -1;
}

json_t *hf_json_failed(const struct hf_error *error)
{
    return json_pack("{s:s, s:s, s:o, s:o*, s:o*}", "event", "failed", "code",
                     hf_code_name(error->code), "text", hf_text_value(error->text), "hint",
                     error->hint[0] ? hf_text_value(error->hint) : NULL, "typed",
                     error->typed[0] ? hf_text_value(error->typed) : NULL);
}

static enum hf_code code_of(const json_t *failed)
{
    int64_t number = hf_member_integer(failed, "code", 0);
    return number > HF_OK && number <= HF_UNSUPPORTED
               ? (enum hf_code)number
               : hf_code_of_name(hf_member_text(failed, "code", "failed"));
}

int hf_json_failure(const json_t *failed, struct hf_error *err)
{
    const char *hint = hf_member_text(failed, "hint", "");
    hf_error_set(err, code_of(failed), "%s",
                 hf_member_text(failed, "text", "it failed, and did not say why"));
    if (*hint)
        hf_error_hint_typed(err, hf_member_text(failed, "typed", ""), "%s", hint);
    return -1;
}
