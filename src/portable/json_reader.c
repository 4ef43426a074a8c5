#include "portable/json_reader.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/bytes.h"
#include "portable/json_memory.h"
#include "portable/json_surrogate.h"
#include "portable/utf8.h"

enum { CHUNK = 64 << 10, PLACE_NAME = 40 };

const struct hf_json_limits hf_json_limits_default = {.depth = 64, .length = 1 << 20};

/* As the parser tells them: the caller takes them one by one. */
struct queued {
    enum hf_json_kind kind;
    int depth;
    uint64_t line;
    size_t text; /* offset in `texts` */
    size_t length;
};

/* Of a container that the last event is in. */
struct step {
    bool is_array;
    uint64_t index;
    char name[PLACE_NAME];
};

struct hf_json_reader {
    const struct hf_source *source;
    struct hf_json_limits limits;
    struct hf_json_memory memory; /* of the parser */
    yajl_handle parser;
    struct hf_error failure; /* found while the parser ran */

    struct hf_buf raw;   /* read and not parsed yet, then what is being parsed */
    bool ended;          /* the source */
    bool finished;       /* the parser */
    size_t counted;      /* bytes of the chunk whose newlines are counted */
    uint64_t line;       /* at `counted` */
    uint64_t parsed;     /* bytes of all chunks before this one */
    uint64_t last_event; /* its byte */
    int depth;           /* of the parser */

    struct hf_buf events; /* of struct queued */
    struct hf_buf texts;
    size_t next;

    struct step *steps;
    int step_count;
};

static uint64_t line_at(struct hf_json_reader *reader, size_t offset)
{
    const uint8_t *at = reader->raw.data + reader->counted, *end = reader->raw.data + offset;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        reader->line++;
        at++;
    }
    if (offset > reader->counted)
        reader->counted = offset;
    return reader->line;
}

static int fail_at(struct hf_json_reader *reader, uint64_t line, const char *text)
{
    return hf_error_set(&reader->failure, HF_CORRUPT, "line %llu: %s", (unsigned long long)line,
                        text);
}

static int queue(struct hf_json_reader *reader, enum hf_json_kind kind, int depth, const void *text,
                 size_t length)
{
    size_t offset = yajl_get_bytes_consumed(reader->parser);
    reader->last_event = reader->parsed + offset;
    struct queued event = {.kind = kind,
                           .depth = depth,
                           .line = line_at(reader, offset),
                           .text = reader->texts.length,
                           .length = length};
    if (length > reader->limits.length)
        return fail_at(reader, event.line, "a string or number is longer than it may be");
    if (text && (hf_buf_append(&reader->texts, text, length, &reader->failure) ||
                 hf_buf_append(&reader->texts, NULL, 1, &reader->failure)))
        return -1;
    return hf_buf_append(&reader->events, &event, sizeof event, &reader->failure);
}

static int on_scalar(void *context, enum hf_json_kind kind, const void *text, size_t length)
{
    struct hf_json_reader *reader = context;
    return !queue(reader, kind, reader->depth, text, length);
}

static int on_null(void *context)
{
    return on_scalar(context, HF_JSON_NULL, NULL, 0);
}

static int on_boolean(void *context, int value)
{
    return on_scalar(context, value ? HF_JSON_TRUE : HF_JSON_FALSE, NULL, 0);
}

static int on_number(void *context, const char *text, size_t length)
{
    return on_scalar(context, HF_JSON_NUMBER, text, length);
}

static int on_text(struct hf_json_reader *reader, enum hf_json_kind kind, const void *text,
                   size_t length)
{
    if (hf_utf8_valid(text, length) != length) {
        fail_at(reader, line_at(reader, yajl_get_bytes_consumed(reader->parser)),
                "a string is not UTF-8");
        return 0;
    }
    return on_scalar(reader, kind, text, length);
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
    return on_text(context, HF_JSON_STRING, text, length);
}

static int on_name(void *context, const unsigned char *text, size_t length)
{
    return on_text(context, HF_JSON_NAME, text, length);
}

