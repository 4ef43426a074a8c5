/*
 * Runs the application as PID 1 of a container would: signals passed on, orphans reaped, started
 * again where that is wanted, its exit code handed on.
 *
 * TERM, INT, HUP, QUIT, USR1 and USR2 go to the application itself. TERM or INT asks for the end:
 * the application has two thirds of the stop timeout for it, then it and its process group are
 * killed, as they are by a second TERM or INT; the rest of the timeout is for what is left to do
 * then. What ends on an interrupt from the terminal was asked to as well. Single-threaded.
 */
#ifndef HF_SERVICE_SUPERVISOR_H
#define HF_SERVICE_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "os/signals.h"

/* Others who are waited for in the same place. */
struct hf_companion {
    void *context;
    int64_t (*deadline)(void *context); /* of hf_monotonic; 0: none */
    /* All that happens but the application's own affairs; deadlines too. */
    void (*happened)(void *context, const struct hf_happening *happening);
    /* Whether the application is to be stopped now, for something that needs it stopped. */
    bool (*needs_stop)(void *context);
};

struct hf_supervision {
    char *const *command;
    char *const *environment;
    /* After an end that nobody asked for, with a pause of 1 s, doubled each time up to 60 s, and 1
     * s again after a minute of running. */
    enum hf_restart restart;
    int64_t stop_timeout; /* ms */

    const char *ready;     /* URL whose answer 2xx means that the application works, or NULL */
    int64_t ready_timeout; /* ms */
    int64_t
        probation; /* ms: without such a URL it is ready when it has run for so long; 0: at once */
    /* When it is not ready in time, or ends before: stop it and return. Else it goes on. */
    bool must_become_ready;

    const struct hf_companion *companion; /* or NULL */

    void *context;
    void (*started)(void *context, pid_t pid);
    void (*became_ready)(void *context, int64_t milliseconds);
    void (*notice)(void *context, const char *text); /* what a person should know */
};

struct hf_supervised {
    int status; /* the application's exit code, or 128 + the signal that ended it */
    bool never_ready;
    bool asked;      /* to stop, by a signal */
    bool set_aside;  /* stopped because the companion needs it so, and not asked otherwise */
    int64_t stop_by; /* of hf_monotonic: when stopping must be over */
};

/* Returns when the application has ended for good. Fails as hf_child_start does when it cannot be
 * started. */
int hf_supervise(struct hf_signals *signals, const struct hf_supervision *wanted,
                 struct hf_supervised *out, struct hf_error *err);

#endif
