/*
 * What `holdfast follow` says while it runs, on standard error: a line for a person,
 *     point 812: 3 pages, taken 0.4 s ago
 * or for programs one JSON object a line: time, event ("created", "advanced", "compared", "notice",
 * "error", "recovered", "stopped"), text, fields.
 */
#ifndef HF_SERVICE_FOLLOW_LOG_H
#define HF_SERVICE_FOLLOW_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/events.h"
#include "config/config.h"
#include "engine/follow.h"

struct hf_follow_log {
    FILE *out;
    enum hf_log_format format;
    bool quiet; /* nothing but errors */
    const struct hf_env *env;
    struct hf_events events; /* for the follower: its notices are lines of the log */
    /* Steps since the last line: a person is told of many small ones at once. */
    struct hf_follow_step last;
    uint64_t steps, pages;
    int64_t told; /* of hf_monotonic: when the last step was; 0: none yet */
};

/* `events` point into `log`, which must stay in its place. */
void hf_follow_log_init(struct hf_follow_log *log, FILE *out, enum hf_log_format format, bool quiet,
                        const struct hf_env *env);

/* Also for a step that found nothing to do. */
void hf_follow_log_step(struct hf_follow_log *log, const struct hf_follow_step *step);
void hf_follow_log_error(struct hf_follow_log *log, const struct hf_error *err);
void hf_follow_log_recovered(struct hf_follow_log *log, uint64_t seq);
void hf_follow_log_stopped(struct hf_follow_log *log, uint64_t seq);

#endif
