#include "portable/json_writer.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "portable/base64.h"
#include "portable/json_number.h"
#include "portable/utf8.h"

enum { HELD = 64 << 10 };

int hf_json_writer_init(struct hf_json_writer *writer, const struct hf_sink *sink,
                        struct hf_error *err)
{
    *writer = (struct hf_json_writer){.sink = sink};
    return hf_buf_reserve(&writer->held, HELD, err);
}

void hf_json_writer_release(struct hf_json_writer *writer)
{
    hf_buf_release(&writer->held);
}

bool hf_json_writer_failed(const struct hf_json_writer *writer)
{
    return writer->failure.code != HF_OK;
}

static void hand_on(struct hf_json_writer *writer, const void *bytes, size_t length)
{
    if (length && !hf_json_writer_failed(writer))
        hf_sink_write(writer->sink, bytes, length, &writer->failure);
}

static void hand_on_held(struct hf_json_writer *writer)
{
    hand_on(writer, writer->held.data, writer->held.length);
    writer->held.length = 0;
}

int hf_json_writer_flush(struct hf_json_writer *writer, struct hf_error *err)
{
    hand_on_held(writer);
    return hf_json_writer_failed(writer) ? hf_error_pass(err, &writer->failure) : 0;
}

static void put(struct hf_json_writer *writer, const char *bytes, size_t length)
{
    if (length > HELD - writer->held.length)
        hand_on_held(writer);
    if (length > HELD) {
        hand_on(writer, bytes, length);
        return;
    }
    memcpy(writer->held.data + writer->held.length, bytes, length);
    writer->held.length += length;
}

static void put_newline(struct hf_json_writer *writer)
{
    static const char line[2 * HF_JSON_WRITER_DEPTH + 2] =
        "\n                                                                "
        "                                                                ";
    put(writer, line, 1 + 2 * (size_t)writer->depth);
}

/* Comma, newline and indentation before the next element or name. */
static void separate(struct hf_json_writer *writer)
{
    struct hf_json_level *level = &writer->levels[writer->depth - 1];
    if (level->filled)
        put(writer, ",", 1);
    if (level->layout == HF_JSON_LINES)
        put_newline(writer);
    level->filled = true;
}

static void before_value(struct hf_json_writer *writer)
{
    if (!writer->depth) {
        assert(!writer->has_root);
        writer->has_root = true;
        return;
    }
    struct hf_json_level *level = &writer->levels[writer->depth - 1];
    if (level->closing == '}') {
        assert(level->has_name);
        level->has_name = false;
    } else {
        separate(writer);
    }
}

static void open_level(struct hf_json_writer *writer, const char *bracket, char closing,
                       enum hf_json_layout layout)
{
    before_value(writer);
    assert(writer->depth < HF_JSON_WRITER_DEPTH);
    if (writer->depth && writer->levels[writer->depth - 1].layout == HF_JSON_COMPACT)
        layout = HF_JSON_COMPACT;
    writer->levels[writer->depth++] = (struct hf_json_level){.closing = closing, .layout = layout};
    put(writer, bracket, 1);
}

void hf_json_open_object(struct hf_json_writer *writer, enum hf_json_layout layout)
{
    open_level(writer, "{", '}', layout);
}

void hf_json_open_array(struct hf_json_writer *writer, enum hf_json_layout layout)
{
    open_level(writer, "[", ']', layout);
}

void hf_json_close(struct hf_json_writer *writer)
{
    assert(writer->depth);
    struct hf_json_level *level = &writer->levels[--writer->depth];
    assert(!level->has_name);
    if (level->filled && level->layout == HF_JSON_LINES)
        put_newline(writer);
    put(writer, &level->closing, 1);
}

/* What QuoteJSONString of ECMA-262 escapes: the rest is written as it is. */
static const char *escape_of(unsigned char c, char room[8])
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        snprintf(room, 8, "\\u%04x", c);
        return room;
    }
}

/* The length of what can be copied as it is: ASCII that needs no escape. */
static size_t plain_length(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && (unsigned char)text[i] >= 0x20 && (unsigned char)text[i] < 0x80 &&
           text[i] != '"' && text[i] != '\\')
        i++;
    return i;
}

static void put_quoted(struct hf_json_writer *writer, const char *text, size_t length)
{
    put(writer, "\"", 1);
    while (length) {
        size_t step = plain_length(text, length);
        if (!step && (unsigned char)*text >= 0x80)
            step = hf_utf8_character(text, length);
        if (step) {
            put(writer, text, step);
        } else if ((unsigned char)*text >= 0x80) {
            put(writer, "\xef\xbf\xbd", 3);
            step = 1;
        } else {
            char room[8];
            const char *escape = escape_of((unsigned char)*text, room);
            put(writer, escape, strlen(escape));
            step = 1;
        }
        text += step;
        length -= step;
    }
    put(writer, "\"", 1);
}

void hf_json_name_bytes(struct hf_json_writer *writer, const char *name, size_t length)
{
    assert(writer->depth);
    struct hf_json_level *level = &writer->levels[writer->depth - 1];
    assert(level->closing == '}' && !level->has_name);
    separate(writer);
    level->has_name = true;
    put_quoted(writer, name, length);
    put(writer, ": ", level->layout == HF_JSON_LINES ? 2 : 1);
}

void hf_json_name(struct hf_json_writer *writer, const char *name)
{
    hf_json_name_bytes(writer, name, strlen(name));
}

void hf_json_put_raw(struct hf_json_writer *writer, const char *text, size_t length)
{
    before_value(writer);
    put(writer, text, length);
}

void hf_json_put_bytes(struct hf_json_writer *writer, const char *text, size_t length)
{
    before_value(writer);
    put_quoted(writer, text, length);
}

void hf_json_put_string(struct hf_json_writer *writer, const char *text)
{
    hf_json_put_bytes(writer, text, strlen(text));
}

void hf_json_put_integer(struct hf_json_writer *writer, int64_t value)
{
    char text[24], *c = text + sizeof text;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        *--c = (char)('0' + left % 10);
    while (left /= 10);
    if (value < 0)
        *--c = '-';
    hf_json_put_raw(writer, c, (size_t)(text + sizeof text - c));
}

void hf_json_put_base64(struct hf_json_writer *writer, const void *bytes, size_t length)
{
    enum { STEP = 768 };
    char text[STEP / 3 * 4];
    const uint8_t *next = bytes;
    before_value(writer);
    put(writer, "\"", 1);
    while (length) {
        size_t step = length < STEP ? length : STEP;
        hf_base64_encode(text, next, step);
        put(writer, text, hf_base64_length(step));
        next += step;
        length -= step;
    }
    put(writer, "\"", 1);
}

void hf_json_put_double(struct hf_json_writer *writer, double value)
{
    char text[HF_NUMBER_TEXT];
    if (isfinite(value))
        hf_json_put_raw(writer, text, hf_number_print(text, value));
    else
        hf_json_put_null(writer);
}

void hf_json_put_boolean(struct hf_json_writer *writer, bool value)
{
    hf_json_put_raw(writer, value ? "true" : "false", value ? 4 : 5);
}

void hf_json_put_null(struct hf_json_writer *writer)
{
    hf_json_put_raw(writer, "null", 4);
}

void hf_json_end_line(struct hf_json_writer *writer)
{
    assert(!writer->depth && writer->has_root);
    put(writer, "\n", 1);
}
