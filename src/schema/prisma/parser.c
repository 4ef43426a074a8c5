#include "schema/prisma/parser.h"

#include <string.h>

#include "schema/prisma/expression.h"

/* One source on its way to blocks. */
struct reader {
    struct hf_prisma_parser parser;
    struct hf_prisma_block **tail;
    /* What is not found once is not looked for again, which would make a bad text slow to read. */
    bool never_closed; /* no "}" that closes a block is left */
    bool no_brace;     /* nor any other */
    bool no_bracket;   /* nor the end of a comment in brackets */
};

static struct hf_prisma_cursor *cursor(struct reader *reader)
{
    return &reader->parser.cursor;
}

static void complain(struct reader *reader, size_t start, const char *message)
{
    struct hf_prisma_parser *parser = &reader->parser;
    if (!parser->failed && hf_diagnose(parser->diagnostics, parser->cursor.source, start,
                                       parser->cursor.at - start, parser->err, "%s", message))
        parser->failed = true;
}

/* Appends the documentation that a comment holds, a line for each "///". */
static void add_documentation(struct reader *reader, const char **documentation, size_t start,
                              size_t end)
{
    const char *text = reader->parser.cursor.source->text;
    if (end - start < 3 || memcmp(text + start, "///", 3) != 0)
        return;
    start += 3;
    while (start < end && (text[start] == ' ' || text[start] == '\t'))
        start++;
    const char *line = hf_prisma_text(&reader->parser, start, end);
    if (*documentation && line)
        line =
            hf_heap_print(reader->parser.heap, reader->parser.err, "%s\n%s", *documentation, line);
    reader->parser.failed |= !line;
    *documentation = line;
}

static bool take_comment(struct reader *reader)
{
    const char *at = reader->parser.cursor.source->text + cursor(reader)->at;
    bool bracketed = at[0] == '/' && at[1] == '*';
    if (bracketed && reader->no_bracket)
        return false;
    bool taken = hf_prisma_take_comment(cursor(reader));
    reader->no_bracket |= bracketed && !taken;
    return taken;
}

/* Comments on lines of their own, one below the other. */
static bool take_comments(struct reader *reader, const char **documentation)
{
    bool any = false;
    const char *found = NULL;
    for (;;) {
        struct hf_prisma_cursor before = *cursor(reader);
        hf_prisma_skip_space(cursor(reader));
        size_t start = cursor(reader)->at;
        if (!take_comment(reader)) {
            *cursor(reader) = before;
            break;
        }
        add_documentation(reader, &found, start, cursor(reader)->at);
        hf_prisma_take_newline(cursor(reader));
        any = true;
    }
    if (any)
        *documentation = found;
    return any;
}

static bool take_empty_lines(struct reader *reader)
{
    bool any = false;
    for (;;) {
        struct hf_prisma_cursor before = *cursor(reader);
        hf_prisma_skip_space(cursor(reader));
        if (!hf_prisma_take_newline(cursor(reader))) {
            *cursor(reader) = before;
            return any;
        }
        any = true;
    }
}

/* The end of a line of a block: a comment may stand before it. */
static bool take_line_end(struct reader *reader, const char **documentation)
{
    hf_prisma_skip_space(cursor(reader));
    size_t start = cursor(reader)->at;
    if (take_comment(reader))
        add_documentation(reader, documentation, start, cursor(reader)->at);
    hf_prisma_skip_space(cursor(reader));
    return hf_prisma_take_newline(cursor(reader));
}

static bool take_type_name(struct reader *reader, struct hf_prisma_entry *entry)
{
    struct hf_prisma_parser *parser = &reader->parser;
    size_t start = cursor(reader)->at;
    struct hf_prisma_cursor before = *cursor(reader);
    if (hf_prisma_take(cursor(reader), "Unsupported(")) {
        hf_prisma_skip_space(cursor(reader));
        struct hf_prisma_value *name = hf_prisma_parse_string(parser);
        hf_prisma_skip_space(cursor(reader));
        if (name && hf_prisma_take(cursor(reader), ")")) {
            entry->type = name->text;
            entry->unsupported = true;
            entry->type_span = hf_prisma_span_from(parser, start);
            return true;
        }
        *cursor(reader) = before;
    }
    if (!hf_prisma_take_identifier(cursor(reader)))
        return false;
    entry->type = hf_prisma_text(parser, start, cursor(reader)->at);
    entry->type_span = hf_prisma_span_from(parser, start);
    return true;
}

