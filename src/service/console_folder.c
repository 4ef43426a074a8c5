#include "service/console_folder.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/state_file.h"
#include "os/file.h"
#include "service/access.h"

int hf_console_folder(char **out, const struct hf_config *config, const struct hf_env *env,
                      struct hf_error *err)
{
    hf_auto_free char *wanted = NULL, *state = NULL;
    const char *directory = config->values[HF_SETTING_STATE_DIR].text;
    if (!config->database_count && !directory) {
        hf_error_set(err, HF_CONFIG, "the console has no place for its own files");
        return hf_error_hint(err, "give a database, or --state-dir");
    }
    if (config->database_count) {
        const struct hf_config_database *first = &config->databases[0];
        if (hf_access_state_path(&wanted, config, env, first->name, err))
            return -1;
        state = hf_state_file_path(first->path, wanted);
    } else {
        state = hf_path_join(directory, "holdfast");
    }
    if (!state || asprintf(out, "%s-console", state) < 0)
        return hf_error_memory(err);
    return 0;
}
