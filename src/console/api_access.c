/*
 * Who may use the console: its password, who is signed in, tokens; and the recovery kit.
 */
#include <string.h>

#include "console/api.h"
#include "console/console_state.h"
#include "console/gate.h"
#include "console/reader_client.h"
#include "console/sign_in.h"
#include "service/json_members.h"

static void list_sessions(struct hf_exchange *exchange)
{
    const struct hf_credentials *credentials = &exchange->console->credentials;
    json_t *root = hf_json_new(), *list = hf_json_list(root, "sessions");
    for (size_t i = 0; i < HF_MOST_LOGINS; i++) {
        const struct hf_login *login = &credentials->logins[i];
        if (!login->id[0] || login->is_setup)
            continue;
        json_t *item = hf_json_item(list);
        hf_json_text(item, "session", login->id);
        hf_json_text(item, "address", login->address);
        hf_json_text(item, "agent", login->agent);
        hf_json_time(item, "created", login->created);
        hf_json_time(item, "seen", login->seen);
        hf_json_boolean(item, "is_current", login == exchange->visitor.login);
    }
    hf_exchange_reply(exchange, 200, root);
}

static void end_session(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    struct hf_credentials *credentials = &exchange->console->credentials;
    for (size_t i = 0; i < HF_MOST_LOGINS; i++) {
        struct hf_login *login = &credentials->logins[i];
        if (!login->id[0] || login->is_setup || strcmp(login->id, exchange->parameters[0]))
            continue;
        if (hf_login_end(credentials, login, &err))
            hf_exchange_fail(exchange, &err);
        else
            hf_exchange_reply_empty(exchange, 204);
        return;
    }
    hf_exchange_refuse(exchange, 404, "not_found", "there is no such session");
}

static void end_other_sessions(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    if (hf_login_end_others(&exchange->console->credentials, exchange->visitor.login, &err))
        hf_exchange_fail(exchange, &err);
    else
        hf_exchange_reply_empty(exchange, 204);
}

static void token_members(json_t *item, const struct hf_token *token)
{
    hf_json_text(item, "token", token->id);
    hf_json_text(item, "name", token->name);
    hf_json_text(item, "access", token->access == HF_ACCESS_OPERATOR ? "operator" : "viewer");
    hf_json_time(item, "created", token->created);
    hf_json_time(item, "seen", token->seen);
}

static void list_tokens(struct hf_exchange *exchange)
{
    json_t *root = hf_json_new(), *list = hf_json_list(root, "tokens");
    for (size_t i = 0; i < HF_MOST_TOKENS; i++)
        if (exchange->console->credentials.tokens[i].id[0])
            token_members(hf_json_item(list), &exchange->console->credentials.tokens[i]);
    hf_exchange_reply(exchange, 200, root);
}

/* Its text is told here, and never again. */
static void add_token(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    const char *name, *access;
    char text[HF_TOKEN_TEXT];
    if (hf_exchange_name(exchange, "name", HF_TOKEN_NAME_TEXT - 1, &name, &err) ||
        hf_exchange_text(exchange, "access", 16, &access, &err)) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    bool operates = !strcmp(access, "operator");
    if (!operates && strcmp(access, "viewer") != 0) {
        hf_exchange_refuse(exchange, 400, "usage", "'access' is viewer or operator");
        return;
    }
    const struct hf_token *token =
        hf_token_add(&exchange->console->credentials, name,
                     operates ? HF_ACCESS_OPERATOR : HF_ACCESS_VIEWER, text, &err);
    if (!token) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    json_t *body = hf_json_new();
    token_members(body, token);
    hf_json_text(body, "text", text);
    hf_wipe(text, sizeof text);
    hf_exchange_reply(exchange, 200, body);
}

static void remove_token(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    if (hf_token_remove(&exchange->console->credentials, exchange->parameters[0], &err))
        hf_exchange_fail(exchange, &err);
    else
        hf_exchange_reply_empty(exchange, 204);
}

static void new_password_hashed(struct hf_exchange *exchange, const char *hash,
                                const struct hf_error *why)
{
    struct hf_error err = {0};
    if (!hash)
        hf_exchange_fail(exchange, why);
    else if (!hf_gate_require_still_in(exchange))
        return;
    else if (hf_credentials_set_password(&exchange->console->credentials, hash,
                                         exchange->visitor.login, &err))
        hf_exchange_fail(exchange, &err);
    else
        hf_exchange_reply_empty(exchange, 204);
}

static void old_password_proven(struct hf_exchange *exchange, bool fits)
{
    if (hf_password_accepted(exchange, fits))
        hf_password_make(exchange, json_string_value(json_object_get(exchange->body, "new")),
                         new_password_hashed);
}

static void put_password(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    const char *old, *new;
    if (hf_exchange_text(exchange, "old", HF_LONGEST_PASSWORD, &old, &err) ||
        hf_exchange_text(exchange, "new", HF_LONGEST_PASSWORD, &new, &err))
        hf_exchange_fail(exchange, &err);
    else if (hf_password_is_long(exchange, new))
        hf_password_prove(exchange, old, old_password_proven);
}

/* Of the reader: it has the repository open, also when that was away while the console began.
 * Nothing is kept of it. */
static void show_kit(struct hf_exchange *exchange, bool fits)
{
    if (hf_password_accepted(exchange, fits))
        hf_reader_answer(exchange, json_pack("{s:s}", "do", "kit"));
}

static void post_kit(struct hf_exchange *exchange)
{
    hf_password_ask(exchange, show_kit);
}

static void post_kit_saved(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    struct hf_console *console = exchange->console;
    if (hf_credentials_kit_saved(&console->credentials, hf_now(console->env), &err)) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    json_t *body = hf_json_new();
    hf_json_time(body, "kit_saved", console->credentials.kit_saved);
    hf_exchange_reply(exchange, 200, body);
}

const struct hf_route hf_access_routes[] = {
    {"GET", "/api/v1/sessions", HF_ACCESS_OWNER, HF_BODY_NONE, list_sessions},
    {"DELETE", "/api/v1/sessions", HF_ACCESS_OWNER, HF_BODY_NONE, end_other_sessions},
    {"DELETE", "/api/v1/sessions/{session}", HF_ACCESS_OWNER, HF_BODY_NONE, end_session},
    {"GET", "/api/v1/tokens", HF_ACCESS_OWNER, HF_BODY_NONE, list_tokens},
    {"POST", "/api/v1/tokens", HF_ACCESS_OWNER, "name:text access:text", add_token},
    {"DELETE", "/api/v1/tokens/{token}", HF_ACCESS_OWNER, HF_BODY_NONE, remove_token},
    {"PUT", "/api/v1/password", HF_ACCESS_OWNER, "old:text new:text", put_password},
    {"POST", "/api/v1/kit", HF_ACCESS_OWNER, "password:text", post_kit},
    {"POST", "/api/v1/kit/saved", HF_ACCESS_OWNER, "", post_kit_saved},
    {0}};
