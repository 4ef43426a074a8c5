#include "portable/profile_import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "os/file.h"
#include "portable/json_writer.h"
#include "portable/profile_database.h"
#include "portable/profile_places.h"
#include "portable/profile_progress.h"
#include "portable/profile_reading.h"
#include "portable/profile_settings.h"

struct import {
    sqlite3 *db;
    const struct hf_profile *profile;
    const struct hf_profile_import_options *options;
    struct hf_profile_reading reading;
    struct hf_profile_import_result result;
    bool silent; /* the lookup failed once */
    struct hf_profile_progress progress;
    struct hf_error *err;
};

/* What a person chose, where import.sql can read it. */
static int note_chosen(struct import *import)
{
    static const char sql[] = "INSERT INTO temp.chosen VALUES(?1, ?2)";
    sqlite3_stmt *insert = NULL;
    if (!import->options->settings)
        return 0;
    if (sqlite3_prepare_v2(import->db, sql, -1, &insert, NULL))
        return hf_profile_db_error(import->db, import->err);
    for (const struct hf_profile_value *value = import->options->settings; value->name; value++) {
        sqlite3_reset(insert);
        sqlite3_bind_text(insert, 1, value->name, -1, SQLITE_STATIC);
        sqlite3_bind_text(insert, 2, value->text, -1, SQLITE_STATIC);
        sqlite3_step(insert);
    }
    return sqlite3_finalize(insert) ? hf_profile_db_error(import->db, import->err) : 0;
}

/* The lookup's questions are asked one by one. */

enum { MOST_VALUES = 16 };

static int keep_answer(struct import *import, const char *query, const struct hf_buf *answer)
{
    /* What is no JSON would fail every statement that looks into it. */
    static const char sql[] =
        "INSERT OR IGNORE INTO temp.answer SELECT ?1, ?2 WHERE json_valid(?2)";
    sqlite3_stmt *insert = NULL;
    if (sqlite3_prepare_v2(import->db, sql, -1, &insert, NULL))
        return hf_profile_db_error(import->db, import->err);
    sqlite3_bind_text(insert, 1, query, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 2, (const char *)answer->data, (int)answer->length, SQLITE_STATIC);
    sqlite3_step(insert);
    bool kept = sqlite3_changes(import->db) == 1;
    if (sqlite3_finalize(insert))
        return hf_profile_db_error(import->db, import->err);
    if (kept) {
        import->result.answered++;
        return 0;
    }
    import->silent = true;
    hf_notice(import->options->events, "the lookup's answers are no JSON: is it another service?");
    return 0;
}

static int ask_one(struct import *import, sqlite3_stmt *row)
{
    const struct hf_profile_import_options *options = import->options;
    struct hf_profile_value values[MOST_VALUES + 1] = {0};
    for (int i = 0; i < sqlite3_column_count(row) && i < MOST_VALUES; i++)
        values[i] = (struct hf_profile_value){sqlite3_column_name(row, i),
                                              (const char *)sqlite3_column_text(row, i)};
    hf_auto(hf_buf) struct hf_buf answer = {0};
    struct hf_error failure = {0};
    import->result.asked++;
    if (options->ask(options->ask_context, &import->profile->lookup, values, &answer, &failure)) {
        import->silent = true;
        hf_notice(options->events, "titles without an id are not looked up: %s", failure.text);
        return 0;
    }
    return keep_answer(import, values[0].text ? values[0].text : "", &answer);
}

static int count_questions(struct import *import, uint64_t *count)
{
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(import->db, "SELECT count(*) FROM temp.question", -1, &row, NULL))
        return hf_profile_db_error(import->db, import->err);
    *count = sqlite3_step(row) == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(row, 0) : 0;
    return sqlite3_finalize(row) ? hf_profile_db_error(import->db, import->err) : 0;
}

