/*
 * Takes a portable copy into a database, in whichever form it has: what `holdfast import` and the
 * console do. Blocking; may be killed at any moment, the database is then as before or complete.
 */
#ifndef HF_SERVICE_IMPORTING_H
#define HF_SERVICE_IMPORTING_H

#include <jansson.h>

#include "config/config.h"
#include "portable/import.h"
#include "portable/profile_import.h"
#include "service/access.h"
#include "service/copy_problems.h"

struct hf_importing_options {
    const struct hf_config *config;
    const struct hf_env *env;
    const char *database; /* its name in the repository */
    const char *path;     /* of the file, which need not be there */
    /* Leave these away, and the copy is proven, refused where it would lose anything, and put into
     * tables without rows, after a restore point was taken. */
    bool generic; /* the tables as they are, also of a copy in an application's form */
    bool merge, accept_data_loss, dry_run, edited, without_restore_point;
    const struct hf_secrets *secrets; /* as of struct hf_safety_point_options */
    bool is_guarded;  /* somebody in a browser chose where titles are asked for: service/http.h */
    const char *user; /* whose the entries are, where the copy does not say; or NULL */
    /* The application's settings that a person chose, which go over the copy's; or NULL */
    const struct hf_profile_value *settings;
    const struct hf_events *events; /* may be NULL */
    /* Each may be NULL: as of struct hf_profile_import_options. */
    void *context;
    void (*problem)(void *context, const struct hf_profile_problem *problem);
    void (*user_progress)(void *context, const struct hf_profile_user *user);
    void (*ask_progress)(void *context, uint64_t asked, uint64_t of);
};

struct hf_importing_result {
    char *profile;                          /* in whose form it was taken; NULL: table by table */
    struct hf_import_result tables;         /* table by table */
    struct hf_profile_import_result titles; /* in the profile's form */
    struct hf_copy_problems problems;       /* of that */
    uint64_t point_before;                  /* 0: none was taken */
    bool dry_run;
    int64_t duration; /* ms */
};

/* A copy that Holdfast wrote of an application whose tables have no rows comes back exactly; else
 * an application's own copy is taken by its profile, and the generic one table by table. Errors as
 * of hf_import and hf_profile_import. */
int hf_importing(struct hf_copy_input *input, const struct hf_importing_options *options,
                 struct hf_importing_result *result, struct hf_error *err);
void hf_importing_result_release(struct hf_importing_result *result);
HF_AUTO_RELEASE(hf_importing_result)

/* The members of docs/json.md, "import", without `database` and `path`. NULL: no memory. */
json_t *hf_importing_json(const struct hf_importing_result *result);

/* One of its `users`, also while it goes. */
json_t *hf_profile_user_json(const struct hf_profile_user *user);

#endif
