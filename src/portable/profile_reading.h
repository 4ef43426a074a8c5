/*
 * An application's own copy on a connection, as import.sql finds it: staged as the table `part`,
 * with `outcome`, `answer`, `chosen` and fail(). What comes before @write needs no more.
 */
#ifndef HF_PORTABLE_PROFILE_READING_H
#define HF_PORTABLE_PROFILE_READING_H

#include "portable/profile_import.h"
#include "portable/profile_places.h"

/* Not to be moved after prepare. Filled by the caller up to `problem`. */
struct hf_profile_reading {
    sqlite3 *db; /* temporary tables stay on it */
    const struct hf_profile *profile;
    struct hf_profile_parameters parameters;
    enum hf_copy_trust trust;
    void *problem_context;
    void (*problem)(void *context, const struct hf_profile_problem *problem); /* may be NULL */
    struct hf_error refusal;                                                  /* of fail() */
    bool has_own_member;    /* the copy was written by Holdfast */
    char version[128];      /* which version of the application it then says it is of, or "" */
    uint64_t stray_entries; /* that no place of the profile fits: told as problems */
};

int hf_profile_reading_prepare(struct hf_profile_reading *reading, struct hf_error *err);

/* Reads all of it. Errors as of hf_profile_import. */
int hf_profile_reading_stage(struct hf_profile_reading *reading, const struct hf_source *source,
                             struct hf_error *err);

/* A statement of import.sql. What fail() said is the error. */
int hf_profile_reading_run(struct hf_profile_reading *reading,
                           const struct hf_profile_statement *statement, struct hf_error *err);

/* Each entry of `outcome` that was not imported, in the copy's order. */
int hf_profile_reading_tell_problems(const struct hf_profile_reading *reading,
                                     struct hf_error *err);

#endif
