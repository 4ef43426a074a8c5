#include "service/exporting.h"

#include <stdlib.h>
#include <string.h>

#include "portable/profile_export.h"
#include "service/profile_choice.h"

static int by_profile(const struct hf_exporting_options *options, const struct hf_profile *profile,
                      struct hf_exporting_result *result, struct hf_error *err)
{
    const struct hf_profile_export_options export = {profile, options->copy};
    struct hf_profile_export_result done;
    if (hf_profile_export(&export, options->env, &done, err))
        return -1;
    struct hf_exporting_result named = {
        .profile = strdup(profile->name), .version = strdup(done.version), .copy = done.copy};
    if (named.profile && named.version) {
        *result = named;
        return 0;
    }
    hf_exporting_result_release(&named);
    return hf_error_memory(err);
}

static int generic(const struct hf_exporting_options *options, struct hf_exporting_result *result,
                   struct hf_error *err)
{
    struct hf_exporting_result done = {0};
    if (hf_export(&options->copy, options->env, &done.copy, err))
        return -1;
    *result = done;
    return 0;
}

int hf_exporting(const struct hf_exporting_options *options, struct hf_exporting_result *result,
                 struct hf_error *err)
{
    hf_auto(hf_profile_choice) struct hf_profile_choice form = {0};
    if (!options->generic && hf_profile_choose(&form, options->config, options->env,
                                               options->copy.path, options->copy.users, err))
        return -1;
    return form.profile ? by_profile(options, form.profile, result, err)
                        : generic(options, result, err);
}

void hf_exporting_result_release(struct hf_exporting_result *result)
{
    free(result->profile);
    free(result->version);
    *result = (struct hf_exporting_result){0};
}

json_t *hf_exporting_json(const struct hf_exporting_options *options,
                          const struct hf_exporting_result *result)
{
    static const char *const packings[] = {NULL, "gzip", "zstd"};
    const struct hf_export_result *copy = &result->copy;
    return json_pack(
        "{s:s, s:s?, s:s?, s:b, s:I, s:I, s:I, s:s, s:s, s:I}", "format", HF_COPY_FORMAT, "profile",
        result->profile, "compression", packings[options->copy.output.packing], "encrypted",
        options->copy.output.encryption != NULL, "tables", (json_int_t)copy->tables, "rows",
        (json_int_t)copy->rows, "bytes", (json_int_t)copy->bytes, "checksum", copy->checksum,
        "schema_hash", copy->schema_hash, "duration_ms", (json_int_t)copy->duration);
}
