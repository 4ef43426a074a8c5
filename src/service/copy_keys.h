/*
 * What encrypts and opens portable copies: a passphrase, recipients, identities. None of it is the
 * repository's.
 */
#ifndef HF_CLI_COPY_KEYS_H
#define HF_CLI_COPY_KEYS_H

#include "base/bytes.h"
#include "cli/cli.h"
#include "codec/age.h"

struct hf_copy_keys {
    char *passphrase; /* or NULL */
    struct hf_age_recipient recipients[HF_AGE_MOST_RECIPIENTS];
    int recipient_count;
    struct hf_age_identity identities[HF_AGE_MOST_RECIPIENTS];
    int identity_count;
};

/*
 * The passphrase from --copy-passphrase-file, which the verb has, else HOLDFAST_COPY_PASSPHRASE or
 * HOLDFAST_COPY_PASSPHRASE_FILE; `recipients` with commas between; `identity` is a file as
 * age-keygen writes it. What is not given (NULL) is not there.
 */
int hf_copy_keys_read(struct hf_copy_keys *out, const struct hf_cli *cli, const char *recipients,
                      const char *identity, struct hf_error *err);
void hf_copy_keys_release(struct hf_copy_keys *keys); /* wipes */
HF_AUTO_RELEASE(hf_copy_keys)

#endif
