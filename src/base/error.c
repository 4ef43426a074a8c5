#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const code_names[] = {
    [HF_OK] = "ok",
    [HF_FAILED] = "failed",
    [HF_NO_MEMORY] = "no_memory",
    [HF_IO] = "io",
    [HF_NO_SPACE] = "no_space",
    [HF_NOT_FOUND] = "not_found",
    [HF_EXISTS] = "exists",
    [HF_USAGE] = "usage",
    [HF_CONFIG] = "config",
    [HF_LOCKED] = "locked",
    [HF_UNREACHABLE] = "unreachable",
    [HF_CORRUPT] = "corrupt",
    [HF_WRONG_KEY] = "wrong_key",
    [HF_STALE] = "stale",
    [HF_REFUSED] = "refused",
    [HF_UNSUPPORTED] = "unsupported",
};

const char *hf_code_name(enum hf_code code)
{
    return code_names[code];
}

enum hf_code hf_code_of_name(const char *name)
{
    for (size_t i = 0; i < sizeof code_names / sizeof *code_names; i++) {
        if (!strcmp(code_names[i], name))
            return (enum hf_code)i;
    }
    return HF_FAILED;
}

static const char ellipsis[] = "\xe2\x80\xa6";

/* Copies one line: control characters become escapes; what does not fit is cut at a character. */
static void copy_line(char *out, size_t size, const char *in)
{
    size_t used = 0;
    for (const unsigned char *c = (const unsigned char *)in; *c; c++) {
        char piece[5];
        if (*c == '\n')
            memcpy(piece, "\\n", 3);
        else if (*c < 0x20 || *c == 0x7f)
            snprintf(piece, sizeof piece, "\\x%02x", *c);
        else
            piece[0] = (char)*c, piece[1] = 0;
        size_t length = strlen(piece);
        if (used + length + sizeof ellipsis > size) {
            while (used && ((unsigned char)out[used - 1] & 0xc0) == 0x80)
                used--;
            if (used && (unsigned char)out[used - 1] >= 0xc0)
                used--;
            memcpy(out + used, ellipsis, sizeof ellipsis);
            return;
        }
        memcpy(out + used, piece, length);
        used += length;
    }
    out[used] = 0;
}

/* A long path keeps its beginning and its end, which tells more than either alone. */
static void copy_subject(char *out, size_t size, const char *in)
{
    size_t length = strlen(in);
    if (length < size) {
        copy_line(out, size, in);
        return;
    }
    char shortened[200];
    const char *tail = in + length - 120;
    while (((unsigned char)*tail & 0xc0) == 0x80)
        tail++;
    size_t head = 60;
    while (head && ((unsigned char)in[head] & 0xc0) == 0x80)
        head--;
    snprintf(shortened, sizeof shortened, "%.*s%s%s", (int)head, in, ellipsis, tail);
    copy_line(out, size, shortened);
}

int hf_error_set(struct hf_error *err, enum hf_code code, const char *format, ...)
{
    if (!err)
        return -1;
    char text[2 * sizeof err->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    memset(err, 0, sizeof *err);
    err->code = code;
    copy_line(err->text, sizeof err->text, text);
    return -1;
}

static enum hf_code code_of(int sys)
{
    switch (sys) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return HF_NO_SPACE;
    case ENOENT:
    case ENOTDIR:
        return HF_NOT_FOUND;
    case EEXIST:
        return HF_EXISTS;
    case ENOMEM:
        return HF_NO_MEMORY;
    default:
        return HF_IO;
    }
}

int hf_error_sys(struct hf_error *err, int sys, const char *op, const char *subject)
{
    if (!err)
        return -1;
    char name[sizeof err->subject];
    copy_subject(name, sizeof name, subject);
    hf_error_set(err, code_of(sys), "%s '%s': %s", op, name, strerror(sys));
    err->sys = sys;
    snprintf(err->op, sizeof err->op, "%s", op);
    memcpy(err->subject, name, sizeof name);
    return -1;
}

int hf_error_pass(struct hf_error *err, const struct hf_error *found)
{
    if (err)
        *err = *found;
    return -1;
}

int hf_error_memory(struct hf_error *err)
{
    return hf_error_set(err, HF_NO_MEMORY, "out of memory");
}

int hf_error_wrap(struct hf_error *err, const char *format, ...)
{
    if (!err)
        return -1;
    char outer[sizeof err->text], text[2 * sizeof err->text + 2];
    va_list args;
    va_start(args, format);
    vsnprintf(outer, sizeof outer, format, args);
    va_end(args);
    snprintf(text, sizeof text, "%s: %s", outer, err->text);
    copy_line(err->text, sizeof err->text, text);
    return -1;
}

__attribute__((format(printf, 3, 0))) static int set_hint(struct hf_error *err, const char *typed,
                                                          const char *format, va_list args)
{
    if (!err || err->hint[0])
        return -1;
    char text[2 * sizeof err->hint];
    vsnprintf(text, sizeof text, format, args);
    copy_line(err->hint, sizeof err->hint, text);
    copy_line(err->typed, sizeof err->typed, typed);
    return -1;
}

int hf_error_hint(struct hf_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set_hint(err, "", format, args);
    va_end(args);
    return -1;
}

int hf_error_hint_typed(struct hf_error *err, const char *typed, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set_hint(err, typed, format, args);
    va_end(args);
    return -1;
}

const char *hf_error_typed_hint(char out[HF_TYPED_HINT], const struct hf_error *err)
{
    snprintf(out, HF_TYPED_HINT, err->typed[0] ? "%s (%s)" : "%s%s", err->hint, err->typed);
    return out;
}
