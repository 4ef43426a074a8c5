/*
 * From configured paths and patterns to databases with unique names.
 */
#ifndef HF_CONFIG_DATABASES_H
#define HF_CONFIG_DATABASES_H

#include "config/config.h"
#include "config/yaml_file.h"

/* A path as it stands, from a flag or the environment; `name->text` may be NULL. */
int hf_databases_add_one(struct hf_config *config, const struct hf_value *path,
                         const struct hf_value *name, struct hf_error *err);

/* A file's entry: one database, or one for every match of a pattern, in the order of their names.
 * A name that is taken already is HF_CONFIG, and so is a name given to a pattern. */
int hf_databases_add_entry(struct hf_config *config, const struct hf_yaml_database *entry,
                           const struct hf_env *env, struct hf_error *err);

/* Looks again for what the patterns match: files that are not yet among the databases are added at
 * the end. Those whose name is taken are passed over, and the last of them is told as HF_CONFIG. */
int hf_databases_expand(struct hf_config *config, struct hf_error *err);

/* The pattern by which a file of this name in the folder, however that is called, would become a
 * database; NULL: none. */
const char *hf_databases_pattern_of(const struct hf_config *config, const struct hf_env *env,
                                    const char *folder, const char *name);

#endif
