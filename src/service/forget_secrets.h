/*
 * For processes that do not need what opens the repository, or no longer: a child, or one that goes
 * on to read what may be hostile.
 */
#ifndef HF_SERVICE_FORGET_SECRETS_H
#define HF_SERVICE_FORGET_SECRETS_H

#include <stdbool.h>

#include "service/access.h"

/* Whether a variable ("NAME=value") holds a secret of Holdfast's. */
bool hf_is_secret_variable(const char *entry);

/* Wipes all that opens the repository, in the session, the settings and the environment of this
 * process alone. Nothing is closed, as the connections may be another process's too. */
void hf_forget_secrets(struct hf_session *session, const struct hf_config *config);

#endif
