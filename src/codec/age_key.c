#include <sodium.h>
#include <string.h>

#include "codec/age.h"
#include "codec/bech32.h"
#include "codec/key.h"

int hf_age_recipient_parse(struct hf_age_recipient *out, const char *text, struct hf_error *err)
{
    if (hf_bech32_decode(out->key, sizeof out->key, "age", text))
        return 0;
    hf_error_set(err, HF_USAGE, "'%s' is no age recipient", text);
    return hf_error_hint(err, "age-keygen prints one as 'Public key: age1...'");
}

int hf_age_identity_parse(struct hf_age_identity *out, const char *text, struct hf_error *err)
{
    if (hf_bech32_decode(out->secret, sizeof out->secret, "age-secret-key-", text) &&
        crypto_scalarmult_base(out->key, out->secret) == 0)
        return 0;
    hf_wipe(out, sizeof *out);
    return hf_error_set(err, HF_WRONG_KEY, "this is no age identity ('AGE-SECRET-KEY-1...')");
}

int hf_age_identities_parse(struct hf_age_identity *out, int most, char *text, struct hf_error *err)
{
    int count = 0, number = 0;
    while (*text) {
        char *line = text;
        size_t length = strcspn(text, "\n");
        text += length + (text[length] == '\n');
        while (length && strchr(" \t\r", line[length - 1]))
            length--;
        line[length] = 0;
        number++;
        if (!*line || *line == '#')
            continue;
        if (count == most)
            return hf_error_set(err, HF_WRONG_KEY, "more than %d identities", most);
        if (hf_age_identity_parse(&out[count++], line, err)) {
            hf_wipe(out, sizeof *out * (size_t)count);
            return hf_error_wrap(err, "line %d", number);
        }
    }
    return count ? count : hf_error_set(err, HF_WRONG_KEY, "there is no age identity in it");
}
