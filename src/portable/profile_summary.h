/*
 * What is in a backup of an application, for a person who is asked whether it is the right one:
 * from a copy in any shape that import.sql takes, or from a database. Nothing is written.
 *
 * The profile says it in statements with @summary, which run after the others (in import.sql those
 * before @write), for a copy in import.sql and for a database in export.sql:
 *
 *   about      one row: version, exported_at
 *   lists      user, list, items: `list` is a name of the profile's lists; rows of the same user
 * and list add up; NULL says that there is such a user settings   field, value (for a database
 * Holdfast reads the fields' columns itself) missing    name, label: what backups of this
 * application have, and this one cannot have
 */
#ifndef HF_PORTABLE_PROFILE_SUMMARY_H
#define HF_PORTABLE_PROFILE_SUMMARY_H

#include <stdint.h>

#include "portable/profile_import.h"

struct hf_profile_summary_user {
    char *name;      /* NULL: nobody is named */
    uint64_t *items; /* of each of the profile's lists */
};

struct hf_profile_missing {
    char *name, *label;
};

struct hf_profile_summary {
    const struct hf_profile *profile; /* borrowed */
    const char *version;              /* the profile's name for it; NULL: the backup does not say */
    char *copy_version, *exported_at; /* as the copy says, or NULL */
    struct hf_profile_summary_user *users;
    size_t user_count;
    char **settings; /* of each of the profile's fields, a secret or not; NULL: none. Wiped */
    struct hf_profile_missing *missing;
    size_t missing_count;
    bool is_whole; /* a copy that has every table besides the application's own form */
};

enum { HF_PROFILE_MOST_USERS = 10000 };

struct hf_profile_summary_options {
    const struct hf_env *env;
    const char *user; /* as of an import */
    enum hf_copy_trust trust;
    /* Of a copy: the database that it would go into, in no transaction, which import.sql may look
     * at as in an import ("the only user there"); temporary tables stay on it. NULL: an empty one.
     */
    sqlite3 *target;
    /* Called for each entry that no import can take. May be NULL. */
    void *problem_context;
    void (*problem)(void *context, const struct hf_profile_problem *problem);
};

/* HF_CORRUPT with a line: no such copy. HF_USAGE: it must be said whose it is. */
int hf_profile_summary_of_copy(struct hf_profile_summary *out, const struct hf_profile *profile,
                               const struct hf_source *source,
                               const struct hf_profile_summary_options *options,
                               struct hf_error *err);

/* `db` is the caller's, open for reading, in no transaction; temporary tables stay on it. */
int hf_profile_summary_of_database(struct hf_profile_summary *out, const struct hf_profile *profile,
                                   sqlite3 *db, const struct hf_profile_summary_options *options,
                                   struct hf_error *err);
void hf_profile_summary_release(struct hf_profile_summary *summary);
HF_AUTO_RELEASE(hf_profile_summary)

#endif