static int on_open(struct hf_json_reader *reader, enum hf_json_kind kind)
{
    if (reader->depth == reader->limits.depth) {
        fail_at(reader, line_at(reader, yajl_get_bytes_consumed(reader->parser)),
                "objects and arrays are nested too deep");
        return 0;
    }
    return !queue(reader, kind, reader->depth++, NULL, 0);
}

static int on_object(void *context)
{
    return on_open(context, HF_JSON_OBJECT);
}

static int on_array(void *context)
{
    return on_open(context, HF_JSON_ARRAY);
}

static int on_object_end(void *context)
{
    struct hf_json_reader *reader = context;
    return !queue(reader, HF_JSON_OBJECT_END, --reader->depth, NULL, 0);
}

static int on_array_end(void *context)
{
    struct hf_json_reader *reader = context;
    return !queue(reader, HF_JSON_ARRAY_END, --reader->depth, NULL, 0);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_map_key = on_name,
    .yajl_start_map = on_object,
    .yajl_end_map = on_object_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_array_end,
};

/* "parse error: premature EOF\n" without what it is not sure of. */
static int say_what_yajl_says(struct hf_json_reader *reader, struct hf_error *err)
{
    size_t offset = yajl_get_bytes_consumed(reader->parser);
    if (setjmp(reader->memory.exit))
        return hf_error_memory(err);
    unsigned char *text = yajl_get_error(reader->parser, 0, NULL, 0);
    const char *said = text ? (const char *)text : "no JSON";
    const char *colon = strstr(said, "error: ");
    said = colon ? colon + strlen("error: ") : said;
    said = strncmp(said, "premature EOF", 13) ? said : "the JSON ends in the middle";
    line_at(reader, offset < reader->raw.length ? offset : reader->raw.length);
    hf_error_set(err, HF_CORRUPT, "line %llu: %.*s", (unsigned long long)reader->line,
                 (int)strcspn(said, "\n"), said);
    if (text)
        yajl_free_error(reader->parser, text);
    return -1;
}

static int parse_failed(struct hf_json_reader *reader, yajl_status status, struct hf_error *err)
{
    if (reader->failure.code)
        return hf_error_pass(err, &reader->failure);
    return status == yajl_status_error ? say_what_yajl_says(reader, err) : hf_error_memory(err);
}

/* Hands the first bytes of the chunk to yajl. A cancelled status without a failure kept is memory
 * that it could not get. */
static yajl_status parse(struct hf_json_reader *reader, size_t length)
{
    if (setjmp(reader->memory.exit))
        return yajl_status_client_canceled;
    yajl_status status = yajl_parse(reader->parser, reader->raw.data, length);
    if (status == yajl_status_ok && reader->ended) {
        reader->finished = true;
        status = yajl_complete_parse(reader->parser);
    }
    return status;
}

static int make_parser(struct hf_json_reader *reader)
{
    yajl_alloc_funcs functions = hf_json_memory_functions(&reader->memory);
    if (setjmp(reader->memory.exit))
        return -1;
    reader->parser = yajl_alloc(&callbacks, &functions, reader);
    if (!reader->parser)
        return -1;
    yajl_config(reader->parser, yajl_dont_validate_strings, 1); /* its check takes overlong forms */
    return 0;
}

/* Reads at least a chunk; more within a long string, because the parser begins it anew with every
 * chunk. */
static int fill(struct hf_json_reader *reader, struct hf_error *err)
{
    uint64_t since = reader->parsed - reader->last_event;
    if (since > reader->limits.length + (reader->limits.length >> 2) + CHUNK) {
        fail_at(reader, reader->line, "a string or number is longer than it may be");
        return hf_error_pass(err, &reader->failure);
    }
    size_t wanted = since > CHUNK ? (size_t)since : CHUNK;
    if (hf_buf_reserve(&reader->raw, wanted, err))
        return -1;
    while (wanted && !reader->ended) {
        int64_t got =
            hf_source_read(reader->source, reader->raw.data + reader->raw.length, wanted, err);
        if (got < 0)
            return -1;
        reader->ended = !got;
        reader->raw.length += (size_t)got;
        wanted -= (size_t)got;
    }
    return 0;
}