static int ask_all(struct import *import)
{
    sqlite3_stmt *rows = NULL;
    uint64_t questions = 0;
    if (count_questions(import, &questions))
        return -1;
    int rc = sqlite3_prepare_v2(import->db, "SELECT * FROM temp.question", -1, &rows, NULL);
    int failed = rc ? hf_profile_db_error(import->db, import->err) : 0;
    while (!failed && !import->silent && sqlite3_step(rows) == SQLITE_ROW) {
        failed = ask_one(import, rows);
        hf_profile_progress_asked(&import->progress, import->result.asked, questions);
    }
    if (sqlite3_finalize(rows) && !failed)
        failed = hf_profile_db_error(import->db, import->err);
    return failed;
}

/* The questions are made first: while a service is waited for, no lock is held. */
static int ask(struct import *import, const struct hf_profile_statement *statement)
{
    const struct hf_profile_script *script = &import->profile->import_script;
    if (!import->options->ask || !import->profile->lookup.url)
        return 0;
    char *sql = sqlite3_mprintf("CREATE TEMP TABLE question AS %s", statement->sql);
    if (!sql)
        return hf_error_memory(import->err);
    struct hf_profile_statement make = *statement;
    make.sql = sql;
    int failed =
        hf_profile_run(import->db, script, &make, &import->reading.parameters, import->err);
    sqlite3_free(sql);
    if (failed)
        return -1;
    failed =
        hf_profile_execute(import->db, "COMMIT", import->err) || ask_all(import) ||
        hf_profile_execute(import->db, "BEGIN; DROP TABLE IF EXISTS temp.question", import->err);
    return failed ? -1 : 0;
}

static int begin_writing(struct import *import)
{
    const struct hf_profile_import_options *options = import->options;
    if (hf_profile_execute(import->db, "COMMIT", import->err) ||
        (options->before_writing && !options->dry_run &&
         options->before_writing(options->before_context, import->err)))
        return -1;
    return hf_profile_execute(import->db, "BEGIN IMMEDIATE", import->err);
}

static int run_script(struct import *import)
{
    const struct hf_profile_script *script = &import->profile->import_script;
    bool writing = false;
    for (size_t i = 0; i < script->count; i++) {
        const struct hf_profile_statement *statement = &script->statements[i];
        if (statement->place || statement->summary)
            continue;
        if (statement->write && !writing) {
            writing = true;
            if (begin_writing(import))
                return -1;
        }
        if (statement->ask ? ask(import, statement)
                           : hf_profile_reading_run(&import->reading, statement, import->err))
            return -1;
    }
    return 0;
}

/* An entry that the SQL forgot is an error too: nothing is dropped in silence. */
static const char forgotten[] =
    "INSERT INTO temp.outcome(part, result, why) SELECT id, 'error', 'the profile does not say what"
    " became of it' FROM temp.part WHERE path LIKE '%]' AND id NOT IN (SELECT part FROM"
    " temp.outcome) AND place NOT IN (SELECT value FROM json_each(?1))";

static int account_for_all(struct import *import)
{
    const struct hf_profile_texts *groups = &import->profile->groups;
    hf_auto(hf_buf) struct hf_buf list = {0};
    int failed = hf_buf_print(&list, import->err, "[");
    for (size_t i = 0; !failed && i < groups->count; i++)
        failed = hf_buf_print(&list, import->err, "%s\"%s\"", i ? "," : "", groups->items[i]);
    if (failed || hf_buf_print(&list, import->err, "]"))
        return -1;
    sqlite3_stmt *insert = NULL;
    if (sqlite3_prepare_v2(import->db, forgotten, -1, &insert, NULL))
        return hf_profile_db_error(import->db, import->err);
    sqlite3_bind_text(insert, 1, (const char *)list.data, (int)list.length, SQLITE_STATIC);
    sqlite3_step(insert);
    return sqlite3_finalize(insert) ? hf_profile_db_error(import->db, import->err) : 0;
}

