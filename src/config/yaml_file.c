#include "config/yaml_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/settings.h"
#include "config/yaml_tree.h"
#include "os/file.h"

struct reader {
    struct hf_yaml_file *out;
    char *folder; /* what relative paths are relative to */
};

static char *source_of(const struct hf_yaml_node *node)
{
    char *source = NULL;
    return asprintf(&source, "%s line %zu", node->file, node->line) < 0 ? NULL : source;
}

/* A URL and an absolute path stay as they are. */
static char *resolve_path(const struct reader *reader, const char *path)
{
    if (path[0] == '/' || strstr(path, "://") || !strcmp(reader->folder, "."))
        return strdup(path);
    return hf_path_join(reader->folder, path);
}

static int take_setting(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                        struct hf_error *err)
{
    const struct reader *reader = into;
    if (hf_yaml_expect(value, HF_YAML_TEXT, key->name, err))
        return -1;
    struct hf_value *setting = &reader->out->values[key->tag];
    enum hf_setting_kind kind = hf_setting_rows[key->tag].kind;
    bool is_path = kind == HF_KIND_PATH || kind == HF_KIND_SECRET;
    setting->text = is_path ? resolve_path(reader, value->text) : strdup(value->text);
    setting->source = source_of(value);
    return setting->text && setting->source ? 0 : hf_error_memory(err);
}

/* An entry of 'databases', while it is read. */
struct entry {
    const struct reader *reader;
    struct hf_yaml_database *database;
};

static int take_path(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                     struct hf_error *err)
{
    const struct entry *entry = into;
    if (hf_yaml_expect(value, HF_YAML_TEXT, key->name, err))
        return -1;
    entry->database->path = resolve_path(entry->reader, value->text);
    return entry->database->path ? 0 : hf_error_memory(err);
}

static int take_name(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                     struct hf_error *err)
{
    const struct entry *entry = into;
    if (hf_yaml_expect(value, HF_YAML_TEXT, key->name, err))
        return -1;
    if (!hf_database_name_ok(value->text)) {
        hf_yaml_wrong(value, err, "'%s' cannot be a database's name", value->text);
        return hf_error_hint(err, "use 1 to 64 of A-Z a-z 0-9 . _ -");
    }
    entry->database->name = strdup(value->text);
    return entry->database->name ? 0 : hf_error_memory(err);
}

static const struct hf_yaml_key database_keys[] = {
    {.name = "path", .take = take_path}, {.name = "name", .take = take_name}, {0}};

static struct hf_yaml_database *add_database(const struct reader *reader,
                                             const struct hf_yaml_node *node, struct hf_error *err)
{
    struct hf_yaml_file *out = reader->out;
    struct hf_yaml_database *grown =
        realloc(out->databases, (out->database_count + 1) * sizeof *grown);
    if (grown)
        out->databases = grown;
    char *source = grown ? source_of(node) : NULL;
    if (!source) {
        hf_error_memory(err);
        return NULL;
    }
    grown[out->database_count] = (struct hf_yaml_database){.source = source};
    return &grown[out->database_count++];
}

static int take_one_database(void *into, const struct hf_yaml_key *key,
                             const struct hf_yaml_node *value, struct hf_error *err)
{
    struct entry entry = {into, add_database(into, value, err)};
    return entry.database ? take_path(&entry, key, value, err) : -1;
}

static int take_databases(void *into, const struct hf_yaml_key *key,
                          const struct hf_yaml_node *value, struct hf_error *err)
{
    if (value->kind != HF_YAML_LIST)
        return hf_yaml_wrong(value, err, "'%s' must be a list ('- path: ...')", key->name);
    for (size_t i = 0; i < value->count; i++) {
        const struct hf_yaml_node *node = &value->items[i];
        struct entry entry = {into, add_database(into, node, err)};
        if (!entry.database ||
            hf_yaml_take(&entry, database_keys, "an entry of 'databases'", node, err))
            return -1;
        if (!entry.database->path)
            return hf_yaml_wrong(node, err, "this entry of 'databases' has no 'path'");
    }
    return 0;
}

static struct hf_config_command *add_command(struct hf_yaml_file *out,
                                             const struct hf_yaml_node *node, size_t words,
                                             struct hf_error *err)
{
    struct hf_config_command *grown =
        realloc(out->generate, (out->generate_count + 1) * sizeof *grown);
    if (grown)
        out->generate = grown;
    struct hf_config_command command = {0};
    if (grown) {
        command.words = calloc(words + 1, sizeof *command.words);
        command.source = source_of(node);
        grown[out->generate_count++] = command;
    }
    if (command.words && command.source)
        return &grown[out->generate_count - 1];
    hf_error_memory(err);
    return NULL;
}

