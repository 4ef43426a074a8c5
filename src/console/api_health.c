/*
 * For machines that watch: is it alive, is the data safe, and numbers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "console/api.h"
#include "console/console_state.h"
#include "console/overview.h"
#include "service/json_channel.h"

static void healthz(struct hf_exchange *exchange)
{
    hf_exchange_reply_text(exchange, "text/plain; charset=utf-8", "ok\n");
}

/* Ready: the console answers and the repository was read. How safe the data is would be no reason
 * to start the console again: /metrics tells that, and not to strangers. */
static void readyz(struct hf_exchange *exchange)
{
    const json_t *last = hf_overview_last(exchange->console->overview);
    if (hf_member_true(json_object_get(last, "repository"), "reachable"))
        hf_exchange_reply_text(exchange, "text/plain; charset=utf-8", "ready\n");
    else
        hf_exchange_refuse(exchange, 503, "unreachable", "not ready");
}

struct metric {
    const char *name, *help;
    const char *path[2]; /* of a member of the database's entry */
    double scale;
};

/* Prometheus, text format 0.0.4. */
static const struct metric metrics[] = {
    {"holdfast_restore_points", "Restore points in the repository.", {"points"}, 1},
    {"holdfast_repository_bytes", "Bytes that the points added.", {"bytes"}, 1},
    {"holdfast_newest_point_timestamp_seconds",
     "Time of the newest restore point.",
     {"newest", "time_ms"},
     0.001},
    {"holdfast_newest_proven_timestamp_seconds",
     "Time of the newest point that a test restore proved.",
     {"newest_proven", "time_ms"},
     0.001},
    {"holdfast_could_lose_seconds", "Work that could be lost at most.", {"could_lose_ms"}, 0.001},
    {"holdfast_lag_seconds",
     "For how long changes have waited for the repository.",
     {"live", "lag_ms"},
     0.001},
};

static int put_metric(struct hf_buf *out, const struct metric *metric, const json_t *databases)
{
    if (hf_buf_print(out, NULL, "# HELP %s %s\n# TYPE %s gauge\n", metric->name, metric->help,
                     metric->name))
        return -1;
    for (size_t i = 0; i < json_array_size(databases); i++) {
        const json_t *entry = json_array_get(databases, i), *value = entry;
        for (int k = 0; k < 2 && metric->path[k]; k++)
            value = json_object_get(value, metric->path[k]);
        if (json_is_integer(value) &&
            hf_buf_print(out, NULL, "%s{database=\"%s\"} %.3f\n", metric->name,
                         hf_member_text(entry, "name", ""),
                         (double)json_integer_value(value) * metric->scale))
            return -1;
    }
    return 0;
}

static int put_protected(struct hf_buf *out, const json_t *databases)
{
    if (hf_buf_print(out, NULL,
                     "# HELP holdfast_protected Whether all of what makes a database safe is so.\n"
                     "# TYPE holdfast_protected gauge\n"))
        return -1;
    for (size_t i = 0; i < json_array_size(databases); i++) {
        const json_t *entry = json_array_get(databases, i);
        bool is_protected = !strcmp(hf_member_text(entry, "state", ""), "protected");
        if (hf_buf_print(out, NULL, "holdfast_protected{database=\"%s\"} %d\n",
                         hf_member_text(entry, "name", ""), is_protected))
            return -1;
    }
    return 0;
}

static void get_metrics(struct hf_exchange *exchange)
{
    hf_auto(hf_buf) struct hf_buf text = {0};
    const json_t *last = hf_overview_last(exchange->console->overview);
    const json_t *databases = json_object_get(last, "databases");
    int failed = hf_buf_print(
        &text, NULL,
        "# HELP holdfast_repository_reachable Whether the repository could be read.\n"
        "# TYPE holdfast_repository_reachable gauge\nholdfast_repository_reachable %d\n",
        hf_member_true(json_object_get(last, "repository"), "reachable"));
    failed = failed || put_protected(&text, databases);
    for (size_t i = 0; !failed && i < sizeof metrics / sizeof *metrics; i++)
        failed = put_metric(&text, &metrics[i], databases);
    if (failed)
        hf_exchange_refuse(exchange, 500, "no_memory", "out of memory");
    else
        hf_exchange_reply_text(exchange, "text/plain; version=0.0.4; charset=utf-8",
                               (const char *)text.data);
}

const struct hf_route hf_health_routes[] = {
    {"GET", "/healthz", HF_ACCESS_ANYONE, HF_BODY_NONE, healthz},
    {"GET", "/readyz", HF_ACCESS_ANYONE, HF_BODY_NONE, readyz},
    {"GET", "/metrics", HF_ACCESS_VIEWER, HF_BODY_NONE, get_metrics},
    {0}};
