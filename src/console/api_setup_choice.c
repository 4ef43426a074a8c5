/*
 * The Setup Wizard's end: the settings of a backup that was looked at are chosen and tried, and the
 * choice is carried out. What is chosen stays here, so that any page of this browser goes on with
 * it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/api.h"
#include "console/console_state.h"
#include "console/job.h"
#include "console/question.h"
#include "console/setup_sources.h"
#include "console/setup_unresolved.h"
#include "console/setup_work.h"
#include "console/sign_in.h"
#include "service/json_members.h"

enum { LONGEST_NAME = 256 };

static const char *const stages[] = {"restore_point", NULL};

/* The source that the body names. NULL: it has been answered. */
static struct hf_setup_chosen *find_chosen(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    struct hf_console *console = exchange->console;
    struct hf_setup_chosen *chosen = NULL;
    const char *id;
    if (!hf_exchange_text(exchange, "source", HF_SECRET_TEXT, &id, &err))
        chosen = hf_setup_chosen_find(&console->setup_sources, exchange->visitor.login->id, id,
                                      console->env, &err);
    if (!chosen)
        hf_exchange_fail(exchange, &err);
    return chosen;
}

/* It with the body's fields entered. NULL: it has been answered. */
static struct hf_setup_chosen *chosen_of(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    const json_t *fields = json_object_get(exchange->body, "fields");
    struct hf_setup_chosen *chosen = find_chosen(exchange);
    if (!chosen || !fields || !hf_setup_choice_enter(&chosen->choice, chosen->looked, fields, &err))
        return chosen;
    hf_exchange_fail(exchange, &err);
    return NULL;
}

static json_t *restore_question(const struct hf_setup_chosen *chosen)
{
    json_t *question = json_deep_copy(chosen->place);
    hf_question_text(&question, "do", "restore");
    if (chosen->choice.fields)
        hf_question_put(&question, "fields", json_deep_copy(chosen->choice.fields));
    return question;
}

static void patch_choice(struct hf_exchange *exchange)
{
    struct hf_setup_chosen *chosen = chosen_of(exchange);
    if (!chosen)
        return;
    chosen->choice.has_settings = true;
    hf_exchange_reply(exchange, 200, hf_setup_chosen_json(chosen));
}

static void delete_choice(struct hf_exchange *exchange)
{
    struct hf_console *console = exchange->console;
    if (hf_job_running(console->jobs, HF_SETUP_RESTORE)) {
        hf_exchange_refuse(exchange, 409, "locked", "a backup is being restored");
        return;
    }
    hf_setup_forget(&console->setup_sources, exchange->visitor.login->id);
    hf_exchange_reply_empty(exchange, 204);
}

/* What a test is of, until it has ended. */
struct trying {
    char source[HF_SECRET_TEXT], test[LONGEST_NAME + 1];
    int64_t edition;
};

static void keep_result(struct hf_console *console, const char *id, json_t *result, void *context)
{
    hf_auto_free struct trying *trying = context;
    struct hf_setup_chosen *chosen = hf_setup_chosen_of(&console->setup_sources, trying->source);
    (void)id;
    if (chosen && result)
        hf_setup_choice_tried(&chosen->choice, trying->test, trying->edition, result);
}

static void post_test(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    const char *test;
    if (hf_exchange_text(exchange, "test", LONGEST_NAME, &test, &err)) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    const struct hf_setup_chosen *chosen = chosen_of(exchange);
    if (!chosen)
        return;
    struct trying *trying = calloc(1, sizeof *trying);
    if (!trying) {
        hf_exchange_refuse(exchange, 500, "no_memory", "out of memory");
        return;
    }
    snprintf(trying->source, sizeof trying->source, "%s", chosen->id);
    snprintf(trying->test, sizeof trying->test, "%s", test);
    trying->edition = hf_setup_choice_edition(&chosen->choice, test);
    json_t *question = json_pack("{s:s, s:s, s:s, s:o}", "do", "test", "test", test, "profile",
                                 hf_member_text(chosen->looked, "profile", ""), "fields",
                                 hf_setup_chosen_settings(chosen));
    const struct hf_job_wanted wanted = {.kind = "connection_test",
                                         .work = hf_test_connection,
                                         .question = question,
                                         .ended = keep_result,
                                         .ended_context = trying};
    if (!hf_job_start_for(exchange, &wanted))
        free(trying);
}

/* Who saves settings whose services were not seen to answer says that it is meant. True: it has
 * been answered. */
static bool is_refused(struct hf_exchange *exchange, const struct hf_setup_chosen *chosen)
{
    json_t *untested = hf_setup_choice_untested(&chosen->choice, chosen->looked);
    if (!json_array_size(untested) || hf_member_true(exchange->body, "accept_failed_tests")) {
        json_decref(untested);
        return false;
    }
    hf_exchange_reply(exchange, 409,
                      json_pack("{s:{s:s, s:s, s:s, s:o}}", "error", "code", "untested", "text",
                                "not every connection works with these settings", "hint",
                                "test them, or accept it with accept_failed_tests", "tests",
                                untested));
    return true;
}

static void carry_out(struct hf_exchange *exchange, struct hf_setup_chosen *chosen)
{
    const struct hf_job_wanted wanted = {.kind = HF_SETUP_RESTORE,
                                         .database =
                                             hf_member_text(chosen->place, "database", NULL),
                                         .stages = stages,
                                         .work = hf_carry_out_setup,
                                         .question = restore_question(chosen),
                                         .file = "path",
                                         .changes_database = true};
    const char *job = hf_job_start_for(exchange, &wanted);
    if (job)
        snprintf(chosen->restore, sizeof chosen->restore, "%s", job);
}

/* What was entered may have changed while the password was looked at. */
static void restore_proven(struct hf_exchange *exchange, bool fits)
{
    struct hf_setup_chosen *chosen =
        hf_password_accepted(exchange, fits) ? find_chosen(exchange) : NULL;
    if (chosen && !is_refused(exchange, chosen))
        carry_out(exchange, chosen);
}

/* Who sets up has no password yet; later it is asked for, as before every other restore. */
static void post_restore(struct hf_exchange *exchange)
{
    struct hf_setup_chosen *chosen = chosen_of(exchange);
    if (!chosen || is_refused(exchange, chosen))
        return;
    if (exchange->visitor.access == HF_ACCESS_SETUP)
        carry_out(exchange, chosen);
    else
        hf_password_ask(exchange, restore_proven);
}

const struct hf_route hf_setup_choice_routes[] = {
    {"PATCH", "/api/v1/setup/choice", HF_ACCESS_SETUP, "source:text fields:object", patch_choice},
    {"DELETE", "/api/v1/setup/choice", HF_ACCESS_SETUP, HF_BODY_NONE, delete_choice},
    {"POST", "/api/v1/setup/tests", HF_ACCESS_SETUP, "source:text fields:object test:text",
     post_test},
    {"POST", "/api/v1/setup/restores", HF_ACCESS_SETUP,
     "source:text fields:object accept_failed_tests:switch password:text", post_restore},
    {"GET", "/api/v1/setup/unresolved", HF_ACCESS_SETUP, HF_BODY_NONE, hf_unresolved_answer},
    {0}};