static void pass_byte_order_mark(struct hf_json_reader *reader)
{
    if (!reader->parsed && reader->raw.length >= 3 && !memcmp(reader->raw.data, "\xef\xbb\xbf", 3))
        memset(reader->raw.data, ' ', 3);
}

/* Parses one chunk into events. */
static int advance(struct hf_json_reader *reader, struct hf_error *err)
{
    reader->events.length = reader->texts.length = reader->next = 0;
    if (fill(reader, err))
        return -1;
    pass_byte_order_mark(reader);
    size_t ready = hf_json_mend_surrogates(reader->raw.data, reader->raw.length, reader->ended);
    reader->counted = 0;
    yajl_status status = parse(reader, ready);
    if (status != yajl_status_ok || reader->failure.code)
        return parse_failed(reader, status, err);
    line_at(reader, ready);
    memmove(reader->raw.data, reader->raw.data + ready, reader->raw.length - ready);
    reader->raw.length -= ready;
    reader->parsed += ready;
    return 0;
}

struct hf_json_reader *hf_json_reader_new(const struct hf_source *source,
                                          const struct hf_json_limits *limits, struct hf_error *err)
{
    struct hf_json_reader *reader = calloc(1, sizeof *reader);
    if (reader) {
        reader->source = source;
        reader->limits = limits ? *limits : hf_json_limits_default;
        reader->line = 1;
        reader->steps = calloc((size_t)reader->limits.depth + 1, sizeof *reader->steps);
    }
    if (!reader || !reader->steps || make_parser(reader)) {
        hf_error_memory(err);
        hf_json_reader_free(reader);
        return NULL;
    }
    return reader;
}

void hf_json_reader_free(struct hf_json_reader *reader)
{
    if (!reader)
        return;
    hf_json_memory_release(&reader->memory); /* the parser, in whatever state it is */
    hf_buf_release(&reader->raw);
    hf_buf_release(&reader->events);
    hf_buf_release(&reader->texts);
    free(reader->steps);
    free(reader);
}

static void follow(struct hf_json_reader *reader, const struct hf_json_event *event)
{
    bool closes = event->kind == HF_JSON_OBJECT_END || event->kind == HF_JSON_ARRAY_END;
    struct step *step = &reader->steps[event->depth ? event->depth - 1 : 0];
    reader->step_count = event->depth;
    if (event->kind == HF_JSON_NAME)
        snprintf(step->name, sizeof step->name, "%s", event->text);
    else if (event->depth && step->is_array && !closes)
        step->index++;
    if (event->kind == HF_JSON_OBJECT || event->kind == HF_JSON_ARRAY)
        reader->steps[event->depth] = (struct step){.is_array = event->kind == HF_JSON_ARRAY};
}

int hf_json_next(struct hf_json_reader *reader, struct hf_json_event *event, struct hf_error *err)
{
    while (reader->next == reader->events.length / sizeof(struct queued)) {
        if (reader->finished) {
            *event = (struct hf_json_event){.kind = HF_JSON_END, .line = reader->line, .text = ""};
            return 0;
        }
        if (advance(reader, err))
            return -1;
    }
    const struct queued *next = (const struct queued *)reader->events.data + reader->next++;
    *event = (struct hf_json_event){
        .kind = next->kind,
        .depth = next->depth,
        .line = next->line,
        .text = reader->texts.length ? (const char *)reader->texts.data + next->text : "",
        .length = next->length};
    follow(reader, event);
    return 0;
}

int hf_json_skip(struct hf_json_reader *reader, const struct hf_json_event *event,
                 struct hf_error *err)
{
    struct hf_json_event next = *event;
    if (next.kind == HF_JSON_NAME && hf_json_next(reader, &next, err))
        return -1;
    if (next.kind != HF_JSON_OBJECT && next.kind != HF_JSON_ARRAY)
        return 0;
    int depth = next.depth;
    do {
        if (hf_json_next(reader, &next, err))
            return -1;
    } while (next.depth > depth);
    return 0;
}

