/*
 * The file of console/credentials.h. `holdfast console reset-password` may write it while a console
 * runs, which takes that as its own at the next request.
 */
#ifndef HF_CONSOLE_CREDENTIALS_FILE_H
#define HF_CONSOLE_CREDENTIALS_FILE_H

#include "console/credentials.h"

/* Has somebody else written it? */
bool hf_credentials_changed(const struct hf_credentials *credentials);

/* As it is now it is known: not to be read again until it changes. */
void hf_credentials_note(struct hf_credentials *credentials);

/* Into a `credentials` that has only its `env` and `path`. HF_CORRUPT. */
int hf_credentials_load(struct hf_credentials *credentials, struct hf_error *err);

/* HF_STALE: somebody else has written it, and that is not lost. */
int hf_credentials_save(struct hf_credentials *credentials, struct hf_error *err);

#endif
