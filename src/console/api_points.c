/*
 * Restore points: looked at, taken, kept, proven.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "console/api.h"
#include "console/console_state.h"
#include "console/job.h"
#include "console/point_work.h"
#include "console/reader_client.h"
#include "service/json_channel.h"

enum { MOST_AT_ONCE = 500, MOST_MOMENTS = 2000, LONGEST_LABEL = 128 };

static void list_points(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    int64_t before, limit;
    const char *database = exchange->parameters[0];
    if (!hf_console_database(exchange, database))
        return;
    if (hf_exchange_number(exchange, "before", 1, INT64_MAX, INT64_MAX, &before, &err) ||
        hf_exchange_number(exchange, "limit", 1, MOST_AT_ONCE, 100, &limit, &err)) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    hf_reader_answer(exchange,
                     json_pack("{s:s, s:s, s:I, s:I}", "do", "points", "database", database,
                               "before", (json_int_t)before, "limit", (json_int_t)limit));
}

static void list_moments(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    int64_t after, limit;
    const char *database = exchange->parameters[0];
    if (!hf_console_database(exchange, database))
        return;
    if (hf_exchange_number(exchange, "after", 0, INT64_MAX - 1, 0, &after, &err) ||
        hf_exchange_number(exchange, "limit", 1, MOST_MOMENTS, MOST_MOMENTS, &limit, &err)) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    hf_reader_answer(exchange,
                     json_pack("{s:s, s:s, s:I, s:I}", "do", "moments", "database", database,
                               "after", (json_int_t)after, "limit", (json_int_t)limit));
}

/* The number in the path; 0, and it has been answered, when it is none. */
static uint64_t point_of(struct hf_exchange *exchange)
{
    const char *text = exchange->parameters[1];
    char *end;
    uint64_t seq = strtoull(text, &end, 10);
    if (*text >= '1' && *text <= '9' && !*end && strlen(text) < 20)
        return seq;
    hf_exchange_refuse(exchange, 404, "not_found", "there is no such restore point");
    return 0;
}

static void get_point(struct hf_exchange *exchange)
{
    const char *database = exchange->parameters[0];
    uint64_t seq = hf_console_database(exchange, database) ? point_of(exchange) : 0;
    if (seq)
        hf_reader_answer(exchange, json_pack("{s:s, s:s, s:I}", "do", "point", "database", database,
                                             "point", (json_int_t)seq));
}

static void post_point(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    const char *database = exchange->parameters[0], *label = "";
    const json_t *body = exchange->body;
    if (!hf_console_database(exchange, database))
        return;
    if (json_object_get(body, "label") &&
        hf_exchange_text(exchange, "label", LONGEST_LABEL, &label, &err)) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    const struct hf_job_wanted wanted = {
        .kind = "snapshot",
        .database = database,
        .work = hf_snapshot_work,
        .question = json_pack("{s:s, s:s, s:s, s:b}", "do", "snapshot", "database", database,
                              "label", label, "pin", hf_member_true(body, "pin")),
        .is_alone = true};
    hf_job_start_for(exchange, &wanted);
}

static void post_test_restore(struct hf_exchange *exchange)
{
    const char *database = exchange->parameters[0];
    if (!hf_console_database(exchange, database))
        return;
    const struct hf_job_wanted wanted = {
        .kind = "test_restore",
        .database = database,
        .work = hf_test_restore_work,
        .question = json_pack("{s:s, s:s, s:I}", "do", "prove", "database", database, "point",
                              (json_int_t)hf_member_integer(exchange->body, "point", 0)),
        .is_alone = true};
    hf_job_start_for(exchange, &wanted);
}

static void patch_point(struct hf_exchange *exchange)
{
    const char *database = exchange->parameters[0];
    uint64_t seq = hf_console_database(exchange, database) ? point_of(exchange) : 0;
    if (!seq)
        return;
    if (!json_is_boolean(json_object_get(exchange->body, "pinned"))) {
        hf_exchange_refuse(exchange, 400, "usage", "'pinned' is true or false");
        return;
    }
    hf_reader_answer(exchange, json_pack("{s:s, s:s, s:I, s:b}", "do", "pin", "database", database,
                                         "point", (json_int_t)seq, "pinned",
                                         (int)hf_member_true(exchange->body, "pinned")));
}

const struct hf_route hf_point_routes[] = {
    {"GET", "/api/v1/databases/{database}/points", HF_ACCESS_VIEWER, HF_BODY_NONE, list_points},
    {"POST", "/api/v1/databases/{database}/points", HF_ACCESS_OPERATOR, "label:text pin:switch",
     post_point},
    {"GET", "/api/v1/databases/{database}/moments", HF_ACCESS_VIEWER, HF_BODY_NONE, list_moments},
    {"GET", "/api/v1/databases/{database}/points/{point}", HF_ACCESS_VIEWER, HF_BODY_NONE,
     get_point},
    {"PATCH", "/api/v1/databases/{database}/points/{point}", HF_ACCESS_OPERATOR, "pinned:switch",
     patch_point},
    {"POST", "/api/v1/databases/{database}/test-restores", HF_ACCESS_OPERATOR, "point:number",
     post_test_restore},
    {0}};