static bool take_after_space(struct reader *reader, const char *text)
{
    struct hf_prisma_cursor before = *cursor(reader);
    hf_prisma_skip_space(cursor(reader));
    if (hf_prisma_take(cursor(reader), text))
        return true;
    *cursor(reader) = before;
    return false;
}

/* A field's type; returns a complaint about a form that Prisma had once, or NULL. */
static const char *take_type(struct reader *reader, struct hf_prisma_entry *entry)
{
    struct hf_prisma_cursor before = *cursor(reader);
    if (hf_prisma_take(cursor(reader), "[")) {
        hf_prisma_skip_space(cursor(reader));
        if (take_type_name(reader, entry) && take_after_space(reader, "]"))
            return "a list is written Type[], not [Type]";
        entry->type = NULL;
        *cursor(reader) = before;
        return NULL;
    }
    if (!take_type_name(reader, entry))
        return NULL;
    if (take_after_space(reader, "[]")) {
        entry->arity = HF_PRISMA_LIST;
        if (take_after_space(reader, "?"))
            return "a list cannot be optional: write Type[] or Type?";
    } else if (take_after_space(reader, "?")) {
        entry->arity = HF_PRISMA_OPTIONAL;
    } else if (take_after_space(reader, "!")) {
        return "fields are required without '!': remove it";
    }
    return NULL;
}

static void take_attributes(struct reader *reader, struct hf_prisma_entry *entry)
{
    struct hf_prisma_attribute **tail = &entry->attributes;
    for (;;) {
        struct hf_prisma_cursor before = *cursor(reader);
        hf_prisma_skip_space(cursor(reader));
        *tail = hf_prisma_parse_attribute(&reader->parser, "@");
        if (!*tail) {
            *cursor(reader) = before;
            return;
        }
        tail = &(*tail)->next;
    }
}

static struct hf_prisma_entry *new_entry(struct reader *reader, const char *documentation)
{
    size_t start = cursor(reader)->at;
    if (!hf_prisma_take_identifier(cursor(reader)))
        return NULL;
    struct hf_prisma_entry *entry = hf_prisma_new(&reader->parser, sizeof *entry);
    if (!entry)
        return NULL;
    entry->name = hf_prisma_text(&reader->parser, start, cursor(reader)->at);
    entry->name_span = hf_prisma_span_from(&reader->parser, start);
    entry->documentation = documentation;
    hf_prisma_skip_space(cursor(reader));
    return entry;
}

/* "name Type @attribute ...". The complaint about its form is made when the line is one. */
static struct hf_prisma_entry *parse_field(struct reader *reader, const char *documentation)
{
    size_t start = cursor(reader)->at;
    struct hf_prisma_entry *entry = new_entry(reader, documentation);
    if (!entry)
        return NULL;
    const char *complaint = NULL;
    if (hf_prisma_take(cursor(reader), ":")) {
        complaint = "fields are declared without ':': remove it";
        hf_prisma_skip_space(cursor(reader));
    }
    const char *about_type = take_type(reader, entry);
    if (!complaint)
        complaint = about_type;
    take_attributes(reader, entry);
    entry->span = hf_prisma_span_from(&reader->parser, start);
    if (!take_line_end(reader, &entry->documentation))
        return NULL;
    if (!complaint && !entry->type)
        complaint = "this field is not complete: it has no type";
    if (complaint) {
        complain(reader, start, complaint);
        entry->name = NULL;
    }
    return entry;
}

static struct hf_prisma_entry *parse_enum_value(struct reader *reader, const char *documentation)
{
    size_t start = cursor(reader)->at;
    struct hf_prisma_entry *entry = new_entry(reader, documentation);
    if (!entry)
        return NULL;
    take_attributes(reader, entry);
    entry->span = hf_prisma_span_from(&reader->parser, start);
    return take_line_end(reader, &entry->documentation) ? entry : NULL;
}

static struct hf_prisma_entry *parse_property(struct reader *reader, const char *documentation)
{
    size_t start = cursor(reader)->at;
    struct hf_prisma_entry *entry = new_entry(reader, documentation);
    if (!entry || !hf_prisma_take(cursor(reader), "="))
        return NULL;
    hf_prisma_skip_space(cursor(reader));
    entry->value = hf_prisma_parse_value(&reader->parser);
    entry->span = hf_prisma_span_from(&reader->parser, start);
    return take_line_end(reader, &entry->documentation) ? entry : NULL;
}

