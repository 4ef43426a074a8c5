/*
 * The repository's key slots: what opens it. Secrets come in and never go out; each change needs
 * the console's password besides the session.
 */
#include <string.h>

#include "console/api.h"
#include "console/console_state.h"
#include "console/job.h"
#include "console/key_work.h"
#include "console/question.h"
#include "console/reader_client.h"
#include "console/route.h"
#include "console/sign_in.h"
#include "history/keyring.h"
#include "service/json_members.h"

enum { LONGEST_PASSPHRASE = 1024, LONGEST_KEYFILE = 48 << 10 /* in Base64 */ };

static void get_keys(struct hf_exchange *exchange)
{
    hf_reader_answer(exchange, json_pack("{s:s}", "do", "keys"));
}

/* The member that a kind of slot is made from. */
static int take_secret(const struct hf_exchange *exchange, const char *kind, json_t **question,
                       struct hf_error *err)
{
    bool is_passphrase = !strcmp(kind, "passphrase");
    const char *secret;
    if (!strcmp(kind, "plain"))
        return 0;
    if (!is_passphrase && strcmp(kind, "keyfile") != 0)
        return hf_error_set(err, HF_USAGE, "'kind' is passphrase, keyfile or plain");
    if (hf_exchange_name(exchange, kind, is_passphrase ? LONGEST_PASSPHRASE : LONGEST_KEYFILE,
                         &secret, err))
        return -1;
    hf_question_text(question, kind, secret);
    return 0;
}

static int take_slot(const struct hf_exchange *exchange, json_t **question, struct hf_error *err)
{
    const char *kind, *name = NULL;
    if (hf_exchange_text(exchange, "kind", 16, &kind, err) ||
        take_secret(exchange, kind, question, err))
        return -1;
    hf_question_text(question, "kind", kind);
    if (json_object_get(exchange->body, "name") &&
        hf_exchange_name(exchange, "name", HF_SLOT_NAME_TEXT - 1, &name, err))
        return -1;
    hf_question_text(question, "name", name);
    return 0;
}

/* The slot of the path, which is to go; NULL: the path has none. */
static const char *old_slot(const struct hf_exchange *exchange)
{
    return strchr(exchange->route->path, '{') ? exchange->parameters[0] : NULL;
}

/* What a change needs but the password. */
static json_t *read_wish(const struct hf_exchange *exchange, bool adds, struct hf_error *err)
{
    json_t *question = json_pack("{s:s, s:b}", "do", "change", "accept_in_use",
                                 (int)hf_member_true(exchange->body, "accept_in_use"));
    hf_question_text(&question, "slot", old_slot(exchange));
    if (adds && take_slot(exchange, &question, err)) {
        hf_json_wipe(question);
        return NULL;
    }
    if (!question)
        hf_error_memory(err);
    return question;
}

static void change(struct hf_exchange *exchange, const char *kind, bool adds)
{
    struct hf_error err = {0};
    json_t *question = read_wish(exchange, adds, &err);
    if (!question) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    const struct hf_job_wanted wanted = {.kind = kind,
                                         .work = adds ? hf_key_add_work : hf_key_remove_work,
                                         .question = question,
                                         .is_alone = true,
                                         .is_whole = true};
    hf_job_start_for(exchange, &wanted);
}

static void add_proven(struct hf_exchange *exchange, bool fits)
{
    if (hf_password_accepted(exchange, fits))
        change(exchange, old_slot(exchange) ? "key_rotation" : "key_addition", true);
}

static void remove_proven(struct hf_exchange *exchange, bool fits)
{
    if (hf_password_accepted(exchange, fits))
        change(exchange, "key_removal", false);
}

/* Read before the password is asked for: a mistake in it is no try of the password. */
static void post_key(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    json_t *question = read_wish(exchange, true, &err);
    if (question)
        hf_password_ask(exchange, add_proven);
    else
        hf_exchange_fail(exchange, &err);
    hf_json_wipe(question);
}

static void post_removal(struct hf_exchange *exchange)
{
    hf_password_ask(exchange, remove_proven);
}

static const char key_members[] =
    "password:text kind:text name:text passphrase:text keyfile:text accept_in_use:switch";

const struct hf_route hf_key_routes[] = {
    {"GET", "/api/v1/keys", HF_ACCESS_OWNER, HF_BODY_NONE, get_keys},
    {"POST", "/api/v1/keys", HF_ACCESS_OWNER, key_members, post_key},
    {"POST", "/api/v1/keys/{key}/rotations", HF_ACCESS_OWNER, key_members, post_key},
    {"POST", "/api/v1/keys/{key}/removals", HF_ACCESS_OWNER, "password:text accept_in_use:switch",
     post_removal},
    {0}};
