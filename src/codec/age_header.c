#include "codec/age_header.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/key.h"

enum {
    VARIANT = sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
    WRAPPED = HF_AGE_FILE_KEY + crypto_aead_chacha20poly1305_ietf_ABYTES,
    SALT = 16,
    MAC = 32,
    MOST_ARGUMENTS = 4,
    BODY_LINE = 64, /* characters; a shorter line ends a body */
    MOST_BODY = 4096,
};

static const char scrypt_label[] = "age-encryption.org/v1/scrypt";
static const char x25519_label[] = "age-encryption.org/v1/X25519";
static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

void hf_age_file_key_release(struct hf_age_file_key *key)
{
    hf_wipe(key, sizeof *key);
}

void hf_age_derive(uint8_t out[32], const void *secret, size_t secret_length, const void *salt,
                   size_t salt_length, const char *info)
{
    uint8_t pseudorandom[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, salt, salt_length);
    crypto_auth_hmacsha256_update(&state, secret, secret_length);
    crypto_auth_hmacsha256_final(&state, pseudorandom);
    crypto_auth_hmacsha256_init(&state, pseudorandom, sizeof pseudorandom);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)info, strlen(info));
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)"\x01", 1);
    crypto_auth_hmacsha256_final(&state, out);
    hf_wipe(pseudorandom, sizeof pseudorandom);
    hf_wipe(&state, sizeof state);
}

static void header_mac(uint8_t out[MAC], const struct hf_age_file_key *key, const void *text,
                       size_t length)
{
    uint8_t mac_key[32];
    crypto_auth_hmacsha256_state state;
    hf_age_derive(mac_key, key->bytes, sizeof key->bytes, "", 0, "header");
    crypto_auth_hmacsha256_init(&state, mac_key, sizeof mac_key);
    crypto_auth_hmacsha256_update(&state, text, length);
    crypto_auth_hmacsha256_final(&state, out);
    hf_wipe(mac_key, sizeof mac_key);
    hf_wipe(&state, sizeof state);
}

/* From our secret and their key, or the other way round; -1 for a key of low order. */
static int x25519_wrap_key(uint8_t out[32], const uint8_t *secret, const uint8_t *key,
                           const uint8_t *share, const uint8_t *recipient)
{
    uint8_t shared[32], salt[64];
    if (crypto_scalarmult(shared, secret, key))
        return -1;
    memcpy(salt, share, 32);
    memcpy(salt + 32, recipient, 32);
    hf_age_derive(out, shared, sizeof shared, salt, sizeof salt, x25519_label);
    hf_wipe(shared, sizeof shared);
    return 0;
}

static int scrypt_wrap_key(uint8_t out[32], const char *passphrase, const uint8_t salt[SALT],
                           int work, struct hf_error *err)
{
    uint8_t labelled[sizeof scrypt_label - 1 + SALT];
    memcpy(labelled, scrypt_label, sizeof scrypt_label - 1);
    memcpy(labelled + sizeof scrypt_label - 1, salt, SALT);
    if (crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)passphrase, strlen(passphrase),
                                              labelled, sizeof labelled, UINT64_C(1) << work, 8, 1,
                                              out, 32))
        return hf_error_set(err, HF_NO_MEMORY, "the passphrase takes %llu MiB of memory: %s",
                            1ULL << work >> 10, strerror(errno));
    return 0;
}

static int append_base64(struct hf_buf *out, const uint8_t *bytes, size_t length,
                         struct hf_error *err)
{
    char text[64];
    sodium_bin2base64(text, sizeof text, bytes, length, VARIANT);
    return hf_buf_append(out, text, strlen(text), err);
}

/* 32 bytes are 43 characters: one line, and short enough to end the body. */
static int append_wrapped(struct hf_buf *out, const struct hf_age_file_key *key,
                          const uint8_t wrap_key[32], struct hf_error *err)
{
    uint8_t wrapped[WRAPPED];
    crypto_aead_chacha20poly1305_ietf_encrypt(wrapped, NULL, key->bytes, sizeof key->bytes, NULL, 0,
                                              NULL, zero_nonce, wrap_key);
    if (append_base64(out, wrapped, sizeof wrapped, err))
        return -1;
    return hf_buf_append(out, "\n", 1, err);
}

static int append_x25519(struct hf_buf *out, const struct hf_age_file_key *key,
                         const struct hf_age_recipient *recipient,
                         const struct hf_age_encryption *how, struct hf_error *err)
{
    uint8_t secret[32], share[32], wrap_key[32];
    int result = -1;
    if (how->random(how->random_context, secret, sizeof secret, err))
        goto out;
    if (crypto_scalarmult_base(share, secret) ||
        x25519_wrap_key(wrap_key, secret, recipient->key, share, recipient->key)) {
        hf_error_set(err, HF_USAGE, "an age recipient's key is of low order");
        goto out;
    }
    if (hf_buf_print(out, err, "-> X25519 ") || append_base64(out, share, sizeof share, err) ||
        hf_buf_append(out, "\n", 1, err) || append_wrapped(out, key, wrap_key, err))
        goto out;
    result = 0;
out:
    hf_wipe(secret, sizeof secret);
    hf_wipe(wrap_key, sizeof wrap_key);
    return result;
}

