/*
 * A task in a process of its own, looked after: started again when it dies (unless it is for once),
 * ended when it is stuck, asked over a channel, and stopped within a deadline. What it says last is
 * kept.
 *
 * The channel is a stream socket with one JSON object a line (service/json_channel.h).
 *   From the task:  {"event":"alive"} at least every few seconds, whatever it does;
 *                   {"event":"status", "databases":[{"name":...}, ...]} when something changed,
 * about once a second at most, with those that changed;
 *                   {"event":"notice", "text":..., "database":...} for people;
 *                   {"event":"done", "id":N, ...} or
 *                   {"event":"failed", "id":N, "code":..., "text":..., "hint":...} for a request.
 *   To the task:    {"id":N, "do":..., ...}; {"id":N, "do":"stop"} with a SIGTERM, after which it
 *                   does what is left and ends, with 0 when it did all of it.
 * Single-threaded; everything happens in hf_guard_take, which is called from the loop around
 * hf_signals_wait.
 */
#ifndef HF_SERVICE_GUARD_H
#define HF_SERVICE_GUARD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "os/signals.h"

struct hf_guard_options {
    const char *name; /* "the replicator", for notices */
    /* Runs in a process of its own, which ends with what it returns. It owns `channel`. Signals
     * have there what they had before `signals` was opened. */
    int (*task)(void *context, int channel);
    /* In that process before the task: lets go of what belongs to this one (listening sockets).
     * May be NULL. */
    void (*at_fork)(void *context);
    void (*notice)(void *context, const char *text);
    /* Every other event, as it comes. May be NULL. */
    void (*heard)(void *context, const json_t *event);
    void *context;
    bool once;             /* it is not started again when it ends or dies */
    int64_t patience;      /* ms without a sign of life after which it is stuck; 0: 15 s */
    int64_t first_pause;   /* ms before it is started again, doubled each time; 0: 1 s */
    int64_t longest_pause; /* 0: 60 s. Having run for so long, it begins again with the first */
};

enum hf_guard_state {
    HF_GUARD_STOPPED, /* not wanted, or ended as it was asked to */
    HF_GUARD_RUNNING,
    HF_GUARD_STOPPING,
    HF_GUARD_PAUSING, /* it died, and is started again later */
};

struct hf_guard;

/* Nothing runs yet. `signals` must outlive it. */
struct hf_guard *hf_guard_new(struct hf_signals *signals, const struct hf_guard_options *options,
                              struct hf_error *err);
/* Kills what runs. */
void hf_guard_free(struct hf_guard *guard);
HF_AUTO_FREE(hf_guard)

/* Starts the task, unless it runs. On an error it is tried again later, as after a death. */
int hf_guard_start(struct hf_guard *guard, struct hf_error *err);

/* Asks it to stop; what runs at `deadline` (of hf_monotonic) is killed. Then it is STOPPED. */
void hf_guard_stop(struct hf_guard *guard, int64_t deadline);

enum hf_guard_state hf_guard_state(const struct hf_guard *guard);

/* Whether the last stop was the task's own: it was asked, and ended with 0. */
bool hf_guard_ended_well(const struct hf_guard *guard);

/* When hf_guard_take must be called with a deadline; 0: never. */
int64_t hf_guard_deadline(const struct hf_guard *guard);

/* True when the happening was the guard's alone. A deadline may be somebody else's as well. */
bool hf_guard_take(struct hf_guard *guard, const struct hf_happening *happening);

/* What the task said last of each of its databases (also one that is dead by now): a list. The
 * caller has a reference. NULL: no memory. */
json_t *hf_guard_databases(const struct hf_guard *guard);

/* How the guard itself sees it: {"state":..., "pid":..., "starts":..., "last_end":...}. NULL: no
 * memory. */
json_t *hf_guard_describe(const struct hf_guard *guard);

/* `answer` is the task's done or failed; it has failed as well when the task ended before. */
typedef void (*hf_guard_answer)(void *context, const json_t *answer);

/* Sends a request (taken over), which is given an id. HF_LOCKED when the task is stopped on
 * purpose, HF_UNREACHABLE when it does not run otherwise, or does not listen. */
int hf_guard_ask(struct hf_guard *guard, json_t *request, hf_guard_answer answer, void *context,
                 struct hf_error *err);

/* What is asked for this context will not be heard. */
void hf_guard_forget(struct hf_guard *guard, const void *context);

#endif
