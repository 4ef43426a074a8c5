#include "service/setup_settings.h"

#include "portable/profile_database.h"
#include "portable/profile_settings.h"
#include "service/profile_choice.h"
#include "sqlite/connection.h"

enum { BUSY_MS = 5000 };

int hf_setup_no_tables(const char *path, struct hf_error *err)
{
    hf_error_set(err, HF_REFUSED, "'%s' does not have the tables of an application that is known",
                 path);
    return hf_error_hint(err, "start the application once, or name its schema ('schema:') to "
                              "'holdfast run': either makes them");
}

int hf_setup_settings_write(const struct hf_config *config, const struct hf_env *env,
                            const char *path, const struct hf_profile_value *settings,
                            struct hf_error *err)
{
    hf_auto(hf_profile_choice) struct hf_profile_choice form = {0};
    if (hf_profile_choose(&form, config, env, path, HF_USED_BY_OTHERS, err))
        return -1;
    if (!form.profile)
        return hf_setup_no_tables(path, err);
    sqlite3 *db = hf_connection_open(path, NULL, BUSY_MS, err);
    int failed = !db || hf_profile_execute(db, "BEGIN IMMEDIATE", err) ||
                 hf_profile_settings_write(db, form.profile, settings, err) ||
                 hf_profile_execute(db, "COMMIT", err);
    sqlite3_close(db);
    return failed ? -1 : 0;
}
