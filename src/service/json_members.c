#include "service/json_members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "codec/key.h"

static void must(int failed)
{
    if (!failed)
        return;
    fputs("holdfast: out of memory\n", stderr);
    exit(EXIT_FAILURE);
}

static json_t *made(json_t *value)
{
    must(!value);
    return value;
}

/* Paths and labels are bytes; JSON is UTF-8: what is not becomes U+FFFD, a byte at a time. */
static json_t *text_value(const char *text)
{
    json_t *value = json_string(text);
    if (value)
        return value;
    char *clean = malloc(3 * strlen(text) + 1);
    must(!clean);
    size_t used = 0;
    while (*text) {
        size_t length = 1;
        while ((unsigned char)*text >= 0xc0 && length < 4 &&
               ((unsigned char)text[length] & 0xc0) == 0x80)
            length++;
        json_t *character = json_stringn(text, length);
        if (character) {
            memcpy(clean + used, text, length);
            used += length;
            text += length;
        } else {
            memcpy(clean + used, "\xef\xbf\xbd", 3);
            used += 3;
            text++;
        }
        json_decref(character);
    }
    value = json_stringn(clean, used);
    free(clean);
    return made(value);
}

json_t *hf_json_new(void)
{
    return made(json_object());
}

void hf_json_text(json_t *object, const char *key, const char *text)
{
    must(json_object_set_new(object, key, text ? text_value(text) : json_null()));
}

void hf_json_integer(json_t *object, const char *key, int64_t value)
{
    must(json_object_set_new(object, key, made(json_integer(value))));
}

void hf_json_sequence(json_t *object, const char *key, uint64_t seq)
{
    must(json_object_set_new(object, key, seq ? made(json_integer((json_int_t)seq)) : json_null()));
}

void hf_json_boolean(json_t *object, const char *key, int value)
{
    must(json_object_set_new(object, key, json_boolean(value)));
}

void hf_json_time(json_t *object, const char *key, int64_t time)
{
    char iso[32], number[64];
    snprintf(number, sizeof number, "%s_ms", key);
    hf_json_text(object, key, time ? hf_time_iso(iso, sizeof iso, time) : NULL);
    must(json_object_set_new(object, number, time ? made(json_integer(time)) : json_null()));
}

json_t *hf_json_object(json_t *object, const char *key)
{
    json_t *member = made(json_object());
    must(json_object_set_new(object, key, member));
    return member;
}

json_t *hf_json_list(json_t *object, const char *key)
{
    json_t *member = made(json_array());
    must(json_object_set_new(object, key, member));
    return member;
}

json_t *hf_json_item(json_t *list)
{
    json_t *item = made(json_object());
    must(json_array_append_new(list, item));
    return item;
}

void hf_json_text_item(json_t *list, const char *text)
{
    must(json_array_append_new(list, text_value(text)));
}

/* jansson frees texts as they are. */
void hf_json_wipe_text(json_t *value)
{
    if (json_is_string(value))
        hf_wipe((char *)(uintptr_t)json_string_value(value), json_string_length(value));
}

void hf_json_wipe(json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        hf_json_wipe_text(value);
    }
    json_decref(object);
}

int hf_json_take(json_t *object, json_t *members, struct hf_error *err)
{
    int failed = json_object_update(object, members);
    json_decref(members);
    return failed ? hf_error_memory(err) : 0;
}
