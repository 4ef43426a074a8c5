#include "portable/copy_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "portable/copy_proof.h"
#include "portable/copy_value.h"
#include "portable/export.h"

/* A value of SQLite's longest, in base64 and then some. */
static const struct hf_json_limits limits = {.depth = 8, .length = (size_t)1 << 31};

enum { MOST_COLUMNS = 32767 }; /* SQLite's highest limit */

struct reading {
    const struct hf_copy_visitor *visitor;
    enum hf_copy_trust trust;
    struct hf_json_reader *json;
    struct hf_json_event event; /* the last */
    struct hf_buf room;
    struct hf_copy_proof proof;
    struct hf_copy_hash hash;
    struct hf_error *err;
    bool within; /* an application's own copy */
};

static int next(struct reading *reading)
{
    return hf_json_next(reading->json, &reading->event, reading->err);
}

static int wrong(struct reading *reading, const char *what)
{
    return hf_json_complain(reading->json, reading->err, "%s", what);
}

static int want(struct reading *reading, enum hf_json_kind kind, const char *what)
{
    if (next(reading))
        return -1;
    return reading->event.kind == kind ? 0 : wrong(reading, what);
}

static int want_name(struct reading *reading, const char *name)
{
    if (next(reading))
        return -1;
    return reading->event.kind == HF_JSON_NAME && hf_json_is(&reading->event, name)
               ? 0
               : hf_json_complain(reading->json, reading->err, "here must be \"%s\"", name);
}

static int want_text(struct reading *reading, char *out, size_t size)
{
    if (want(reading, HF_JSON_STRING, "here must be a text"))
        return -1;
    if (reading->event.length >= size || strlen(reading->event.text) != reading->event.length)
        return wrong(reading, "this is no such text");
    memcpy(out, reading->event.text, reading->event.length + 1);
    return 0;
}

static int want_string(struct reading *reading, char **out)
{
    if (want(reading, HF_JSON_STRING, "here must be a text"))
        return -1;
    if (strlen(reading->event.text) != reading->event.length)
        return wrong(reading, "this text has a NUL in it");
    *out = strdup(reading->event.text);
    return *out ? 0 : hf_error_memory(reading->err);
}

static int want_integer(struct reading *reading, int64_t *out)
{
    if (next(reading))
        return -1;
    return hf_json_integer_of(&reading->event, out) ? 0 : wrong(reading, "here must be an integer");
}

static int want_named_string(struct reading *reading, const char *name, char **out)
{
    return want_name(reading, name) || want_string(reading, out) ? -1 : 0;
}

static int no_copy(struct reading *reading)
{
    hf_error_set(reading->err, HF_UNSUPPORTED, "this JSON is no generic portable copy");
    return hf_error_hint_typed(
        reading->err, "--profile",
        "those begin with \"format\": \"" HF_COPY_FORMAT "\"; a copy in an application's own form "
        "goes into a database that has the application's tables, or with its profile");
}

/* The copy within an application's own copy is the object "holdfast" of that one. Stands on its
 * "format" then. */
static int find_within(struct reading *reading)
{
    do {
        bool own = hf_json_is(&reading->event, "holdfast");
        if (reading->event.kind != HF_JSON_NAME || next(reading))
            return no_copy(reading);
        if (own && reading->event.kind == HF_JSON_OBJECT)
            break;
        if (hf_json_skip(reading->json, &reading->event, reading->err) || next(reading))
            return -1;
    } while (true);
    reading->within = true;
    for (;;) {
        if (next(reading))
            return -1;
        if (reading->event.kind != HF_JSON_NAME)
            return no_copy(reading);
        if (hf_json_is(&reading->event, "format"))
            return 0;
        if (next(reading) || hf_json_skip(reading->json, &reading->event, reading->err))
            return -1;
    }
}

static int read_format(struct reading *reading)
{
    int64_t version;
    if (next(reading))
        return -1;
    if (reading->event.kind != HF_JSON_OBJECT)
        return no_copy(reading);
    if (next(reading))
        return -1;
    if (!hf_json_is(&reading->event, "format") && find_within(reading))
        return -1;
    if (next(reading))
        return -1;
    if (!hf_json_is(&reading->event, HF_COPY_FORMAT))
        return no_copy(reading);
    if (want_name(reading, "version") || want_integer(reading, &version))
        return -1;
    if (version == HF_COPY_VERSION)
        return 0;
    hf_error_set(reading->err, HF_UNSUPPORTED,
                 "the copy is of version %lld of the format, this program knows %d",
                 (long long)version, HF_COPY_VERSION);
    return hf_error_hint(reading->err, "use a newer Holdfast");
}

