/*
 * A restore in the console: a preview first, then, by its single-use plan, the database's name and
 * the password, the restore itself.
 */
#include <string.h>

#include "console/api.h"
#include "console/compare_work.h"
#include "console/console_state.h"
#include "console/job.h"
#include "console/new_file_name.h"
#include "console/planning.h"
#include "console/question.h"
#include "console/restore_preview.h"
#include "console/restore_work.h"
#include "service/json_members.h"

static const char plan_kind[] = "restore";
enum { LONGEST_TIME = 64, LONGEST_FILE_NAME = 127 };

static const char *const preview_stages[] = {"find", "restore", "verify", "compare", NULL};
static const char *const compare_stages[] = {"restore_from", "restore_to", "compare", NULL};
static const char *const compare_with_now_stages[] = {"restore_from", "compare", NULL};

/* Exactly one of point, at and undo. */
static json_t *read_wish(const struct hf_exchange *exchange, struct hf_error *err)
{
    const json_t *body = exchange->body, *point = json_object_get(body, "point");
    bool undo = hf_member_true(body, "undo"), has_at = json_object_get(body, "at");
    const char *at = NULL, *database = exchange->parameters[0];
    if ((point != NULL) + has_at + undo != 1) {
        hf_error_set(err, HF_USAGE, "say which: 'point' (a number), 'at' (a time) or 'undo'");
        return NULL;
    }
    if (has_at && hf_exchange_text(exchange, "at", LONGEST_TIME, &at, err))
        return NULL;
    json_t *wish = json_pack("{s:s, s:s, s:I, s:b}", "do", "preview", "database", database, "point",
                             point ? json_integer_value(point) : 0, "undo", (int)undo);
    hf_question_text(&wish, "at", at);
    if (!wish)
        hf_error_memory(err);
    return wish;
}

static void post_plan(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    const char *database = exchange->parameters[0];
    if (!hf_console_database(exchange, database))
        return;
    json_t *question = read_wish(exchange, &err);
    if (!question) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    const struct hf_job_wanted wanted = {.kind = "preview",
                                         .stages = preview_stages,
                                         .work = hf_preview_restore,
                                         .question = question};
    hf_planning_preview(exchange, plan_kind, &wanted,
                        json_pack("{s:s, s:s}", "do", "restore", "database", database));
}

/* In place (`file` is NULL), or into which file. */
static int read_scope(const struct hf_exchange *exchange, const char **file, struct hf_error *err)
{
    const struct hf_console *console = exchange->console;
    const char *scope;
    *file = NULL;
    if (hf_exchange_text(exchange, "scope", 16, &scope, err))
        return -1;
    if (!strcmp(scope, "in_place"))
        return 0;
    if (strcmp(scope, "file") != 0)
        return hf_error_set(err, HF_USAGE, "'scope' is in_place or file");
    const struct hf_config_database *beside =
        hf_config_database_find(console->config, exchange->parameters[0]);
    return hf_exchange_name(exchange, "file", LONGEST_FILE_NAME, file, err) ||
                   hf_new_file_name_check(*file, console->config, console->env, beside, err)
               ? -1
               : 0;
}

static void password_proven(struct hf_exchange *exchange, bool fits)
{
    struct hf_error err = {0};
    const char *file;
    const struct hf_job_wanted wanted = {
        .kind = "restore", .work = hf_carry_out_restore, .changes_database = true};
    struct hf_shown_plan *plan = hf_planning_confirmed(exchange, plan_kind, fits);
    if (!plan)
        return;
    if (read_scope(exchange, &file, &err)) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    json_t *change = json_object();
    hf_question_text(&change, "file", file);
    if (file || hf_member_true(exchange->body, "accept_changes"))
        hf_question_put(&change, "state", json_null());
    hf_planning_carry_out(exchange, plan, &wanted, change);
}

static void post_restore(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    const char *file;
    if (!hf_console_database(exchange, exchange->parameters[0]))
        return;
    if (read_scope(exchange, &file, &err))
        hf_exchange_fail(exchange, &err);
    else
        hf_planning_confirm(exchange, plan_kind, password_proven);
}

/* A point's number, or 0 for "now". -1: it is neither. */
static int64_t state_of(const json_t *value)
{
    if (json_is_string(value) && !strcmp(json_string_value(value), "now"))
        return 0;
    return json_is_integer(value) && json_integer_value(value) > 0 ? json_integer_value(value) : -1;
}

static void post_comparison(struct hf_exchange *exchange)
{
    const json_t *body = exchange->body;
    const char *database = exchange->parameters[0];
    int64_t from = state_of(json_object_get(body, "from")),
            to = state_of(json_object_get(body, "to"));
    if (!hf_console_database(exchange, database))
        return;
    if (from < 0 || to < 0 || from == to) {
        hf_exchange_refuse(exchange, 400, "usage",
                           "'from' and 'to' are two points' numbers, or \"now\"");
        return;
    }
    const struct hf_job_wanted wanted = {
        .kind = "comparison",
        .database = database,
        .stages = to ? compare_stages + !from : compare_with_now_stages,
        .work = hf_compare_points,
        .question = json_pack("{s:s, s:s, s:I, s:I}", "do", "compare", "database", database, "from",
                              (json_int_t)from, "to", (json_int_t)to)};
    hf_job_start_for(exchange, &wanted);
}

const struct hf_route hf_restore_routes[] = {
    {"POST", "/api/v1/databases/{database}/restore-plans", HF_ACCESS_OWNER,
     "point:number at:text undo:switch", post_plan},
    {"POST", "/api/v1/databases/{database}/restores", HF_ACCESS_OWNER,
     "plan:text name:text password:text scope:text file:text accept_changes:switch", post_restore},
    {"POST", "/api/v1/databases/{database}/comparisons", HF_ACCESS_OPERATOR, "from:any to:any",
     post_comparison},
    {0}};
