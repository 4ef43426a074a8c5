#include "schema/prisma/pull.h"

#include <stdarg.h>
#include <string.h>

#include "schema/prisma/pulled.h"

int hf_pull_add_line(struct hf_pull *pull, struct hf_pulled_lines *lines, const char *name,
                     const char *type, const char *attributes)
{
    struct hf_pulled_line *line = hf_heap_alloc(&pull->heap, sizeof *line, pull->err);
    if (!line || !name)
        return -1;
    *line = (struct hf_pulled_line){name, type, attributes, NULL};
    if (lines->last)
        lines->last->next = line;
    else
        lines->first = line;
    lines->last = line;
    return 0;
}

int hf_pull_add_note(struct hf_pull *pull, struct hf_pulled_table *table, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *printed = sqlite3_vmprintf(format, args);
    va_end(args);
    char *text = printed ? hf_heap_text(&pull->heap, printed, pull->err) : NULL;
    if (!printed)
        hf_error_memory(pull->err);
    sqlite3_free(printed);
    if (!text)
        return -1;
    char *end = text;
    for (const char *at = text; *at; at++)
        if (!strchr("\r\n\t ", *at))
            *end++ = *at;
        else if (end > text && end[-1] != ' ')
            *end++ = ' ';
    *end = 0;
    return hf_pull_add_line(pull, &table->notes, text, NULL, NULL);
}

const char *hf_pull_quote(struct hf_pull *pull, const char *text)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendchar(out, 1, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '\\' || c == '"')
            sqlite3_str_appendf(out, "\\%c", c);
        else if (c == '\n' || c == '\t' || c == '\r')
            sqlite3_str_appendf(out, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
        else if (c < 0x20)
            sqlite3_str_appendf(out, "\\u%04x", c);
        else
            sqlite3_str_appendchar(out, 1, (char)c);
    }
    sqlite3_str_appendchar(out, 1, '"');
    return hf_heap_finish(&pull->heap, out, pull->err);
}

static size_t widest(const struct hf_pulled_line *line, bool types)
{
    size_t width = 0;
    for (; line; line = line->next) {
        const char *text = types ? line->type : line->name;
        size_t length = text ? strlen(text) : 0;
        width = length > width ? length : width;
    }
    return width;
}

static int print_lines(struct hf_buf *out, const struct hf_pulled_line *line, struct hf_error *err)
{
    int names = (int)widest(line, false), types = (int)widest(line, true);
    for (; line; line = line->next) {
        const char *attributes = line->attributes ? line->attributes : "";
        bool last = !*attributes;
        if (hf_buf_print(out, err, "  %-*s %-*s%s%s\n", names, line->name, last ? 0 : types,
                         line->type, last ? "" : " ", attributes))
            return -1;
    }
    return 0;
}

/* Prisma's own sentence, so that its next introspection of the schema changes nothing. */
static const char no_identifier[] =
    "The underlying table does not contain a valid unique identifier and can therefore currently "
    "not be handled by Prisma Client.";

static int print_model(struct hf_buf *out, const struct hf_pulled_table *table,
                       struct hf_error *err)
{
    if (hf_buf_print(out, err, "\n"))
        return -1;
    for (const struct hf_pulled_line *note = table->notes.first; note; note = note->next)
        if (hf_buf_print(out, err, "// %s\n", note->name))
            return -1;
    if (!table->lines.first)
        return 0;
    if (table->ignored && hf_buf_print(out, err, "/// %s\n", no_identifier))
        return -1;
    if (hf_buf_print(out, err, "model %s {\n", table->name) ||
        print_lines(out, table->lines.first, err))
        return -1;
    if (table->attributes.first && hf_buf_print(out, err, "\n"))
        return -1;
    for (const struct hf_pulled_line *each = table->attributes.first; each; each = each->next)
        if (hf_buf_print(out, err, "  %s\n", each->name))
            return -1;
    return hf_buf_print(out, err, "}\n");
}

/* Views and virtual tables, whose SQL Prisma has no words for. */
static int print_rest(struct hf_buf *out, const struct hf_pull *pull)
{
    const char *blank = "\n";
    for (size_t i = 0; i < pull->model.table_count; i++) {
        const struct hf_table *table = &pull->model.tables[i];
        if (table->kind != HF_TABLE_VIRTUAL)
            continue;
        if (hf_buf_print(out, pull->err, "%s// Not expressed: virtual table '%s'\n", blank,
                         table->name))
            return -1;
        blank = "";
    }
    for (size_t i = 0; i < pull->model.view_count; i++, blank = "")
        if (hf_buf_print(out, pull->err, "%s// Not expressed: view '%s'\n", blank,
                         pull->model.views[i].name))
            return -1;
    return 0;
}

int hf_pull_print(struct hf_buf *out, struct hf_pull *pull)
{
    if (hf_buf_print(out, pull->err, "datasource db {\n  provider = \"sqlite\"\n}\n"))
        return -1;
    for (size_t i = 0; i < pull->count; i++)
        if (!pull->tables[i].join && print_model(out, &pull->tables[i], pull->err))
            return -1;
    return print_rest(out, pull);
}

int hf_prisma_pull(struct hf_buf *out, sqlite3 *db, struct hf_error *err)
{
    struct hf_pull pull = {.err = err};
    int result = -1;
    if (!hf_model_read(&pull.model, db, err) && !hf_pull_name_tables(&pull) &&
        !hf_pull_columns(&pull) && !hf_pull_relations(&pull) && !hf_pull_notes(&pull))
        result = hf_pull_print(out, &pull);
    hf_heap_release(&pull.heap);
    hf_model_release(&pull.model);
    return result;
}
