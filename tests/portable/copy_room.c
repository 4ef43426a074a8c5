#include "portable/copy_room.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "codec/key.h"

void copy_room_init(struct copy_room *room)
{
    assert_int_equal(hf_codec_init(NULL), 0);
    hf_scratch_init(&room->scratch);
    room->database = hf_scratch_path(&room->scratch, "a.db");
    room->copy = hf_scratch_path(&room->scratch, "a.json");
    room->other = hf_scratch_path(&room->scratch, "b.db");
}

void copy_room_release(struct copy_room *room)
{
    hf_scratch_release(&room->scratch);
    free(room->database);
    free(room->copy);
    free(room->other);
}

static sqlite3 *opened(const char *path)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

void room_run(const char *path, const char *sql)
{
    sqlite3 *db = opened(path);
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

static void append_value(struct hf_buf *out, sqlite3_stmt *statement, int column)
{
    int type = sqlite3_column_type(statement, column);
    double real;
    hf_buf_print(out, NULL, "|%d:", type);
    if (type == SQLITE_FLOAT) {
        real = sqlite3_column_double(statement, column);
        hf_buf_append(out, &real, sizeof real, NULL);
    } else if (type != SQLITE_NULL) {
        const void *bytes = sqlite3_column_blob(statement, column);
        hf_buf_append(out, bytes, (size_t)sqlite3_column_bytes(statement, column), NULL);
    }
}

/* Everything that a query gives, types and bytes. */
static void append_rows(struct hf_buf *out, sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int rc;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++)
            append_value(out, statement, i);
        hf_buf_append(out, "\n", 1, NULL);
    }
    if (rc != SQLITE_DONE)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_finalize(statement);
}

char *room_ask(const char *path, const char *sql)
{
    sqlite3 *db = opened(path);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int rc = sqlite3_step(statement);
    const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : "";
    char *answer = strdup(text ? text : "NULL");
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return answer;
}

void room_export(const struct copy_room *room)
{
    struct hf_error err = {0};
    struct hf_export_result result;
    const struct hf_export_options options = {.path = room->database,
                                              .name = "a",
                                              .program = "test",
                                              .output = {.to = room->copy},
                                              .busy_ms = 1000};
    if (hf_export(&options, hf_env_system(), &result, &err))
        fail_msg("export: %s", err.text);
}

int room_import(const struct copy_room *room, const struct hf_import_options *options,
                struct hf_import_result *result, struct hf_error *err)
{
    struct hf_import_options job = options ? *options : (struct hf_import_options){0};
    job.path = room->other;
    job.busy_ms = 1000;
    const struct hf_copy_input_options from = {.path = room->copy};
    hf_auto_ptr(hf_copy_input) struct hf_copy_input *input =
        hf_copy_input_new(&from, hf_env_system(), err);
    return input ? hf_import(input, &job, hf_env_system(), result, err) : -1;
}

void room_import_whole(const struct copy_room *room)
{
    struct hf_error err = {0};
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    if (room_import(room, NULL, &result, &err))
        fail_msg("import: %s", err.text);
}

static int append_table(void *context, int count, char **values, char **names)
{
    (void)count, (void)names;
    struct {
        struct hf_buf *out;
        sqlite3 *db;
    } *target = context;
    /* A rowid where there is one: the WITHOUT ROWID tables have none to ask for. */
    char *by_rowid = sqlite3_mprintf("SELECT rowid FROM \"%w\"", values[0]);
    sqlite3_stmt *probe = NULL;
    bool has_rowid = sqlite3_prepare_v2(target->db, by_rowid, -1, &probe, NULL) == SQLITE_OK;
    sqlite3_finalize(probe);
    char *sql = sqlite3_mprintf("SELECT * FROM \"%w\" NOT INDEXED", values[0]);
    hf_buf_print(target->out, NULL, "%s\n", values[0]);
    append_rows(target->out, target->db, sql);
    if (has_rowid)
        append_rows(target->out, target->db, by_rowid);
    sqlite3_free(sql);
    sqlite3_free(by_rowid);
    return 0;
}

static void describe(struct hf_buf *out, const char *path)
{
    sqlite3 *db = opened(path);
    struct {
        struct hf_buf *out;
        sqlite3 *db;
    } target = {out, db};
    append_rows(out, db,
                "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE "
                "'sqlite\\_autoindex%' ESCAPE '\\' ORDER BY 1, 2");
    append_rows(out, db, "PRAGMA user_version");
    append_rows(out, db, "PRAGMA application_id");
    append_rows(out, db, "PRAGMA encoding");
    append_rows(out, db, "PRAGMA integrity_check");
    /* FTS5 and rtree keep trees of their own shape: what they hold is told by the virtual table. */
    sqlite3_exec(db,
                 "SELECT l.name FROM pragma_table_list l WHERE l.schema = 'main' AND "
                 "l.type IN ('table', 'virtual') AND l.name <> 'sqlite_schema' ORDER BY 1",
                 append_table, &target, NULL);
    sqlite3_close(db);
}

void room_assert_same(const char *a, const char *b)
{
    hf_auto(hf_buf) struct hf_buf first = {0}, second = {0};
    describe(&first, a);
    describe(&second, b);
    if (first.length == second.length && !memcmp(first.data, second.data, first.length))
        return;
    size_t at = 0;
    while (at < first.length && at < second.length && first.data[at] == second.data[at])
        at++;
    size_t from = at > 100 ? at - 100 : 0;
    fail_msg("differ at %zu:\n%.200s\n-- and --\n%.200s", at, (char *)first.data + from,
             (char *)second.data + from);
}