static int append_scrypt(struct hf_buf *out, const struct hf_age_file_key *key,
                         const struct hf_age_encryption *how, struct hf_error *err)
{
    uint8_t salt[SALT], wrap_key[32];
    int work = how->work ? how->work : HF_AGE_WORK, result = -1;
    if (how->random(how->random_context, salt, sizeof salt, err) ||
        scrypt_wrap_key(wrap_key, how->passphrase, salt, work, err))
        goto out;
    if (hf_buf_print(out, err, "-> scrypt ") || append_base64(out, salt, sizeof salt, err) ||
        hf_buf_print(out, err, " %d\n", work) || append_wrapped(out, key, wrap_key, err))
        goto out;
    result = 0;
out:
    hf_wipe(wrap_key, sizeof wrap_key);
    return result;
}

int hf_age_header_write(struct hf_buf *out, const struct hf_age_file_key *key,
                        const struct hf_age_encryption *how, struct hf_error *err)
{
    size_t start = out->length;
    uint8_t mac[MAC];
    if (how->recipient_count > HF_AGE_MOST_RECIPIENTS)
        return hf_error_set(err, HF_USAGE, "at most %d recipients", HF_AGE_MOST_RECIPIENTS);
    if (!!how->passphrase == !!how->recipient_count)
        return hf_error_set(err, HF_USAGE,
                            "encrypt to recipients or with a passphrase: one of "
                            "them, and not both");
    if (hf_buf_append(out, HF_AGE_MAGIC, strlen(HF_AGE_MAGIC), err))
        return -1;
    for (int i = 0; i < how->recipient_count; i++) {
        if (append_x25519(out, key, &how->recipients[i], how, err))
            return -1;
    }
    if (how->passphrase && append_scrypt(out, key, how, err))
        return -1;
    if (hf_buf_append(out, "---", 3, err))
        return -1;
    header_mac(mac, key, out->data + start, out->length - start);
    if (hf_buf_append(out, " ", 1, err) || append_base64(out, mac, sizeof mac, err))
        return -1;
    return hf_buf_append(out, "\n", 1, err);
}

/* Slices of the header's text. */
struct slice {
    const char *text;
    size_t length;
};

struct stanza {
    struct slice arguments[MOST_ARGUMENTS]; /* the first is the type */
    int count;                              /* of arguments; may be more than are kept */
    uint8_t body[MOST_BODY];
    size_t body_length;
};

static int malformed(struct hf_error *err, const char *what)
{
    return hf_error_set(err, HF_CORRUPT, "the age header is damaged: %s", what);
}

static bool next_line(struct slice *rest, struct slice *line)
{
    const char *end = rest->length ? memchr(rest->text, '\n', rest->length) : NULL;
    if (!end)
        return false;
    *line = (struct slice){rest->text, (size_t)(end - rest->text)};
    rest->length -= line->length + 1;
    rest->text = end + 1;
    return true;
}

/* Canonical base64 without padding. libsodium 1.0.18 alone takes 0xaf for '/'. */
static bool decode_some(uint8_t *out, size_t room, struct slice text, size_t *made)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.text[i] & 0x80)
            return false;
    }
    return !sodium_base642bin(out, room, text.text, text.length, NULL, made, NULL, VARIANT);
}

static bool decode(uint8_t *out, size_t length, struct slice text)
{
    size_t made;
    return decode_some(out, length, text, &made) && made == length;
}

static bool is(struct slice slice, const char *text)
{
    return slice.length == strlen(text) && !memcmp(slice.text, text, slice.length);
}

/* "-> X25519 <argument>": printable characters, single spaces. */
static bool split_arguments(struct stanza *stanza, struct slice line)
{
    const char *c = line.text + 2, *end = line.text + line.length;
    stanza->count = 0;
    while (c < end) {
        if (*c++ != ' ')
            return false;
        const char *start = c;
        while (c<end && * c> ' ' && *c < 0x7f)
            c++;
        if (c == start)
            return false;
        if (stanza->count < MOST_ARGUMENTS)
            stanza->arguments[stanza->count] = (struct slice){start, (size_t)(c - start)};
        stanza->count++;
    }
    return stanza->count > 0;
}

static bool read_body(struct stanza *stanza, struct slice *rest)
{
    struct slice line;
    stanza->body_length = 0;
    do {
        size_t made;
        if (!next_line(rest, &line) || line.length > BODY_LINE ||
            !decode_some(stanza->body + stanza->body_length, MOST_BODY - stanza->body_length, line,
                         &made))
            return false;
        stanza->body_length += made;
    } while (line.length == BODY_LINE);
    return true;
}

enum opened { OPENED = 1, NOT_FOR_US = 0, FAILED = -1 };

static enum opened unwrap(struct hf_age_file_key *key, const struct stanza *stanza,
                          const uint8_t wrap_key[32])
{
    return crypto_aead_chacha20poly1305_ietf_decrypt(key->bytes, NULL, NULL, stanza->body, WRAPPED,
                                                     NULL, 0, zero_nonce, wrap_key)
               ? NOT_FOR_US
               : OPENED;
}

