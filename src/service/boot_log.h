/*
 * What a boot says on standard error: for people one aligned line a step,
 *     [2/6] dev: point 12, 3 pages changed                                 12 ms
 * or, for programs, one JSON object a line: time, step, event ("done", "skipped", "begin",
 * "notice", "error"), text, duration_ms (of the step so far; null where it means nothing), fields.
 */
#ifndef HF_SERVICE_BOOT_LOG_H
#define HF_SERVICE_BOOT_LOG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/events.h"
#include "config/config.h"

enum hf_boot_step {
    HF_STEP_DATA_DIRECTORY = 1,
    HF_STEP_RESTORE_POINT,
    HF_STEP_SCHEMA,
    HF_STEP_GENERATE,
    HF_STEP_PORTABLE,
    HF_STEP_START,
    HF_STEP_COUNT = HF_STEP_START
};

struct hf_boot_log {
    FILE *out;
    enum hf_log_format format;
    const struct hf_env *env;
    bool quiet; /* nothing but errors */
    enum hf_boot_step step;
    int64_t since; /* microseconds, monotonic: what the next line's duration counts from */
    struct hf_events events; /* for operations: their notices are lines of the log */
};

/* `events` point into `log`, which must stay in its place. */
void hf_boot_log_init(struct hf_boot_log *log, FILE *out, enum hf_log_format format,
                      const struct hf_env *env);

/* What follows belongs to this step; its clock starts. */
void hf_boot_log_step(struct hf_boot_log *log, enum hf_boot_step step);

/* A line with what the step took. `fields` (an object, or NULL) is for programs; taken over. */
void hf_boot_log_done(struct hf_boot_log *log, json_t *fields, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void hf_boot_log_skipped(struct hf_boot_log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Before something that takes long or writes itself. */
void hf_boot_log_begin(struct hf_boot_log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void hf_boot_log_notice(struct hf_boot_log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Several lines as they stand (in JSON one line, with them as its text). */
void hf_boot_log_block(struct hf_boot_log *log, const char *lines);

/* The error that ends the boot. */
void hf_boot_log_error(struct hf_boot_log *log, const struct hf_error *err);

#endif
