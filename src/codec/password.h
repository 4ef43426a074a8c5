/*
 * Passwords of people, kept as Argon2id (RFC 9106) in the usual text form, which holds its own salt
 * and parameters: "$argon2id$v=19$m=65536,t=3,p=1$...".
 *
 * Each of the two takes about a third of a second and 64 MiB: nothing for a loop that serves
 * others.
 */
#ifndef HF_CODEC_PASSWORD_H
#define HF_CODEC_PASSWORD_H

#include <stdbool.h>

#include "base/error.h"

enum { HF_PASSWORD_TEXT = 128 };

/* HF_NO_MEMORY when 64 MiB cannot be had. */
int hf_password_hash(char out[HF_PASSWORD_TEXT], const char *password, struct hf_error *err);

/* False too for what is no such text, or asks for more memory than can be had. */
bool hf_password_fits(const char *hash, const char *password);

#endif
