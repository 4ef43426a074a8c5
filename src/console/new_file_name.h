/*
 * A name for a new file beside a database, which a person may choose in a browser.
 */
#ifndef HF_CONSOLE_NEW_FILE_NAME_H
#define HF_CONSOLE_NEW_FILE_NAME_H

#include <stdint.h>

#include "config/config.h"

/* Never a path; nor a name that a shell, a person or Holdfast would take for something else; nor
 * one that the settings' patterns would make another database of. HF_USAGE. */
int hf_new_file_name_check(const char *name, const struct hf_config *config,
                           const struct hf_env *env, const struct hf_config_database *beside,
                           struct hf_error *err);

/* One that is good and that no file has, for a restore point; NULL: err. The caller frees. */
char *hf_new_file_name_propose(const struct hf_config *config, const struct hf_env *env,
                               const struct hf_config_database *beside, uint64_t point,
                               struct hf_error *err);

#endif
