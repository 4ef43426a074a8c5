/*
 * What goes on and what came of it.
 */
#include "console/api.h"
#include "console/console_state.h"
#include "console/job.h"

static void list_jobs(struct hf_exchange *exchange)
{
    hf_exchange_reply(exchange, 200,
                      hf_jobs_json(exchange->console->jobs, exchange->visitor.access));
}

static void get_job(struct hf_exchange *exchange)
{
    json_t *job =
        hf_job_json(exchange->console->jobs, exchange->parameters[0], exchange->visitor.access);
    if (job)
        hf_exchange_reply(exchange, 200, job);
    else
        hf_exchange_refuse(exchange, 404, "not_found", "there is no such job");
}

static void stream_job(struct hf_exchange *exchange)
{
    hf_job_stream(exchange->console->jobs, exchange->parameters[0], exchange);
}

static void cancel_job(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    if (hf_job_cancel(exchange->console->jobs, exchange->parameters[0], exchange->visitor.access,
                      &err))
        hf_exchange_fail(exchange, &err);
    else
        hf_exchange_reply_empty(exchange, 204);
}

/* During the setup too: the wizard's work is jobs. */
const struct hf_route hf_job_routes[] = {
    {"GET", "/api/v1/jobs", HF_ACCESS_VIEWER, HF_BODY_NONE, list_jobs},
    {"GET", "/api/v1/jobs/{job}", HF_ACCESS_KNOWN, HF_BODY_NONE, get_job},
    {"GET", "/api/v1/jobs/{job}/events", HF_ACCESS_KNOWN, HF_BODY_NONE, stream_job},
    {"DELETE", "/api/v1/jobs/{job}", HF_ACCESS_OPERATOR, HF_BODY_NONE, cancel_job},
    {0}};
