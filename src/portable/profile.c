#include "portable/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/file.h"

enum { LARGEST_SQL = 1 << 20 };

static const char *const kinds[] = {"text", "url", "secret", "boolean", NULL};

const char *hf_profile_field_kind_name(enum hf_profile_field_kind kind)
{
    return kinds[kind];
}

/* Takes what stands at `key->tag` of the struct `into`. */
static void *member(void *into, const struct hf_yaml_key *key)
{
    return (char *)into + key->tag;
}

static int take_text(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                     struct hf_error *err)
{
    if (hf_yaml_expect(value, HF_YAML_TEXT, key->name, err))
        return -1;
    *(const char **)member(into, key) = value->text;
    return 0;
}

static int take_texts(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                      struct hf_error *err)
{
    struct hf_profile_texts *texts = member(into, key);
    if (hf_yaml_expect(value, HF_YAML_LIST, key->name, err))
        return -1;
    texts->items = calloc(value->count + 1, sizeof *texts->items);
    if (!texts->items)
        return hf_error_memory(err);
    for (; texts->count < value->count; texts->count++) {
        const struct hf_yaml_node *item = &value->items[texts->count];
        if (hf_yaml_expect(item, HF_YAML_TEXT, key->name, err))
            return -1;
        texts->items[texts->count] = item->text;
    }
    return 0;
}

/* As take_texts, for "Table.column". */
static int take_columns(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                        struct hf_error *err)
{
    if (take_texts(into, key, value, err))
        return -1;
    const struct hf_profile_texts *texts = member(into, key);
    for (size_t i = 0; i < texts->count; i++)
        if (!strchr(texts->items[i], '.'))
            return hf_yaml_wrong(&value->items[i], err, "'%s' is not 'Table.column'",
                                 texts->items[i]);
    return 0;
}

/* A list of mappings, each read into one element of a new array by `keys`. */
static int take_list(void **array, size_t *count, size_t size, const struct hf_yaml_key *keys,
                     const char *where, const struct hf_yaml_node *value, struct hf_error *err)
{
    if (value->kind != HF_YAML_LIST)
        return hf_yaml_wrong(value, err, "here must be a list, each of it %s", where);
    *array = calloc(value->count + 1, size);
    if (!*array)
        return hf_error_memory(err);
    for (; *count < value->count; ++*count) {
        void *element = (char *)*array + *count * size;
        if (hf_yaml_take(element, keys, where, &value->items[*count], err)) {
            ++*count; /* released with the rest */
            return -1;
        }
    }
    return 0;
}

/* The texts of an element of a list, which none may lack. */
static int require(const char *text, const char *key, const struct hf_yaml_node *node,
                   struct hf_error *err)
{
    return text ? 0 : hf_yaml_wrong(node, err, "there is no '%s' here", key);
}

static int take_tables(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                       struct hf_error *err)
{
    struct hf_profile *profile = into;
    if (hf_yaml_expect(value, HF_YAML_MAPPING, key->name, err))
        return -1;
    profile->tables = calloc(value->count + 1, sizeof *profile->tables);
    if (!profile->tables)
        return hf_error_memory(err);
    for (; profile->table_count < value->count;) {
        const struct hf_yaml_node *columns = &value->items[profile->table_count];
        struct hf_profile_table *table = &profile->tables[profile->table_count++];
        const struct hf_yaml_key as = {.name = columns->key};
        table->name = columns->key;
        if (take_texts(&table->columns, &as, columns, err))
            return -1;
    }
    return 0;
}

static const struct hf_yaml_key version_keys[] = {
    {"name", take_text, offsetof(struct hf_profile_version, name)},
    {"columns", take_columns, offsetof(struct hf_profile_version, columns)},
    {0}};

static int take_versions(void *into, const struct hf_yaml_key *key,
                         const struct hf_yaml_node *value, struct hf_error *err)
{
    struct hf_profile *profile = into;
    (void)key;
    if (take_list((void **)&profile->versions, &profile->version_count, sizeof *profile->versions,
                  version_keys, "a version", value, err))
        return -1;
    for (size_t i = 0; i < value->count; i++)
        if (require(profile->versions[i].name, "name", &value->items[i], err))
            return -1;
    return 0;
}

static int take_kind(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                     struct hf_error *err)
{
    struct hf_profile_field *field = into;
    if (hf_yaml_expect(value, HF_YAML_TEXT, key->name, err))
        return -1;
    for (int i = 0; kinds[i]; i++)
        if (!strcmp(value->text, kinds[i])) {
            field->kind = (enum hf_profile_field_kind)i;
            return 0;
        }
    return hf_yaml_wrong(value, err, "'%s' is no kind of field: text, url, secret or boolean",
                         value->text);
}