static int read_fact(struct reading *reading, struct hf_copy_facts *facts)
{
    const struct {
        const char *name;
        char *text;
        size_t size;
        int64_t *number;
    } members[] = {
        {"name", facts->name, sizeof facts->name, NULL},
        {"encoding", facts->encoding, sizeof facts->encoding, NULL},
        {"journal_mode", facts->journal_mode, sizeof facts->journal_mode, NULL},
        {"page_size", NULL, 0, &facts->page_size},
        {"auto_vacuum", NULL, 0, &facts->auto_vacuum},
        {"user_version", NULL, 0, &facts->user_version},
        {"application_id", NULL, 0, &facts->application_id},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (!hf_json_is(&reading->event, members[i].name))
            continue;
        return members[i].number ? want_integer(reading, members[i].number)
                                 : want_text(reading, members[i].text, members[i].size);
    }
    return hf_json_skip(reading->json, &reading->event, reading->err);
}

static int read_head(struct reading *reading)
{
    struct hf_copy_facts facts = {.encoding = "UTF-8", .page_size = 4096};
    if (want_name(reading, "holdfast") || want_text(reading, facts.program, sizeof facts.program) ||
        (!reading->within && (want_name(reading, "exported_at") ||
                              want_text(reading, facts.exported_at, sizeof facts.exported_at))) ||
        want_name(reading, "database") || want(reading, HF_JSON_OBJECT, "here must be an object"))
        return -1;
    while (!next(reading)) {
        if (reading->event.kind == HF_JSON_OBJECT_END)
            return reading->visitor->facts
                       ? reading->visitor->facts(reading->visitor->context, &facts, reading->err)
                       : 0;
        if (read_fact(reading, &facts))
            return -1;
    }
    return -1;
}

static int read_statement(struct reading *reading)
{
    struct hf_copy_statement statement = {0};
    const struct hf_copy_visitor *visitor = reading->visitor;
    int result = -1;
    if (!want_named_string(reading, "type", &statement.type) &&
        !want_named_string(reading, "name", &statement.name) &&
        !want_named_string(reading, "sql", &statement.sql) &&
        !want(reading, HF_JSON_OBJECT_END, "a statement has nothing more"))
        result =
            visitor->statement ? visitor->statement(visitor->context, &statement, reading->err) : 0;
    free(statement.type);
    free(statement.name);
    free(statement.sql);
    return result;
}

static int read_schema(struct reading *reading)
{
    char hash[HF_COPY_CHECKSUM_TEXT];
    if (want_name(reading, "schema") || want(reading, HF_JSON_OBJECT, "here must be an object") ||
        want_name(reading, "hash") || want_text(reading, hash, sizeof hash) ||
        want_name(reading, "statements") || want(reading, HF_JSON_ARRAY, "here must be a list"))
        return -1;
    for (;;) {
        if (next(reading))
            return -1;
        if (reading->event.kind == HF_JSON_ARRAY_END)
            return want(reading, HF_JSON_OBJECT_END, "the schema has nothing more");
        if (reading->event.kind != HF_JSON_OBJECT)
            return wrong(reading, "here must be a statement");
        if (read_statement(reading))
            return -1;
    }
}

static void table_release(struct hf_copy_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        free(table->columns[i]);
    free(table->columns);
    free(table->name);
    free(table->shadow_of);
}

static int add_column(struct reading *reading, struct hf_copy_table *table)
{
    const struct hf_json_event *event = &reading->event;
    if (event->kind != HF_JSON_STRING || strlen(event->text) != event->length)
        return wrong(reading, "here must be a column's name");
    if (table->column_count == MOST_COLUMNS)
        return wrong(reading, "no table has so many columns");
    char **larger = table->columns;
    if (!(table->column_count & (table->column_count - 1)))
        larger =
            realloc(larger, (table->column_count ? 2 * table->column_count : 1) * sizeof *larger);
    if (!larger)
        return hf_error_memory(reading->err);
    table->columns = larger;
    larger[table->column_count] = strdup(event->text);
    return larger[table->column_count] ? (table->column_count++, 0) : hf_error_memory(reading->err);
}

