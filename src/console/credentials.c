#include "console/credentials.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/key.h"
#include "os/file.h"
#include "service/json_channel.h"

enum {
    LONGEST_FILE = 256 << 10,
    DAY = 24 * 3600 * 1000,
    LONGEST_IDLE = 7 * DAY,
    SEEN_STEP = 60000, /* how exactly it is known when somebody was seen */
};

static const int64_t LONGEST_LOGIN = 30LL * DAY;

int hf_secret_make(char *out, size_t bytes, const struct hf_env *env, struct hf_error *err)
{
    uint8_t random[32];
    if (hf_random(env, random, bytes, err))
        return -1;
    hf_hex_encode(out, random, bytes);
    hf_wipe(random, sizeof random);
    return 0;
}

static void digest_text(uint8_t out[HF_DIGEST_BYTES], const char *text)
{
    hf_digest_of(out, text, strlen(text));
}

/* In a time that does not tell how much of it fits. */
static bool same(const uint8_t *a, const uint8_t *b)
{
    uint8_t differs = 0;
    for (size_t i = 0; i < HF_DIGEST_BYTES; i++)
        differs |= a[i] ^ b[i];
    return !differs;
}

static void take_text(char *out, size_t size, const json_t *from, const char *key)
{
    snprintf(out, size, "%s", hf_member_text(from, key, ""));
}

static bool take_login(struct hf_login *login, const json_t *from)
{
    take_text(login->id, sizeof login->id, from, "id");
    take_text(login->csrf, sizeof login->csrf, from, "csrf");
    take_text(login->address, sizeof login->address, from, "address");
    take_text(login->agent, sizeof login->agent, from, "agent");
    login->created = hf_member_integer(from, "created", 0);
    login->seen = hf_member_integer(from, "seen", 0);
    return login->id[0] &&
           hf_hex_decode(login->digest, HF_DIGEST_BYTES, hf_member_text(from, "digest", ""));
}

static bool take_token(struct hf_token *token, const json_t *from)
{
    take_text(token->id, sizeof token->id, from, "id");
    take_text(token->name, sizeof token->name, from, "name");
    token->access = hf_member_true(from, "operator") ? HF_ACCESS_OPERATOR : HF_ACCESS_VIEWER;
    token->created = hf_member_integer(from, "created", 0);
    token->seen = hf_member_integer(from, "seen", 0);
    return token->id[0] &&
           hf_hex_decode(token->digest, HF_DIGEST_BYTES, hf_member_text(from, "digest", ""));
}

static bool take_all(struct hf_credentials *credentials, const json_t *root)
{
    const json_t *logins = json_object_get(root, "logins"),
                 *tokens = json_object_get(root, "tokens");
    take_text(credentials->password, sizeof credentials->password, root, "password");
    credentials->kit_saved = hf_member_integer(root, "kit_saved", 0);
    for (size_t i = 0; i < json_array_size(logins) && i < HF_MOST_LOGINS; i++)
        if (!take_login(&credentials->logins[i], json_array_get(logins, i)))
            return false;
    for (size_t i = 0; i < json_array_size(tokens) && i < HF_MOST_TOKENS; i++)
        if (!take_token(&credentials->tokens[i], json_array_get(tokens, i)))
            return false;
    return json_is_object(root);
}

static int load(struct hf_credentials *credentials, struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf text = {0};
    struct hf_error why = {0};
    if (hf_file_read_all(credentials->env, credentials->path, LONGEST_FILE, &text, &why))
        return why.code == HF_NOT_FOUND ? 0 : hf_error_pass(err, &why);
    json_t *root = json_loadb((const char *)text.data, text.length, 0, NULL);
    bool is_whole = take_all(credentials, root);
    json_decref(root);
    if (is_whole)
        return 0;
    hf_error_set(err, HF_CORRUPT, "'%s' is damaged: nobody can sign in", credentials->path);
    return hf_error_hint(err, "'holdfast console reset-password' makes it anew");
}

