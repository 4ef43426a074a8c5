/*
 * `holdfast replicate`: protects databases beside applications that it did not start, until it is
 * asked to end (docs/replicate.md). The replicator is a process of its own; this one looks after
 * it, answers who asks, and tells people.
 */
#ifndef HF_SERVICE_REPLICATE_H
#define HF_SERVICE_REPLICATE_H

#include <stdio.h>

#include "service/console_hook.h"
#include "service/replicator.h"

struct hf_replicate_options {
    struct hf_replicator_options replicator;
    const struct hf_session *session;      /* that the repository is of; for the console */
    const struct hf_console_hook *console; /* NULL: none */
    FILE *log;  /* a line an event: text, or (as the settings say) a JSON object */
    bool quiet; /* nothing but what goes wrong */
};

/*
 * Returns 0 after SIGTERM or SIGINT, when all that was committed is in the repository. Fails when
 * that could not be stored (then what is missing is left to the next scan), or when another host
 * writes these histories.
 */
int hf_replicate(const struct hf_replicate_options *options, struct hf_error *err);

#endif
