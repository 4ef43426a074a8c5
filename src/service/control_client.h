/*
 * Asks a running Holdfast over its control socket (service/control_socket.h). Waits; for programs
 * that have nothing else to do meanwhile. Single-owner.
 */
#ifndef HF_SERVICE_CONTROL_CLIENT_H
#define HF_SERVICE_CONTROL_CLIENT_H

#include <jansson.h>

#include "base/events.h"
#include "service/json_channel.h"

struct hf_control_client {
    struct hf_json_channel channel;
    pid_t process; /* that listens */
};

/*
 * Connects to the process that looks after the database whose state file that is, and leaves `out`
 * empty otherwise: HF_NOT_FOUND when nobody listens. HF_REFUSED when who listens is neither this
 * user, nor root, nor asked by root.
 */
int hf_control_client_open(struct hf_control_client *out, const char *state_path,
                           struct hf_error *err);
void hf_control_client_release(struct hf_control_client *client);
HF_AUTO_RELEASE(hf_control_client)

/* Sends a request; `request` is taken over. */
int hf_control_ask(struct hf_control_client *client, json_t *request, struct hf_error *err);

/*
 * Waits for the next line of the answer: an event, "done" at the end, which the caller frees. A
 * closing "failed" is the error that it says. HF_UNREACHABLE when the process is gone before it has
 * answered to the end, or has said nothing for `patience` ms (0: for ever).
 */
json_t *hf_control_answer(struct hf_control_client *client, int64_t patience, struct hf_error *err);

/* Asks (`request` is taken over) and hands on what it tells meanwhile. The closing line, which the
 * caller frees; or NULL and the error that it is. `events` may be NULL. */
json_t *hf_control_do(struct hf_control_client *client, json_t *request,
                      const struct hf_events *events, int64_t patience, struct hf_error *err);

#endif
