#include "console/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/key.h"
#include "console/credentials_file.h"

enum {
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

int hf_credentials_open(struct hf_credentials *out, const struct hf_env *env, const char *path,
                        struct hf_error *err)
{
    *out = (struct hf_credentials){.env = env, .path = strdup(path)};
    if (!out->path)
        return hf_error_memory(err);
    if (!hf_credentials_load(out, err))
        return 0;
    hf_credentials_release(out);
    return -1;
}

void hf_credentials_release(struct hf_credentials *credentials)
{
    free(credentials->path);
    hf_wipe(credentials, sizeof *credentials);
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

static struct hf_login *login_of_id(struct hf_credentials *credentials, const char *id)
{
    for (size_t i = 0; i < HF_MOST_LOGINS; i++)
        if (credentials->logins[i].id[0] && !strcmp(credentials->logins[i].id, id))
            return &credentials->logins[i];
    return NULL;
}

/* Each in its place: exchanges that wait point at them. */
static void take_logins(struct hf_credentials *credentials, struct hf_credentials *fresh)
{
    for (size_t i = 0; i < HF_MOST_LOGINS; i++) {
        struct hf_login *login = &credentials->logins[i];
        if (login->id[0] && !login_of_id(fresh, login->id))
            *login = (struct hf_login){0};
    }
    for (size_t i = 0; i < HF_MOST_LOGINS; i++) {
        struct hf_login *login = &fresh->logins[i];
        if (login->id[0] && !login_of_id(credentials, login->id))
            *free_login(credentials) = *login;
    }
}

static const char nobodys[] = "!"; /* what no password hashes to */

bool hf_credentials_are_damaged(const struct hf_credentials *credentials)
{
    return !strcmp(credentials->password, nobodys);
}

static void let_nobody_in(struct hf_credentials *credentials)
{
    hf_credentials_note(credentials);
    credentials->keep_again = 0;
    memset(credentials->logins, 0, sizeof credentials->logins);
    memset(credentials->tokens, 0, sizeof credentials->tokens);
    memcpy(credentials->password, nobodys, sizeof nobodys);
}

bool hf_credentials_refresh(struct hf_credentials *credentials, struct hf_error *damage)
{
    if (!hf_credentials_changed(credentials))
        return false;
    hf_auto(hf_credentials) struct hf_credentials fresh = {0};
    if (hf_credentials_open(&fresh, credentials->env, credentials->path, damage)) {
        let_nobody_in(credentials);
        return true;
    }
    take_logins(credentials, &fresh);
    memcpy(credentials->tokens, fresh.tokens, sizeof fresh.tokens);
    memcpy(credentials->password, fresh.password, sizeof fresh.password);
    credentials->kit_saved = fresh.kit_saved;
    credentials->stamp = fresh.stamp;
    return true;
}

/* One change, kept or undone. */
#define CHANGE(credentials, thing, err)                                                            \
    do {                                                                                           \
        if (hf_credentials_save(credentials, err)) {                                               \
            *(thing) = before;                                                                     \
            return -1;                                                                             \
        }                                                                                          \
        return 0;                                                                                  \
    } while (0)

static void end_others(struct hf_credentials *credentials, const struct hf_login *keep)
{
    for (size_t i = 0; i < HF_MOST_LOGINS; i++)
        if (&credentials->logins[i] != keep)
            credentials->logins[i] = (struct hf_login){0};
}

int hf_credentials_set_password(struct hf_credentials *credentials, const char *hash,
                                const struct hf_login *keep, struct hf_error *err)
{
    char before[HF_PASSWORD_TEXT];
    struct hf_login logins[HF_MOST_LOGINS];
    memcpy(before, credentials->password, sizeof before);
    memcpy(logins, credentials->logins, sizeof logins);
    snprintf(credentials->password, sizeof credentials->password, "%s", hash);
    end_others(credentials, keep);
    if (!hf_credentials_save(credentials, err))
        return 0;
    memcpy(credentials->password, before, sizeof before);
    memcpy(credentials->logins, logins, sizeof logins);
    return -1;
}

/* It is so in any case. */
static int keep_end(struct hf_credentials *credentials, struct hf_error *err)
{
    if (!hf_credentials_save(credentials, err))
        return 0;
    return err->code == HF_STALE
               ? -1
               : hf_error_hint(err,
                               "it holds while the console runs, which tries to keep it again");
}

int hf_login_end_others(struct hf_credentials *credentials, const struct hf_login *keep,
                        struct hf_error *err)
{
    end_others(credentials, keep);
    return keep_end(credentials, err);
}

struct hf_login *hf_login_begin(struct hf_credentials *credentials, bool is_setup,
                                const struct hf_visitor *visitor, const char *agent,
                                char cookie[HF_SECRET_TEXT], struct hf_error *unkept,
                                struct hf_error *err)
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
    if (is_setup || !hf_credentials_save(credentials, unkept) || unkept->code != HF_STALE)
        return login;
    *login = before;
    hf_error_pass(err, unkept);
    return NULL;
}

static bool is_over(const struct hf_login *login, int64_t now)
{
    return now - login->seen > LONGEST_IDLE || now - login->created > LONGEST_LOGIN;
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
        if (is_over(login, now))
            return NULL;
        if (now - login->seen > SEEN_STEP)
            login->seen = now; /* written with the next change: a read must not cost a sync */
        return login;
    }
    return NULL;
}

bool hf_login_is_there(const struct hf_credentials *credentials, const char *id)
{
    for (size_t i = 0; i < HF_MOST_LOGINS; i++)
        if (!strcmp(credentials->logins[i].id, id))
            return !is_over(&credentials->logins[i], hf_now(credentials->env));
    return false;
}

bool hf_login_was_from(const struct hf_credentials *credentials, const char *address)
{
    for (size_t i = 0; i < HF_MOST_LOGINS; i++) {
        const struct hf_login *login = &credentials->logins[i];
        if (login->id[0] && !login->is_setup && !strcmp(login->address, address))
            return true;
    }
    return false;
}

bool hf_credentials_know(const struct hf_credentials *credentials, const char *id)
{
    for (size_t i = 0; *id && i < HF_MOST_TOKENS; i++)
        if (!strcmp(credentials->tokens[i].id, id))
            return true;
    return hf_login_is_there(credentials, id);
}

int hf_login_end(struct hf_credentials *credentials, struct hf_login *login, struct hf_error *err)
{
    *login = (struct hf_login){0};
    return keep_end(credentials, err);
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
    if (!hf_credentials_save(credentials, err))
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
        struct hf_token *token = &credentials->tokens[i];
        if (!token->id[0] || strcmp(token->id, id))
            continue;
        *token = (struct hf_token){0};
        return keep_end(credentials, err);
    }
    return hf_error_set(err, HF_NOT_FOUND, "there is no such token");
}

int hf_credentials_kit_saved(struct hf_credentials *credentials, int64_t when, struct hf_error *err)
{
    int64_t before = credentials->kit_saved;
    credentials->kit_saved = when;
    CHANGE(credentials, &credentials->kit_saved, err);
}
