/*
 * `holdfast run`: protect, bring the schema up to date, export, start, recover (docs/run.md).
 */
#ifndef HF_SERVICE_BOOT_H
#define HF_SERVICE_BOOT_H

#include <stdbool.h>
#include <stdio.h>

#include "config/config.h"
#include "service/console_hook.h"

struct hf_boot_options {
    const struct hf_config *config;
    const struct hf_env *env;
    char *const *command; /* the application, with this process's environment but its secrets */
    const char *version;  /* of Holdfast, for portable copies */
    /* Instead of Holdfast's replicator (service/guard.h), with what `boot` knows; NULL: that. */
    int (*replicate)(void *boot, int channel);
    const struct hf_console_hook *console; /* NULL: none */
    FILE *log;
    bool quiet; /* no lines of steps, no notices */
};

/*
 * Does the six steps and returns when the application has ended for good: `*status` is its exit
 * code, or 128 + the signal that ended it. A step that fails ends the boot before the application
 * starts; the error is in the log already. `*status` is then the exit code that belongs to it where
 * that is not the one of the error's code (126 and 127 for a command that cannot be started), else
 * -1.
 */
int hf_boot(const struct hf_boot_options *options, int *status, struct hf_error *err);

#endif
