#include "portable/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "portable/copy_value.h"
#include "portable/import_plan.h"
#include "portable/import_target.h"
#include "sqlite/connection.h"

enum { PROGRESS_ROWS = 1000 };

/* The second reading: what was proven is written. */
struct importing {
    const struct hf_import_options *options;
    struct hf_copy_input *input;
    const struct hf_env *env;
    struct hf_copy_outline outline;
    struct hf_import_target target;
    struct hf_copy_schema schema; /* that the target has */
    struct hf_import_plan plan;
    enum hf_ground ground;
    struct hf_import_result *result;

    size_t next; /* table of the plan */
    struct hf_planned_table *table;
    uint64_t inserted, kept;
    sqlite3_stmt *insert, *look;
    char counter_name[256]; /* of AUTOINCREMENT, while its row is read */
    int64_t counter;
    uint64_t rows;
};

static void finish_statements(struct importing *job)
{
    sqlite3_finalize(job->insert);
    sqlite3_finalize(job->look);
    job->insert = job->look = NULL;
}

static void importing_release(struct importing *job)
{
    finish_statements(job);
    hf_import_plan_release(&job->plan);
    hf_copy_schema_release(&job->schema);
    hf_import_target_release(&job->target);
    hf_copy_outline_release(&job->outline);
}

static int fail(struct importing *job, int rc, struct hf_error *err)
{
    hf_connection_error(job->target.db, rc, job->options->path, err);
    return hf_error_wrap(err, "table '%s'", job->table->from->table.name);
}

