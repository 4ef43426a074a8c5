/*
 * The schema of a database: what it is, what it takes to give it another, and doing that.
 */
#include <string.h>

#include "config/config.h"
#include "console/api.h"
#include "console/console_state.h"
#include "console/planning.h"
#include "console/question.h"
#include "console/schema_work.h"
#include "console/upload.h"
#include "service/json_members.h"

enum { LONGEST_WORD = 16 };

static const char plan_kind[] = "schema";

static int take_language(const struct hf_exchange *exchange, json_t **question,
                         struct hf_error *err)
{
    const char *language;
    if (hf_exchange_text(exchange, "language", LONGEST_WORD, &language, err))
        return -1;
    if (strcmp(language, "prisma") && strcmp(language, "sql"))
        return hf_error_set(err, HF_USAGE, "'language' is prisma or sql");
    hf_question_text(question, "language", language);
    return 0;
}

/* One that was sent, with its language; without one it is the configured schema. */
static int take_schema(const struct hf_exchange *exchange, json_t **question, struct hf_error *err)
{
    if (!json_object_get(exchange->body, "upload"))
        return 0;
    return take_language(exchange, question, err) || hf_upload_put(exchange, question, err) ? -1
                                                                                            : 0;
}

/* As with `holdfast schema`, what the settings say holds where nothing else is said. */
static void take_accepts_loss(const struct hf_exchange *exchange, json_t **question)
{
    const json_t *said = json_object_get(exchange->body, "accept_data_loss");
    bool accepts = said ? json_is_true(said)
                        : hf_config_switch(exchange->console->config, HF_SETTING_ACCEPT_DATA_LOSS);
    hf_question_put(question, "accepts_loss", json_boolean(accepts));
}

static void fail(struct hf_exchange *exchange, json_t *question, const struct hf_error *err)
{
    json_decref(question);
    hf_exchange_fail(exchange, err);
}

static void post_plan(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    const char *database = exchange->parameters[0];
    if (!hf_console_database(exchange, database))
        return;
    json_t *question = json_pack("{s:s, s:s}", "do", "schema", "database", database);
    take_accepts_loss(exchange, &question);
    if (take_schema(exchange, &question, &err)) {
        fail(exchange, question, &err);
        return;
    }
    const struct hf_job_wanted wanted = {
        .kind = "schema_plan", .work = hf_plan_schema, .question = json_deep_copy(question)};
    hf_planning_preview(exchange, plan_kind, &wanted, question);
}

static void password_proven(struct hf_exchange *exchange, bool fits)
{
    const struct hf_job_wanted wanted = {
        .kind = "schema_change", .work = hf_carry_out_schema, .changes_database = true};
    struct hf_shown_plan *plan = hf_planning_confirmed(exchange, plan_kind, fits);
    if (plan)
        hf_planning_carry_out(exchange, plan, &wanted, json_object());
}

static void post_change(struct hf_exchange *exchange)
{
    hf_planning_confirm(exchange, plan_kind, password_proven);
}

static void post_pull(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    const char *database = exchange->parameters[0];
    if (!hf_console_database(exchange, database))
        return;
    json_t *question = json_pack("{s:s, s:s}", "do", "pull", "database", database);
    if (take_language(exchange, &question, &err)) {
        fail(exchange, question, &err);
        return;
    }
    const struct hf_job_wanted wanted = {
        .kind = "schema_pull", .database = database, .work = hf_pull_schema, .question = question};
    hf_job_start_for(exchange, &wanted);
}

static void post_statements(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    json_t *question = json_pack("{s:s}", "do", "show");
    if (take_schema(exchange, &question, &err)) {
        fail(exchange, question, &err);
        return;
    }
    const struct hf_job_wanted wanted = {
        .kind = "schema_statements", .work = hf_show_schema, .question = question};
    hf_job_start_for(exchange, &wanted);
}

const struct hf_route hf_schema_routes[] = {
    {"POST", "/api/v1/databases/{database}/schema-plans", HF_ACCESS_OWNER,
     "upload:text language:text accept_data_loss:switch", post_plan},
    {"POST", "/api/v1/databases/{database}/schema-changes", HF_ACCESS_OWNER,
     "plan:text name:text password:text", post_change},
    {"POST", "/api/v1/databases/{database}/schema-pulls", HF_ACCESS_OWNER, "language:text",
     post_pull},
    {"POST", "/api/v1/schema-statements", HF_ACCESS_OWNER, "upload:text language:text",
     post_statements},
    {0}};
