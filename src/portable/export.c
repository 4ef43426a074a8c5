#include "portable/export.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "portable/copy_proof.h"
#include "portable/copy_table.h"
#include "sqlite/connection.h"
#include "sqlite/untrusted.h"

/* What is being written. */
struct writing {
    const struct hf_export_options *options;
    struct hf_copy_database database;
    struct hf_copy_schema schema;
    struct hf_json_writer *writer;
    struct hf_export_result *result;
};

static int ask(char *out, size_t size, const struct hf_copy_database *database, const char *sql,
               struct hf_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(database->db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        snprintf(out, size, "%s", (const char *)sqlite3_column_text(statement, 0));
    else
        hf_connection_error(database->db, rc, database->path, err);
    sqlite3_finalize(statement);
    return rc == SQLITE_ROW ? 0 : -1;
}

static int put_facts(struct writing *writing, struct hf_error *err)
{
    /* What a new file needs to be the same database, beside the schema. */
    static const char *const facts[] = {"page_size",    "auto_vacuum",    "journal_mode",
                                        "user_version", "application_id", "encoding"};
    struct hf_json_writer *writer = writing->writer;
    hf_json_name(writer, "database");
    hf_json_open_object(writer, HF_JSON_LINES);
    hf_json_name(writer, "name");
    hf_json_put_string(writer, writing->options->name);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        char sql[64], text[32] = "";
        snprintf(sql, sizeof sql, "PRAGMA main.%s", facts[i]);
        if (ask(text, sizeof text, &writing->database, sql, err))
            return -1;
        hf_json_name(writer, facts[i]);
        if (strspn(text, "-0123456789") == strlen(text))
            hf_json_put_raw(writer, text, strlen(text));
        else
            hf_json_put_string(writer, text);
        if (!strcmp(facts[i], "encoding") && strcmp(text, "UTF-8") != 0)
            writing->database.encoding = HF_COPY_UTF16;
    }
    hf_json_close(writer);
    return 0;
}

static void put_head(struct hf_json_writer *writer, const struct hf_export_options *options,
                     const struct hf_env *env)
{
    char now[32];
    hf_json_name(writer, "format");
    hf_json_put_string(writer, HF_COPY_FORMAT);
    hf_json_name(writer, "version");
    hf_json_put_integer(writer, HF_COPY_VERSION);
    hf_json_name(writer, "holdfast");
    hf_json_put_string(writer, options->program);
    hf_json_name(writer, "exported_at");
    hf_json_put_string(writer, hf_time_iso(now, sizeof now, hf_now(env)));
}

static void put_schema(struct writing *writing)
{
    struct hf_json_writer *writer = writing->writer;
    const struct hf_copy_schema *schema = &writing->schema;
    hf_json_name(writer, "schema");
    hf_json_open_object(writer, HF_JSON_LINES);
    hf_json_name(writer, "hash");
    hf_json_put_string(writer, schema->hash);
    hf_json_name(writer, "statements");
    hf_json_open_array(writer, HF_JSON_LINES);
    for (size_t i = 0; i < schema->statement_count; i++) {
        const struct hf_copy_statement *statement = &schema->statements[i];
        hf_json_open_object(writer, HF_JSON_LINES);
        hf_json_name(writer, "type");
        hf_json_put_string(writer, statement->type);
        hf_json_name(writer, "name");
        hf_json_put_string(writer, statement->name);
        hf_json_name(writer, "sql");
        hf_json_put_string(writer, statement->sql);
        hf_json_close(writer);
    }
    hf_json_close(writer);
    hf_json_close(writer);
}

static int put_tables(struct writing *writing, struct hf_error *err)
{
    struct hf_json_writer *writer = writing->writer;
    hf_json_name(writer, "tables");
    hf_json_open_array(writer, HF_JSON_LINES);
    for (size_t i = 0; i < writing->schema.table_count; i++) {
        const struct hf_copy_table *table = &writing->schema.tables[i];
        struct hf_copy_table_result done;
        if (hf_copy_put_table(writer, &writing->database, table, &done, err))
            return -1;
        bool own = sqlite3_strnicmp(table->name, "sqlite_", 7) != 0 && !table->shadow_of;
        writing->result->tables += own;
        writing->result->rows += own ? done.rows : 0;
    }
    hf_json_close(writer);
    return 0;
}

int hf_export_put_members(struct hf_json_writer *writer, sqlite3 *db,
                          const struct hf_export_options *options, struct hf_export_result *result,
                          struct hf_error *err)
{
    struct writing writing = {.options = options,
                              .database = {.db = db, .path = options->path},
                              .writer = writer,
                              .result = result};
    *result = (struct hf_export_result){0};
    int failed = hf_copy_schema_read(&writing.schema, db, options->path, options->events, err);
    if (!failed)
        failed = put_facts(&writing, err);
    if (!failed) {
        put_schema(&writing);
        failed = put_tables(&writing, err);
        memcpy(result->schema_hash, writing.schema.hash, sizeof result->schema_hash);
    }
    hf_copy_schema_release(&writing.schema);
    return failed;
}

int hf_export_generic(sqlite3 *db, const struct hf_export_options *options,
                      const struct hf_env *env, const struct hf_sink *sink,
                      struct hf_export_result *result, struct hf_error *err)
{
    hf_auto(hf_json_writer) struct hf_json_writer writer = {0};
    struct hf_copy_seal seal;
    hf_copy_seal_init(&seal, sink);
    if (hf_json_writer_init(&writer, &seal.sink, err))
        return -1;
    hf_json_open_object(&writer, HF_JSON_LINES);
    put_head(&writer, options, env);
    if (hf_export_put_members(&writer, db, options, result, err) ||
        hf_json_writer_flush(&writer, err))
        return -1;
    return hf_copy_seal_close(&seal, result->checksum, err);
}

static int begin_reading(sqlite3 *db, const char *path, struct hf_error *err)
{
    /* BEGIN alone takes no snapshot: the first read does. */
    int rc = sqlite3_exec(db, "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : hf_connection_error(db, rc, path, err);
}

sqlite3 *hf_export_open(const struct hf_export_options *options, struct hf_error *err)
{
    return options->untrusted
               ? hf_untrusted_open(options->path, options->users, options->busy_ms, err)
               : hf_connection_open(options->path, NULL, options->busy_ms, err);
}

int hf_export(const struct hf_export_options *options, const struct hf_env *env,
              struct hf_export_result *result, struct hf_error *err)
{
    int64_t started = hf_now(env);
    sqlite3 *db = hf_export_open(options, err);
    if (!db)
        return -1;
    int failed = begin_reading(db, options->path, err);
    hf_auto_ptr(hf_copy_output) struct hf_copy_output *output = NULL;
    if (!failed) {
        output = hf_copy_output_new(&options->output, env, err);
        failed = !output ||
                 hf_export_generic(db, options, env, hf_copy_output_sink(output), result, err);
    }
    sqlite3_close(db);
    if (failed || hf_copy_output_commit(output, err))
        return -1;
    result->bytes = hf_copy_output_bytes(output);
    result->duration = hf_now(env) - started;
    return 0;
}
