#include "schema/prisma/expression.h"

#include <stdint.h>
#include <string.h>

enum { DEEPEST_VALUE = 32 };

static struct hf_prisma_value *parse_value(struct hf_prisma_parser *parser, int depth);

void *hf_prisma_new(struct hf_prisma_parser *parser, size_t size)
{
    void *memory = hf_heap_alloc(parser->heap, size, parser->err);
    parser->failed |= !memory;
    return memory;
}

const char *hf_prisma_text(struct hf_prisma_parser *parser, size_t start, size_t end)
{
    char *text = hf_prisma_new(parser, end - start + 1);
    if (text)
        memcpy(text, parser->cursor.source->text + start, end - start);
    return text;
}

struct hf_prisma_span hf_prisma_span_from(const struct hf_prisma_parser *parser, size_t start)
{
    return (struct hf_prisma_span){parser->cursor.source, start, parser->cursor.at};
}

static void complain(struct hf_prisma_parser *parser, size_t start, size_t end, const char *message)
{
    if (!parser->failed && hf_diagnose(parser->diagnostics, parser->cursor.source, start,
                                       end - start, parser->err, "%s", message))
        parser->failed = true;
}

/* "\uXXXX" at `at`: its sixteen bits, or -1. */
static int32_t code_unit(const char *at, const char *end)
{
    int32_t unit = 0;
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static char *put_utf8(char *out, uint32_t code)
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    int length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(length == 1 ? code : lead[length] | code);
    return out + length;
}

/* Decodes one "\u" escape, or a pair of surrogates; a NUL cannot be kept in a text of C. */
static const char *unescape_unicode(struct hf_prisma_parser *parser, const char *at,
                                    const char *end, char **out)
{
    size_t offset = (size_t)(at - parser->cursor.source->text);
    int32_t unit = code_unit(at, end);
    if (unit > 0 && (unit < 0xd800 || unit > 0xdfff)) {
        *out = put_utf8(*out, (uint32_t)unit);
        return at + 6;
    }
    int32_t low = unit >= 0xd800 && unit < 0xdc00 ? code_unit(at + 6, end) : -1;
    if (low >= 0xdc00 && low <= 0xdfff) {
        *out = put_utf8(*out, 0x10000 + (((uint32_t)unit - 0xd800) << 10) + (uint32_t)low - 0xdc00);
        return at + 12;
    }
    complain(parser, offset, offset + 2,
             "this Unicode escape is not valid: write \\u and four "
             "hexadecimal digits");
    return at + 2;
}

static const char *unescape(struct hf_prisma_parser *parser, size_t start, size_t end)
{
    static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *at = parser->cursor.source->text + start, *stop = parser->cursor.source->text + end;
    char *text = hf_prisma_new(parser, end - start + 1);
    if (!text)
        return NULL;
    char *out = text;
    while (at < stop) {
        const char *known;
        if (*at != '\\') {
            *out++ = *at++;
        } else if (at[1] == 'u') {
            at = unescape_unicode(parser, at, stop, &out);
        } else if ((known = memchr(escapes, at[1], sizeof escapes - 1))) {
            *out++ = meanings[known - escapes];
            at += 2;
        } else {
            size_t offset = (size_t)(at - parser->cursor.source->text);
            complain(parser, offset, offset + 2,
                     "this escape is not known; a backslash itself is written \\\\");
            at += 2;
            while (at < stop && ((unsigned char)*at & 0xc0) == 0x80)
                at++;
        }
    }
    *out = 0;
    return text;
}

static struct hf_prisma_value *new_value(struct hf_prisma_parser *parser,
                                         enum hf_prisma_value_kind kind, size_t start)
{
    struct hf_prisma_value *value = hf_prisma_new(parser, sizeof *value);
    if (value) {
        value->kind = kind;
        value->span = hf_prisma_span_from(parser, start);
    }
    return value;
}

struct hf_prisma_value *hf_prisma_parse_string(struct hf_prisma_parser *parser)
{
    size_t start = parser->cursor.at;
    if (!hf_prisma_take_string(&parser->cursor))
        return NULL;
    struct hf_prisma_value *value = new_value(parser, HF_PRISMA_STRING, start);
    if (value)
        value->text = unescape(parser, start + 1, parser->cursor.at - 1);
    return value;
}

/* "name: value", "name:" or "value". */
static struct hf_prisma_argument *parse_argument(struct hf_prisma_parser *parser, int depth)
{
    struct hf_prisma_cursor start = parser->cursor;
    struct hf_prisma_argument *argument = hf_prisma_new(parser, sizeof *argument);
    if (!argument)
        return NULL;
    if (hf_prisma_take_identifier(&parser->cursor)) {
        size_t end = parser->cursor.at;
        hf_prisma_skip_space(&parser->cursor);
        if (hf_prisma_take(&parser->cursor, ":"))
            argument->name = hf_prisma_text(parser, start.at, end);
        else
            parser->cursor = start;
    }
    struct hf_prisma_cursor before = parser->cursor;
    hf_prisma_skip_space(&parser->cursor);
    argument->value = parse_value(parser, depth);
    if (!argument->value) {
        parser->cursor = before;
        if (!argument->name)
            return NULL;
    }
    argument->span = hf_prisma_span_from(parser, start.at);
    return argument;
}

