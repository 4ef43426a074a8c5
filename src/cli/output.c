#include "cli/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

int hf_exit_code(enum hf_code code)
{
    static const int codes[] = {
        [HF_OK] = 0,        [HF_FAILED] = 1,    [HF_NO_MEMORY] = 1,   [HF_IO] = 1,
        [HF_NO_SPACE] = 1,  [HF_NOT_FOUND] = 1, [HF_EXISTS] = 1,      [HF_USAGE] = 2,
        [HF_CONFIG] = 3,    [HF_LOCKED] = 4,    [HF_UNREACHABLE] = 5, [HF_CORRUPT] = 6,
        [HF_WRONG_KEY] = 7, [HF_STALE] = 8,     [HF_REFUSED] = 9,     [HF_UNSUPPORTED] = 1,
    };
    return codes[code];
}

void hf_print_error(FILE *out, const struct hf_error *err)
{
    fprintf(out, "holdfast: %s\n", err->text);
    if (err->hint[0])
        fprintf(out, "  hint: %s\n", err->hint);
}

const char *hf_format_moment(char *out, size_t size, int64_t time, int64_t now)
{
    char local[48], age[32];
    snprintf(out, size, "%s (%s)", hf_time_local(local, sizeof local, time),
             hf_time_age(age, sizeof age, time, now));
    return out;
}

const char *hf_format_count(char *out, size_t size, uint64_t count, const char *thing)
{
    snprintf(out, size, "%" PRIu64 " %s%s", count, thing, count == 1 ? "" : "s");
    return out;
}

static void must(int failed)
{
    if (!failed)
        return;
    fputs("holdfast: out of memory\n", stderr);
    exit(hf_exit_code(HF_NO_MEMORY));
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

json_t *hf_json_root(const char *verb)
{
    json_t *root = made(json_object());
    json_t *head = hf_json_object(root, "holdfast");
    hf_json_text(head, "version", HF_VERSION);
    hf_json_text(head, "verb", verb);
    return root;
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

int hf_json_take(json_t *object, json_t *members, struct hf_error *err)
{
    int failed = json_object_update(object, members);
    json_decref(members);
    return failed ? hf_error_memory(err) : 0;
}

void hf_json_error(json_t *object, const struct hf_error *err)
{
    json_t *error = hf_json_object(object, "error");
    hf_json_text(error, "code", hf_code_name(err->code));
    hf_json_integer(error, "exit", hf_exit_code(err->code));
    hf_json_text(error, "text", err->text);
    hf_json_text(error, "hint", err->hint[0] ? err->hint : NULL);
}

int hf_json_print(json_t *root, FILE *out, struct hf_error *err)
{
    int failed = json_dumpf(root, out, JSON_INDENT(2));
    json_decref(root);
    if (failed || fputc('\n', out) == EOF)
        return hf_error_sys(err, errno, "write", "standard output");
    return 0;
}