static const struct hf_yaml_key field_keys[] = {
    {"name", take_text, offsetof(struct hf_profile_field, name)},
    {"label", take_text, offsetof(struct hf_profile_field, label)},
    {"kind", take_kind, 0},
    {"column", take_text, offsetof(struct hf_profile_field, column)},
    {0}};

static int take_fields(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                       struct hf_error *err)
{
    struct hf_profile *profile = into;
    (void)key;
    if (take_list((void **)&profile->fields, &profile->field_count, sizeof *profile->fields,
                  field_keys, "a field", value, err))
        return -1;
    for (size_t i = 0; i < value->count; i++) {
        const struct hf_profile_field *field = &profile->fields[i];
        const struct hf_yaml_node *node = &value->items[i];
        if (require(field->name, "name", node, err) || require(field->label, "label", node, err) ||
            require(field->column, "column", node, err))
            return -1;
        if (!strchr(field->column, '.'))
            return hf_yaml_wrong(node, err, "'%s' is not 'Table.column'", field->column);
    }
    return 0;
}

static const struct hf_yaml_key list_keys[] = {
    {"name", take_text, offsetof(struct hf_profile_list, name)},
    {"label", take_text, offsetof(struct hf_profile_list, label)},
    {0}};

static int take_lists(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                      struct hf_error *err)
{
    struct hf_profile *profile = into;
    (void)key;
    if (take_list((void **)&profile->lists, &profile->list_count, sizeof *profile->lists, list_keys,
                  "a list of a user", value, err))
        return -1;
    for (size_t i = 0; i < value->count; i++)
        if (require(profile->lists[i].name, "name", &value->items[i], err) ||
            require(profile->lists[i].label, "label", &value->items[i], err))
            return -1;
    return 0;
}

static const struct hf_yaml_key request_keys[] = {
    {"get", take_text, offsetof(struct hf_profile_request, url)},
    {"headers", take_texts, offsetof(struct hf_profile_request, headers)},
    {"status", take_texts, offsetof(struct hf_profile_request, statuses)},
    {"members", take_texts, offsetof(struct hf_profile_request, members)},
    {0}};

static int take_requests(void *into, const struct hf_yaml_key *key,
                         const struct hf_yaml_node *value, struct hf_error *err)
{
    struct hf_profile_test *test = into;
    (void)key;
    if (take_list((void **)&test->requests, &test->count, sizeof *test->requests, request_keys,
                  "a request", value, err))
        return -1;
    for (size_t i = 0; i < value->count; i++)
        if (require(test->requests[i].url, "get", &value->items[i], err))
            return -1;
    return 0;
}

static const struct hf_yaml_key test_keys[] = {
    {"name", take_text, offsetof(struct hf_profile_test, name)},
    {"label", take_text, offsetof(struct hf_profile_test, label)},
    {"requests", take_requests, 0},
    {0}};

static int take_tests(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                      struct hf_error *err)
{
    struct hf_profile *profile = into;
    (void)key;
    if (take_list((void **)&profile->tests, &profile->test_count, sizeof *profile->tests, test_keys,
                  "a test", value, err))
        return -1;
    for (size_t i = 0; i < value->count; i++)
        if (require(profile->tests[i].name, "name", &value->items[i], err) ||
            require(profile->tests[i].label, "label", &value->items[i], err))
            return -1;
    return 0;
}

static bool is_field(const struct hf_profile *profile, const char *name, size_t length)
{
    for (size_t i = 0; i < profile->field_count; i++)
        if (strlen(profile->fields[i].name) == length &&
            !strncmp(profile->fields[i].name, name, length))
            return true;
    return false;
}

/* Every "{name}" of a test is a field. */
static int check_names(const struct hf_profile *profile, const char *text, const char *test,
                       struct hf_error *err)
{
    for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
        size_t length = strcspn(open + 1, "}");
        if (!is_field(profile, open + 1, length))
            return hf_error_set(err, HF_CONFIG, "%s: test '%s': there is no field '%.*s'",
                                profile->tree.file, test, (int)length, open + 1);
    }
    return 0;
}

static int check_tests(const struct hf_profile *profile, struct hf_error *err)
{
    for (size_t i = 0; i < profile->test_count; i++) {
        const struct hf_profile_test *test = &profile->tests[i];
        for (size_t j = 0; j < test->count; j++) {
            const struct hf_profile_request *request = &test->requests[j];
            if (check_names(profile, request->url, test->name, err))
                return -1;
            for (size_t k = 0; k < request->headers.count; k++)
                if (check_names(profile, request->headers.items[k], test->name, err))
                    return -1;
        }
    }
    return 0;
}

static int take_lookup(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                       struct hf_error *err)
{
    struct hf_profile *profile = into;
    if (hf_yaml_take(&profile->lookup, request_keys, key->name, value, err))
        return -1;
    return require(profile->lookup.url, "get", value, err);
}

static const struct hf_yaml_key copy_keys[] = {
    {"groups", take_texts, offsetof(struct hf_profile, groups)},
    {"rows", take_texts, offsetof(struct hf_profile, rows)},
    {0}};

