/*
 * What Holdfast knows about one application: a folder of data, read. docs/profiles.md has the
 * grammar of its three files.
 */
#ifndef HF_PORTABLE_PROFILE_H
#define HF_PORTABLE_PROFILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "config/yaml_tree.h"
#include "os/env.h"
#include "portable/profile_script.h"

struct hf_profile_texts {
    const char **items;
    size_t count;
};

/* A table with every column that any version of the application gave it. */
struct hf_profile_table {
    const char *name;
    struct hf_profile_texts columns;
};

/* Told by columns ("Table.column") that a database of it has. */
struct hf_profile_version {
    const char *name;
    struct hf_profile_texts columns;
};

enum hf_profile_field_kind {
    HF_PROFILE_TEXT,
    HF_PROFILE_URL,
    HF_PROFILE_SECRET, /* must not be shown */
    HF_PROFILE_BOOLEAN,
};

/* "text", "url", "secret", "boolean" */
const char *hf_profile_field_kind_name(enum hf_profile_field_kind kind);

/* A setting of the application. */
struct hf_profile_field {
    const char *name, *label;
    enum hf_profile_field_kind kind;
    const char *column; /* "SystemConfig.jellyfinUrl" */
};

/* Something that a user of the application has: counted in a summary. */
struct hf_profile_list {
    const char *name, *label;
};

/* A GET. "{name}" in its texts stands for a value (portable/profile_request.h). */
struct hf_profile_request {
    const char *url;
    struct hf_profile_texts headers; /* "Name: value" */
    /* What counts as success: one of these codes (none: any 2xx), and a JSON object with these
     * members. */
    struct hf_profile_texts statuses, members;
};

/* Does a service that the application uses answer as it should? All requests must succeed. */
struct hf_profile_test {
    const char *name, *label;
    struct hf_profile_request *requests;
    size_t count;
};

/* Immutable. */
struct hf_profile {
    char *name; /* its folder's */
    const char *title;
    struct hf_profile_table *tables;
    size_t table_count;
    struct hf_profile_texts identified_by; /* "Table.column", all of them */
    struct hf_profile_version *versions;   /* newest first */
    size_t version_count;
    struct hf_profile_field *fields;
    size_t field_count;
    struct hf_profile_texts secret_columns; /* "Table.column", besides secret fields */
    struct hf_profile_list *lists;
    size_t list_count;
    struct hf_profile_test *tests;
    size_t test_count;
    struct hf_profile_request lookup; /* `url` NULL: none */
    struct hf_profile_texts groups, rows;
    struct hf_profile_script export_script, import_script;
    struct hf_yaml_tree tree; /* which the texts belong to */
};

struct hf_profile_files {
    const char *name;
    const void *profile_yml, *export_sql, *import_sql;
    size_t profile_yml_length, export_sql_length, import_sql_length;
};

/* HF_CONFIG with file and line for what is wrong in them. On failure `out` holds nothing. */
int hf_profile_parse(struct hf_profile *out, const struct hf_profile_files *files,
                     struct hf_error *err);

/* The folder <directory>/<name>. */
int hf_profile_read(struct hf_profile *out, const char *directory, const char *name,
                    const struct hf_env *env, struct hf_error *err);
void hf_profile_release(struct hf_profile *profile);
HF_AUTO_RELEASE(hf_profile)

/* The ones of the program, and those of a folder, which win over one of the same name. */
struct hf_profiles {
    struct hf_profile *items;
    size_t count;
};

/* `directory` holds a folder for each profile; NULL: only the program's own. */
int hf_profiles_load(struct hf_profiles *out, const char *directory, const struct hf_env *env,
                     struct hf_error *err);
void hf_profiles_release(struct hf_profiles *profiles);
HF_AUTO_RELEASE(hf_profiles)

/* NULL and HF_USAGE, naming those there are. */
const struct hf_profile *hf_profiles_find(const struct hf_profiles *profiles, const char *name,
                                          struct hf_error *err);

/* The profile that `db`'s tables belong to: the one that asks for most columns. `*out` is NULL when
 * there is none. */
int hf_profiles_detect(const struct hf_profiles *profiles, sqlite3 *db,
                       const struct hf_profile **out, struct hf_error *err);

#endif
