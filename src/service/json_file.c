#include "service/json_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "os/file.h"

json_t *hf_json_file_read(const struct hf_env *env, const char *path, size_t most,
                          struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf text = {0};
    if (hf_file_read_all(env, path, most, &text, err))
        return NULL;
    json_t *object = json_loadb((const char *)text.data, text.length, 0, NULL);
    if (json_is_object(object))
        return object;
    json_decref(object);
    hf_error_set(err, HF_CORRUPT, "'%s' is damaged", path);
    return NULL;
}

int hf_json_file_write(const struct hf_env *env, const char *path, json_t *object,
                       struct hf_error *err)
{
    hf_auto_free char *text = object ? json_dumps(object, JSON_INDENT(1)) : NULL;
    json_decref(object);
    return text ? hf_file_write_durable(env, path, text, strlen(text), 0600, HF_COMMIT_REPLACE, err)
                : hf_error_memory(err);
}
