/*
 * How the console, which is above this layer, is started by what looks after databases.
 */
#ifndef HF_SERVICE_CONSOLE_HOOK_H
#define HF_SERVICE_CONSOLE_HOOK_H

#include "service/access.h"

struct hf_console_hook {
    void *context;
    /* Runs in a process of its own as a guard's task (service/guard.h). `session` has the secrets,
     * and the repository where that is open already. */
    int (*serve)(void *context, const struct hf_session *session, int channel);
};

#endif
