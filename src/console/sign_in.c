#include "console/sign_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/key.h"
#include "codec/password.h"
#include "console/console_state.h"
#include "console/entrance.h"
#include "console/gate.h"
#include "console/worker.h"
#include "service/json_channel.h"

enum { PATIENCE = 60000, MOST_ASKED = 32 };

/* One worker, started when it is first needed and ended with the console: so no flood of tries
 * costs more than one process, and what it is asked waits in a line. */
struct hf_sign_in {
    struct hf_console *console;
    struct hf_guard *guard;
    struct asked {
        struct hf_exchange *exchange; /* NULL: free */
        struct hf_console *console;
        char hash[HF_PASSWORD_TEXT]; /* of the password as it was then; "": a new one is hashed */
        hf_password_proven proven;
        hf_password_hashed hashed;
    } asked[MOST_ASKED];
};

static json_t *answer(void *context, const json_t *question, const struct hf_events *events,
                      struct hf_error *err)
{
    const char *password = hf_member_text(question, "password", "");
    const char *hash = hf_member_text(question, "hash", NULL);
    char made[HF_PASSWORD_TEXT];
    (void)context, (void)events;
    if (hash)
        return json_pack("{s:b}", "fits", hf_password_fits(hash, password));
    return hf_password_hash(made, password, err) ? NULL : json_pack("{s:s}", "hash", made);
}

static int work(void *context, int channel)
{
    return hf_worker_serve(channel, answer, context);
}

static void notice(void *context, const char *text)
{
    const struct hf_sign_in *sign_in = context;
    hf_console_notice(sign_in->console, "%s", text);
}

struct hf_sign_in *hf_sign_in_new(struct hf_console *console, struct hf_error *err)
{
    struct hf_sign_in *sign_in = calloc(1, sizeof *sign_in);
    if (!sign_in) {
        hf_error_memory(err);
        return NULL;
    }
    sign_in->console = console;
    const struct hf_guard_options options = {.name = "the password check",
                                             .task = work,
                                             .notice = notice,
                                             .context = sign_in,
                                             .patience = PATIENCE};
    sign_in->guard = hf_guard_new(&console->signals, &options, err);
    if (sign_in->guard)
        return sign_in;
    free(sign_in);
    return NULL;
}

void hf_sign_in_free(struct hf_sign_in *sign_in)
{
    if (!sign_in)
        return;
    hf_guard_free(sign_in->guard);
    free(sign_in);
}

/* Strangers must not keep who is signed in from a restore. */
static struct hf_rate_limit *limit_of(struct hf_console *console, const struct hf_visitor *visitor,
                                      const char **key)
{
    bool is_signed_in = visitor->access == HF_ACCESS_OWNER;
    *key = is_signed_in ? visitor->id : visitor->network;
    return is_signed_in ? &console->confirmations : &console->attempts;
}

bool hf_sign_in_may_try(struct hf_exchange *exchange)
{
    char seconds[16];
    const char *key;
    struct hf_rate_limit *limit = limit_of(exchange->console, &exchange->visitor, &key);
    bool is_known = hf_login_was_from(&exchange->console->credentials, exchange->visitor.address);
    int wait = hf_rate_limit_try(limit, key, is_known, hf_monotonic());
    if (!wait)
        return true;
    snprintf(seconds, sizeof seconds, "%d", wait);
    hf_exchange_refuse(exchange, 429, "refused", "too many tries: wait a moment");
    hf_exchange_add_header(exchange, "Retry-After", seconds);
    return false;
}

/* A password that was changed meanwhile proves nothing any more. */
static bool is_still(struct hf_console *console, const char *hash)
{
    hf_entrance_refresh(console);
    return !strcmp(console->credentials.password, hash);
}

static void take(void *context, const json_t *said)
{
    struct asked *place = context, asked = *place;
    struct hf_error err = {0};
    *place = (struct asked){0};
    bool is_done = !strcmp(hf_member_text(said, "event", ""), "done");
    if (!is_done)
        hf_json_failure(said, &err);
    if (asked.hashed) {
        asked.hashed(asked.exchange, is_done ? hf_member_text(said, "hash", "") : NULL, &err);
    } else if (!is_done) {
        hf_exchange_fail(asked.exchange, &err);
    } else {
        bool fits = hf_member_true(said, "fits") && is_still(asked.console, asked.hash);
        const char *key;
        struct hf_rate_limit *limit = limit_of(asked.console, &asked.exchange->visitor, &key);
        if (fits)
            hf_rate_limit_forget(limit, key);
        asked.proven(asked.exchange, fits);
    }
}

static void ask(struct hf_sign_in *sign_in, const struct asked *asked, json_t *question)
{
    struct hf_error err = {0};
    struct asked *place = NULL;
    for (size_t i = 0; i < MOST_ASKED && !place; i++)
        place = sign_in->asked[i].exchange ? NULL : &sign_in->asked[i];
    if (!place) {
        json_decref(question);
        hf_exchange_refuse(asked->exchange, 429, "refused", "too many tries: wait a moment");
        return;
    }
    *place = *asked;
    hf_exchange_wait(asked->exchange);
    if (hf_guard_state(sign_in->guard) == HF_GUARD_STOPPED && hf_guard_start(sign_in->guard, &err))
        json_decref(question);
    else if (!hf_guard_ask(sign_in->guard, question, take, place, &err))
        return;
    *place = (struct asked){0};
    hf_exchange_fail(asked->exchange, &err);
}

void hf_password_prove(struct hf_exchange *exchange, const char *password,
                       hf_password_proven proven)
{
    struct hf_console *console = exchange->console;
    struct asked asked = {.exchange = exchange, .console = console, .proven = proven};
    snprintf(asked.hash, sizeof asked.hash, "%s", console->credentials.password);
    if (hf_sign_in_may_try(exchange))
        ask(console->sign_in, &asked,
            json_pack("{s:s, s:s}", "password", password, "hash", console->credentials.password));
}

void hf_password_ask(struct hf_exchange *exchange, hf_password_proven proven)
{
    struct hf_error err = {0};
    const char *password;
    if (hf_exchange_text(exchange, "password", HF_LONGEST_PASSWORD, &password, &err))
        hf_exchange_fail(exchange, &err);
    else
        hf_password_prove(exchange, password, proven);
}

bool hf_password_accepted(struct hf_exchange *exchange, bool fits)
{
    if (!fits)
        hf_exchange_refuse(exchange, 403, "wrong_key", "this is not the password");
    return fits && hf_gate_require_still_in(exchange);
}

bool hf_password_is_long(struct hf_exchange *exchange, const char *password)
{
    struct hf_error err = {0};
    if (strlen(password) >= HF_LEAST_PASSWORD)
        return true;
    hf_error_set(&err, HF_USAGE, "a password has %d characters or more", HF_LEAST_PASSWORD);
    hf_exchange_fail(exchange, &err);
    return false;
}

void hf_password_make(struct hf_exchange *exchange, const char *password, hf_password_hashed hashed)
{
    struct hf_console *console = exchange->console;
    const struct asked asked = {.exchange = exchange, .console = console, .hashed = hashed};
    if (hf_password_is_long(exchange, password))
        ask(console->sign_in, &asked, json_pack("{s:s}", "password", password));
}

int64_t hf_sign_in_deadline(const struct hf_sign_in *sign_in)
{
    return hf_guard_deadline(sign_in->guard);
}

bool hf_sign_in_take(struct hf_sign_in *sign_in, const struct hf_happening *happening)
{
    return hf_guard_take(sign_in->guard, happening);
}
