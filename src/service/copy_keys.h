/*
 * What encrypts and opens portable copies: a passphrase, recipients, identities. None of it is the
 * repository's.
 */
#ifndef HF_SERVICE_COPY_KEYS_H
#define HF_SERVICE_COPY_KEYS_H

#include "base/bytes.h"
#include "codec/age.h"
#include "os/env.h"

struct hf_copy_keys {
    char *passphrase; /* or NULL */
    struct hf_age_recipient recipients[HF_AGE_MOST_RECIPIENTS];
    int recipient_count;
    struct hf_age_identity identities[HF_AGE_MOST_RECIPIENTS];
    int identity_count;
};

/* NULL: not given. */
struct hf_copy_key_places {
    const char *passphrase_file; /* else what HOLDFAST_COPY_PASSPHRASE or its _FILE says */
    const char *recipients;      /* with commas between */
    const char *identity_file;   /* as age-keygen writes it */
};

int hf_copy_keys_read(struct hf_copy_keys *out, const struct hf_env *env,
                      const struct hf_copy_key_places *places, struct hf_error *err);

/* One of them as it was typed or pasted, after hf_codec_init; the caller wipes the text, which the
 * last one changes. */
int hf_copy_keys_take_passphrase(struct hf_copy_keys *out, const char *text, struct hf_error *err);
int hf_copy_keys_take_recipients(struct hf_copy_keys *out, const char *list, struct hf_error *err);
int hf_copy_keys_take_identities(struct hf_copy_keys *out, char *text, struct hf_error *err);

void hf_copy_keys_release(struct hf_copy_keys *keys); /* wipes */
HF_AUTO_RELEASE(hf_copy_keys)

#endif
