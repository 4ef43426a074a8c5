#include "portable/profile_reading.h"

#include <stdio.h>

#include "portable/copy_proof.h"
#include "portable/json_reader.h"
#include "portable/profile_database.h"
#include "portable/profile_stage.h"

/* fail(text, hint): ends the reading. */
static void fail_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct hf_profile_reading *reading = sqlite3_user_data(context);
    const char *text = (const char *)sqlite3_value_text(values[0]);
    const char *hint = count > 1 ? (const char *)sqlite3_value_text(values[1]) : NULL;
    hf_error_set(&reading->refusal, HF_USAGE, "%s", text ? text : "");
    if (hint)
        hf_error_hint(&reading->refusal, "%s", hint);
    sqlite3_result_error(context, "fail()", -1);
}

int hf_profile_reading_prepare(struct hf_profile_reading *reading, struct hf_error *err)
{
    sqlite3 *db = reading->db;
    for (int arguments = 1; arguments <= 2; arguments++)
        if (sqlite3_create_function(db, "fail", arguments, SQLITE_UTF8, reading, fail_function,
                                    NULL, NULL))
            return hf_profile_db_error(db, err);
    if (hf_profile_make_views(db, reading->profile, err))
        return -1;
    /* What is staged is thrown away with the connection: it needs no journal. */
    return hf_profile_execute(db,
                              "PRAGMA temp.journal_mode = OFF;"
                              "PRAGMA temp.cache_size = -10240;"
                              "PRAGMA main.cache_size = -12288;"
                              "CREATE TEMP TABLE outcome(part INTEGER PRIMARY KEY, user, result,"
                              " why);"
                              "CREATE TEMP TABLE answer(query PRIMARY KEY, value);"
                              "CREATE TEMP TABLE chosen(field PRIMARY KEY, value)",
                              err);
}

/* A list that nothing is known of, or no list where one must be: each of its entries is an error.
 */
static void note_stray(void *context, const struct hf_profile_stray *stray)
{
    struct hf_profile_reading *reading = context;
    const struct hf_profile_problem problem = {
        .outcome = HF_PROFILE_ERROR, .path = stray->path, .line = stray->line, .why = stray->why};
    reading->stray_entries += stray->entries;
    if (reading->problem)
        reading->problem(reading->problem_context, &problem);
}

/* A member of the copy's "holdfast"; every table as it was is only for a database without rows. */
static int pass_member(struct hf_profile_reading *reading, struct hf_json_reader *reader,
                       bool is_version, struct hf_error *err)
{
    struct hf_json_event event;
    if (hf_json_next(reader, &event, err))
        return -1;
    if (is_version && event.kind == HF_JSON_STRING)
        snprintf(reading->version, sizeof reading->version, "%s", event.text);
    return hf_json_skip(reader, &event, err);
}

static int pass_own_member(void *context, struct hf_json_reader *reader,
                           const struct hf_json_event *event, struct hf_error *err)
{
    struct hf_profile_reading *reading = context;
    struct hf_json_event name;
    reading->has_own_member = true;
    if (event->kind != HF_JSON_OBJECT)
        return hf_json_skip(reader, event, err);
    for (;;) {
        if (hf_json_next(reader, &name, err))
            return -1;
        if (name.kind == HF_JSON_OBJECT_END)
            return 0;
        if (pass_member(reading, reader, hf_json_is(&name, "application"), err))
            return -1;
    }
}

int hf_profile_reading_stage(struct hf_profile_reading *reading, const struct hf_source *source,
                             struct hf_error *err)
{
    const struct hf_profile_stage stage = {
        .context = reading, .stray = note_stray, .own = pass_own_member};
    struct hf_copy_proof proof;
    hf_copy_proof_init(&proof, source);
    hf_auto_ptr(hf_json_reader) struct hf_json_reader *reader =
        hf_json_reader_new(&proof.source, NULL, err);
    if (!reader || hf_profile_stage(reading->db, reading->profile, reader, &stage, err))
        return -1;
    if (!reading->has_own_member || reading->trust == HF_COPY_EDITED || hf_copy_proof_holds(&proof))
        return 0;
    hf_error_set(err, HF_CORRUPT, "the copy is not what was written: its checksum differs");
    return hf_copy_proof_hint(err);
}

int hf_profile_reading_run(struct hf_profile_reading *reading,
                           const struct hf_profile_statement *statement, struct hf_error *err)
{
    if (!hf_profile_run(reading->db, &reading->profile->import_script, statement,
                        &reading->parameters, err))
        return 0;
    return reading->refusal.code ? hf_error_pass(err, &reading->refusal) : -1;
}

int hf_profile_reading_tell_problems(const struct hf_profile_reading *reading, struct hf_error *err)
{
    static const char sql[] =
        "SELECT result = 'unresolved', user, path, line, why, CASE WHEN NOT json_valid(value) THEN"
        " NULL WHEN json_type(value) = 'text' THEN value ->> '$' WHEN json_type(value) = 'object'"
        " THEN coalesce(value ->> '$.title', value ->> '$.name') END"
        " FROM temp.outcome JOIN temp.part ON id = part WHERE result NOT IN ('imported', "
        "'skipped') ORDER BY id";
    sqlite3_stmt *rows = NULL;
    if (!reading->problem)
        return 0;
    if (sqlite3_prepare_v2(reading->db, sql, -1, &rows, NULL))
        return hf_profile_db_error(reading->db, err);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        const char *why = (const char *)sqlite3_column_text(rows, 4);
        const struct hf_profile_problem problem = {
            .outcome = sqlite3_column_int(rows, 0) ? HF_PROFILE_UNRESOLVED : HF_PROFILE_ERROR,
            .user = (const char *)sqlite3_column_text(rows, 1),
            .title = (const char *)sqlite3_column_text(rows, 5),
            .path = (const char *)sqlite3_column_text(rows, 2),
            .line = (uint64_t)sqlite3_column_int64(rows, 3),
            .why = why ? why : "it cannot be taken",
        };
        reading->problem(reading->problem_context, &problem);
    }
    return sqlite3_finalize(rows) ? hf_profile_db_error(reading->db, err) : 0;
}
