#include "service/copy_keys.h"

#include <stdlib.h>
#include <string.h>

#include "codec/key.h"
#include "os/file.h"

static const char variable[] = "HOLDFAST_COPY_PASSPHRASE";
static const char file_variable[] = "HOLDFAST_COPY_PASSPHRASE_FILE";

enum { LARGEST_FILE = 64 << 10 };

/* The whole file with a NUL; the caller wipes and releases. */
static int read_secret(struct hf_buf *out, const struct hf_env *env, const char *path,
                       struct hf_error *err)
{
    /* Reserved at once, so that growing leaves no copy in freed memory. */
    if (hf_buf_reserve(out, 2 * LARGEST_FILE, err) ||
        hf_file_read_all(env, path, LARGEST_FILE, out, err))
        return -1;
    return hf_buf_append(out, NULL, 1, err);
}

static void forget(struct hf_buf *secret)
{
    if (secret->data)
        hf_wipe(secret->data, secret->capacity);
    hf_buf_release(secret);
}

static int set_passphrase(struct hf_copy_keys *out, const char *text, size_t length,
                          const char *source, struct hf_error *err)
{
    while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    if (!length)
        return hf_error_set(err, HF_CONFIG, "the passphrase of %s is empty", source);
    out->passphrase = strndup(text, length);
    return out->passphrase ? 0 : hf_error_memory(err);
}

static int read_passphrase(struct hf_copy_keys *out, const struct hf_env *env, const char *file,
                           struct hf_error *err)
{
    const char *direct = getenv(variable), *named = getenv(file_variable);
    if (!file && direct && named) {
        hf_error_set(err, HF_CONFIG, "%s and %s are both set", variable, file_variable);
        return hf_error_hint(err, "unset one of them");
    }
    if (!file && direct)
        return set_passphrase(out, direct, strlen(direct), variable, err);
    const char *path = file ? file : named;
    struct hf_buf text = {0};
    int result = 0;
    if (path)
        result =
            read_secret(&text, env, path, err) ||
                    set_passphrase(out, (char *)text.data, strlen((char *)text.data), path, err)
                ? -1
                : 0;
    forget(&text);
    return result;
}

int hf_copy_keys_take_recipients(struct hf_copy_keys *out, const char *list, struct hf_error *err)
{
    while (*list) {
        char one[128];
        size_t length = strcspn(list, ", ");
        if (length && out->recipient_count == HF_AGE_MOST_RECIPIENTS)
            return hf_error_set(err, HF_USAGE, "at most %d recipients", HF_AGE_MOST_RECIPIENTS);
        if (length >= sizeof one)
            return hf_error_set(err, HF_USAGE, "'%.60s...' is no age recipient", list);
        memcpy(one, list, length);
        one[length] = 0;
        if (length && hf_age_recipient_parse(&out->recipients[out->recipient_count++], one, err))
            return -1;
        list += length + (list[length] != 0);
    }
    return 0;
}

int hf_copy_keys_take_identities(struct hf_copy_keys *out, char *text, struct hf_error *err)
{
    int count = hf_age_identities_parse(out->identities, HF_AGE_MOST_RECIPIENTS, text, err);
    out->identity_count = count < 0 ? 0 : count;
    return count < 0 ? -1 : 0;
}

int hf_copy_keys_take_passphrase(struct hf_copy_keys *out, const char *text, struct hf_error *err)
{
    return set_passphrase(out, text, strlen(text), "the copy", err);
}

static int read_identities(struct hf_copy_keys *out, const struct hf_env *env, const char *path,
                           struct hf_error *err)
{
    struct hf_buf text = {0};
    int failed = read_secret(&text, env, path, err);
    if (!failed && hf_copy_keys_take_identities(out, (char *)text.data, err))
        failed = hf_error_wrap(err, "'%s'", path);
    forget(&text);
    return failed;
}

int hf_copy_keys_read(struct hf_copy_keys *out, const struct hf_env *env,
                      const struct hf_copy_key_places *places, struct hf_error *err)
{
    if (hf_codec_init(err) || read_passphrase(out, env, places->passphrase_file, err) ||
        (places->recipients && hf_copy_keys_take_recipients(out, places->recipients, err)))
        return -1;
    return places->identity_file ? read_identities(out, env, places->identity_file, err) : 0;
}

void hf_copy_keys_release(struct hf_copy_keys *keys)
{
    if (keys->passphrase)
        hf_wipe(keys->passphrase, strlen(keys->passphrase));
    free(keys->passphrase);
    hf_wipe(keys, sizeof *keys);
}