static int take_copy(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                     struct hf_error *err)
{
    return hf_yaml_take(into, copy_keys, key->name, value, err);
}

static const struct hf_yaml_key profile_keys[] = {
    {"title", take_text, offsetof(struct hf_profile, title)},
    {"tables", take_tables, 0},
    {"identified-by", take_columns, offsetof(struct hf_profile, identified_by)},
    {"versions", take_versions, 0},
    {"fields", take_fields, 0},
    {"secret-columns", take_columns, offsetof(struct hf_profile, secret_columns)},
    {"lists", take_lists, 0},
    {"tests", take_tests, 0},
    {"lookup", take_lookup, 0},
    {"copy", take_copy, 0},
    {0}};

static int take_profile(struct hf_profile *profile, struct hf_error *err)
{
    const struct hf_yaml_node *root = profile->tree.root;
    if (!root)
        return hf_error_set(err, HF_CONFIG, "%s is empty", profile->tree.file);
    if (hf_yaml_take(profile, profile_keys, "a profile", root, err) ||
        require(profile->title, "title", root, err) ||
        require(profile->table_count ? "" : NULL, "tables", root, err))
        return -1;
    if (require(profile->identified_by.count ? "" : NULL, "identified-by", root, err))
        return -1;
    return check_tests(profile, err);
}

/* Messages name a built-in's file as they name one that was read: "<name>/profile.yml". */
int hf_profile_parse(struct hf_profile *out, const struct hf_profile_files *files,
                     struct hf_error *err)
{
    char yml[256], export[256], import[256];
    const char *slash = strrchr(files->name, '/');
    snprintf(yml, sizeof yml, "%s/profile.yml", files->name);
    snprintf(export, sizeof export, "%s/export.sql", files->name);
    snprintf(import, sizeof import, "%s/import.sql", files->name);
    struct hf_profile profile = {.name = strdup(slash ? slash + 1 : files->name)};
    if (!profile.name)
        return hf_error_memory(err);
    if (hf_yaml_tree_parse(&profile.tree, yml, files->profile_yml, files->profile_yml_length,
                           err) ||
        take_profile(&profile, err) ||
        hf_profile_script_parse(&profile.export_script, export, files->export_sql,
                                files->export_sql_length, err) ||
        hf_profile_script_parse(&profile.import_script, import, files->import_sql,
                                files->import_sql_length, err)) {
        hf_profile_release(&profile);
        return -1;
    }
    *out = profile;
    return 0;
}

static int read_one(struct hf_buf *out, const char *folder, const char *name,
                    const struct hf_env *env, struct hf_error *err)
{
    hf_auto_free char *path = hf_path_join(folder, name);
    return path ? hf_file_read_all(env, path, LARGEST_SQL, out, err) : hf_error_memory(err);
}

int hf_profile_read(struct hf_profile *out, const char *directory, const char *name,
                    const struct hf_env *env, struct hf_error *err)
{
    hf_auto_free char *folder = hf_path_join(directory, name);
    hf_auto(hf_buf) struct hf_buf yml = {0}, export = {0}, import = {0};
    if (!folder)
        return hf_error_memory(err);
    if (read_one(&yml, folder, "profile.yml", env, err) ||
        read_one(&export, folder, "export.sql", env, err) ||
        read_one(&import, folder, "import.sql", env, err))
        return -1;
    const struct hf_profile_files files = {
        .name = folder,
        .profile_yml = yml.data,
        .profile_yml_length = yml.length,
        .export_sql = export.data,
        .export_sql_length = export.length,
        .import_sql = import.data,
        .import_sql_length = import.length,
    };
    return hf_profile_parse(out, &files, err);
}

static void release_request(struct hf_profile_request *request)
{
    free(request->headers.items);
    free(request->statuses.items);
    free(request->members.items);
}

void hf_profile_release(struct hf_profile *profile)
{
    for (size_t i = 0; i < profile->table_count; i++)
        free(profile->tables[i].columns.items);
    for (size_t i = 0; i < profile->version_count; i++)
        free(profile->versions[i].columns.items);
    for (size_t i = 0; i < profile->test_count; i++) {
        for (size_t j = 0; j < profile->tests[i].count; j++)
            release_request(&profile->tests[i].requests[j]);
        free(profile->tests[i].requests);
    }
    release_request(&profile->lookup);
    free(profile->tables);
    free(profile->identified_by.items);
    free(profile->versions);
    free(profile->fields);
    free(profile->secret_columns.items);
    free(profile->lists);
    free(profile->tests);
    free(profile->groups.items);
    free(profile->rows.items);
    hf_profile_script_release(&profile->export_script);
    hf_profile_script_release(&profile->import_script);
    hf_yaml_tree_release(&profile->tree);
    free(profile->name);
    *profile = (struct hf_profile){0};
}
