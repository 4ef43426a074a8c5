#include "console/live_question.h"

#include "engine/state_file.h"
#include "service/access.h"

json_t *hf_live_question(const struct hf_config *config, const struct hf_env *env,
                         const struct hf_config_database *database)
{
    hf_auto_free char *wanted = NULL, *path = NULL;
    if (hf_access_state_path(&wanted, config, env, database->name, NULL))
        return NULL;
    path = hf_state_file_path(database->path, wanted);
    return path ? hf_live_ask_status(path) : NULL;
}
