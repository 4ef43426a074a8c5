/*
 * Which application's form a portable copy has: as the settings say, or as the database's tables
 * tell.
 */
#ifndef HF_SERVICE_PROFILE_CHOICE_H
#define HF_SERVICE_PROFILE_CHOICE_H

#include "config/config.h"
#include "portable/profile.h"
#include "sqlite/untrusted.h"

struct hf_profile_choice {
    struct hf_profiles profiles; /* the built-in ones, and those of the setting `profiles-dir` */
    const struct hf_profile *profile; /* NULL: the generic form */
};

/* The one that the setting `profile` names ('none': the generic form), else the one that the tables
 * of the database at `path`, which need not be there, tell. */
int hf_profile_choose(struct hf_profile_choice *out, const struct hf_config *config,
                      const struct hf_env *env, const char *path, enum hf_file_users users,
                      struct hf_error *err);
void hf_profile_choice_release(struct hf_profile_choice *choice);
HF_AUTO_RELEASE(hf_profile_choice)

#endif
