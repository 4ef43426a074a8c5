#include "schema/prisma_lexer.h"

#include <stdint.h>
#include <string.h>

static unsigned char byte_at(const struct hf_prisma_cursor *cursor, size_t ahead)
{
    size_t at = cursor->at + ahead;
    return at < cursor->source->length ? (unsigned char)cursor->source->text[at] : 0;
}

/* The character at the cursor and its length, which never leaves the text, though what is loaded
 * (schema/sources.h) is valid UTF-8 anyway. */
static uint32_t character(const struct hf_prisma_cursor *cursor, size_t *length)
{
    unsigned char first = byte_at(cursor, 0);
    if (first < 0x80) {
        *length = 1;
        return first;
    }
    size_t left = cursor->source->length - cursor->at;
    *length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (*length > left)
        *length = left;
    uint32_t code = first & (0x7fu >> *length);
    for (size_t i = 1; i < *length; i++)
        code = code << 6 | (byte_at(cursor, i) & 0x3f);
    return code;
}

static bool is_wide_space(uint32_t code)
{
    return code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x202f ||
           code == 0x205f || code == 0x3000;
}

/* Letters beyond ASCII, told by the ranges in which Unicode has none of weight. */
static bool is_wide_letter(uint32_t code)
{
    if (code < 0xc0)
        return code == 0xaa || code == 0xb5 || code == 0xba;
    return code != 0xd7 && code != 0xf7 && code != 0x1680 && !(code >= 0x2000 && code <= 0x206f) &&
           !(code >= 0x20a0 && code <= 0x20cf) && !(code >= 0x2190 && code <= 0x2bff) &&
           !(code >= 0x2e00 && code <= 0x2e7f) && !(code >= 0x3000 && code <= 0x3004) &&
           !(code >= 0x3008 && code <= 0x3020) && !(code >= 0xd800 && code <= 0xf8ff) &&
           !(code >= 0xff00 && code <= 0xff0f) && !(code >= 0x1f000 && code <= 0x1faff);
}

static bool is_digit(unsigned char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter_or_digit(uint32_t code)
{
    return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
           (code >= '0' && code <= '9') || (code >= 0x80 && is_wide_letter(code));
}

bool hf_prisma_at_end(const struct hf_prisma_cursor *cursor)
{
    return cursor->at >= cursor->source->length;
}

void hf_prisma_skip_space(struct hf_prisma_cursor *cursor)
{
    while (!hf_prisma_at_end(cursor)) {
        size_t length;
        uint32_t code = character(cursor, &length);
        if (code != ' ' && code != '\t' && !is_wide_space(code))
            return;
        cursor->at += length;
    }
}

bool hf_prisma_take(struct hf_prisma_cursor *cursor, const char *text)
{
    size_t length = strlen(text);
    if (cursor->source->length - cursor->at < length ||
        memcmp(cursor->source->text + cursor->at, text, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

bool hf_prisma_take_newline(struct hf_prisma_cursor *cursor)
{
    return hf_prisma_take(cursor, "\n") || hf_prisma_take(cursor, "\r\n") ||
           hf_prisma_take(cursor, "\r");
}

void hf_prisma_skip_line(struct hf_prisma_cursor *cursor)
{
    while (!hf_prisma_at_end(cursor) && byte_at(cursor, 0) != '\n' && byte_at(cursor, 0) != '\r')
        cursor->at++;
}

bool hf_prisma_take_identifier(struct hf_prisma_cursor *cursor)
{
    size_t start = cursor->at, length;
    while (!hf_prisma_at_end(cursor)) {
        uint32_t code = character(cursor, &length);
        bool inner = cursor->at > start && (code == '_' || code == '-');
        if (!inner && !is_letter_or_digit(code))
            break;
        cursor->at += length;
    }
    return cursor->at > start;
}

bool hf_prisma_take_path(struct hf_prisma_cursor *cursor)
{
    if (!hf_prisma_take_identifier(cursor))
        return false;
    while (hf_prisma_take(cursor, "."))
        hf_prisma_take_identifier(cursor);
    return true;
}

static bool take_digits(struct hf_prisma_cursor *cursor)
{
    size_t start = cursor->at;
    while (is_digit(byte_at(cursor, 0)))
        cursor->at++;
    return cursor->at > start;
}

bool hf_prisma_take_number(struct hf_prisma_cursor *cursor)
{
    size_t start = cursor->at;
    hf_prisma_take(cursor, "-");
    if (!take_digits(cursor)) {
        cursor->at = start;
        return false;
    }
    if (byte_at(cursor, 0) == '.' && is_digit(byte_at(cursor, 1))) {
        cursor->at++;
        take_digits(cursor);
    }
    return true;
}

bool hf_prisma_take_string(struct hf_prisma_cursor *cursor)
{
    size_t start = cursor->at;
    if (!hf_prisma_take(cursor, "\""))
        return false;
    while (!hf_prisma_at_end(cursor)) {
        unsigned char byte = byte_at(cursor, 0);
        if (byte == '"') {
            cursor->at++;
            return true;
        }
        if (byte < 0x20)
            break;
        cursor->at += byte == '\\' ? 2 : 1;
    }
    cursor->at = start;
    return false;
}

bool hf_prisma_take_comment(struct hf_prisma_cursor *cursor)
{
    if (hf_prisma_take(cursor, "//")) {
        hf_prisma_skip_line(cursor);
        return true;
    }
    size_t start = cursor->at;
    if (!hf_prisma_take(cursor, "/*"))
        return false;
    const char *end = strstr(cursor->source->text + cursor->at, "*/");
    if (!end) {
        cursor->at = start;
        return false;
    }
    cursor->at = (size_t)(end - cursor->source->text) + 2;
    return true;
}