static int add_user(struct hf_profile_import_result *result, sqlite3_stmt *row,
                    struct hf_error *err)
{
    struct hf_profile_user *grown =
        realloc(result->users, (result->user_count + 1) * sizeof *result->users);
    if (!grown)
        return hf_error_memory(err);
    result->users = grown;
    struct hf_profile_user *user = &grown[result->user_count];
    const char *name = (const char *)sqlite3_column_text(row, 0);
    *user =
        (struct hf_profile_user){.name = name ? strdup(name) : NULL,
                                 .counts = {.total = (uint64_t)sqlite3_column_int64(row, 1),
                                            .imported = (uint64_t)sqlite3_column_int64(row, 2),
                                            .skipped = (uint64_t)sqlite3_column_int64(row, 3),
                                            .unresolved = (uint64_t)sqlite3_column_int64(row, 4),
                                            .errors = (uint64_t)sqlite3_column_int64(row, 5)}};
    if (name && !user->name)
        return hf_error_memory(err);
    result->user_count++;
    result->counts.total += user->counts.total;
    result->counts.imported += user->counts.imported;
    result->counts.skipped += user->counts.skipped;
    result->counts.unresolved += user->counts.unresolved;
    result->counts.errors += user->counts.errors;
    return 0;
}

static int count_outcomes(struct import *import)
{
    static const char sql[] =
        "SELECT user, count(*), sum(result = 'imported'), sum(result = 'skipped'),"
        " sum(result = 'unresolved'), sum(result NOT IN ('imported', 'skipped', 'unresolved'))"
        " FROM temp.outcome GROUP BY user ORDER BY user";
    sqlite3_stmt *rows = NULL;
    int rc = sqlite3_prepare_v2(import->db, sql, -1, &rows, NULL);
    int failed = rc ? hf_profile_db_error(import->db, import->err) : 0;
    while (!failed && sqlite3_step(rows) == SQLITE_ROW)
        failed = add_user(&import->result, rows, import->err);
    if (sqlite3_finalize(rows) && !failed)
        failed = hf_profile_db_error(import->db, import->err);
    return failed;
}

/* What could not be placed is written as a copy of its own, before the transaction is committed. */

struct file_sink {
    struct hf_new_file file;
    uint64_t length;
};

static int write_file(void *context, const void *bytes, size_t length, struct hf_error *err)
{
    struct file_sink *out = context;
    if (hf_new_file_write(&out->file, bytes, length, out->length, err))
        return -1;
    out->length += length;
    return 0;
}

/* "import_unresolved_2026-11-23T15-19-57.json", and "...-57-2.json" for the next of that second. */
static char *unresolved_path(const struct import *import)
{
    const struct hf_fs *fs = &import->options->env->fs;
    char moment[32];
    struct stat status;
    hf_time_iso(moment, sizeof moment, import->reading.parameters.now);
    for (char *c = moment; *c; c++)
        *c = *c == ':' ? '-' : *c;
    for (int number = 1;; number++) {
        char name[80], suffix[16] = "";
        if (number > 1)
            snprintf(suffix, sizeof suffix, "-%d", number);
        snprintf(name, sizeof name, "import_unresolved_%.19s%s.json", moment, suffix);
        char *path = hf_path_join(import->options->directory, name);
        if (!path || fs->stat(fs->context, path, &status))
            return path;
        free(path);
    }
}

static int write_unresolved(struct import *import)
{
    struct file_sink out = {0};
    const struct hf_sink sink = {.context = &out, .write = write_file};
    hf_auto(hf_json_writer) struct hf_json_writer writer = {0};
    hf_auto_ptr(hf_profile_places) struct hf_profile_places *places = hf_profile_places_new(
        import->db, &import->profile->import_script, &import->reading.parameters, import->err);
    char *path = places ? unresolved_path(import) : NULL;
    if (!path)
        return places ? hf_error_memory(import->err) : -1;
    import->result.unresolved_path = path;
    int failed = hf_json_writer_init(&writer, &sink, import->err) ||
                 hf_new_file_begin(&out.file, import->options->env, path, 0600, import->err);
    if (!failed) {
        hf_json_open_object(&writer, HF_JSON_LINES);
        failed = hf_profile_places_write(places, &writer, import->err);
    }
    if (!failed) {
        hf_json_close(&writer);
        hf_json_end_line(&writer);
        failed = hf_json_writer_flush(&writer, import->err) ||
                 hf_new_file_commit(&out.file, HF_COMMIT_NEW, import->err);
    }
    hf_new_file_release(&out.file);
    return failed ? -1 : 0;
}

