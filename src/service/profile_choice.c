#include "service/profile_choice.h"

#include <string.h>

enum { BUSY_MS = 5000 };

static int detect(struct hf_profile_choice *out, const struct hf_env *env, const char *path,
                  enum hf_file_users users, struct hf_error *err)
{
    struct stat status;
    if (env->fs.stat(env->fs.context, path, &status) || !status.st_size)
        return 0;
    sqlite3 *db = hf_untrusted_open(path, users, BUSY_MS, err);
    int failed = db ? hf_profiles_detect(&out->profiles, db, &out->profile, err) : -1;
    sqlite3_close(db);
    return failed;
}

int hf_profile_choose(struct hf_profile_choice *out, const struct hf_config *config,
                      const struct hf_env *env, const char *path, enum hf_file_users users,
                      struct hf_error *err)
{
    const struct hf_value *wanted = &config->values[HF_SETTING_PROFILE];
    const struct hf_value *folder = &config->values[HF_SETTING_PROFILES_DIR];
    if (wanted->text && !strcmp(wanted->text, "none"))
        return 0;
    if (hf_profiles_load(&out->profiles, folder->text, env, err))
        return folder->text ? hf_error_wrap(err, "%s", folder->source) : -1;
    if (!wanted->text)
        return detect(out, env, path, users, err);
    out->profile = hf_profiles_find(&out->profiles, wanted->text, err);
    return out->profile ? 0 : hf_error_wrap(err, "%s", wanted->source);
}

void hf_profile_choice_release(struct hf_profile_choice *choice)
{
    hf_profiles_release(&choice->profiles);
    choice->profile = NULL;
}
