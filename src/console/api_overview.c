/*
 * How safe everything is, once or as it changes.
 */
#include "console/api.h"
#include "console/console_state.h"
#include "console/overview.h"

static void get_overview(struct hf_exchange *exchange)
{
    hf_overview_answer(exchange->console->overview, exchange);
}

static void stream_events(struct hf_exchange *exchange)
{
    hf_overview_stream(exchange->console->overview, exchange);
}

const struct hf_route hf_overview_routes[] = {
    {"GET", "/api/v1/overview", HF_ACCESS_VIEWER, HF_BODY_NONE, get_overview},
    {"GET", "/api/v1/events", HF_ACCESS_VIEWER, HF_BODY_NONE, stream_events},
    {0}};