static int write_settings(struct import *import)
{
    const struct hf_profile_value *settings = import->options->settings;
    return settings ? hf_profile_settings_write(import->db, import->profile, settings, import->err)
                    : 0;
}

static int import_all(struct import *import, const struct hf_source *source)
{
    struct hf_profile_reading *reading = &import->reading;
    if (hf_profile_reading_prepare(reading, import->err) || note_chosen(import) ||
        hf_profile_progress_begin(&import->progress, import->db, import->options, import->err) ||
        hf_profile_execute(import->db, "BEGIN", import->err) ||
        hf_profile_reading_stage(reading, source, import->err))
        return -1;
    import->result.counts.total = import->result.counts.errors = reading->stray_entries;
    if (run_script(import) || write_settings(import) || account_for_all(import) ||
        count_outcomes(import) || hf_profile_reading_tell_problems(reading, import->err))
        return -1;
    hf_profile_progress_end(&import->progress, &import->result);
    if (import->options->dry_run)
        return hf_profile_execute(import->db, "ROLLBACK", import->err);
    if (import->result.counts.unresolved && write_unresolved(import))
        return -1;
    if (!hf_profile_execute(import->db, "COMMIT", import->err))
        return 0;
    if (import->result.unresolved_path)
        hf_file_remove(import->options->env, import->result.unresolved_path, NULL);
    return -1;
}

int hf_profile_is_empty(sqlite3 *db, const struct hf_profile *profile, bool *empty,
                        struct hf_error *err)
{
    *empty = true;
    if (hf_profile_make_views(db, profile, err))
        return -1;
    for (size_t i = 0; *empty && i < profile->table_count; i++) {
        sqlite3_stmt *rows = NULL;
        char *sql = sqlite3_mprintf("SELECT 1 FROM temp.\"%w\" LIMIT 1", profile->tables[i].name);
        if (!sql)
            return hf_error_memory(err);
        if (sqlite3_prepare_v2(db, sql, -1, &rows, NULL) == SQLITE_OK)
            *empty = sqlite3_step(rows) != SQLITE_ROW;
        sqlite3_free(sql);
        if (sqlite3_finalize(rows))
            return hf_profile_db_error(db, err);
    }
    return hf_profile_drop_views(db, profile, err);
}

int hf_profile_import(sqlite3 *db, const struct hf_profile *profile, const struct hf_source *source,
                      const struct hf_profile_import_options *options,
                      struct hf_profile_import_result *result, struct hf_error *err)
{
    struct import import = {
        .db = db,
        .profile = profile,
        .options = options,
        .reading = {.db = db,
                    .profile = profile,
                    .parameters = {.now = hf_now(options->env), .user = options->user},
                    .trust = options->trust,
                    .problem_context = options->problem_context,
                    .problem = options->problem},
        .err = err,
    };
    int failed = import_all(&import, source);
    if (!sqlite3_get_autocommit(db))
        hf_profile_execute(db, "ROLLBACK", NULL);
    hf_profile_progress_release(&import.progress);
    if (failed)
        hf_profile_import_result_release(&import.result);
    else
        *result = import.result;
    return failed;
}

void hf_profile_import_result_release(struct hf_profile_import_result *result)
{
    for (size_t i = 0; i < result->user_count; i++)
        free(result->users[i].name);
    free(result->users);
    free(result->unresolved_path);
    *result = (struct hf_profile_import_result){0};
}
