/*
 * The console: pages and an API (docs/console.md) for people who want to know whether they are
 * safe, and to have any moment back. One process and one thread, which waits in one place; what may
 * take long or be hostile is done by workers (console/worker.h).
 */
#ifndef HF_CONSOLE_CONSOLE_H
#define HF_CONSOLE_CONSOLE_H

#include "config/config.h"
#include "service/access.h"
#include "service/console_folder.h"

struct hf_console_options {
    const struct hf_config *config;
    const struct hf_env *env;
    const struct hf_session *session; /* its secrets; its repository where that is open already */
    const char *version;              /* of Holdfast */
};

/* Where it listens when nobody says. */
#define HF_CONSOLE_LISTEN "127.0.0.1:8420"

/*
 * Serves until SIGTERM or SIGINT, or until `channel`, a guard's (service/guard.h; taken over; -1:
 * none, and what people should know goes to standard error), says so or ends.
 */
int hf_console_run(const struct hf_console_options *options, int channel, struct hf_error *err);

#endif
