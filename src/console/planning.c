#include "console/planning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/console_state.h"
#include "console/question.h"
#include "console/upload.h"
#include "service/json_members.h"

static void name_plan(struct hf_shown_plan *plan, const char *kind, const char *login,
                      const char *database)
{
    snprintf(plan->kind, sizeof plan->kind, "%s", kind);
    snprintf(plan->login, sizeof plan->login, "%s", login);
    snprintf(plan->database, sizeof plan->database, "%.64s", database);
}

static void keep_plan(struct hf_console *console, const char *id, json_t *result, void *context)
{
    struct hf_shown_plan *plan = context;
    json_t *bound = json_object_get(result, "bound");
    const struct hf_shown_plan *kept = NULL;
    (void)id;
    if (bound && !json_object_update(plan->action, bound)) {
        kept = hf_shown_plan_add(&console->plans, plan, console->env, NULL);
        plan->action = NULL;
    }
    if (result) {
        json_object_del(result, "bound");
        hf_json_text(result, "plan", kept ? kept->id : NULL);
        hf_json_time(result, "expires", kept ? kept->expires : 0);
    }
    hf_shown_plan_forget(plan);
    free(plan);
}

void hf_planning_preview(struct hf_exchange *exchange, const char *kind,
                         const struct hf_job_wanted *preview, json_t *action)
{
    struct hf_job_wanted wanted = *preview;
    struct hf_shown_plan *plan = action ? calloc(1, sizeof *plan) : NULL;
    if (!plan) {
        hf_json_wipe(action);
        hf_json_wipe(wanted.question);
        hf_exchange_refuse(exchange, 500, "no_memory", "out of memory");
        return;
    }
    name_plan(plan, kind, exchange->visitor.login->id, exchange->parameters[0]);
    plan->action = action;
    wanted.database = exchange->parameters[0];
    wanted.ended = keep_plan;
    wanted.ended_context = plan;
    if (hf_job_start_for(exchange, &wanted))
        return;
    hf_shown_plan_forget(plan);
    free(plan);
}

/* Everything but the password. */
static struct hf_shown_plan *find_plan(struct hf_exchange *exchange, const char *kind)
{
    struct hf_error err = {0};
    struct hf_shown_plan wanted = {0}, *plan = NULL;
    const char *id, *name, *database = exchange->parameters[0];
    if (!hf_exchange_text(exchange, "plan", HF_SECRET_TEXT - 1, &id, &err) &&
        !hf_exchange_text(exchange, "name", HF_DATABASE_NAME_TEXT, &name, &err)) {
        snprintf(wanted.id, sizeof wanted.id, "%s", id);
        name_plan(&wanted, kind, exchange->visitor.login->id, database);
        if (strcmp(name, database) != 0)
            hf_error_set(&err, HF_REFUSED, "the name that was typed is not the database's");
        else
            plan = hf_shown_plan_find(&exchange->console->plans, &wanted, exchange->console->env,
                                      &err);
    }
    if (plan && hf_upload_check(exchange, plan->action, &err))
        plan = NULL;
    if (!plan)
        hf_exchange_fail(exchange, &err);
    return plan;
}

void hf_planning_confirm(struct hf_exchange *exchange, const char *kind, hf_password_proven proven)
{
    if (hf_console_database(exchange, exchange->parameters[0]) && find_plan(exchange, kind))
        hf_password_ask(exchange, proven);
}

struct hf_shown_plan *hf_planning_confirmed(struct hf_exchange *exchange, const char *kind,
                                            bool fits)
{
    return hf_password_accepted(exchange, fits) ? find_plan(exchange, kind) : NULL;
}

void hf_planning_carry_out(struct hf_exchange *exchange, struct hf_shown_plan *plan,
                           const struct hf_job_wanted *job, json_t *change)
{
    struct hf_job_wanted wanted = *job;
    wanted.database = plan->database;
    wanted.question = json_deep_copy(plan->action);
    hf_question_join(&wanted.question, change);
    if (hf_job_start_for(exchange, &wanted))
        hf_shown_plan_forget(plan);
}