static int prepare(struct importing *job, const char *sql, sqlite3_stmt **out, struct hf_error *err)
{
    int rc = sqlite3_prepare_v3(job->target.db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc == SQLITE_OK ? 0 : fail(job, rc, err);
}

static int run_on(struct importing *job, const char *before, const char *name, const char *after,
                  struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf sql = {0};
    if (hf_buf_print(&sql, err, "%s", before) || hf_copy_append_name(&sql, name, err) ||
        hf_buf_print(&sql, err, "%s", after))
        return -1;
    return hf_import_run(&job->target, err, (const char *)sql.data);
}

static int changed_meanwhile(struct hf_error *err)
{
    return hf_error_set(err, HF_CORRUPT, "the copy changed while it was read");
}

static int begin_table(void *context, const struct hf_copy_table *table, struct hf_error *err)
{
    struct importing *job = context;
    if (job->next == job->plan.table_count)
        return changed_meanwhile(err);
    job->table = &job->plan.tables[job->next++];
    const struct hf_copy_table *proven = &job->table->from->table;
    if (strcmp(proven->name, table->name) != 0 || proven->column_count != table->column_count ||
        !proven->rowid != !table->rowid)
        return changed_meanwhile(err);
    job->inserted = job->kept = 0;
    if (job->table->place != HF_PLACE_ROWS)
        return 0;
    if (job->table->clear_first &&
        run_on(job, "DELETE FROM main.", job->table->into->name, "", err))
        return -1;
    if (prepare(job, job->table->insert, &job->insert, err))
        return -1;
    return job->table->look ? prepare(job, job->table->look, &job->look, err) : 0;
}

/* Bytes that are no text in one encoding cannot be told in another. */
static int check_encoding(struct importing *job, const struct hf_copy_value *value,
                          struct hf_error *err)
{
    bool text16 = value->type == HF_COPY_TEXT16;
    if (!text16 && value->type != HF_COPY_TEXT)
        return 0;
    sqlite3_stmt *statement = NULL;
    bool is16 = false;
    if (sqlite3_prepare_v2(job->target.db, "PRAGMA main.encoding", -1, &statement, NULL) ==
            SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        is16 = strcmp((const char *)sqlite3_column_text(statement, 0), "UTF-8") != 0;
    sqlite3_finalize(statement);
    if (is16 == text16)
        return 0;
    hf_error_set(
        err, HF_REFUSED, "table '%s': a text that is not well-formed cannot go from %s to %s",
        job->table->from->table.name, text16 ? "UTF-16" : "UTF-8", text16 ? "UTF-8" : "UTF-16");
    return hf_error_hint(err, "import into a new file, which gets the copy's encoding");
}

static void take_counter(struct importing *job, size_t column, const struct hf_copy_value *value)
{
    if (column == 0)
        snprintf(job->counter_name, sizeof job->counter_name, "%.*s", (int)value->length,
                 value->length ? (const char *)value->bytes : "");
    else if (column == 1)
        job->counter = value->integer;
}

static int take_value(void *context, size_t index, const struct hf_copy_value *value,
                      struct hf_error *err)
{
    struct importing *job = context;
    const struct hf_planned_table *table = job->table;
    if (table->place == HF_PLACE_COUNTERS)
        take_counter(job, index - (table->from->table.rowid != NULL), value);
    if (table->place != HF_PLACE_ROWS)
        return 0;
    int parameter = table->parameters[index];
    if (!parameter)
        return 0;
    bool odd = value->type == HF_COPY_TEXT16 || (value->type == HF_COPY_TEXT && value->is_broken);
    if (odd && check_encoding(job, value, err))
        return -1;
    int rc = hf_copy_bind_value(job->insert, parameter, value);
    if (rc == SQLITE_OK && job->look && parameter <= sqlite3_bind_parameter_count(job->look))
        rc = hf_copy_bind_value(job->look, parameter, value);
    return rc == SQLITE_OK ? 0 : fail(job, rc, err);
}

/* Is the row there (1), another under its rowid (2), or none (0)? */
static int look_for_row(struct importing *job, struct hf_error *err)
{
    int rc = sqlite3_step(job->look), found = 0;
    if (rc == SQLITE_ROW)
        found = job->table->by_rowid || sqlite3_column_int(job->look, 0) ? 1 : 2;
    else if (rc != SQLITE_DONE)
        return fail(job, rc, err);
    sqlite3_reset(job->look);
    return found;
}

static int insert_row(struct importing *job, struct hf_error *err)
{
    int found = job->look ? look_for_row(job, err) : 0;
    if (found < 0)
        return -1;
    if (found == 1) {
        job->kept++;
        return 0;
    }
    if (found == 2) /* its place is taken by a row that is not the same: both stay */
        sqlite3_bind_null(job->insert, 1);
    int rc = sqlite3_step(job->insert);
    if (rc != SQLITE_DONE)
        return fail(job, rc, err);
    bool made = job->look || sqlite3_changes(job->target.db) > 0;
    sqlite3_reset(job->insert);
    job->inserted += made;
    job->kept += !made;
    return 0;
}

/* A counter never goes back. */
static int raise_counter(struct importing *job, struct hf_error *err)
{
    char *sql = sqlite3_mprintf(
        "UPDATE sqlite_sequence SET seq = max(seq, %lld) WHERE name = %Q;"
        "INSERT INTO sqlite_sequence(name, seq) SELECT name, %lld FROM sqlite_schema "
        "WHERE type = 'table' AND name = %Q AND NOT EXISTS "
        "(SELECT 1 FROM sqlite_sequence WHERE name = %Q)",
        job->counter, job->counter_name, job->counter, job->counter_name, job->counter_name);
    if (!sql)
        return hf_error_memory(err);
    int failed = hf_import_run(&job->target, err, sql);
    sqlite3_free(sql);
    return failed;
}

static int take_row(void *context, uint64_t line, struct hf_error *err)
{
    struct importing *job = context;
    int failed = 0;
    if (job->table->place == HF_PLACE_ROWS)
        failed = insert_row(job, err);
    else if (job->table->place == HF_PLACE_COUNTERS)
        failed = raise_counter(job, err);
    if (failed)
        return hf_error_wrap(err, "line %llu", (unsigned long long)line);
    if (++job->rows % PROGRESS_ROWS == 0)
        hf_progress(job->options->events, "import", hf_copy_input_done(job->input),
                    hf_copy_input_size(job->input));
    return 0;
}

static int end_table(void *context, uint64_t rows, struct hf_error *err)
{
    struct importing *job = context;
    const struct hf_planned_table *table = job->table;
    const struct hf_copy_table *from = &table->from->table;
    struct hf_import_result *result = job->result;
    finish_statements(job);
    if (rows != table->from->rows)
        return changed_meanwhile(err);
    if (from->shadow_of || !sqlite3_strnicmp(from->name, "sqlite_", 7))
        return 0;
    struct hf_import_table *report = &result->tables[result->table_count++];
    *report = (struct hf_import_table){.name = strdup(from->name),
                                       .read = rows,
                                       .inserted = job->inserted,
                                       .kept = job->kept,
                                       .not_placed = table->not_placed,
                                       .reason = table->reason ? strdup(table->reason) : NULL,
                                       .rebuilt = table->place == HF_PLACE_REBUILD};
    result->read += rows;
    result->inserted += job->inserted;
    result->kept += job->kept;
    result->not_placed += table->not_placed;
    return report->name && (!table->reason || report->reason) ? 0 : hf_error_memory(err);
}

static int prove(struct importing *job, struct hf_error *err)
{
    hf_progress(job->options->events, "check the copy", 0, hf_copy_input_size(job->input));
    const struct hf_source *text = hf_copy_input_text(job->input, err);
    if (!text)
        return -1;
    if (hf_copy_outline_read(&job->outline, text, job->options->trust, err))
        return hf_error_wrap(err, "'%s'", hf_copy_input_name(job->input));
    return 0;
}

static int tell_before(struct importing *job, struct hf_error *err)
{
    const struct hf_import_options *options = job->options;
    return options->before_writing ? options->before_writing(options->before_context, err) : 0;
}

/* The first table with rows that the copy has rows for; NULL when there is none. */
static int find_filled(struct importing *job, const char **found, struct hf_error *err)
{
    *found = NULL;
    for (size_t i = 0; i < job->outline.table_count && !*found; i++) {
        const struct hf_outline_table *table = &job->outline.tables[i];
        const struct hf_copy_table *into = hf_copy_schema_table(&job->schema, table->table.name);
        if (!table->rows || !into || into->content != HF_COPY_ROWS || into->shadow_of ||
            !sqlite3_strnicmp(into->name, "sqlite_", 7))
            continue;
        char *sql = sqlite3_mprintf("SELECT 1 FROM main.\"%w\" LIMIT 1", into->name);
        sqlite3_stmt *statement = NULL;
        int rc = sql ? sqlite3_prepare_v2(job->target.db, sql, -1, &statement, NULL) : SQLITE_NOMEM;
        if (rc == SQLITE_OK)
            rc = sqlite3_step(statement);
        if (rc == SQLITE_ROW)
            *found = into->name;
        sqlite3_finalize(statement);
        sqlite3_free(sql);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE)
            return hf_connection_error(job->target.db, rc, job->options->path, err);
    }
    return 0;
}

static int choose_ground(struct importing *job, struct hf_error *err)
{
    const char *filled;
    if (job->target.is_empty) {
        job->ground = HF_GROUND_NEW;
        return hf_import_run(&job->target, err, "PRAGMA ignore_check_constraints = ON") ||
                       hf_import_make_tables(&job->target, &job->outline, err)
                   ? -1
                   : 0;
    }
    if (hf_copy_schema_read(&job->schema, job->target.db, job->options->path, NULL, err) ||
        find_filled(job, &filled, err))
        return -1;
    job->ground = job->options->merge ? HF_GROUND_MERGE : HF_GROUND_EMPTY;
    if (!filled || job->options->merge)
        return 0;
    hf_error_set(err, HF_REFUSED, "'%s' has rows in table '%s' already", job->options->path,
                 filled);
    return hf_error_hint_typed(err, "--merge, --db NEW",
                               "keep them and add what is missing, or import into a new file");
}

static int refuse_loss(const struct importing *job, struct hf_error *err)
{
    uint64_t lost = 0;
    const struct hf_planned_table *first = NULL;
    for (size_t i = 0; i < job->plan.table_count; i++) {
        const struct hf_planned_table *table = &job->plan.tables[i];
        lost += table->not_placed;
        if (table->not_placed && !first)
            first = table;
        if (table->not_placed)
            hf_notice(job->options->events, "%s '%s': %s: %llu %s without a place", "table",
                      table->from->table.name, table->reason, (unsigned long long)table->not_placed,
                      table->place == HF_PLACE_NOWHERE ? "rows" : "values");
    }
    if (!lost || job->options->accept_data_loss)
        return 0;
    hf_error_set(err, HF_REFUSED, "not everything in the copy has a place in '%s': table '%s': %s",
                 job->options->path, first->from->table.name, first->reason);
    return hf_error_hint_typed(
        err, "--accept-data-loss, --db NEW",
        "bring the database's schema up to date first; or leave it out; or import into a new file");
}

static int make_plan(struct importing *job, struct hf_error *err)
{
    if (choose_ground(job, err))
        return -1;
    if (job->ground == HF_GROUND_NEW &&
        hf_copy_schema_read(&job->schema, job->target.db, job->options->path, NULL, err))
        return -1;
    if (hf_import_plan_make(&job->plan, &job->outline, &job->schema, job->ground, job->target.db,
                            job->options->path, err))
        return -1;
    return refuse_loss(job, err);
}

static int write_rows(struct importing *job, struct hf_error *err)
{
    const struct hf_copy_visitor visitor = {.context = job,
                                            .table = begin_table,
                                            .value = take_value,
                                            .row = take_row,
                                            .table_end = end_table};
    job->result->tables = calloc(job->plan.table_count + 1, sizeof *job->result->tables);
    if (!job->result->tables)
        return hf_error_memory(err);
    const struct hf_source *text = hf_copy_input_text(job->input, err);
    return text ? hf_copy_read(text, job->options->trust, &visitor, err) : -1;
}

static int rebuild(struct importing *job, struct hf_error *err)
{
    for (size_t i = 0; i < job->plan.table_count; i++) {
        if (job->plan.tables[i].place != HF_PLACE_REBUILD)
            continue;
        const char *name = job->plan.tables[i].into->name;
        hf_auto(hf_buf) struct hf_buf sql = {0};
        if (hf_buf_print(&sql, err, "INSERT INTO main.") || hf_copy_append_name(&sql, name, err) ||
            hf_buf_print(&sql, err, "(") || hf_copy_append_name(&sql, name, err) ||
            hf_buf_print(&sql, err, ") VALUES ('rebuild')"))
            return -1;
        if (hf_import_run(&job->target, err, (const char *)sql.data))
            return hf_error_wrap(err, "rebuild '%s'", name);
    }
    return 0;
}

static int check_orphans(struct importing *job, uint64_t before, struct hf_error *err)
{
    char first[256] = "";
    uint64_t after;
    if (hf_import_count_orphans(&job->target, &after, first, err))
        return -1;
    if (job->ground == HF_GROUND_NEW) {
        job->result->orphans = after;
        if (after)
            hf_notice(job->options->events,
                      "%llu rows refer to missing rows, as they did in the "
                      "copied database: %s",
                      (unsigned long long)after, first);
        return 0;
    }
    if (after <= before)
        return 0;
    hf_error_set(err, HF_REFUSED, "%llu rows would refer to missing rows: %s",
                 (unsigned long long)(after - before), first);
    return hf_error_hint_typed(
        err, "--db NEW",
        "the copy and this database do not belong together; import into a new file");
}

int hf_import(struct hf_copy_input *input, const struct hf_import_options *options,
              const struct hf_env *env, struct hf_import_result *result, struct hf_error *err)
{
    hf_auto_free struct importing *job = calloc(1, sizeof *job);
    if (!job)
        return hf_error_memory(err);
    int64_t started = hf_now(env);
    uint64_t orphans = 0;
    char first[256];
    *result = (struct hf_import_result){0};
    *job = (struct importing){
        .options = options, .input = input, .env = env, .result = result, .target.file.fd = -1};
    int failed =
        prove(job, err) || tell_before(job, err) ||
        hf_import_target_open(&job->target, options->path, options->busy_ms, &job->outline.facts,
                              env, err) ||
        make_plan(job, err) ||
        (job->ground != HF_GROUND_NEW &&
         hf_import_count_orphans(&job->target, &orphans, first, err)) ||
        write_rows(job, err) || rebuild(job, err) ||
        (job->ground == HF_GROUND_NEW && hf_import_make_others(&job->target, &job->outline, err)) ||
        check_orphans(job, orphans, err) ||
        (!options->dry_run && hf_import_target_commit(&job->target, &job->outline.facts, err));
    result->created = job->ground == HF_GROUND_NEW;
    memcpy(result->exported_at, job->outline.facts.exported_at, sizeof result->exported_at);
    result->duration = hf_now(env) - started;
    importing_release(job);
    if (failed)
        hf_import_result_release(result);
    return failed ? -1 : 0;
}

void hf_import_result_release(struct hf_import_result *result)
{
    for (size_t i = 0; i < result->table_count; i++) {
        free(result->tables[i].name);
        free(result->tables[i].reason);
    }
    free(result->tables);
    *result = (struct hf_import_result){0};
}