static void put_event(struct hf_json_writer *writer, const struct hf_json_event *event)
{
    switch (event->kind) {
    case HF_JSON_OBJECT:
        hf_json_open_object(writer, HF_JSON_LINES);
        break;
    case HF_JSON_ARRAY:
        hf_json_open_array(writer, HF_JSON_LINES);
        break;
    case HF_JSON_OBJECT_END:
    case HF_JSON_ARRAY_END:
        hf_json_close(writer);
        break;
    case HF_JSON_NAME:
        hf_json_name_bytes(writer, event->text, event->length);
        break;
    case HF_JSON_STRING:
        hf_json_put_bytes(writer, event->text, event->length);
        break;
    case HF_JSON_NUMBER:
        hf_json_put_raw(writer, event->text, event->length);
        break;
    case HF_JSON_TRUE:
    case HF_JSON_FALSE:
        hf_json_put_boolean(writer, event->kind == HF_JSON_TRUE);
        break;
    case HF_JSON_NULL:
    case HF_JSON_END:
        hf_json_put_null(writer);
        break;
    }
}

int hf_json_copy(struct hf_json_reader *reader, const struct hf_json_event *event,
                 struct hf_json_writer *writer, struct hf_error *err)
{
    struct hf_json_event next = *event;
    if (next.kind == HF_JSON_NAME && hf_json_next(reader, &next, err))
        return -1;
    int depth = next.depth;
    bool contains = next.kind == HF_JSON_OBJECT || next.kind == HF_JSON_ARRAY;
    put_event(writer, &next);
    while (contains) {
        if (hf_json_next(reader, &next, err))
            return -1;
        if (writer->depth == HF_JSON_WRITER_DEPTH)
            return hf_json_complain(reader, err, "nested too deep");
        put_event(writer, &next);
        contains = next.depth > depth;
    }
    return 0;
}

const char *hf_json_place(const struct hf_json_reader *reader, char *out, size_t size)
{
    size_t used = 0;
    snprintf(out, size, "the document");
    for (int i = 0; i < reader->step_count && used + 1 < size; i++) {
        const struct step *step = &reader->steps[i];
        int length = 0;
        if (step->is_array && step->index)
            length =
                snprintf(out + used, size - used, "[%llu]", (unsigned long long)(step->index - 1));
        else if (!step->is_array && *step->name)
            length = snprintf(out + used, size - used, "%s%s", used ? "." : "", step->name);
        used += (size_t)length;
    }
    return out;
}

int hf_json_complain(const struct hf_json_reader *reader, struct hf_error *err, const char *format,
                     ...)
{
    char text[512], place[192];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const struct queued *last =
        reader->next ? (const struct queued *)reader->events.data + reader->next - 1 : NULL;
    return hf_error_set(err, HF_CORRUPT, "line %llu: %s: %s",
                        (unsigned long long)(last ? last->line : reader->line),
                        hf_json_place(reader, place, sizeof place), text);
}

bool hf_json_is(const struct hf_json_event *event, const char *text)
{
    return (event->kind == HF_JSON_NAME || event->kind == HF_JSON_STRING) &&
           event->length == strlen(text) && !memcmp(event->text, text, event->length);
}

bool hf_json_integer_of(const struct hf_json_event *event, int64_t *value)
{
    if (event->kind != HF_JSON_NUMBER || strpbrk(event->text, ".eE"))
        return false;
    errno = 0;
    long long number = strtoll(event->text, NULL, 10);
    if (errno)
        return false;
    *value = number;
    return true;
}

bool hf_json_double_of(const struct hf_json_event *event, double *value)
{
    if (event->kind != HF_JSON_NUMBER)
        return false;
    double number = strtod(event->text, NULL);
    if (!isfinite(number))
        return false;
    *value = number;
    return true;
}
