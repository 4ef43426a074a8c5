#include "console/credentials_file.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "os/file.h"
#include "os/signals.h"
#include "service/json_channel.h"
#include "service/json_file.h"

enum { LONGEST_FILE = 256 << 10, BETWEEN_TRIES = 5000 /* ms */ };

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
    return true;
}

static int read_file(struct hf_credentials *credentials, struct hf_error *err)
{
    struct hf_error why = {0};
    json_t *root = hf_json_file_read(credentials->env, credentials->path, LONGEST_FILE, &why);
    bool is_whole = root && take_all(credentials, root);
    json_decref(root);
    if (is_whole || why.code == HF_NOT_FOUND)
        return 0;
    if (why.code && why.code != HF_CORRUPT)
        return hf_error_pass(err, &why);
    hf_error_set(err, HF_CORRUPT, "'%s' is damaged: nobody can sign in", credentials->path);
    return hf_error_hint(err, "'holdfast console reset-password' makes it anew");
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

static int write_file(const struct hf_credentials *credentials, struct hf_error *err)
{
    return hf_json_file_write(credentials->env, credentials->path, all_json(credentials), err);
}

/* What tells one state of the file from the next: each is a file of its own that is renamed. */
static void stamp(struct hf_credentials_stamp *out, const struct hf_credentials *credentials)
{
    struct stat now;
    *out = (struct hf_credentials_stamp){0};
    if (!stat(credentials->path, &now))
        *out = (struct hf_credentials_stamp){.is_there = true,
                                             .device = now.st_dev,
                                             .inode = now.st_ino,
                                             .size = now.st_size,
                                             .changed = now.st_mtim};
}

static bool is_same(const struct hf_credentials_stamp *a, const struct hf_credentials_stamp *b)
{
    return a->is_there == b->is_there && a->device == b->device && a->inode == b->inode &&
           a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

bool hf_credentials_changed(const struct hf_credentials *credentials)
{
    struct hf_credentials_stamp now;
    stamp(&now, credentials);
    return !is_same(&now, &credentials->stamp);
}

void hf_credentials_note(struct hf_credentials *credentials)
{
    stamp(&credentials->stamp, credentials);
}

int hf_credentials_load(struct hf_credentials *credentials, struct hf_error *err)
{
    stamp(&credentials->stamp, credentials); /* before: a change meanwhile is seen the next time */
    return read_file(credentials, err);
}

int hf_credentials_save(struct hf_credentials *credentials, struct hf_error *err)
{
    credentials->keep_again = 0;
    if (hf_credentials_changed(credentials))
        return hf_error_set(err, HF_STALE, "the console's password was changed meanwhile");
    if (write_file(credentials, err)) {
        credentials->keep_again = hf_monotonic() + BETWEEN_TRIES;
        return -1;
    }
    stamp(&credentials->stamp, credentials);
    return 0;
}

void hf_credentials_keep(struct hf_credentials *credentials, bool now)
{
    if (credentials->keep_again && (now || credentials->keep_again <= hf_monotonic()))
        hf_credentials_save(credentials, NULL);
}

/* Root's file would lock out a console that runs as the folder's owner. */
static int give_away(const struct hf_credentials *credentials, struct hf_error *err)
{
    hf_auto_free char *folder = hf_path_parent(credentials->path);
    struct stat owner;
    if (!folder)
        return hf_error_memory(err);
    if (geteuid() || stat(folder, &owner) || !owner.st_uid)
        return 0;
    return lchown(credentials->path, owner.st_uid, owner.st_gid)
               ? hf_error_sys(err, errno, "chown", credentials->path)
               : 0;
}

static size_t count_tokens(const struct hf_credentials *credentials)
{
    size_t count = 0;
    for (size_t i = 0; i < HF_MOST_TOKENS; i++)
        count += credentials->tokens[i].id[0] != '\0';
    return count;
}

int hf_credentials_reset(struct hf_credentials_reset *out, const struct hf_env *env,
                         const char *path, const char *hash, enum hf_tokens_fate fate,
                         struct hf_error *err)
{
    struct hf_error why = {0};
    hf_auto(hf_credentials) struct hf_credentials now = {.env = env, .path = strdup(path)};
    struct hf_credentials_reset done = {0};
    if (!now.path)
        return hf_error_memory(err);
    done.was_damaged = hf_credentials_load(&now, &why) != 0;
    if (done.was_damaged && why.code != HF_CORRUPT)
        return hf_error_pass(err, &why);
    done.tokens = done.was_damaged ? 0 : count_tokens(&now);
    memset(now.logins, 0, sizeof now.logins);
    if (done.was_damaged || fate == HF_TOKENS_REVOKED)
        memset(now.tokens, 0, sizeof now.tokens);
    if (done.was_damaged)
        now.kit_saved = 0;
    snprintf(now.password, sizeof now.password, "%s", hash ? hash : "");
    if (write_file(&now, err) || give_away(&now, err))
        return -1;
    *out = done;
    return 0;
}
