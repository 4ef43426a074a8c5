/*
 * `holdfast import` of an application's own copy.
 */
#ifndef HF_CLI_PROFILE_IMPORT_H
#define HF_CLI_PROFILE_IMPORT_H

#include "cli/cli.h"
#include "cli/session.h"
#include "portable/import.h"
#include "portable/profile.h"

struct hf_profile_import_job {
    const struct hf_choice *choice;
    const struct hf_profile *profile;
    const char *user; /* or NULL */
    const struct hf_import_options *options;
    const uint64_t *point_before; /* known once options->before_writing was called; 0: none */
};

/* Are the profile's tables in the database without a row? Not when they are not there. */
int hf_profile_import_is_fresh(bool *fresh, const struct hf_profile_import_job *job,
                               struct hf_error *err);

/* Imports, and shows the result. */
int hf_profile_import_run(struct hf_cli *cli, struct hf_copy_input *input,
                          const struct hf_profile_import_job *job, struct hf_error *err);

#endif
