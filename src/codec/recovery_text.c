/* Crockford's Base32, https://www.crockford.com/base32.html: no I, L, O, U. */
#include <sodium.h>
#include <string.h>

#include "codec/key.h"

enum {
    CHECK_BYTES = 3,
    CODED_BYTES = HF_KEY_BYTES + CHECK_BYTES,
    CODED_CHARACTERS = CODED_BYTES * 8 / 5,
    GROUP = 4,
};

_Static_assert(CODED_BYTES * 8 % 5 == 0, "no padding");
_Static_assert(CODED_CHARACTERS + CODED_CHARACTERS / GROUP == HF_RECOVERY_TEXT, "text and NUL");

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void check_of(uint8_t out[CHECK_BYTES], const uint8_t *key)
{
    uint8_t hash[HF_KEY_BYTES];
    crypto_generichash(hash, sizeof hash, key, HF_KEY_BYTES, NULL, 0);
    memcpy(out, hash, CHECK_BYTES);
    hf_wipe(hash, sizeof hash);
}

void hf_key_to_recovery_text(char out[HF_RECOVERY_TEXT], const struct hf_key *key)
{
    uint8_t coded[CODED_BYTES];
    memcpy(coded, key->bytes, HF_KEY_BYTES);
    check_of(coded + HF_KEY_BYTES, key->bytes);
    unsigned window = 0, bits = 0, next = 0;
    for (int i = 0; i < CODED_CHARACTERS; i++) {
        if (bits < 5) {
            window = window << 8 | coded[next++];
            bits += 8;
        }
        bits -= 5;
        if (i && i % GROUP == 0)
            *out++ = '-';
        *out++ = alphabet[window >> bits & 31];
    }
    *out = 0;
    hf_wipe(coded, sizeof coded);
}

/* -1 for what is no character of the alphabet. */
static int value_of(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    if (c == 'O')
        c = '0';
    if (c == 'I' || c == 'L')
        c = '1';
    const char *found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

static int refuse_character(struct hf_error *err, char c, size_t position)
{
    if (c > ' ' && c < 0x7f)
        hf_error_set(err, HF_WRONG_KEY, "no recovery key has the character '%c' (position %zu)", c,
                     position);
    else
        hf_error_set(err, HF_WRONG_KEY, "no recovery key has the byte 0x%02x (position %zu)",
                     (unsigned char)c, position);
    return hf_error_hint(err, "letters and digits without U; dashes and blanks do not matter");
}

/* Takes all characters; how many there are goes to `*count`, also past what fits. */
static int decode(uint8_t coded[CODED_BYTES], size_t *count, const char *text, struct hf_error *err)
{
    unsigned window = 0, bits = 0, next = 0;
    *count = 0;
    for (const char *c = text; *c; c++) {
        if (strchr(" \t\r\n-", *c))
            continue;
        int value = value_of(*c);
        if (value < 0)
            return refuse_character(err, *c, (size_t)(c - text) + 1);
        if (++*count > CODED_CHARACTERS)
            continue;
        window = window << 5 | (unsigned)value;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            coded[next++] = (uint8_t)(window >> bits);
        }
    }
    return 0;
}

int hf_key_from_recovery_text(struct hf_key *out, const char *text, struct hf_error *err)
{
    uint8_t coded[CODED_BYTES], check[CHECK_BYTES];
    size_t count;
    int result = decode(coded, &count, text, err);
    if (result == 0 && count != CODED_CHARACTERS)
        result = hf_error_set(err, HF_WRONG_KEY, "a recovery key has %d characters, this has %zu",
                              CODED_CHARACTERS, count);
    if (result == 0) {
        check_of(check, coded);
        if (memcmp(check, coded + HF_KEY_BYTES, CHECK_BYTES))
            result = hf_error_set(err, HF_WRONG_KEY,
                                  "the recovery key's check does not match: a character is wrong");
        else
            memcpy(out->bytes, coded, HF_KEY_BYTES);
    }
    hf_wipe(coded, sizeof coded);
    return result;
}