int hf_credentials_open(struct hf_credentials *out, const struct hf_env *env, const char *path,
                        struct hf_error *err)
{
    *out = (struct hf_credentials){.env = env, .path = strdup(path)};
    if (!out->path)
        return hf_error_memory(err);
    if (!load(out, err))
        return 0;
    hf_credentials_release(out);
    return -1;
}

void hf_credentials_release(struct hf_credentials *credentials)
{
    free(credentials->path);
    hf_wipe(credentials, sizeof *credentials);
}

static json_t *login_json(const struct hf_login *login)
{
    char digest[2 * HF_DIGEST_BYTES + 1];
    hf_hex_encode(digest, login->digest, HF_DIGEST_BYTES);
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I}", "id", login->id, "digest", digest,
                     "csrf", login->csrf, "address", login->address, "agent",
                     hf_text_value(login->agent), "created", (json_int_t)login->created, "seen",
                     (json_int_t)login->seen);
}

static json_t *token_json(const struct hf_token *token)
{
    char digest[2 * HF_DIGEST_BYTES + 1];
    hf_hex_encode(digest, token->digest, HF_DIGEST_BYTES);
    return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I}", "id", token->id, "name", token->name,
                     "digest", digest, "operator", token->access == HF_ACCESS_OPERATOR, "created",
                     (json_int_t)token->created, "seen", (json_int_t)token->seen);
}

static json_t *all_json(const struct hf_credentials *credentials)
{
    json_t *logins = json_array(), *tokens = json_array();
    for (size_t i = 0; i < HF_MOST_LOGINS; i++)
        if (credentials->logins[i].id[0] && !credentials->logins[i].is_setup)
            json_array_append_new(logins, login_json(&credentials->logins[i]));
    for (size_t i = 0; i < HF_MOST_TOKENS; i++)
        if (credentials->tokens[i].id[0])
            json_array_append_new(tokens, token_json(&credentials->tokens[i]));
    return json_pack("{s:s, s:I, s:o, s:o}", "password", credentials->password, "kit_saved",
                     (json_int_t)credentials->kit_saved, "logins", logins, "tokens", tokens);
}

static int save(const struct hf_credentials *credentials, struct hf_error *err)
{
    json_t *root = all_json(credentials);
    char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
    json_decref(root);
    int failed = text ? hf_file_write_durable(credentials->env, credentials->path, text,
                                              strlen(text), 0600, HF_COMMIT_REPLACE, err)
                      : hf_error_memory(err);
    free(text);
    return failed;
}

/* One change, kept or undone. */
#define CHANGE(credentials, thing, err)                                                            \
    do {                                                                                           \
        if (save(credentials, err)) {                                                              \
            *(thing) = before;                                                                     \
            return -1;                                                                             \
        }                                                                                          \
        return 0;                                                                                  \
    } while (0)

int hf_credentials_set_password(struct hf_credentials *credentials, const char *hash,
                                const struct hf_login *keep, struct hf_error *err)
{
    char before[HF_PASSWORD_TEXT];
    memcpy(before, credentials->password, sizeof before);
    snprintf(credentials->password, sizeof credentials->password, "%s", hash);
    struct hf_login *logins = credentials->logins;
    for (size_t i = 0; i < HF_MOST_LOGINS; i++)
        if (&logins[i] != keep)
            logins[i] = (struct hf_login){0};
    if (!save(credentials, err))
        return 0;
    memcpy(credentials->password, before, sizeof before);
    return -1;
}

static struct hf_login *free_login(struct hf_credentials *credentials)
{
    struct hf_login *oldest = &credentials->logins[0];
    for (size_t i = 0; i < HF_MOST_LOGINS; i++) {
        struct hf_login *login = &credentials->logins[i];
        if (!login->id[0])
            return login;
        oldest = login->seen < oldest->seen ? login : oldest;
    }
    return oldest;
}

