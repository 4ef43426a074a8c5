/*
 * Where a running Holdfast is asked and told: a unix stream socket beside the state file of each of
 * its databases, "<state file>.sock". One JSON object a line, both ways (docs/restore.md).
 *
 * Requests are {"do":..., ...}; a request is answered by any number of lines {"event":"progress"}
 * or
 * {"event":"notice"} and a closing {"event":"done"} or {"event":"failed"}. One after the other on a
 * connection; several connections at once. Only this user and root are heard. Slow, hostile and
 * vanishing clients cost their own connection and nothing else. Single-threaded; everything happens
 * in hf_control_take, which is called from the loop around hf_signals_wait.
 */
#ifndef HF_SERVICE_CONTROL_SOCKET_H
#define HF_SERVICE_CONTROL_SOCKET_H

#include <jansson.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "os/signals.h"

struct hf_control_socket;

/* A request that is not answered yet. 0 is none. */
typedef uint64_t hf_control_request;

/* Somebody asks. It is answered now or later, by hf_control_close; `what` is borrowed. */
typedef void (*hf_control_asked)(void *context, hf_control_request request, const json_t *what);

/* Where the socket of the database with this state file is. Caller frees. NULL: no memory. */
char *hf_control_path(const char *state_path);

/*
 * Listens at `path`, mode 0600. What a dead process left there is replaced; HF_LOCKED when somebody
 * listens there. Paths may be as long as the file system allows. `signals` must outlive it.
 */
struct hf_control_socket *hf_control_socket_open(struct hf_signals *signals, const char *path,
                                                 hf_control_asked asked, void *context,
                                                 struct hf_error *err);

/* The same under another name as well: a hard link, on the same file system. */
int hf_control_socket_also(struct hf_control_socket *control, const char *path,
                           struct hf_error *err);

/* Closes the connections and removes its names. */
void hf_control_socket_free(struct hf_control_socket *control);
HF_AUTO_FREE(hf_control_socket)

/* In a forked child: lets go of all descriptors; names and connections stay the parent's. */
void hf_control_at_fork(struct hf_control_socket *control);

/* True when the happening was the socket's or a connection's. */
bool hf_control_take(struct hf_control_socket *control, const struct hf_happening *happening);

/* A line before the closing one; `event` is taken over. Nothing when the client is gone. */
void hf_control_tell(struct hf_control_socket *control, hf_control_request request, json_t *event);

/* The closing line; `answer` is taken over. */
void hf_control_close(struct hf_control_socket *control, hf_control_request request,
                      json_t *answer);
void hf_control_fail(struct hf_control_socket *control, hf_control_request request,
                     const struct hf_error *why);

#endif