static int read_columns(struct reading *reading, struct hf_copy_table *table)
{
    if (want(reading, HF_JSON_ARRAY, "here must be a list"))
        return -1;
    for (;;) {
        if (next(reading))
            return -1;
        if (reading->event.kind == HF_JSON_ARRAY_END)
            return table->column_count ? 0 : wrong(reading, "a table has columns");
        if (add_column(reading, table))
            return -1;
    }
}

static int read_row(struct reading *reading, const struct hf_copy_table *table)
{
    const struct hf_copy_visitor *visitor = reading->visitor;
    size_t wanted = table->column_count + (table->rowid != NULL);
    hf_copy_hash_row(&reading->hash);
    for (size_t i = 0;; i++) {
        struct hf_copy_value value;
        if (next(reading))
            return -1;
        if (reading->event.kind == HF_JSON_ARRAY_END && i == wanted)
            break;
        if (reading->event.kind == HF_JSON_ARRAY_END || i == wanted)
            return wrong(reading, "the row has another number of values than the table columns");
        if (hf_copy_read_value(&value, reading->json, &reading->event, &reading->room,
                               reading->err))
            return -1;
        if (!i && table->rowid && value.type != HF_COPY_INTEGER)
            return wrong(reading, "a rowid is an integer");
        hf_copy_hash_value(&reading->hash, &value);
        if (visitor->value && visitor->value(visitor->context, i, &value, reading->err))
            return -1;
    }
    return visitor->row ? visitor->row(visitor->context, reading->event.line, reading->err) : 0;
}

static int read_rows(struct reading *reading, const struct hf_copy_table *table, uint64_t *count)
{
    if (want_name(reading, "rows") || want(reading, HF_JSON_ARRAY, "here must be a list"))
        return -1;
    hf_copy_hash_init(&reading->hash);
    for (;; ++*count) {
        if (next(reading))
            return -1;
        if (reading->event.kind == HF_JSON_ARRAY_END)
            return 0;
        if (reading->event.kind != HF_JSON_ARRAY)
            return wrong(reading, "here must be a row");
        if (read_row(reading, table))
            return -1;
    }
}

static int damaged(struct reading *reading, const char *table, uint64_t first, const char *what)
{
    hf_error_set(reading->err, HF_CORRUPT,
                 "lines %llu to %llu: table '%s' is not as it was written: %s differs",
                 (unsigned long long)first, (unsigned long long)reading->event.line, table, what);
    return hf_copy_proof_hint(reading->err);
}

static int prove_table(struct reading *reading, const struct hf_copy_table *table, uint64_t first,
                       uint64_t count)
{
    char told[HF_COPY_CHECKSUM_TEXT], real[HF_COPY_CHECKSUM_TEXT];
    int64_t told_count;
    hf_copy_hash_final(&reading->hash, real);
    if (want_name(reading, "count") || want_integer(reading, &told_count) ||
        want_name(reading, "checksum") || want_text(reading, told, sizeof told))
        return -1;
    if (reading->trust == HF_COPY_EDITED)
        return 0;
    if (told_count < 0 || (uint64_t)told_count != count)
        return damaged(reading, table->name, first, "its number of rows");
    return strcmp(told, real) ? damaged(reading, table->name, first, "its checksum") : 0;
}

/* "content" of a table without rows. Returns 1 for one with rows. */
static int read_content(struct reading *reading, struct hf_copy_table *table)
{
    if (!hf_json_is(&reading->event, "content"))
        return 1;
    if (next(reading))
        return -1;
    if (hf_json_is(&reading->event, "rebuilt"))
        table->content = HF_COPY_REBUILT;
    else if (hf_json_is(&reading->event, "none"))
        table->content = HF_COPY_NO_ROWS;
    else
        return wrong(reading, "this content is not known");
    return 0;
}

