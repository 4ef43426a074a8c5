/*
 * What looks after databases while something else runs: the replicator and the console, each in a
 * process of its own (service/guard.h), and the socket where all are asked
 * (service/control_socket.h). `holdfast run` has it beside the application, `holdfast replicate`
 * alone. Single-threaded.
 *
 * Requests of the control socket:
 *   {"do":"status"}
 *       done with "process", "command", "replicator" (hf_guard_describe; null: there is none),
 *       "databases" (as the replicator said last)
 *   {"do":"snapshot", "database":..., "label":..., "pin":..., "reason":...}
 *       passed to the replicator; its done or failed is the answer
 *   {"do":"restore", "database":..., "point":..., ...}
 *       given to the owner
 */
#ifndef HF_SERVICE_PROTECTION_H
#define HF_SERVICE_PROTECTION_H

#include <stdbool.h>

#include "service/control_socket.h"
#include "service/guard.h"

struct hf_protected {
    const char *name;       /* borrowed, as all of it */
    const char *state_path; /* its state file: the socket is beside */
};

struct hf_protection_options {
    const char *command; /* "run", "replicate" */
    const struct hf_protected *databases;
    size_t database_count;
    /* The replicator, as of hf_guard_options; NULL: there is none. */
    int (*replicate)(void *context, int channel);
    /* The console, likewise. It has no databases of its own, and is never waited for. */
    int (*serve)(void *context, int channel);
    void (*notice)(void *context, const char *text);
    void (*heard)(void *context, const json_t *event); /* of the replicator; may be NULL */
    /* Somebody asks for a restore: answered by hf_control_close of `control`, now or later. NULL:
     * it is refused, as the application is somebody else's. */
    hf_control_asked restore;
    void *context;
};

struct hf_protection {
    struct hf_protection_options options;
    struct hf_signals *signals;
    struct hf_guard *guard;            /* NULL: there is no replicator */
    struct hf_guard *console;          /* NULL: there is none */
    struct hf_control_socket *control; /* NULL: nobody can ask */
};

/* Listens, and starts the replicator. A socket that cannot be had (another Holdfast has it) is told
 * and no error. `options` are copied, what they point at is borrowed. */
int hf_protection_start(struct hf_protection *protection, struct hf_signals *signals,
                        const struct hf_protection_options *options, struct hf_error *err);

/* A database that was found later (the replicator watches folders) is asked about at its place too.
 */
int hf_protection_also(struct hf_protection *protection, const char *state_path,
                       struct hf_error *err);

/* Ends what runs, at once. */
void hf_protection_release(struct hf_protection *protection);
HF_AUTO_RELEASE(hf_protection)

/* In a forked child, which must not keep clients' connections. */
void hf_protection_at_fork(struct hf_protection *protection);

/* When hf_protection_take must be called with a deadline; 0: never. */
int64_t hf_protection_deadline(const struct hf_protection *protection);

/* True when the happening was its own alone. A deadline may be somebody else's as well. */
bool hf_protection_take(struct hf_protection *protection, const struct hf_happening *happening);

/*
 * hf_signals_wait that serves the protection meanwhile: what it tells is never the protection's
 * own, and a deadline is the caller's.
 */
int hf_protection_wait(struct hf_protection *protection, struct hf_signals *signals,
                       int64_t deadline, struct hf_happening *out, struct hf_error *err);

/*
 * Lets the replicator do what is left and end, until `deadline`; answers who asks meanwhile. True
 * when it ended well: what was committed is in the repository. `impatient` (may be NULL) looks at
 * what else happens, and says true for an end at once.
 */
bool hf_protection_stop_replicator(
    struct hf_protection *protection, struct hf_signals *signals, int64_t deadline,
    bool (*impatient)(void *context, const struct hf_happening *happening), void *context);

#endif
