/*
 * Who is there: the setup code, the password, signing in and out.
 */
#include <string.h>

#include "console/api.h"
#include "console/console_state.h"
#include "console/entrance.h"
#include "console/gate.h"
#include "console/overview.h"
#include "console/sign_in.h"
#include "service/json_members.h"

static const char *state_name(const struct hf_exchange *exchange)
{
    if (exchange->visitor.login)
        return exchange->visitor.login->is_setup ? "setup" : "signed_in";
    return exchange->console->credentials.password[0] ? "signed_out" : "setup";
}

/* A stranger learns what the sign-in page needs, and no more. */
static void answer(struct hf_exchange *exchange)
{
    const struct hf_console *console = exchange->console;
    const struct hf_login *login = exchange->visitor.login;
    json_t *body = hf_json_new();
    hf_json_text(body, "state", state_name(exchange));
    hf_json_text(body, "csrf", login ? login->csrf : NULL);
    hf_json_boolean(body, "needs_code", !login && !console->credentials.password[0]);
    hf_json_text(body, "version", login ? console->options->version : NULL);
    hf_json_text(body, "application", NULL);
    json_t *names = hf_json_list(body, "databases");
    for (size_t i = 0; login && i < console->config->database_count; i++)
        hf_json_text_item(names, console->config->databases[i].name);
    hf_exchange_reply(exchange, 200, body);
}

static void get_session(struct hf_exchange *exchange)
{
    answer(exchange);
}

static void begin_login(struct hf_exchange *exchange, bool is_setup)
{
    char cookie[HF_SECRET_TEXT];
    struct hf_error err = {0}, unkept = {0};
    struct hf_login *login =
        hf_login_begin(&exchange->console->credentials, is_setup, &exchange->visitor,
                       hf_exchange_header(exchange, "User-Agent"), cookie, &unkept, &err);
    if (!login) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    if (unkept.code)
        hf_console_notice(exchange->console,
                          "whoever signed in stays so only until the console ends: %s",
                          unkept.text);
    exchange->visitor.login = login;
    answer(exchange);
    hf_gate_set_cookie(exchange, cookie);
    hf_wipe(cookie, sizeof cookie);
}

static void password_proven(struct hf_exchange *exchange, bool fits)
{
    if (fits) {
        begin_login(exchange, false);
        return;
    }
    hf_console_notice(exchange->console, "a wrong password was tried from %s",
                      exchange->visitor.address);
    hf_exchange_refuse(exchange, 403, "wrong_key", "this is not the password");
}

static void sign_in(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    const char *password;
    if (hf_exchange_text(exchange, "password", HF_LONGEST_PASSWORD, &password, &err))
        hf_exchange_fail(exchange, &err);
    else if (!exchange->console->credentials.password[0])
        hf_exchange_refuse(exchange, 409, "refused", "no password was chosen yet: set it up first");
    else if (hf_credentials_are_damaged(&exchange->console->credentials))
        hf_exchange_refuse(exchange, 422, "corrupt",
                           "the console's own file is damaged: nobody can sign in until 'holdfast "
                           "console reset-password' has made it anew");
    else
        hf_password_prove(exchange, password, password_proven);
}

static void sign_out(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    struct hf_console *console = exchange->console;
    if (exchange->visitor.login &&
        hf_login_end(&console->credentials, exchange->visitor.login, &err))
        hf_console_notice(console, "somebody signed out: %s; %s", err.text, err.hint);
    hf_exchange_reply_empty(exchange, 204);
    hf_gate_set_cookie(exchange, NULL);
}

static void begin_setup(struct hf_exchange *exchange)
{
    struct hf_console *console = exchange->console;
    struct hf_error err = {0};
    const char *code;
    if (console->credentials.password[0]) {
        hf_exchange_refuse(exchange, 409, "refused", "this console is set up: sign in");
        return;
    }
    if (hf_exchange_text(exchange, "code", HF_SETUP_CODE_TEXT, &code, &err)) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    if (!hf_sign_in_may_try(exchange))
        return;
    if (hf_entrance_code_fits(console, code)) {
        hf_rate_limit_forget(&console->attempts, exchange->visitor.network);
        begin_login(exchange, true);
        return;
    }
    hf_console_notice(console, "a wrong setup code was tried from %s", exchange->visitor.address);
    hf_exchange_refuse(exchange, 403, "wrong_key", "this is not the setup code of the log");
}

static void password_chosen(struct hf_exchange *exchange, const char *hash,
                            const struct hf_error *err)
{
    struct hf_error own = {0};
    struct hf_credentials *credentials = &exchange->console->credentials;
    if (!hash)
        hf_exchange_fail(exchange, err);
    else if (credentials->password[0]) /* somebody else was faster */
        hf_exchange_refuse(exchange, 409, "refused", "this console is set up: sign in");
    else if (hf_credentials_set_password(credentials, hash, NULL, &own))
        hf_exchange_fail(exchange, &own);
    else
        begin_login(exchange, false);
}

static void choose_password(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    const char *password;
    if (exchange->console->credentials.password[0])
        hf_exchange_refuse(exchange, 409, "refused", "this console is set up: sign in");
    else if (hf_exchange_text(exchange, "password", HF_LONGEST_PASSWORD, &password, &err))
        hf_exchange_fail(exchange, &err);
    else
        hf_password_make(exchange, password, password_chosen);
}

const struct hf_route hf_session_routes[] = {
    {"GET", "/api/v1/session", HF_ACCESS_ANYONE, HF_BODY_NONE, get_session},
    {"POST", "/api/v1/session", HF_ACCESS_ANYONE, "password:text", sign_in},
    {"DELETE", "/api/v1/session", HF_ACCESS_SETUP, HF_BODY_NONE, sign_out},
    {"POST", "/api/v1/setup/session", HF_ACCESS_ANYONE, "code:text", begin_setup},
    {"POST", "/api/v1/setup/password", HF_ACCESS_SETUP, "password:text", choose_password},
    {0}};