static int read_table_head(struct reading *reading, struct hf_copy_table *table)
{
    if (want_named_string(reading, "name", &table->name) || next(reading))
        return -1;
    if (hf_json_is(&reading->event, "shadow_of") &&
        (want_string(reading, &table->shadow_of) || next(reading)))
        return -1;
    int has_rows = read_content(reading, table);
    if (has_rows <= 0)
        return has_rows;
    if (!hf_json_is(&reading->event, "columns"))
        return wrong(reading, "here must be \"columns\"");
    if (read_columns(reading, table) || want_name(reading, "rowid") || next(reading))
        return -1;
    if (reading->event.kind != HF_JSON_TRUE && reading->event.kind != HF_JSON_FALSE)
        return wrong(reading, "here must be true or false");
    table->rowid = reading->event.kind == HF_JSON_TRUE ? "rowid" : NULL;
    return 0;
}

static int read_table_parts(struct reading *reading, struct hf_copy_table *table)
{
    const struct hf_copy_visitor *visitor = reading->visitor;
    uint64_t first = reading->event.line, count = 0;
    if (read_table_head(reading, table) ||
        (visitor->table && visitor->table(visitor->context, table, reading->err)))
        return -1;
    if (table->content == HF_COPY_ROWS &&
        (read_rows(reading, table, &count) || prove_table(reading, table, first, count)))
        return -1;
    if (visitor->table_end && visitor->table_end(visitor->context, count, reading->err))
        return -1;
    return want(reading, HF_JSON_OBJECT_END, "the table has nothing more");
}

static int read_tables(struct reading *reading)
{
    if (want_name(reading, "tables") || want(reading, HF_JSON_ARRAY, "here must be a list"))
        return -1;
    for (;;) {
        if (next(reading))
            return -1;
        if (reading->event.kind == HF_JSON_ARRAY_END)
            return 0;
        if (reading->event.kind != HF_JSON_OBJECT)
            return wrong(reading, "here must be a table");
        struct hf_copy_table table = {0};
        int failed = read_table_parts(reading, &table);
        table_release(&table);
        if (failed)
            return -1;
    }
}

static int prove_whole(struct reading *reading)
{
    char told[HF_COPY_CHECKSUM_TEXT];
    if (reading->within && want(reading, HF_JSON_OBJECT_END, "the copy within has nothing more"))
        return -1;
    if (want_name(reading, "checksum") || want_text(reading, told, sizeof told) ||
        want(reading, HF_JSON_OBJECT_END, "the copy has nothing more") ||
        want(reading, HF_JSON_END, "the copy ends here"))
        return -1;
    if (reading->trust == HF_COPY_EDITED || hf_copy_proof_holds(&reading->proof))
        return 0;
    hf_error_set(reading->err, HF_CORRUPT,
                 "lines 1 to %llu: the copy is not as it was written: its checksum differs, though "
                 "every table's rows are whole",
                 (unsigned long long)reading->event.line);
    return hf_copy_proof_hint(reading->err);
}

int hf_copy_read(const struct hf_source *source, enum hf_copy_trust trust,
                 const struct hf_copy_visitor *visitor, struct hf_error *err)
{
    hf_auto_free struct reading *reading = calloc(1, sizeof *reading);
    if (!reading)
        return hf_error_memory(err);
    *reading = (struct reading){.visitor = visitor, .trust = trust, .err = err};
    hf_copy_proof_init(&reading->proof, source);
    hf_auto_ptr(hf_json_reader) struct hf_json_reader *json =
        hf_json_reader_new(&reading->proof.source, &limits, err);
    reading->json = json;
    int failed = !json || read_format(reading) || read_head(reading) || read_schema(reading) ||
                 read_tables(reading) || prove_whole(reading);
    hf_buf_release(&reading->room);
    return failed ? -1 : 0;
}

int hf_copy_is_generic(const struct hf_source *source, bool *generic, struct hf_error *err)
{
    struct hf_json_event event;
    hf_auto_ptr(hf_json_reader) struct hf_json_reader *json =
        hf_json_reader_new(source, &limits, err);
    if (!json || hf_json_next(json, &event, err))
        return -1;
    *generic = false;
    if (event.kind != HF_JSON_OBJECT)
        return 0;
    if (hf_json_next(json, &event, err))
        return -1;
    if (event.kind != HF_JSON_NAME || !hf_json_is(&event, "format"))
        return 0;
    if (hf_json_next(json, &event, err))
        return -1;
    *generic = event.kind == HF_JSON_STRING && hf_json_is(&event, HF_COPY_FORMAT);
    return 0;
}
