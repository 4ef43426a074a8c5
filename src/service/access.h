/*
 * From settings to an open repository. What is read from secret places and what needs the
 * repository are two steps, so that a process may give up its privileges in between.
 */
#ifndef HF_SERVICE_ACCESS_H
#define HF_SERVICE_ACCESS_H

#include <stdbool.h>

#include "config/config.h"
#include "history/repository.h"

/* What opens the repository, read from where the settings say. Wiped by release. */
struct hf_secrets {
    struct hf_unlock unlock; /* points into the rest and into the settings */
    struct hf_buf keyfile;
    struct hf_key recovery;
    enum hf_slot_kind kind; /* of a slot made from it; 0 for a recovery key, which makes none */
};

struct hf_session {
    struct hf_repository *repository;
    bool created;   /* just now */
    bool is_unmade; /* it could not be opened, as there is none and none is known to have been */
    struct hf_secrets secrets;
    bool has_borrowed; /* they are somebody else's */
};

enum hf_session_manner {
    HF_SESSION_EXISTING,  /* HF_UNREACHABLE when there is no repository */
    HF_SESSION_OR_CREATE, /* makes it on first use: HF_UNREACHABLE when there is none though this
                             host has points of a configured database in one */
    HF_SESSION_CREATE,    /* HF_EXISTS when there is one */
};

/* From these settings' passphrase, keyfile or recovery key; none of them is a plain slot. */
int hf_secrets_read(struct hf_secrets *out, const struct hf_config *config,
                    const struct hf_env *env, struct hf_error *err);
void hf_secrets_release(struct hf_secrets *secrets);
HF_AUTO_RELEASE(hf_secrets)

/* A store at the configured place. NULL: HF_CONFIG when none is configured. */
struct hf_store *hf_access_store(const struct hf_config *config, const struct hf_env *env,
                                 struct hf_error *err);

/* Opens the repository with the secrets that `session` holds already. On failure it still has
 * them. */
int hf_access_connect(struct hf_session *session, const struct hf_config *config,
                      const struct hf_env *env, enum hf_session_manner manner,
                      struct hf_error *err);

/* Both in one. On failure `out` holds nothing. */
int hf_access_open(struct hf_session *out, const struct hf_config *config, const struct hf_env *env,
                   enum hf_session_manner manner, struct hf_error *err);
/* A session with the secrets of another one, which outlives it: they were read while the process
 * might read them. It opens nothing yet. */
void hf_session_borrow(struct hf_session *out, const struct hf_secrets *secrets);
void hf_session_release(struct hf_session *session);
HF_AUTO_RELEASE(hf_session)

/* Where the state of the database `name` is kept; NULL (and 0) when it is beside the database.
 * Caller frees. */
int hf_access_state_path(char **out, const struct hf_config *config, const struct hf_env *env,
                         const char *name, struct hf_error *err);

#endif
