/*
 * Where the console keeps what is its own: who may come in, jobs, settings that were changed in it.
 */
#ifndef HF_SERVICE_CONSOLE_FOLDER_H
#define HF_SERVICE_CONSOLE_FOLDER_H

#include "config/config.h"

/* The console's folder, beside the state of the first database. Caller frees. HF_CONFIG when there
 * is neither a database nor a state directory. */
int hf_console_folder(char **out, const struct hf_config *config, const struct hf_env *env,
                      struct hf_error *err);

#endif