/* What stands between brackets of one kind, the opening one taken already. */
static bool parse_items(struct hf_prisma_parser *parser, struct hf_prisma_arguments *items,
                        const char *close, int depth)
{
    bool call = close[0] == ')', object = close[0] == '}';
    struct hf_prisma_argument **tail = &items->first;
    hf_prisma_skip_space(&parser->cursor);
    while (!hf_prisma_take(&parser->cursor, close)) {
        size_t comma = parser->cursor.at;
        if (items->first && !hf_prisma_take(&parser->cursor, ","))
            return false;
        hf_prisma_skip_space(&parser->cursor);
        if (call && items->first && hf_prisma_take(&parser->cursor, close)) {
            items->comma = (struct hf_prisma_span){parser->cursor.source, comma, comma + 1};
            return true;
        }
        struct hf_prisma_argument *item = parse_argument(parser, depth);
        if (!item || (!call && !item->name != !object) || (object && !item->value))
            return false;
        *tail = item;
        tail = &item->next;
        hf_prisma_skip_space(&parser->cursor);
    }
    return true;
}

static struct hf_prisma_value *parse_function(struct hf_prisma_parser *parser, int depth)
{
    struct hf_prisma_cursor start = parser->cursor;
    struct hf_prisma_value *value = NULL;
    if (hf_prisma_take_path(&parser->cursor)) {
        size_t end = parser->cursor.at;
        hf_prisma_skip_space(&parser->cursor);
        if (hf_prisma_take(&parser->cursor, "("))
            value = new_value(parser, HF_PRISMA_FUNCTION, start.at);
        if (value && parse_items(parser, &value->items, ")", depth + 1)) {
            value->text = hf_prisma_text(parser, start.at, end);
            value->span = hf_prisma_span_from(parser, start.at);
            return value;
        }
    }
    parser->cursor = start;
    return NULL;
}

static struct hf_prisma_value *parse_list(struct hf_prisma_parser *parser,
                                          enum hf_prisma_value_kind kind, int depth)
{
    const char *brackets = kind == HF_PRISMA_ARRAY ? "[\0]" : "{\0}";
    struct hf_prisma_cursor start = parser->cursor;
    if (!hf_prisma_take(&parser->cursor, brackets))
        return NULL;
    struct hf_prisma_value *value = new_value(parser, kind, start.at);
    if (value && parse_items(parser, &value->items, brackets + 2, depth + 1)) {
        value->span = hf_prisma_span_from(parser, start.at);
        return value;
    }
    parser->cursor = start;
    return NULL;
}

static struct hf_prisma_value *parse_value(struct hf_prisma_parser *parser, int depth)
{
    size_t start = parser->cursor.at;
    if (depth > DEEPEST_VALUE || parser->failed)
        return NULL;
    struct hf_prisma_value *value = parse_function(parser, depth);
    if (!value)
        value = parse_list(parser, HF_PRISMA_ARRAY, depth);
    if (!value)
        value = parse_list(parser, HF_PRISMA_OBJECT, depth);
    if (!value && hf_prisma_take_number(&parser->cursor))
        value = new_value(parser, HF_PRISMA_NUMBER, start);
    if (!value)
        value = hf_prisma_parse_string(parser);
    if (!value && hf_prisma_take_path(&parser->cursor))
        value = new_value(parser, HF_PRISMA_CONSTANT, start);
    if (value && !value->text)
        value->text = hf_prisma_text(parser, start, parser->cursor.at);
    return parser->failed ? NULL : value;
}

struct hf_prisma_value *hf_prisma_parse_value(struct hf_prisma_parser *parser)
{
    return parse_value(parser, 0);
}

struct hf_prisma_attribute *hf_prisma_parse_attribute(struct hf_prisma_parser *parser,
                                                      const char *sign)
{
    struct hf_prisma_cursor start = parser->cursor;
    if (!hf_prisma_take(&parser->cursor, sign))
        return NULL;
    hf_prisma_skip_space(&parser->cursor);
    size_t name = parser->cursor.at;
    struct hf_prisma_attribute *attribute = NULL;
    if (hf_prisma_take_path(&parser->cursor))
        attribute = hf_prisma_new(parser, sizeof *attribute);
    if (!attribute) {
        parser->cursor = start;
        return NULL;
    }
    attribute->name = hf_prisma_text(parser, name, parser->cursor.at);
    struct hf_prisma_cursor end = parser->cursor;
    hf_prisma_skip_space(&parser->cursor);
    if (!hf_prisma_take(&parser->cursor, "(") ||
        !parse_items(parser, &attribute->arguments, ")", 0)) {
        parser->cursor = end;
        attribute->arguments = (struct hf_prisma_arguments){0};
    }
    attribute->span = hf_prisma_span_from(parser, start.at);
    return attribute;
}