/* The kinds of block, the word each begins with, and how its lines are read. */
static const struct kind {
    const char *keyword;
    enum hf_prisma_block_kind kind;
    struct hf_prisma_entry *(*parse_entry)(struct reader *reader, const char *documentation);
    const char *no_entry;
} kinds[] = {
    {"model", HF_PRISMA_MODEL, parse_field, "this line is neither a field nor an attribute"},
    {"type", HF_PRISMA_TYPE, parse_field, "this line is neither a field nor an attribute"},
    {"view", HF_PRISMA_VIEW, parse_field, "this line is neither a field nor an attribute"},
    {"enum", HF_PRISMA_ENUM, parse_enum_value, "this line is not a value of an enum"},
    {"datasource", HF_PRISMA_DATASOURCE, parse_property,
     "this line is not a property of a datasource (name = value)"},
    {"generator", HF_PRISMA_GENERATOR, parse_property,
     "this line is not a property of a generator (name = value)"},
};

static struct hf_prisma_attribute *parse_block_attribute(struct reader *reader)
{
    const char *documentation = NULL;
    struct hf_prisma_attribute *attribute = hf_prisma_parse_attribute(&reader->parser, "@@");
    return attribute && take_line_end(reader, &documentation) ? attribute : NULL;
}

static bool has_attributes(enum hf_prisma_block_kind kind)
{
    return kind != HF_PRISMA_DATASOURCE && kind != HF_PRISMA_GENERATOR;
}

struct tails {
    struct hf_prisma_entry **entry;
    struct hf_prisma_attribute **attribute;
};

/* A type has no table, so that nothing can be said about its table. */
static void check_type(struct reader *reader, const struct hf_prisma_entry *entry,
                       const struct hf_prisma_attribute *attribute, size_t start)
{
    if (attribute)
        complain(reader, start, "a composite type has no attributes of its own: remove this line");
    for (attribute = entry ? entry->attributes : NULL; attribute; attribute = attribute->next)
        if (!strcmp(attribute->name, "relation") || !strcmp(attribute->name, "unique") ||
            !strcmp(attribute->name, "id"))
            complain(reader, start, "a field of a composite type can be no key and no relation");
}

/* One line that says something, or comments, or nothing. */
static void parse_line(struct reader *reader, const struct kind *kind,
                       struct hf_prisma_block *block, struct tails *tails, const char **pending)
{
    struct hf_prisma_cursor start = *cursor(reader);
    size_t complaints = reader->parser.diagnostics->count;
    struct hf_prisma_entry *entry = kind->parse_entry(reader, *pending);
    struct hf_prisma_attribute *attribute = NULL;
    if (entry) {
        *pending = NULL;
        if (!entry->name)
            return;
        *tails->entry = entry;
        tails->entry = &entry->next;
        block->entry_count++;
    } else {
        hf_diagnostics_truncate(reader->parser.diagnostics, complaints);
        *cursor(reader) = start;
        attribute = has_attributes(kind->kind) ? parse_block_attribute(reader) : NULL;
        if (attribute) {
            *tails->attribute = attribute;
            tails->attribute = &attribute->next;
        }
    }
    if (kind->kind == HF_PRISMA_TYPE)
        check_type(reader, entry, attribute, start.at);
    if (entry || attribute || reader->parser.failed)
        return;
    hf_diagnostics_truncate(reader->parser.diagnostics, complaints);
    *cursor(reader) = start;
    if (take_comments(reader, pending) || take_empty_lines(reader))
        return;
    hf_prisma_skip_line(cursor(reader));
    complain(reader, start.at, kind->no_entry);
    hf_prisma_take_newline(cursor(reader));
}

/* Up to the "}" that closes the block; false when there is none. */
static bool parse_lines(struct reader *reader, const struct kind *kind,
                        struct hf_prisma_block *block)
{
    struct tails tails = {&block->entries, &block->attributes};
    const char *pending = NULL;
    for (;;) {
        hf_prisma_skip_space(cursor(reader));
        if (hf_prisma_at_end(cursor(reader)) || reader->parser.failed)
            return false;
        if (hf_prisma_take(cursor(reader), "}"))
            return true;
        parse_line(reader, kind, block, &tails, &pending);
    }
}

