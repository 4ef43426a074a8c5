#include "codec/password.h"

#include <sodium.h>
#include <string.h>

#include "codec/key.h"

_Static_assert(HF_PASSWORD_TEXT >= crypto_pwhash_STRBYTES, "room for libsodium's text");

int hf_password_hash(char out[HF_PASSWORD_TEXT], const char *password, struct hf_error *err)
{
    if (crypto_pwhash_str(out, password, strlen(password), HF_ARGON_PASSES, HF_ARGON_MEMORY))
        return hf_error_memory(err);
    return 0;
}

bool hf_password_fits(const char *hash, const char *password)
{
    return !crypto_pwhash_str_verify(hash, password, strlen(password));
}
