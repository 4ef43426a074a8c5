/*
 * A small file that is one JSON object, read and written whole.
 */
#ifndef HF_SERVICE_JSON_FILE_H
#define HF_SERVICE_JSON_FILE_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"
#include "os/env.h"

/* Caller frees. NULL: HF_NOT_FOUND; HF_CORRUPT for what is no object; what else reading it may. A
 * file of more than `most` bytes is not read. */
json_t *hf_json_file_read(const struct hf_env *env, const char *path, size_t most,
                          struct hf_error *err);

/* Its owner's alone, complete or not at all, and durable. `object` is taken, and NULL is a lack of
 * memory. */
int hf_json_file_write(const struct hf_env *env, const char *path, json_t *object,
                       struct hf_error *err);

#endif