static enum opened open_x25519(struct hf_age_file_key *key, const struct stanza *stanza,
                               const struct hf_age_decryption *how, struct hf_error *err)
{
    uint8_t share[32], wrap_key[32];
    if (stanza->count != 2 || !decode(share, sizeof share, stanza->arguments[1]) ||
        stanza->body_length != WRAPPED)
        return malformed(err, "an X25519 recipient");
    enum opened opened = NOT_FOR_US;
    for (int i = 0; i < how->identity_count && opened == NOT_FOR_US; i++) {
        const struct hf_age_identity *identity = &how->identities[i];
        if (x25519_wrap_key(wrap_key, identity->secret, share, share, identity->key))
            return malformed(err, "an X25519 share of low order");
        opened = unwrap(key, stanza, wrap_key);
    }
    hf_wipe(wrap_key, sizeof wrap_key);
    return opened;
}

static bool read_work(int *work, struct slice text)
{
    *work = 0;
    if (!text.length || text.length > 2 || *text.text == '0')
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.text[i] < '0' || text.text[i] > '9')
            return false;
        *work = *work * 10 + (text.text[i] - '0');
    }
    return true;
}

static enum opened open_scrypt(struct hf_age_file_key *key, const struct stanza *stanza,
                               const struct hf_age_decryption *how, struct hf_error *err)
{
    uint8_t salt[SALT], wrap_key[32];
    int work;
    if (stanza->count != 3 || !decode(salt, sizeof salt, stanza->arguments[1]) ||
        !read_work(&work, stanza->arguments[2]) || stanza->body_length != WRAPPED)
        return malformed(err, "the passphrase's entry");
    if (!how->passphrase)
        return NOT_FOR_US;
    if (work > HF_AGE_MOST_WORK)
        return hf_error_set(err, HF_UNSUPPORTED,
                            "the passphrase's work factor %d is more than the %d allowed", work,
                            HF_AGE_MOST_WORK);
    if (scrypt_wrap_key(wrap_key, how->passphrase, salt, work, err))
        return FAILED;
    enum opened opened = unwrap(key, stanza, wrap_key);
    hf_wipe(wrap_key, sizeof wrap_key);
    return opened;
}

static int not_opened(bool by_passphrase, const struct hf_age_decryption *how, struct hf_error *err)
{
    if (by_passphrase && how->passphrase)
        return hf_error_set(err, HF_WRONG_KEY, "the passphrase is not the one of this age file");
    if (by_passphrase)
        return hf_error_set(err, HF_WRONG_KEY, "this age file is encrypted with a passphrase");
    if (how->identity_count)
        return hf_error_set(err, HF_WRONG_KEY,
                            "this age file is encrypted to other recipients than this identity");
    return hf_error_set(err, HF_WRONG_KEY, "this age file is encrypted to a recipient's key");
}

static int check_mac(const struct hf_age_file_key *key, const char *text, struct slice line,
                     struct hf_error *err)
{
    uint8_t told[MAC], real[MAC];
    struct slice mac = {line.text + 4, line.length - 4};
    if (line.length < 4 || line.text[3] != ' ' || !decode(told, sizeof told, mac))
        return malformed(err, "its last line");
    header_mac(real, key, text, (size_t)(line.text + 3 - text));
    return sodium_memcmp(told, real, sizeof real) ? malformed(err, "it was changed") : 0;
}

int hf_age_header_open(struct hf_age_file_key *key, const char *text, size_t length,
                       const struct hf_age_decryption *how, struct hf_error *err)
{
    struct slice rest = {text, length}, line;
    hf_auto_free struct stanza *stanza = malloc(sizeof *stanza);
    if (!stanza)
        return hf_error_memory(err);
    if (!next_line(&rest, &line) || line.length + 1 != strlen(HF_AGE_MAGIC))
        return malformed(err, "its first line");
    enum opened opened = NOT_FOR_US;
    bool scrypt = false;
    int count = 0;
    while (next_line(&rest, &line) && line.length >= 2 && !memcmp(line.text, "->", 2)) {
        if (!split_arguments(stanza, line) || !read_body(stanza, &rest))
            return malformed(err, "a recipient");
        enum opened now = NOT_FOR_US;
        count++;
        if (is(stanza->arguments[0], "scrypt")) {
            scrypt = true;
            now = open_scrypt(key, stanza, how, err);
        } else if (is(stanza->arguments[0], "X25519") && opened == NOT_FOR_US) {
            now = open_x25519(key, stanza, how, err);
        }
        if (now == FAILED)
            return -1;
        opened = now == OPENED ? OPENED : opened;
        if (scrypt && count > 1)
            return malformed(err, "a passphrase beside other recipients");
    }
    if (rest.length || line.length < 3 || memcmp(line.text, "---", 3) != 0)
        return malformed(err, "its last line");
    if (opened != OPENED)
        return not_opened(scrypt, how, err);
    return check_mac(key, text, line, err);
}
