#include "portable/profile_request.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

static const char *value_of(const struct hf_profile_value *values, const char *name, size_t length)
{
    for (; values->name; values++)
        if (strlen(values->name) == length && !strncmp(values->name, name, length))
            return values->text;
    return NULL;
}

/* All but the unreserved characters of RFC 3986. */
static int append_encoded(struct hf_buf *out, const char *text, struct hf_error *err)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (hf_buf_print(out, err, strchr(plain, *c) ? "%c" : "%%%02X", *c))
            return -1;
    return 0;
}

static int append_bare(struct hf_buf *out, const char *text, const char *ends, struct hf_error *err)
{
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length && strchr(ends, text[length - 1]))
        length--;
    return hf_buf_append(out, text, length, err);
}

enum part { PART_URL, PART_HEADER };

static int append_value(struct hf_buf *out, enum part part, const char *text, struct hf_error *err)
{
    if (part == PART_HEADER)
        return append_bare(out, text, " \t\r\n", err);
    return out->length ? append_encoded(out, text, err) : append_bare(out, text, "/ \t\r\n", err);
}

static char *fill(const char *pattern, enum part part, const struct hf_profile_value *values,
                  struct hf_error *err)
{
    struct hf_buf out = {0};
    while (*pattern) {
        size_t plain = strcspn(pattern, "{"), name;
        if (hf_buf_append(&out, pattern, plain, err))
            goto failed;
        pattern += plain;
        if (!*pattern)
            break;
        name = strcspn(++pattern, "}");
        const char *text = value_of(values, pattern, name);
        if (!text || !*text) {
            hf_error_set(err, HF_CONFIG, "'%.*s' is not set", (int)name, pattern);
            goto failed;
        }
        if (append_value(&out, part, text, err))
            goto failed;
        pattern += name + (pattern[name] == '}');
    }
    if (!hf_buf_append(&out, "", 1, err))
        return (char *)out.data;
failed:
    hf_buf_release(&out);
    return NULL;
}

int hf_profile_fill(struct hf_profile_filled *out, const struct hf_profile_request *request,
                    const struct hf_profile_value *values, struct hf_error *err)
{
    struct hf_profile_filled filled = {
        .url = fill(request->url, PART_URL, values, err),
        .headers = calloc(request->headers.count + 1, sizeof *filled.headers)};
    int failed = filled.url ? 0 : -1;
    if (!failed && !filled.headers)
        failed = hf_error_memory(err);
    for (size_t i = 0; !failed && i < request->headers.count; i++) {
        filled.headers[i] = fill(request->headers.items[i], PART_HEADER, values, err);
        failed = filled.headers[i] ? 0 : -1;
    }
    if (failed)
        hf_profile_filled_release(&filled);
    else
        *out = filled;
    return failed;
}

static bool pattern_uses(const char *pattern, const char *name)
{
    size_t length = strlen(name);
    while ((pattern = strchr(pattern, '{'))) {
        pattern++;
        if (!strncmp(pattern, name, length) && pattern[length] == '}')
            return true;
    }
    return false;
}

bool hf_profile_request_uses(const struct hf_profile_request *request, const char *name)
{
    bool uses = pattern_uses(request->url, name);
    for (size_t i = 0; i < request->headers.count; i++)
        uses |= pattern_uses(request->headers.items[i], name);
    return uses;
}

void hf_profile_filled_release(struct hf_profile_filled *filled)
{
    for (char **header = filled->headers; header && *header; header++) {
        explicit_bzero(*header, strlen(*header));
        free(*header);
    }
    free(filled->headers);
    free(filled->url);
    *filled = (struct hf_profile_filled){0};
}