struct hf_login *hf_login_begin(struct hf_credentials *credentials, bool is_setup,
                                const struct hf_visitor *visitor, const char *agent,
                                char cookie[HF_SECRET_TEXT], struct hf_error *err)
{
    struct hf_login *login = free_login(credentials), before = *login;
    struct hf_login fresh = {.is_setup = is_setup};
    if (hf_secret_make(cookie, 32, credentials->env, err) ||
        hf_secret_make(fresh.csrf, 32, credentials->env, err) ||
        hf_secret_make(fresh.id, 8, credentials->env, err))
        return NULL;
    digest_text(fresh.digest, cookie);
    fresh.created = fresh.seen = hf_now(credentials->env);
    snprintf(fresh.address, sizeof fresh.address, "%s", visitor->address);
    snprintf(fresh.agent, sizeof fresh.agent, "%s", agent ? agent : "");
    *login = fresh;
    if (is_setup || !save(credentials, err))
        return login;
    *login = before;
    return NULL;
}

struct hf_login *hf_login_find(struct hf_credentials *credentials, const char *cookie)
{
    uint8_t digest[HF_DIGEST_BYTES];
    int64_t now = hf_now(credentials->env);
    digest_text(digest, cookie);
    for (size_t i = 0; i < HF_MOST_LOGINS; i++) {
        struct hf_login *login = &credentials->logins[i];
        if (!login->id[0] || !same(login->digest, digest))
            continue;
        if (now - login->seen > LONGEST_IDLE || now - login->created > LONGEST_LOGIN)
            return NULL;
        if (now - login->seen > SEEN_STEP)
            login->seen = now; /* written with the next change: a read must not cost a sync */
        return login;
    }
    return NULL;
}

int hf_login_end(struct hf_credentials *credentials, struct hf_login *login, struct hf_error *err)
{
    struct hf_login before = *login;
    *login = (struct hf_login){0};
    CHANGE(credentials, login, err);
}

struct hf_token *hf_token_add(struct hf_credentials *credentials, const char *name,
                              enum hf_access access, char text[HF_TOKEN_TEXT], struct hf_error *err)
{
    struct hf_token *token = NULL;
    for (size_t i = HF_MOST_TOKENS; i-- > 0;) {
        struct hf_token *other = &credentials->tokens[i];
        token = other->id[0] ? token : other;
        if (other->id[0] && !strcmp(other->name, name)) {
            hf_error_set(err, HF_EXISTS, "there is a token '%s' already", name);
            return NULL;
        }
    }
    if (!token) {
        hf_error_set(err, HF_REFUSED, "there are %d tokens already", HF_MOST_TOKENS);
        return NULL;
    }
    struct hf_token fresh = {.access = access, .created = hf_now(credentials->env)};
    snprintf(fresh.name, sizeof fresh.name, "%s", name);
    memcpy(text, "hf_", 4);
    if (hf_secret_make(text + 3, 32, credentials->env, err) ||
        hf_secret_make(fresh.id, 8, credentials->env, err))
        return NULL;
    digest_text(fresh.digest, text);
    *token = fresh;
    if (!save(credentials, err))
        return token;
    *token = (struct hf_token){0};
    return NULL;
}

struct hf_token *hf_token_find(struct hf_credentials *credentials, const char *text)
{
    uint8_t digest[HF_DIGEST_BYTES];
    digest_text(digest, text);
    for (size_t i = 0; i < HF_MOST_TOKENS; i++) {
        struct hf_token *token = &credentials->tokens[i];
        if (token->id[0] && same(token->digest, digest)) {
            token->seen = hf_now(credentials->env);
            return token;
        }
    }
    return NULL;
}

int hf_token_remove(struct hf_credentials *credentials, const char *id, struct hf_error *err)
{
    for (size_t i = 0; i < HF_MOST_TOKENS; i++) {
        struct hf_token *token = &credentials->tokens[i], before = *token;
        if (!before.id[0] || strcmp(before.id, id))
            continue;
        *token = (struct hf_token){0};
        CHANGE(credentials, token, err);
    }
    return hf_error_set(err, HF_NOT_FOUND, "there is no such token");
}

int hf_credentials_kit_saved(struct hf_credentials *credentials, int64_t when, struct hf_error *err)
{
    int64_t before = credentials->kit_saved;
    credentials->kit_saved = when;
    CHANGE(credentials, &credentials->kit_saved, err);
}