static bool take_block_open(struct reader *reader)
{
    hf_prisma_skip_space(cursor(reader));
    if (!hf_prisma_take(cursor(reader), "{"))
        return false;
    hf_prisma_skip_line(cursor(reader));
    return hf_prisma_take_newline(cursor(reader));
}

static bool parse_block_of(struct reader *reader, const struct kind *kind,
                           const char *documentation)
{
    struct hf_prisma_parser *parser = &reader->parser;
    struct hf_prisma_cursor start = *cursor(reader);
    size_t complaints = parser->diagnostics->count;
    if (!hf_prisma_take(cursor(reader), kind->keyword))
        return false;
    hf_prisma_skip_space(cursor(reader));
    size_t name = cursor(reader)->at;
    struct hf_prisma_block *block = NULL;
    if (hf_prisma_take_identifier(cursor(reader)))
        block = hf_prisma_new(parser, sizeof *block);
    if (block) {
        block->kind = kind->kind;
        block->name = hf_prisma_text(parser, name, cursor(reader)->at);
        block->name_span = hf_prisma_span_from(parser, name);
        block->documentation = documentation;
        if (take_block_open(reader) && !reader->never_closed) {
            if (parse_lines(reader, kind, block)) {
                block->span = hf_prisma_span_from(parser, start.at);
                *reader->tail = block;
                reader->tail = &block->next;
                return true;
            }
            /* Every later block would run to the end of the text as well. */
            reader->never_closed = true;
        }
    }
    hf_diagnostics_truncate(parser->diagnostics, complaints);
    *cursor(reader) = start;
    return false;
}

static bool parse_block(struct reader *reader, const char *documentation)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (parse_block_of(reader, &kinds[i], documentation))
            return true;
    return false;
}

/* "type Name = Type @attribute", which Prisma has given up. */
static bool parse_alias(struct reader *reader)
{
    struct hf_prisma_cursor start = *cursor(reader);
    struct hf_prisma_entry entry = {0};
    if (hf_prisma_take(cursor(reader), "type")) {
        hf_prisma_skip_space(cursor(reader));
        if (hf_prisma_take_identifier(cursor(reader)) && take_after_space(reader, "=")) {
            hf_prisma_skip_space(cursor(reader));
            if (take_type_name(reader, &entry)) {
                take_attributes(reader, &entry);
                complain(reader, start.at,
                         "types with another name are not supported: write the "
                         "type itself where it is used");
                return true;
            }
        }
    }
    *cursor(reader) = start;
    return false;
}

/* A block with one word before its "{". */
static bool parse_unknown_block(struct reader *reader)
{
    struct hf_prisma_cursor start = *cursor(reader);
    if (!reader->no_brace && hf_prisma_take_identifier(cursor(reader)) && take_block_open(reader)) {
        const char *close = strchr(reader->parser.cursor.source->text + cursor(reader)->at, '}');
        if (close) {
            cursor(reader)->at = (size_t)(close - reader->parser.cursor.source->text) + 1;
            complain(reader, start.at,
                     "this block begins with no word that Prisma knows: model, "
                     "enum, view, type, datasource, generator, and then a name");
            return true;
        }
        reader->no_brace = true;
    }
    *cursor(reader) = start;
    return false;
}

static void parse_source(struct reader *reader)
{
    const char *documentation = NULL;
    for (;;) {
        hf_prisma_skip_space(cursor(reader));
        if (hf_prisma_at_end(cursor(reader)) || reader->parser.failed)
            return;
        const char *above = documentation;
        size_t start = cursor(reader)->at;
        documentation = NULL;
        if (parse_block(reader, above) || parse_alias(reader) || parse_unknown_block(reader) ||
            take_comments(reader, &documentation) || take_empty_lines(reader))
            continue;
        hf_prisma_skip_line(cursor(reader));
        complain(reader, start, "this line is outside of any block (is a '{' or '}' missing?)");
        hf_prisma_take_newline(cursor(reader));
    }
}

int hf_prisma_parse(struct hf_prisma_block **blocks, const struct hf_schema_source *source,
                    struct hf_heap *heap, struct hf_diagnostics *diagnostics, struct hf_error *err)
{
    struct reader reader = {
        .parser = {.cursor = {source, 0}, .heap = heap, .diagnostics = diagnostics, .err = err},
        .tail = blocks,
    };
    while (*reader.tail)
        reader.tail = &(*reader.tail)->next;
    parse_source(&reader);
    return reader.parser.failed ? -1 : 0;
}
