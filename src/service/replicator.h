/*
 * Continuous protection of many databases in one process: the one place that waits, for the logs,
 * for the jobs, for orders, for signals (docs/replicate.md).
 *
 * Threads: the caller's decides and never blocks; two follow logs, two store, one prunes. A slow
 * repository so never delays a rotation.
 */
#ifndef HF_SERVICE_REPLICATOR_H
#define HF_SERVICE_REPLICATOR_H

#include "config/config.h"
#include "history/repository.h"

struct hf_replicator_options {
    struct hf_config *config; /* its databases; grows when a pattern matches new files */
    const struct hf_env *env;
    const struct hf_repository *repository;
    const char *const *names; /* only these of the databases; ends with NULL. NULL: all */
    bool take_over;
};

/*
 * Protects until SIGTERM or SIGINT, or until `channel` says so; then stores what is left and lets
 * go. A second signal ends it at once. Both are ignored once it has returned: its process ends
 * then.
 *
 * `channel` (taken over) is a stream socket with a JSON object a line. To the other side: `event`
 * is one of "status" (`databases`, those that changed), "alive" (every few seconds), "notice"
 * (`text`, `database` or null), "point" (`database`, `point`, `time`, ...), "pruned", "done" and
 * "failed" (`id` of an order, what came of it), "ended" (why it failed, before it returns so). From
 * there: `do` is "snapshot" (`id`, `database`, `label`, `pin`, `reason`) or "stop" (`id`).
 *
 * Fails when no database can be protected any more (another host took over), or when the last
 * state could not be stored.
 */
int hf_replicator_run(const struct hf_replicator_options *options, int channel,
                      struct hf_error *err);

#endif
