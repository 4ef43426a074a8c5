#include "cli/profile_choice.h"

#include <string.h>

#include "sqlite/connection.h"

enum { BUSY_MS = 5000 };

static int detect(struct hf_profile_choice *out, const struct hf_cli *cli, const char *path,
                  struct hf_error *err)
{
    struct stat status;
    if (cli->env->fs.stat(cli->env->fs.context, path, &status) || !status.st_size)
        return 0;
    sqlite3 *db = hf_connection_open(path, NULL, BUSY_MS, err);
    int failed = db ? hf_profiles_detect(&out->profiles, db, &out->profile, err) : -1;
    sqlite3_close(db);
    return failed;
}

int hf_profile_choose(struct hf_profile_choice *out, const struct hf_cli *cli, const char *path,
                      struct hf_error *err)
{
    const char *wanted = cli->config.values[HF_SETTING_PROFILE].text;
    bool generic = hf_option_given(&cli->arguments, "generic");
    if (generic && hf_option_given(&cli->arguments, "profile"))
        return hf_error_set(err, HF_USAGE, "--generic or --profile: not both");
    if (generic || (wanted && !strcmp(wanted, "none")))
        return 0;
    if (hf_profiles_load(&out->profiles, NULL, cli->env, err))
        return -1;
    if (!wanted)
        return detect(out, cli, path, err);
    out->profile = hf_profiles_find(&out->profiles, wanted, err);
    return out->profile ? 0 : -1;
}

void hf_profile_choice_release(struct hf_profile_choice *choice)
{
    hf_profiles_release(&choice->profiles);
    choice->profile = NULL;
}