/* For the shell, as it stands. */
static int take_command_line(struct hf_yaml_file *out, const char *what,
                             const struct hf_yaml_node *node, struct hf_error *err)
{
    if (hf_yaml_expect(node, HF_YAML_TEXT, what, err))
        return -1;
    const char *const words[] = {"/bin/sh", "-c", node->text};
    struct hf_config_command *command = add_command(out, node, 3, err);
    for (size_t i = 0; command && i < 3; i++) {
        if (!(command->words[i] = strdup(words[i])))
            return hf_error_memory(err);
    }
    return command ? 0 : -1;
}

static int take_command_words(struct hf_yaml_file *out, const char *what,
                              const struct hf_yaml_node *node, struct hf_error *err)
{
    if (!node->count)
        return hf_yaml_wrong(node, err, "this entry of '%s' is empty", what);
    struct hf_config_command *command = add_command(out, node, node->count, err);
    for (size_t i = 0; command && i < node->count; i++) {
        if (hf_yaml_expect(&node->items[i], HF_YAML_TEXT, what, err))
            return -1;
        if (!(command->words[i] = strdup(node->items[i].text)))
            return hf_error_memory(err);
    }
    return command ? 0 : -1;
}

static int take_commands(void *into, const struct hf_yaml_key *key,
                         const struct hf_yaml_node *value, struct hf_error *err)
{
    struct hf_yaml_file *out = ((struct reader *)into)->out;
    if (value->kind == HF_YAML_TEXT)
        return take_command_line(out, key->name, value, err);
    if (value->kind != HF_YAML_LIST)
        return hf_yaml_wrong(value, err, "'%s' must be a list of commands", key->name);
    for (size_t i = 0; i < value->count; i++) {
        const struct hf_yaml_node *node = &value->items[i];
        int failed = node->kind == HF_YAML_LIST ? take_command_words(out, key->name, node, err)
                                                : take_command_line(out, key->name, node, err);
        if (failed)
            return -1;
    }
    return 0;
}

enum { OTHER_KEYS = 3 };

/* The simple settings, and what is more than that. */
static void make_file_keys(struct hf_yaml_key keys[HF_SETTING_COUNT + OTHER_KEYS + 1])
{
    size_t count = 0;
    for (enum hf_setting i = 0; i < HF_SETTING_COUNT; i++) {
        if (hf_setting_rows[i].key)
            keys[count++] = (struct hf_yaml_key){hf_setting_rows[i].key, take_setting, i};
    }
    keys[count++] = (struct hf_yaml_key){.name = "database", .take = take_one_database};
    keys[count++] = (struct hf_yaml_key){.name = "databases", .take = take_databases};
    keys[count++] = (struct hf_yaml_key){.name = "generate", .take = take_commands};
    keys[count] = (struct hf_yaml_key){0};
}

int hf_yaml_file_read(struct hf_yaml_file *out, const char *path, const struct hf_env *env,
                      struct hf_error *err)
{
    hf_auto(hf_yaml_tree) struct hf_yaml_tree tree = {0};
    if (hf_yaml_tree_read(&tree, path, env, err))
        return -1;
    hf_auto_free char *folder = hf_path_parent(path);
    if (!folder)
        return hf_error_memory(err);
    *out = (struct hf_yaml_file){0};
    struct reader reader = {.out = out, .folder = folder};
    struct hf_yaml_key file_keys[HF_SETTING_COUNT + OTHER_KEYS + 1];
    make_file_keys(file_keys);
    /* A file of nothing but comments is an empty configuration. */
    if (tree.root && hf_yaml_take(&reader, file_keys, "a configuration", tree.root, err)) {
        hf_yaml_file_release(out);
        return -1;
    }
    return 0;
}

void hf_config_commands_free(struct hf_config_command *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (char **word = list[i].words; word && *word; word++)
            free(*word);
        free(list[i].words);
        free(list[i].source);
    }
    free(list);
}

void hf_yaml_file_release(struct hf_yaml_file *file)
{
    hf_config_commands_free(file->generate, file->generate_count);
    for (size_t i = 0; i < HF_SETTING_COUNT; i++) {
        free(file->values[i].text);
        free(file->values[i].source);
    }
    for (size_t i = 0; i < file->database_count; i++) {
        free(file->databases[i].path);
        free(file->databases[i].name);
        free(file->databases[i].source);
    }
    free(file->databases);
    *file = (struct hf_yaml_file){0};
}
