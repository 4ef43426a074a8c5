/*
 * A file that was sent, as a part of what a worker is asked: {"upload": its id, "path"}.
 */
#ifndef HF_CONSOLE_UPLOAD_H
#define HF_CONSOLE_UPLOAD_H

#include "console/exchange.h"

/* The one that the body names. HF_USAGE, HF_NOT_FOUND. */
int hf_upload_put(const struct hf_exchange *exchange, json_t **question, struct hf_error *err);

/* Whether the file of a question, which may have none, is still there; it is of use again.
 * HF_NOT_FOUND. */
int hf_upload_check(const struct hf_exchange *exchange, const json_t *question,
                    struct hf_error *err);

#endif
