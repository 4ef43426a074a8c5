/*
 * Escaped halves of characters in JSON text.
 */
#ifndef HF_PORTABLE_JSON_SURROGATE_H
#define HF_PORTABLE_JSON_SURROGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Turns each escaped surrogate that lacks its partner ("\ud83d" alone) into "\ufffd", in place: no
 * UTF-8 exists for it, and the parser would make '?' of one and nonsense of another. Returns how
 * many bytes from the beginning are done: an escape that the end of `text` cuts waits for more,
 * unless `last` says that no more will come. Call it next with what is left, moved to the front.
 */
size_t hf_json_mend_surrogates(uint8_t *text, size_t length, bool last);

#endif
