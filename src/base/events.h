/*
 * What a long operation tells while it works. Called from the operation's own thread only.
 */
#ifndef HF_BASE_EVENTS_H
#define HF_BASE_EVENTS_H

#include <stdint.h>

struct hf_events {
    void *context;
    /* Something a person should know though the operation goes on: one line. May be NULL. */
    void (*notice)(void *context, const char *text);
    /* Bytes done of total (0: not known) in the named stage ("scan", "restore"). May be NULL. */
    void (*progress)(void *context, const char *stage, uint64_t done, uint64_t total);
};

void hf_notice(const struct hf_events *events, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void hf_progress(const struct hf_events *events, const char *stage, uint64_t done, uint64_t total);

#endif
