/*
 * An application's own copy, in any of the shapes it ever had, into a database, with a profile's
 * import.sql.
 *
 * The whole copy is read and proven first. Then everything is written in one transaction, or
 * nothing is. Each entry of the copy is accounted for.
 */
#ifndef HF_PORTABLE_PROFILE_IMPORT_H
#define HF_PORTABLE_PROFILE_IMPORT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/events.h"
#include "base/stream.h"
#include "os/env.h"
#include "portable/copy_reader.h"
#include "portable/profile.h"
#include "portable/profile_request.h"

enum hf_profile_outcome {
    HF_PROFILE_IMPORTED,
    HF_PROFILE_SKIPPED,    /* is there already, or twice in the copy */
    HF_PROFILE_UNRESOLVED, /* kept in a file beside */
    HF_PROFILE_ERROR,
};

/* An entry that was not imported. */
struct hf_profile_problem {
    enum hf_profile_outcome outcome; /* unresolved or error */
    const char *user;                /* or NULL */
    const char *title;               /* as the copy has it; NULL: it says none */
    const char *path;                /* "users[0].data.movies[3]" */
    uint64_t line;
    const char *why;
};

struct hf_profile_counts {
    uint64_t total, imported, skipped, unresolved, errors;
};

struct hf_profile_user {
    char *name; /* NULL: of entries without a user */
    struct hf_profile_counts counts;
};

struct hf_profile_import_options {
    const struct hf_env *env;
    const struct hf_events *events;
    const char *user;         /* whose the entries are where the copy does not say; or NULL */
    const char *directory;    /* for import_unresolved_<time>.json */
    bool dry_run;             /* all of it, and then roll back */
    enum hf_copy_trust trust; /* of a copy that Holdfast wrote; others have no checksum */
    /* Called when the copy is proven and before the database is touched; not in a dry run. May be
     * NULL; its failure ends the import. */
    int (*before_writing)(void *context, struct hf_error *err);
    void *before_context;
    /*
     * Answers a question of the profile's lookup with the body of a successful answer. After a
     * failure nothing more is asked in this import. NULL: nothing is looked up.
     */
    void *ask_context;
    int (*ask)(void *context, const struct hf_profile_request *request,
               const struct hf_profile_value *values, struct hf_buf *answer, struct hf_error *err);
    /* The application's settings that a person chose: written in the same transaction, over what
     * import.sql wrote, and seen by it as the table `chosen(field, value)`. NULL: none. */
    const struct hf_profile_value *settings;
    /* Called for each, in the copy's order. May be NULL. */
    void *problem_context;
    void (*problem)(void *context, const struct hf_profile_problem *problem);
    /* How far it is; a few times a second, once at the end of the questions, and once at the end of
     * all for each user, where those are few. Each may be NULL. A user's counts only grow. */
    void *progress_context;
    void (*user_progress)(void *context, const struct hf_profile_user *user);
    void (*ask_progress)(void *context, uint64_t asked, uint64_t of);
};

struct hf_profile_import_result {
    struct hf_profile_counts counts; /* the sum */
    struct hf_profile_user *users;   /* by name */
    size_t user_count;
    uint64_t asked, answered;
    char *unresolved_path; /* or NULL */
};

/* Has the database any row in the profile's tables? If not, a copy that Holdfast wrote can be
 * restored whole with hf_import. */
int hf_profile_is_empty(sqlite3 *db, const struct hf_profile *profile, bool *empty,
                        struct hf_error *err);

/*
 * `db` is the caller's, in no transaction, and is closed soon after: temporary tables stay on it.
 * HF_CORRUPT with a line: no such copy. HF_USAGE: import.sql wants to be told more (a user).
 */
int hf_profile_import(sqlite3 *db, const struct hf_profile *profile, const struct hf_source *source,
                      const struct hf_profile_import_options *options,
                      struct hf_profile_import_result *result, struct hf_error *err);
void hf_profile_import_result_release(struct hf_profile_import_result *result);
HF_AUTO_RELEASE(hf_profile_import_result)

#endif
