/*
 * Which application's form a portable copy has: as asked, or as the database's tables tell.
 */
#ifndef HF_CLI_PROFILE_CHOICE_H
#define HF_CLI_PROFILE_CHOICE_H

#include "cli/cli.h"
#include "portable/profile.h"

struct hf_profile_choice {
    struct hf_profiles profiles;
    const struct hf_profile *profile; /* NULL: the generic form */
};

/* --generic (which the verb has) and --profile none are the generic form; else --profile, the
 * setting, and the tables of the database at `path`, which need not be there. */
int hf_profile_choose(struct hf_profile_choice *out, const struct hf_cli *cli, const char *path,
                      struct hf_error *err);
void hf_profile_choice_release(struct hf_profile_choice *choice);
HF_AUTO_RELEASE(hf_profile_choice)

#endif
