#include "schema/diagnostics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PRINTED = 50 };

void hf_source_position(const struct hf_schema_source *source, size_t offset, size_t *line,
                        size_t *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < offset && i < source->length; i++) {
        if (source->text[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)source->text[i + 1] & 0xc0) != 0x80) {
            ++*column;
        }
    }
}

/* The list with room for one more, grown at the powers of two. After hf_diagnostics_truncate it may
 * shrink, but never below what it holds. */
static struct hf_diagnostic *with_room(struct hf_diagnostics *diagnostics)
{
    size_t count = diagnostics->count;
    if (count & (count - 1))
        return diagnostics->list;
    return realloc(diagnostics->list, (count ? 2 * count : 1) * sizeof *diagnostics->list);
}

int hf_diagnose(struct hf_diagnostics *out, const struct hf_schema_source *source, size_t offset,
                size_t length, struct hf_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = NULL;
    int printed = vasprintf(&message, format, args);
    va_end(args);
    if (printed < 0)
        return hf_error_memory(err);
    struct hf_diagnostic *list = with_room(out);
    if (!list) {
        free(message);
        return hf_error_memory(err);
    }
    out->list = list;
    list[out->count++] = (struct hf_diagnostic){source, offset, length, message};
    return 0;
}

void hf_diagnostics_truncate(struct hf_diagnostics *diagnostics, size_t count)
{
    while (diagnostics->count > count)
        free(diagnostics->list[--diagnostics->count].message);
}

/* Tabs are kept under tabs, so that the carets stand where a terminal puts what is above. */
static int print_carets(struct hf_buf *out, const char *line, size_t before, size_t marked,
                        struct hf_error *err)
{
    for (size_t i = 0; i < before; i++)
        if (((unsigned char)line[i] & 0xc0) != 0x80 &&
            hf_buf_append(out, line[i] == '\t' ? "\t" : " ", 1, err))
            return -1;
    for (size_t i = before; i < before + marked; i++)
        if ((i == before || ((unsigned char)line[i] & 0xc0) != 0x80) &&
            hf_buf_append(out, "^", 1, err))
            return -1;
    return hf_buf_append(out, "\n", 1, err);
}

static int print_one(struct hf_buf *out, const struct hf_diagnostic *one, struct hf_error *err)
{
    const struct hf_schema_source *source = one->source;
    size_t line, column, start = one->offset;
    if (!source)
        return hf_buf_print(out, err, "%s\n", one->message);
    if (start > source->length)
        start = source->length;
    size_t begin = start, end = start;
    while (begin && source->text[begin - 1] != '\n')
        begin--;
    while (end < source->length && source->text[end] != '\n' && source->text[end] != '\r')
        end++;
    size_t marked = one->length ? one->length : 1;
    if (marked > end - start)
        marked = end > start ? end - start : 1;
    hf_source_position(source, start, &line, &column);
    if (hf_buf_print(out, err, "%s:%zu:%zu: %s\n", source->path, line, column, one->message) ||
        hf_buf_append(out, source->text + begin, end - begin, err) ||
        hf_buf_append(out, "\n", 1, err))
        return -1;
    return print_carets(out, source->text + begin, start - begin, marked, err);
}

int hf_diagnostics_print(struct hf_buf *out, const struct hf_diagnostics *diagnostics,
                         struct hf_error *err)
{
    size_t shown = diagnostics->count < MOST_PRINTED ? diagnostics->count : MOST_PRINTED;
    for (size_t i = 0; i < shown; i++)
        if (print_one(out, &diagnostics->list[i], err))
            return -1;
    return shown < diagnostics->count
               ? hf_buf_print(out, err, "and %zu more complaints\n", diagnostics->count - shown)
               : 0;
}

int hf_diagnostics_error(const struct hf_diagnostics *diagnostics, struct hf_error *err)
{
    if (!diagnostics->count)
        return hf_error_set(err, HF_CONFIG, "the schema is not valid");
    const struct hf_diagnostic *first = &diagnostics->list[0];
    char more[48] = "", place[384] = "";
    size_t line, column;
    if (diagnostics->count > 1)
        snprintf(more, sizeof more, " (and %zu more)", diagnostics->count - 1);
    if (first->source) {
        hf_source_position(first->source, first->offset, &line, &column);
        snprintf(place, sizeof place, "%.300s:%zu:%zu: ", first->source->path, line, column);
    }
    return hf_error_set(err, HF_CONFIG, "%s%s%s", place, first->message, more);
}

void hf_diagnostics_release(struct hf_diagnostics *diagnostics)
{
    for (size_t i = 0; i < diagnostics->count; i++)
        free(diagnostics->list[i].message);
    free(diagnostics->list);
    *diagnostics = (struct hf_diagnostics){0};
}
