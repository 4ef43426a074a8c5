/*
 * A database as a file to take away: as it is now, or as it was at a restore point.
 */
#include <stdlib.h>
#include <string.h>

#include "console/api.h"
#include "console/console_state.h"
#include "console/download_work.h"
#include "console/downloads.h"
#include "console/job.h"
#include "console/question.h"
#include "service/json_members.h"

enum { LONGEST_KEY = 1024 };

static const char *const stages[] = {"restore", NULL};

/* Whom a file is made for, until it is there. */
struct asking {
    char login[HF_ID_TEXT];
};

static void keep_file(struct hf_console *console, const char *id, json_t *result, void *context)
{
    struct asking *asking = context;
    const char *path = hf_member_text(result, "path", NULL);
    char address[HF_SECRET_TEXT + 32];
    (void)id;
    char *copy = path ? strdup(path) : NULL;
    const struct hf_download *download =
        copy ? hf_download_add(&console->downloads, asking->login,
                               hf_member_text(result, "name", "download"), copy, console->env, NULL)
             : NULL;
    if (download) {
        snprintf(address, sizeof address, "/api/v1/downloads/%s", download->token);
        hf_json_text(result, "download", address);
        hf_json_time(result, "expires", download->expires);
    }
    if (result)
        json_object_del(result, "path");
    free(asking);
}

static int check_wish(const struct hf_exchange *exchange, struct hf_error *err)
{
    const json_t *body = exchange->body;
    const char *what = hf_member_text(body, "what", ""), *text;
    bool passphrase = json_object_get(body, "passphrase"),
         recipient = json_object_get(body, "recipient");
    if (strcmp(what, "database") != 0 && strcmp(what, "portable") != 0)
        return hf_error_set(err, HF_USAGE, "'what' is database or portable");
    if (passphrase && recipient)
        return hf_error_set(err, HF_USAGE, "'passphrase' or 'recipient', not both");
    if (!passphrase && !recipient)
        return 0;
    if (hf_exchange_text(exchange, passphrase ? "passphrase" : "recipient", LONGEST_KEY, &text,
                         err))
        return -1;
    return *text ? 0 : hf_error_set(err, HF_USAGE, "what it is encrypted with is empty");
}

/* Of the point, or (0) of the database as it is now. */
static void start(struct hf_exchange *exchange, uint64_t point)
{
    struct hf_error err = {0};
    struct asking *asking = check_wish(exchange, &err) ? NULL : calloc(1, sizeof *asking);
    if (!asking) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    snprintf(asking->login, sizeof asking->login, "%s", exchange->visitor.login->id);
    json_t *question = json_deep_copy(exchange->body);
    hf_question_text(&question, "do", "download");
    hf_question_text(&question, "database", exchange->parameters[0]);
    hf_question_put(&question, "point", json_integer((json_int_t)point));
    const struct hf_job_wanted wanted = {.kind = "download",
                                         .database = exchange->parameters[0],
                                         .stages = stages,
                                         .work = hf_make_download,
                                         .question = question,
                                         .ended = keep_file,
                                         .ended_context = asking};
    if (!hf_job_start_for(exchange, &wanted))
        free(asking);
}

static void post_download_of_point(struct hf_exchange *exchange)
{
    char *end;
    uint64_t point = strtoull(exchange->parameters[1], &end, 10);
    if (!hf_console_database(exchange, exchange->parameters[0]))
        return;
    if (point && !*end)
        start(exchange, point);
    else
        hf_exchange_refuse(exchange, 404, "not_found", "there is no such restore point");
}

static void post_download_of_now(struct hf_exchange *exchange)
{
    if (hf_console_database(exchange, exchange->parameters[0]))
        start(exchange, 0);
}

/* A look (HEAD) does not use it up. */
static void get_download(struct hf_exchange *exchange)
{
    struct hf_console *console = exchange->console;
    struct hf_error err = {0};
    struct hf_taken_download taken;
    const char *token = exchange->parameters[0], *login = exchange->visitor.login->id;
    if (!strcmp(exchange->method, "HEAD")) {
        hf_exchange_reply_empty(
            exchange,
            hf_download_is_there(&console->downloads, token, login, console->env) ? 200 : 404);
        return;
    }
    if (hf_download_take(&taken, &console->downloads, token, login, console->env, &err))
        hf_exchange_fail(exchange, &err);
    else
        hf_exchange_reply_file(exchange, taken.fd, taken.size, "application/octet-stream",
                               taken.name);
}

static const char download_members[] = "what:text compression:text passphrase:text recipient:text";

const struct hf_route hf_download_routes[] = {
    {"POST", "/api/v1/databases/{database}/points/{point}/downloads", HF_ACCESS_OWNER,
     download_members, post_download_of_point},
    {"POST", "/api/v1/databases/{database}/downloads", HF_ACCESS_OWNER, download_members,
     post_download_of_now},
    {"GET", "/api/v1/downloads/{token}", HF_ACCESS_OWNER, HF_BODY_NONE, get_download},
    {0}};
