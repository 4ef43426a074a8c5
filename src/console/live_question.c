#include "console/live_question.h"

#include <string.h>

#include "engine/state_file.h"
#include "service/access.h"
#include "service/control_client.h"

enum { PATIENCE = 2000 };

json_t *hf_live_question(const struct hf_config *config, const struct hf_env *env,
                         const struct hf_config_database *database)
{
    hf_auto(hf_control_client) struct hf_control_client client = {0};
    hf_auto_free char *wanted = NULL, *path = NULL;
    json_t *answer = NULL;
    if (hf_access_state_path(&wanted, config, env, database->name, NULL))
        return NULL;
    path = hf_state_file_path(database->path, wanted);
    if (!path || hf_control_client_open(&client, path, NULL) ||
        hf_control_ask(&client, json_pack("{s:s}", "do", "status"), NULL))
        return NULL;
    while ((answer = hf_control_answer(&client, PATIENCE, NULL)) &&
           strcmp(hf_member_text(answer, "event", ""), "done") != 0)
        json_decref(answer);
    return answer;
}

const json_t *hf_live_entry(const json_t *answer, const char *name)
{
    const json_t *list = json_object_get(answer, "databases");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        if (!strcmp(hf_member_text(entry, "name", ""), name))
            return entry;
    }
    return NULL;
}
