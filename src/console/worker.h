/*
 * Processes that work for the console: it answers everybody in one thread, so it never waits for a
 * repository, a database or a slow hash itself. A worker is forked, speaks service/json_channel.h
 * with the console under a service/guard.h, and may be killed at any time.
 */
#ifndef HF_CONSOLE_WORKER_H
#define HF_CONSOLE_WORKER_H

#include <jansson.h>

#include "base/error.h"
#include "base/events.h"

/* Answers a question ({"id":N, "do":..., ...}); the caller frees the answer. NULL: `err`. */
typedef json_t *(*hf_worker_answer)(void *context, const json_t *question,
                                    const struct hf_events *events, struct hf_error *err);

/*
 * In the worker: answers questions, one after another, until the channel ends. What `events` are
 * told goes to the console as {"event":"progress","stage":...,"done":N,"total":N} (a few a second)
 * and {"event":"notice","text":...}, with the question's id. Closes all other descriptors first.
 * Returns what its process is to end with.
 */
int hf_worker_serve(int channel, hf_worker_answer answer, void *context);

/* In the console: what a worker answered, without what only the channel needs; the caller frees it.
 * NULL: `err`, as it failed. */
json_t *hf_worker_result(const json_t *answer, struct hf_error *err);

#endif
