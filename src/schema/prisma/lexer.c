#include "schema/prisma/lexer.h"

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

/* Letters beyond ASCII are what lies outside of the ranges where Unicode has signs, marks and
 * digits (of the scripts in use; https://www.unicode.org/charts/). */
static bool is_wide_letter(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } others[] = {
        {0x80, 0xa9},       {0xab, 0xb4},       {0xb6, 0xb9},     {0xbb, 0xbf},
        {0xd7, 0xd7},       {0xf7, 0xf7},       {0x300, 0x36f},   {0x660, 0x669},
        {0x6f0, 0x6f9},     {0x966, 0x96f},     {0x9e6, 0x9ef},   {0xe50, 0xe59},
        {0x1680, 0x1680},   {0x2000, 0x206f},   {0x20a0, 0x20ff}, {0x2190, 0x2bff},
        {0x2e00, 0x2e7f},   {0x3000, 0x3004},   {0x3007, 0x3030}, {0xd800, 0xf8ff},
        {0xfe00, 0xfe6f},   {0xff00, 0xff20},   {0xff3b, 0xff40}, {0xff5b, 0xff65},
        {0x1d000, 0x1d3ff}, {0x1f000, 0x1faff},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (code >= others[i].first && code <= others[i].last)
            return false;
    return true;
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
