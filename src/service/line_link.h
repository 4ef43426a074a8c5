/*
 * Lines of JSON both ways between two processes, over one stream socket. Sending never waits: what
 * the other side does not take is kept, up to a bound, and what is more is dropped whole.
 * hf_line_link_send may be called from any thread, the rest from one.
 */
#ifndef HF_SERVICE_LINE_LINK_H
#define HF_SERVICE_LINE_LINK_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/bytes.h"

struct hf_line_link {
    int fd; /* -1: nobody is there; all that is sent is dropped */
    pthread_mutex_t lock;
    struct hf_buf out; /* under the lock */
    struct hf_buf in;
};

/* Takes `fd`, which becomes non-blocking. */
void hf_line_link_init(struct hf_line_link *link, int fd);
void hf_line_link_release(struct hf_line_link *link);

/* Takes the reference to `message`. */
void hf_line_link_send(struct hf_line_link *link, json_t *message);

/* True when there is something to be written. */
bool hf_line_link_wants_write(struct hf_line_link *link);

/* Writes and reads what is possible without waiting; whole lines that are JSON objects go to
 * `each`, which borrows them, other lines are passed over. False when the other side is gone. */
bool hf_line_link_work(struct hf_line_link *link,
                       void (*each)(void *context, const json_t *message), void *context);

#endif
