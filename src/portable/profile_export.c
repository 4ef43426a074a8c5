#include "portable/profile_export.h"

#include "portable/json_writer.h"
#include "portable/profile_database.h"
#include "portable/profile_places.h"

/* The statements without a place make what the others read: temporary tables and views. */
static int prepare_tables(sqlite3 *db, const struct hf_profile *profile,
                          const struct hf_profile_parameters *parameters, struct hf_error *err)
{
    const struct hf_profile_script *script = &profile->export_script;
    for (size_t i = 0; i < script->count; i++) {
        const struct hf_profile_statement *statement = &script->statements[i];
        if (!statement->place && hf_profile_run(db, script, statement, parameters, err))
            return -1;
    }
    return 0;
}

static int write_copy(sqlite3 *db, const struct hf_profile *profile,
                      const struct hf_profile_parameters *parameters, const struct hf_sink *sink,
                      struct hf_error *err)
{
    hf_auto(hf_json_writer) struct hf_json_writer writer = {0};
    if (prepare_tables(db, profile, parameters, err))
        return -1;
    hf_auto_ptr(hf_profile_places) struct hf_profile_places *places =
        hf_profile_places_new(db, &profile->export_script, parameters, err);
    if (!places || hf_json_writer_init(&writer, sink, err))
        return -1;
    hf_json_open_object(&writer, HF_JSON_LINES);
    if (hf_profile_places_write(places, &writer, err))
        return -1;
    hf_json_close(&writer);
    hf_json_end_line(&writer);
    return hf_json_writer_flush(&writer, err);
}

int hf_profile_export(sqlite3 *db, const struct hf_profile *profile, int64_t now,
                      const struct hf_sink *sink, struct hf_profile_export_result *result,
                      struct hf_error *err)
{
    const struct hf_profile_parameters parameters = {.now = now};
    struct hf_profile_export_result found = {0};
    if (hf_profile_execute(db, "BEGIN", err))
        return -1;
    int failed = hf_profile_make_views(db, profile, err) ||
                 hf_profile_version(db, profile, &found.version, err) ||
                 write_copy(db, profile, &parameters, sink, err);
    hf_profile_execute(db, "ROLLBACK", NULL);
    if (!failed)
        *result = found;
    return failed ? -1 : 0;
}
