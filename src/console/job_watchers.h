/*
 * Who looks on while a job goes on: streams of server-sent events, each told what its access
 * allows. Single-threaded.
 */
#ifndef HF_CONSOLE_JOB_WATCHERS_H
#define HF_CONSOLE_JOB_WATCHERS_H

#include <jansson.h>

#include "console/exchange.h"

enum { HF_MOST_JOB_WATCHERS = 16 };

struct hf_job_watchers {
    struct {
        struct hf_stream *stream;
        enum hf_access access;
    } list[HF_MOST_JOB_WATCHERS];
    size_t count;
};

/* Answers the exchange with a stream that begins with the record, and ends with it when the job has
 * ended. */
void hf_job_watch(struct hf_job_watchers *watchers, const json_t *record,
                  struct hf_exchange *exchange);

/* The record has changed. */
void hf_job_watchers_tell(struct hf_job_watchers *watchers, const json_t *record);

void hf_job_watchers_end(struct hf_job_watchers *watchers);

#endif
