/*
 * Doubles as text: the fewest digits that read back as the same double, in the notation of
 * ECMAScript's Number::toString (ECMA-262, 6.1.6.1.20).
 */
#ifndef HF_PORTABLE_JSON_NUMBER_H
#define HF_PORTABLE_JSON_NUMBER_H

#include <stddef.h>

enum { HF_NUMBER_TEXT = 48 };

/* "1", "7.5", "1e+21", "0.1", "0" for minus zero, as JSON.stringify prints them. `value` is finite.
 * Returns the length. */
size_t hf_number_print(char out[HF_NUMBER_TEXT], double value);

/* The same, but never to be taken for an integer: "1.0", "1e+21", "-0.0". */
size_t hf_number_print_real(char out[HF_NUMBER_TEXT], double value);

#endif
