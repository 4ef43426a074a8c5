/*
 * A database as its application's own copy, with a profile's export.sql.
 */
#ifndef HF_PORTABLE_PROFILE_EXPORT_H
#define HF_PORTABLE_PROFILE_EXPORT_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/stream.h"
#include "portable/profile.h"

struct hf_profile_export_result {
    const char *version; /* the profile's name for it; lives as long as the profile */
};

/*
 * Writes all of one consistent state, and what the application's shape cannot carry in the member
 * "holdfast" at its end. `db` is the caller's, in no transaction, and should be closed soon after:
 * temporary views stay on it. The sink is not finished.
 */
int hf_profile_export(sqlite3 *db, const struct hf_profile *profile, int64_t now,
                      const struct hf_sink *sink, struct hf_profile_export_result *result,
                      struct hf_error *err);

#endif
