/*
 * What the console knows of the people and machines that may use it: the password, who is signed
 * in, tokens, whether the recovery key was saved. One file in the console's own folder, which no
 * restore and no import writes to. Secrets are kept as digests: the file lets nobody in.
 *
 * Single-threaded. Each change is durable when its call returns 0, and undone when it fails.
 */
#ifndef HF_CONSOLE_CREDENTIALS_H
#define HF_CONSOLE_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/cleanup.h"
#include "codec/digest.h"
#include "codec/password.h"
#include "console/visitor.h"
#include "os/env.h"

enum {
    HF_SECRET_TEXT = 2 * 32 + 1,
    HF_MOST_LOGINS = 64,
    HF_MOST_TOKENS = 32,
    HF_TOKEN_NAME_TEXT = 65,
};

/* Somebody who signed in, in one browser. */
struct hf_login {
    char id[HF_ID_TEXT];             /* "": free */
    uint8_t digest[HF_DIGEST_BYTES]; /* of the cookie */
    char csrf[HF_SECRET_TEXT];       /* what a page sends with what changes something */
    bool is_setup;                   /* has the setup code, and no password; not kept */
    int64_t created, seen;           /* ms */
    char address[64], agent[128];
};

/* A machine. */
struct hf_token {
    char id[HF_ID_TEXT]; /* "": free */
    char name[HF_TOKEN_NAME_TEXT];
    uint8_t digest[HF_DIGEST_BYTES];
    enum hf_access access; /* viewer, operator */
    int64_t created, seen;
};

/* Which state of the file it was. */
struct hf_credentials_stamp {
    bool is_there;
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct hf_credentials {
    const struct hf_env *env;
    char *path;
    struct hf_credentials_stamp stamp;
    int64_t keep_again; /* of hf_monotonic: when a write that failed is tried again; 0: none did */
    char password[HF_PASSWORD_TEXT]; /* its hash; "": none was chosen yet */
    int64_t kit_saved;               /* 0: never */
    struct hf_login logins[HF_MOST_LOGINS];
    struct hf_token tokens[HF_MOST_TOKENS];
};

/* Reads the file; one that is not there is empty. HF_CORRUPT: damaged, and nobody gets in. */
int hf_credentials_open(struct hf_credentials *out, const struct hf_env *env, const char *path,
                        struct hf_error *err);
void hf_credentials_release(struct hf_credentials *credentials);
HF_AUTO_RELEASE(hf_credentials)

/* What the file says when somebody else has written it (console/credentials_file.h): true when that
 * was so. Whoever is not in it is signed out. Damaged: nobody gets in until it is whole again. */
bool hf_credentials_refresh(struct hf_credentials *credentials, struct hf_error *damage);

/* It was damaged when it was read, and nobody gets in. */
bool hf_credentials_are_damaged(const struct hf_credentials *credentials);

/* Writes what could not be written before, if it is time to try again, or (`now`) in any case. */
void hf_credentials_keep(struct hf_credentials *credentials, bool now);

enum hf_tokens_fate { HF_TOKENS_REVOKED, HF_TOKENS_KEPT };

struct hf_credentials_reset {
    bool was_damaged; /* it is not known what tokens there were: all are gone */
    size_t tokens;    /* that there were, and were revoked or kept */
};

/* For a console that may be running, or not: the file at `path` with another password, or none
 * (NULL). Everybody is signed out. */
int hf_credentials_reset(struct hf_credentials_reset *out, const struct hf_env *env,
                         const char *path, const char *hash, enum hf_tokens_fate fate,
                         struct hf_error *err);

/* Takes the hash. Everybody else is signed out. `keep` may be NULL. */
int hf_credentials_set_password(struct hf_credentials *credentials, const char *hash,
                                const struct hf_login *keep, struct hf_error *err);

/* A new login; `cookie` is told once. The one that was seen longest ago makes room. NULL: err. One
 * that cannot be kept, as on a full disk, is a login all the same, until the console ends; `unkept`
 * says why then. */
struct hf_login *hf_login_begin(struct hf_credentials *credentials, bool is_setup,
                                const struct hf_visitor *visitor, const char *agent,
                                char cookie[HF_SECRET_TEXT], struct hf_error *unkept,
                                struct hf_error *err);
/* NULL: nobody, or it has expired: 7 days after it was seen, 30 after it began. */
struct hf_login *hf_login_find(struct hf_credentials *credentials, const char *cookie);
/* Whether this login goes on, so that what it began is of use. */
bool hf_login_is_there(const struct hf_credentials *credentials, const char *id);
/* Whether somebody signed in from this address, and was not signed out since. */
bool hf_login_was_from(const struct hf_credentials *credentials, const char *address);
/* Whether this is the id of a login that goes on, or of a token. */
bool hf_credentials_know(const struct hf_credentials *credentials, const char *id);
/* Who is signed out, and a token that is removed, is so also when the call fails because that could
 * not be kept: the safe side. hf_credentials_keep writes it later. */
int hf_login_end(struct hf_credentials *credentials, struct hf_login *login, struct hf_error *err);
int hf_login_end_others(struct hf_credentials *credentials, const struct hf_login *keep,
                        struct hf_error *err);

/* A new token; `text` ("hf_...") is told once. HF_EXISTS for a name that is there. NULL: err. */
enum { HF_TOKEN_TEXT = HF_SECRET_TEXT + 3 };
struct hf_token *hf_token_add(struct hf_credentials *credentials, const char *name,
                              enum hf_access access, char text[HF_TOKEN_TEXT],
                              struct hf_error *err);
struct hf_token *hf_token_find(struct hf_credentials *credentials, const char *text);
int hf_token_remove(struct hf_credentials *credentials, const char *id, struct hf_error *err);

int hf_credentials_kit_saved(struct hf_credentials *credentials, int64_t when,
                             struct hf_error *err);

/* So many random bytes (at most 32) in hexadecimal. */
int hf_secret_make(char *out, size_t bytes, const struct hf_env *env, struct hf_error *err);

#endif
