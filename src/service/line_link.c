#include "service/line_link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_OUT = 4 << 20, MOST_LINE = 1 << 20, PIECE = 16 << 10 };

void hf_line_link_init(struct hf_line_link *link, int fd)
{
    *link = (struct hf_line_link){.fd = fd, .lock = PTHREAD_MUTEX_INITIALIZER};
    if (fd >= 0)
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void hf_line_link_release(struct hf_line_link *link)
{
    if (link->fd >= 0)
        close(link->fd);
    hf_buf_release(&link->out);
    hf_buf_release(&link->in);
    pthread_mutex_destroy(&link->lock);
    link->fd = -1;
}

/* A line that did not fit would leave half of itself. */
void hf_line_link_send(struct hf_line_link *link, json_t *message)
{
    char *line = message ? json_dumps(message, JSON_COMPACT) : NULL;
    json_decref(message);
    if (!line)
        return;
    size_t length = strlen(line);
    line[length++] = '\n'; /* in the place of the NUL */
    pthread_mutex_lock(&link->lock);
    if (link->fd >= 0 && link->out.length + length <= MOST_OUT)
        hf_buf_append(&link->out, line, length, NULL);
    pthread_mutex_unlock(&link->lock);
    free(line);
}

bool hf_line_link_wants_write(struct hf_line_link *link)
{
    pthread_mutex_lock(&link->lock);
    bool wants = link->out.length > 0;
    pthread_mutex_unlock(&link->lock);
    return wants;
}

static bool is_gone(ssize_t got)
{
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static bool write_out(struct hf_line_link *link)
{
    bool gone = false;
    pthread_mutex_lock(&link->lock);
    if (link->out.length) {
        ssize_t sent = write(link->fd, link->out.data, link->out.length);
        gone = sent < 0 && is_gone(sent);
        if (sent > 0) {
            link->out.length -= (size_t)sent;
            memmove(link->out.data, link->out.data + sent, link->out.length);
        }
    }
    pthread_mutex_unlock(&link->lock);
    return !gone;
}

static void take_line(const char *line, size_t length,
                      void (*each)(void *context, const json_t *message), void *context)
{
    json_t *message = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(message))
        each(context, message);
    json_decref(message);
}

static void take_lines(struct hf_line_link *link,
                       void (*each)(void *context, const json_t *message), void *context)
{
    uint8_t *at = link->in.data, *end = at + link->in.length, *newline;
    while (at < end && (newline = memchr(at, '\n', (size_t)(end - at)))) {
        take_line((const char *)at, (size_t)(newline - at), each, context);
        at = newline + 1;
    }
    link->in.length = (size_t)(end - at);
    if (link->in.length)
        memmove(link->in.data, at, link->in.length);
    if (link->in.length > MOST_LINE)
        link->in.length = 0;
}

bool hf_line_link_work(struct hf_line_link *link,
                       void (*each)(void *context, const json_t *message), void *context)
{
    if (link->fd < 0)
        return false;
    bool there = write_out(link);
    for (ssize_t got = 1; there && got > 0;) {
        if (hf_buf_reserve(&link->in, PIECE, NULL))
            break;
        got = read(link->fd, link->in.data + link->in.length, PIECE);
        if (got > 0)
            link->in.length += (size_t)got;
        there = !is_gone(got);
        take_lines(link, each, context);
    }
    return there;
}
