/*
 * Looking into a database, as it is or as it was: browsers (console/browsers.h) and what they are
 * asked. Only whoever is signed in: the data of the application is not for machines with a token.
 */
#include <stdlib.h>
#include <string.h>

#include "console/api.h"
#include "console/browse_work.h"
#include "console/browsers.h"
#include "console/console_state.h"
#include "console/job.h"
#include "console/question.h"
#include "console/scratch.h"
#include "service/json_members.h"

static const char *const stages[] = {"find", "restore", NULL};

/* Who wants to look at a point, until it is brought out. */
struct asking {
    char login[HF_ID_TEXT];
    char database[HF_DATABASE_NAME_TEXT];
};

/* The file's place in the result is taken by the browser that has it open. */
static void open_restored(struct hf_console *console, const char *id, json_t *result, void *context)
{
    struct asking *asking = context;
    const char *file = hf_member_text(result, "file", NULL);
    char *scratch = file ? strdup(file) : NULL;
    (void)id;
    if (result) {
        const char *browser =
            scratch ? hf_browser_open_scratch(console->browsers, asking->login, asking->database,
                                              hf_member_integer(result, "point", 0), scratch, NULL)
                    : NULL;
        json_object_del(result, "file");
        hf_json_text(result, "browser", browser);
        hf_json_text(result, "database", asking->database);
        hf_json_time(result, "expires", browser ? hf_browser_expires(console->browsers) : 0);
    }
    free(asking);
}

static void open_point(struct hf_exchange *exchange, int64_t point)
{
    struct asking *asking = calloc(1, sizeof *asking);
    struct hf_error err = {0};
    if (!asking) {
        hf_error_memory(&err);
        hf_exchange_fail(exchange, &err);
        return;
    }
    snprintf(asking->login, sizeof asking->login, "%s", exchange->visitor.login->id);
    snprintf(asking->database, sizeof asking->database, "%.64s", exchange->parameters[0]);
    const struct hf_job_wanted wanted = {.kind = "browse",
                                         .database = exchange->parameters[0],
                                         .stages = stages,
                                         .work = hf_browse_bring_out,
                                         .question = json_pack("{s:s, s:s, s:I}", "do", "browse",
                                                               "database", exchange->parameters[0],
                                                               "point", (json_int_t)point),
                                         .ended = open_restored,
                                         .ended_context = asking};
    if (!hf_job_start_for(exchange, &wanted))
        free(asking);
}

static void post_browser(struct hf_exchange *exchange)
{
    const json_t *point = json_object_get(exchange->body, "point");
    if (!hf_console_database(exchange, exchange->parameters[0]))
        return;
    if (json_is_integer(point) && json_integer_value(point) > 0)
        open_point(exchange, json_integer_value(point));
    else if (json_is_string(point) && !strcmp(json_string_value(point), "now"))
        hf_browser_open(exchange->console->browsers, exchange, exchange->parameters[0]);
    else
        hf_exchange_refuse(exchange, 400, "usage", "'point' is a restore point's number, or 'now'");
}

static void delete_browser(struct hf_exchange *exchange)
{
    hf_browser_close(exchange->console->browsers, exchange);
}

static void get_tables(struct hf_exchange *exchange)
{
    hf_browser_ask(exchange->console->browsers, exchange, json_pack("{s:s}", "do", "tables"));
}

static void get_table(struct hf_exchange *exchange)
{
    hf_browser_ask(exchange->console->browsers, exchange,
                   json_pack("{s:s, s:s}", "do", "table", "table", exchange->parameters[1]));
}

/* The filter in an address: JSON, so that names and values may have any character. */
static int read_filter(const struct hf_exchange *exchange, json_t **out, struct hf_error *err)
{
    const char *text = hf_exchange_query(exchange, "filter");
    *out = text ? json_loads(text, 0, NULL) : NULL;
    if (!text || json_is_array(*out))
        return 0;
    json_decref(*out);
    return hf_error_set(err, HF_USAGE, "'filter' is [[column, operator, value], ...]");
}

static void get_rows(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    json_t *filter = NULL;
    int64_t limit;
    if (hf_exchange_number(exchange, "limit", 1, 200, 50, &limit, &err) ||
        read_filter(exchange, &filter, &err)) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    json_t *question =
        json_pack("{s:s, s:s, s:b, s:I}", "do", "rows", "table", exchange->parameters[1], "last",
                  hf_exchange_query(exchange, "last") != NULL, "limit", (json_int_t)limit);
    hf_question_text(&question, "after", hf_exchange_query(exchange, "after"));
    hf_question_text(&question, "before", hf_exchange_query(exchange, "before"));
    if (filter)
        hf_question_put(&question, "filter", filter);
    hf_browser_ask(exchange->console->browsers, exchange, question);
}

static void get_cell(struct hf_exchange *exchange)
{
    const char *key = hf_exchange_query(exchange, "key");
    const char *column = hf_exchange_query(exchange, "column");
    if (!key || !column) {
        hf_exchange_refuse(exchange, 400, "usage", "say which: 'key' and 'column'");
        return;
    }
    hf_browser_ask(exchange->console->browsers, exchange,
                   json_pack("{s:s, s:s, s:s, s:s}", "do", "cell", "table", exchange->parameters[1],
                             "key", key, "column", column));
}

const struct hf_route hf_browse_routes[] = {
    {"POST", "/api/v1/databases/{database}/browsers", HF_ACCESS_OWNER, "point:any", post_browser},
    {"DELETE", "/api/v1/browsers/{browser}", HF_ACCESS_OWNER, HF_BODY_NONE, delete_browser},
    {"GET", "/api/v1/browsers/{browser}/tables", HF_ACCESS_OWNER, HF_BODY_NONE, get_tables},
    {"GET", "/api/v1/browsers/{browser}/tables/{table}", HF_ACCESS_OWNER, HF_BODY_NONE, get_table},
    {"GET", "/api/v1/browsers/{browser}/tables/{table}/rows", HF_ACCESS_OWNER, HF_BODY_NONE,
     get_rows},
    {"GET", "/api/v1/browsers/{browser}/tables/{table}/cell", HF_ACCESS_OWNER, HF_BODY_NONE,
     get_cell},
    {0}};
