#include "schema/sql_compile.h"

#include <string.h>

#include "schema/model.h"
#include "sqlite/sql_token.h"

/* A schema is text from somebody: it must not open files or load code. */
static int allow(void *context, int action, const char *first, const char *second,
                 const char *database, const char *trigger)
{
    (void)context, (void)first, (void)database, (void)trigger;
    switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_VIEW:
        return SQLITE_DENY;
    case SQLITE_FUNCTION:
        return second && !sqlite3_stricmp(second, "load_extension") ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_OK;
    }
}

enum manner { CARRY_OUT, PASS_OVER, COMPLAIN };

static enum manner manner_of(const struct hf_sql_token *first)
{
    static const char *const carried_out[] = {"CREATE", "ALTER", "DROP", NULL};
    static const char *const passed_over[] = {"PRAGMA", "BEGIN", "COMMIT", "END", NULL};
    for (const char *const *word = carried_out; *word; word++) {
        if (hf_sql_is(first, *word))
            return CARRY_OUT;
    }
    for (const char *const *word = passed_over; *word; word++) {
        if (hf_sql_is(first, *word))
            return PASS_OVER;
    }
    return COMPLAIN;
}

struct reader {
    sqlite3 *db;
    struct hf_wanted *out;
    struct hf_diagnostics *diagnostics;
    const struct hf_schema_source *source;
    struct hf_error *err;
};

static int complain(struct reader *reader, const char *statement, const struct hf_sql_token *first)
{
    const struct hf_schema_source *source = reader->source;
    int offset = sqlite3_error_offset(reader->db);
    const char *at = offset >= 0 ? statement + offset : first->text, *end = at;
    struct hf_sql_token token = hf_sql_next(&end);
    if (token.kind == HF_SQL_END) { /* "incomplete input" */
        at = first->text;
        token = *first;
    }
    return hf_diagnose(reader->diagnostics, source, (size_t)(at - source->text),
                       token.length ? token.length : 1, reader->err, "%s",
                       sqlite3_errmsg(reader->db));
}

/* Moves *at behind the statement; *go_on becomes false at an error of syntax. */
static int read_statement(struct reader *reader, const char **at, bool *go_on)
{
    const char *start = *at, *behind = *at, *tail = NULL;
    struct hf_sql_token first = hf_sql_next(&behind);
    sqlite3_stmt *statement = NULL;
    if (first.kind == HF_SQL_END) {
        *at += strlen(*at);
        return 0;
    }
    int rc = sqlite3_prepare_v2(reader->db, start, -1, &statement, &tail);
    enum manner manner = manner_of(&first);
    int failed = 0;
    if (rc == SQLITE_NOMEM) {
        failed = hf_error_memory(reader->err);
    } else if (manner == COMPLAIN && statement) {
        failed = hf_diagnose(reader->diagnostics, reader->source,
                             (size_t)(first.text - reader->source->text), first.length, reader->err,
                             "a schema says what there is, with CREATE: %.*s is not carried out",
                             (int)first.length, first.text);
    } else if (rc == SQLITE_OK && manner == CARRY_OUT && sqlite3_step(statement) != SQLITE_DONE) {
        rc = SQLITE_ERROR;
    }
    if (!failed && rc != SQLITE_OK) {
        *go_on = false;
        failed = complain(reader, start, &first);
    } else if (!failed && statement && hf_sql_is(&first, "CREATE")) {
        failed = hf_sql_rename_hints(reader->out, start, (size_t)(tail - start), reader->err);
    }
    sqlite3_finalize(statement);
    if (*go_on)
        *at = tail;
    return failed;
}

static int read_source(struct reader *reader)
{
    const char *at = reader->source->text;
    bool go_on = true;
    while (*at && go_on) {
        if (read_statement(reader, &at, &go_on))
            return -1;
    }
    return 0;
}

/* What there is in the end, not what was said on the way. */
static int take_result(struct hf_wanted *out, sqlite3 *db, struct hf_error *err)
{
    hf_auto(hf_model) struct hf_model model = {0};
    if (hf_model_read(&model, db, err))
        return -1;
    for (size_t i = 0; i < model.table_count; i++) {
        const struct hf_table *table = &model.tables[i];
        if (table->kind == HF_TABLE_SHADOW)
            continue;
        if (hf_wanted_add_statement(out, table->sql, err))
            return -1;
        for (size_t j = 0; j < table->index_count; j++) {
            if (table->indexes[j].sql && hf_wanted_add_statement(out, table->indexes[j].sql, err))
                return -1;
        }
    }
    for (size_t i = 0; i < model.view_count; i++) {
        if (hf_wanted_add_statement(out, model.views[i].sql, err))
            return -1;
    }
    for (size_t i = 0; i < model.trigger_count; i++) {
        if (hf_wanted_add_statement(out, model.triggers[i].sql, err))
            return -1;
    }
    return 0;
}

int hf_sql_compile(struct hf_wanted *out, const struct hf_schema_sources *sources,
                   struct hf_diagnostics *diagnostics, struct hf_error *err)
{
    struct hf_wanted wanted = {.dialect = HF_SCHEMA_SQL};
    struct reader reader = {.out = &wanted, .diagnostics = diagnostics, .err = err};
    int failed = 0;
    if (sqlite3_open_v2(":memory:", &reader.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
            SQLITE_OK ||
        sqlite3_set_authorizer(reader.db, allow, NULL) != SQLITE_OK)
        failed = hf_error_memory(err);
    for (size_t i = 0; i < sources->count && !failed; i++) {
        reader.source = &sources->list[i];
        failed = read_source(&reader);
    }
    if (!failed && diagnostics->count)
        failed = hf_diagnostics_error(diagnostics, err);
    failed = failed || take_result(&wanted, reader.db, err) ? -1 : 0;
    sqlite3_close(reader.db);
    if (failed)
        hf_wanted_release(&wanted);
    else
        *out = wanted;
    return failed;
}
