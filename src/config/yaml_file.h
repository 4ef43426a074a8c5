/*
 * What a configuration file says, checked for shape only: every key known, every value of
 * its type, each with its line. Nothing is expanded or looked up.
 */
#ifndef HF_CONFIG_YAML_FILE_H
#define HF_CONFIG_YAML_FILE_H

#include <stddef.h>

#include "config/config.h"

struct hf_yaml_database {
    char *path; /* may be a pattern; relative paths are already joined to the file's folder */
    char *name; /* or NULL */
    char *source;
};

struct hf_yaml_file {
    /* For passphrase and recovery key: the path of the file that holds it. */
    struct hf_value values[HF_SETTING_COUNT];
    struct hf_yaml_database *databases;
    size_t database_count;
    struct hf_config_command *generate;
    size_t generate_count;
};

/* HF_CONFIG with "<path> line <n>: ..."; a file that cannot be read has the system's error. */
int hf_yaml_file_read(struct hf_yaml_file *out, const char *path, const struct hf_env *env,
                      struct hf_error *err);
void hf_config_commands_free(struct hf_config_command *list, size_t count);
void hf_yaml_file_release(struct hf_yaml_file *file);
HF_AUTO_RELEASE(hf_yaml_file)

#endif
