#include "portable/profile_export.h"

#include "portable/copy_proof.h"
#include "portable/profile_database.h"
#include "portable/profile_places.h"

/* What the application's shape cannot carry: the whole database, as the generic copy has it. */
static int put_whole(struct hf_json_writer *writer, sqlite3 *db,
                     const struct hf_profile_export_options *options,
                     struct hf_profile_export_result *result, struct hf_error *err)
{
    hf_json_name(writer, "holdfast");
    hf_json_open_object(writer, HF_JSON_LINES);
    hf_json_name(writer, "profile");
    hf_json_put_string(writer, options->profile->name);
    hf_json_name(writer, "application");
    hf_json_put_string(writer, result->version);
    hf_json_name(writer, "format");
    hf_json_put_string(writer, HF_COPY_FORMAT);
    hf_json_name(writer, "version");
    hf_json_put_integer(writer, HF_COPY_VERSION);
    hf_json_name(writer, "holdfast");
    hf_json_put_string(writer, options->copy.program);
    if (hf_export_put_members(writer, db, &options->copy, &result->copy, err))
        return -1;
    hf_json_close(writer);
    return 0;
}

/* What the application knows: the rows of the profile's queries. */
static int put_places(struct hf_json_writer *writer, sqlite3 *db,
                      const struct hf_profile_export_options *options, const struct hf_env *env,
                      struct hf_error *err)
{
    const struct hf_profile *profile = options->profile;
    const struct hf_profile_parameters parameters = {.now = hf_now(env)};
    if (hf_profile_make_views(db, profile, err) ||
        hf_profile_prepare_copy(db, profile, &parameters, err))
        return -1;
    struct hf_profile_places *places =
        hf_profile_places_new(db, &profile->export_script, &parameters, err);
    int failed = places ? hf_profile_places_write(places, writer, err) : -1;
    hf_profile_places_free(places);
    return failed ? -1 : hf_profile_drop_views(db, profile, err);
}

static int write_copy(sqlite3 *db, const struct hf_profile_export_options *options,
                      const struct hf_env *env, const struct hf_sink *sink,
                      struct hf_profile_export_result *result, struct hf_error *err)
{
    hf_auto(hf_json_writer) struct hf_json_writer writer = {0};
    struct hf_copy_seal seal;
    hf_copy_seal_init(&seal, sink);
    if (hf_profile_version(db, options->profile, &result->version, err) ||
        hf_json_writer_init(&writer, &seal.sink, err))
        return -1;
    hf_json_open_object(&writer, HF_JSON_LINES);
    if (put_places(&writer, db, options, env, err) ||
        put_whole(&writer, db, options, result, err) || hf_json_writer_flush(&writer, err))
        return -1;
    return hf_copy_seal_close(&seal, result->copy.checksum, err);
}

int hf_profile_export(const struct hf_profile_export_options *options, const struct hf_env *env,
                      struct hf_profile_export_result *result, struct hf_error *err)
{
    int64_t started = hf_now(env);
    struct hf_profile_export_result done = {0};
    const struct hf_export_options *copy = &options->copy;
    sqlite3 *db = hf_export_open(copy, err);
    if (!db)
        return -1;
    /* BEGIN alone takes no snapshot: the first read does. */
    int failed = hf_profile_execute(db,
                                    "PRAGMA temp.journal_mode = OFF;"
                                    "PRAGMA temp.cache_size = -8192;"
                                    "PRAGMA main.cache_size = -16384;"
                                    "BEGIN;"
                                    "SELECT 1 FROM main.sqlite_schema LIMIT 1",
                                    err);
    hf_auto_ptr(hf_copy_output) struct hf_copy_output *output = NULL;
    if (!failed) {
        output = hf_copy_output_new(&copy->output, env, err);
        failed = !output || write_copy(db, options, env, hf_copy_output_sink(output), &done, err);
    }
    sqlite3_close(db);
    if (failed || hf_copy_output_commit(output, err))
        return -1;
    done.copy.bytes = hf_copy_output_bytes(output);
    done.copy.duration = hf_now(env) - started;
    *result = done;
    return 0;
}
