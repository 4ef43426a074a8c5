/*
 * Bech32 (BIP 173) without its limit of 90 characters, as age uses it for keys.
 */
#ifndef HF_CODEC_BECH32_H
#define HF_CODEC_BECH32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Exactly `length` (at most 64) bytes from `text`, whose part before the last '1' is `prefix` (in
 * lower case; the text may be in either, but not in both). False when it is not that.
 */
bool hf_bech32_decode(uint8_t *out, size_t length, const char *prefix, const char *text);

/* In lower case. `out` holds strlen(prefix) + 8 + (8 * length + 4) / 5 bytes. */
void hf_bech32_encode(char *out, const char *prefix, const uint8_t *bytes, size_t length);

#endif
