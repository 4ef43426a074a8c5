/*
 * An application's settings in its database: the columns that a profile's fields name. A table of
 * settings has one row, its first; where it has none, writing makes it.
 */
#ifndef HF_PORTABLE_PROFILE_SETTINGS_H
#define HF_PORTABLE_PROFILE_SETTINGS_H

#include <sqlite3.h>

#include "portable/profile.h"
#include "portable/profile_request.h"

/* The field of that name; NULL when there is none. */
const struct hf_profile_field *hf_profile_field_find(const struct hf_profile *profile,
                                                     const char *name);

/*
 * Calls `each` for every field, with its value as text: NULL where the database has none, a boolean
 * as "true" or "false". `value` is borrowed for the call, and may be a secret. -1 of `each` ends
 * it.
 */
int hf_profile_settings_read(sqlite3 *db, const struct hf_profile *profile,
                             int (*each)(void *context, const struct hf_profile_field *field,
                                         const char *value, struct hf_error *err),
                             void *context, struct hf_error *err);

/*
 * Writes values, in the caller's transaction. An empty text is NULL in the database; a column that
 * must have a value keeps the one that it has. A text of NULL, and a field whose column this
 * database lacks, are left out. HF_USAGE for a name that is no field's.
 */
int hf_profile_settings_write(sqlite3 *db, const struct hf_profile *profile,
                              const struct hf_profile_value *values, struct hf_error *err);

#endif
