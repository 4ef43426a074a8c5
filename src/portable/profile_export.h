/*
 * A database as its application's own copy, with a profile's export.sql.
 */
#ifndef HF_PORTABLE_PROFILE_EXPORT_H
#define HF_PORTABLE_PROFILE_EXPORT_H

#include "portable/export.h"
#include "portable/profile.h"

struct hf_profile_export_options {
    const struct hf_profile *profile;
    struct hf_export_options copy;
};

struct hf_profile_export_result {
    const char *version; /* the profile's name for it; lives as long as the profile */
    struct hf_export_result copy;
};

/*
 * Writes one consistent state, as hf_export does: first the members that the application knows,
 * then "holdfast", which holds the generic copy of all tables (what the application's shape cannot
 * carry is in there), then the checksum of it all. Readers of the application's shape ignore the
 * last two.
 */
int hf_profile_export(const struct hf_profile_export_options *options, const struct hf_env *env,
                      struct hf_profile_export_result *result, struct hf_error *err);

#endif
