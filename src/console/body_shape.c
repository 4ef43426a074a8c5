#include "console/body_shape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Where the shape has the type of this member; NULL: it has no such one. */
static const char *type_in(const char *shape, const char *key)
{
    size_t length = strlen(key);
    for (const char *at = shape; *at; at += strcspn(at, " "), at += strspn(at, " "))
        if (!strncmp(at, key, length) && at[length] == ':')
            return at + length + 1;
    return NULL;
}

static bool is_of(const json_t *value, const char *type)
{
    switch (*type) {
    case 't':
        return json_is_string(value);
    case 'n':
        return json_is_integer(value);
    case 's':
        return json_is_boolean(value);
    case 'o':
        return json_is_object(value);
    default:
        return true;
    }
}

static const char *called(const char *type)
{
    switch (*type) {
    case 't':
        return "a text";
    case 'n':
        return "a whole number";
    case 's':
        return "true or false";
    default:
        return "an object";
    }
}

int hf_body_shape_check(const json_t *object, const char *shape, struct hf_error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        const char *type = type_in(shape, key);
        if (!type || strpbrk(key, ": "))
            return hf_error_set(err, HF_USAGE, "there is no member '%.60s' here", key);
        if (!json_is_null(value) && !is_of(value, type))
            return hf_error_set(err, HF_USAGE, "'%s' is %s", key, called(type));
    }
    return 0;
}
