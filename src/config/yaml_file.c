#include "config/yaml_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/bytes.h"
#include "base/text.h"
#include "os/file.h"

enum { LARGEST_FILE = 1 << 20 };

struct reader {
    struct hf_yaml_file *out;
    const char *path;
    char *folder; /* what relative paths are relative to */
    yaml_document_t document;
    struct hf_error *err;
};

/* The keys of one kind of mapping, and what takes each key's value. */
struct key {
    const char *name;
    int (*take)(struct reader *reader, const struct key *key, yaml_node_t *value, void *into);
    enum hf_setting setting;
};

static size_t line_of(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

__attribute__((format(printf, 3, 4))) static int wrong(struct reader *reader,
                                                       const yaml_node_t *node, const char *format,
                                                       ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return hf_error_set(reader->err, HF_CONFIG, "%s line %zu: %s", reader->path, line_of(node),
                        text);
}

static const char *text_of(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

/* "key:", "key: ~" and "key: null" say nothing; "key: 'null'" is a name. */
static bool is_nothing(const yaml_node_t *node)
{
    const char *text = text_of(node);
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return !*text || (plain && (!strcmp(text, "~") || !strcmp(text, "null")));
}

static int check_scalar(struct reader *reader, const char *what, const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE)
        return wrong(reader, node, "'%s' must be text, not a %s", what,
                     node->type == YAML_SEQUENCE_NODE ? "list" : "mapping");
    if (node->data.scalar.length != strlen(text_of(node)))
        return wrong(reader, node, "'%s' must not hold a NUL character", what);
    if (is_nothing(node))
        return wrong(reader, node, "'%s' has no value", what);
    return 0;
}

static char *source_of(const struct reader *reader, const yaml_node_t *node)
{
    char *source = NULL;
    return asprintf(&source, "%s line %zu", reader->path, line_of(node)) < 0 ? NULL : source;
}

/* A URL and an absolute path stay as they are. */
static char *resolve_path(const struct reader *reader, const char *path)
{
    if (path[0] == '/' || strstr(path, "://") || !strcmp(reader->folder, "."))
        return strdup(path);
    return hf_path_join(reader->folder, path);
}

static int take_setting(struct reader *reader, const struct key *key, yaml_node_t *value,
                        void *into)
{
    (void)into;
    if (check_scalar(reader, key->name, value))
        return -1;
    struct hf_value *setting = &reader->out->values[key->setting];
    setting->text = resolve_path(reader, text_of(value));
    setting->source = source_of(reader, value);
    return setting->text && setting->source ? 0 : hf_error_memory(reader->err);
}

static int take_path(struct reader *reader, const struct key *key, yaml_node_t *value, void *into)
{
    struct hf_yaml_database *database = into;
    if (check_scalar(reader, key->name, value))
        return -1;
    database->path = resolve_path(reader, text_of(value));
    return database->path ? 0 : hf_error_memory(reader->err);
}

static int take_name(struct reader *reader, const struct key *key, yaml_node_t *value, void *into)
{
    struct hf_yaml_database *database = into;
    if (check_scalar(reader, key->name, value))
        return -1;
    if (!hf_database_name_ok(text_of(value))) {
        wrong(reader, value, "'%s' cannot be a database's name", text_of(value));
        return hf_error_hint(reader->err, "use 1 to 64 of A-Z a-z 0-9 . _ -");
    }
    database->name = strdup(text_of(value));
    return database->name ? 0 : hf_error_memory(reader->err);
}

static const struct key database_keys[] = {
    {.name = "path", .take = take_path}, {.name = "name", .take = take_name}, {0}};

static struct hf_yaml_database *add_database(struct reader *reader, const yaml_node_t *node)
{
    struct hf_yaml_file *out = reader->out;
    struct hf_yaml_database *grown =
        realloc(out->databases, (out->database_count + 1) * sizeof *grown);
    if (grown)
        out->databases = grown;
    char *source = grown ? source_of(reader, node) : NULL;
    if (!source) {
        hf_error_memory(reader->err);
        return NULL;
    }
    grown[out->database_count] = (struct hf_yaml_database){.source = source};
    return &grown[out->database_count++];
}

static int take_mapping(struct reader *reader, const struct key *keys, const char *where,
                        yaml_node_t *node, void *into);

static int take_one_database(struct reader *reader, const struct key *key, yaml_node_t *value,
                             void *into)
{
    (void)into;
    struct hf_yaml_database *database = add_database(reader, value);
    return database ? take_path(reader, key, value, database) : -1;
}

static int take_databases(struct reader *reader, const struct key *key, yaml_node_t *value,
                          void *into)
{
    (void)into;
    if (value->type != YAML_SEQUENCE_NODE)
        return wrong(reader, value, "'%s' must be a list ('- path: ...')", key->name);
    yaml_node_item_t *item = value->data.sequence.items.start;
    for (; item < value->data.sequence.items.top; item++) {
        yaml_node_t *node = yaml_document_get_node(&reader->document, *item);
        struct hf_yaml_database *database = add_database(reader, node);
        if (!database)
            return -1;
        if (take_mapping(reader, database_keys, "an entry of 'databases'", node, database))
            return -1;
        if (!database->path)
            return wrong(reader, node, "this entry of 'databases' has no 'path'");
    }
    return 0;
}

static const struct key file_keys[] = {{"repository", take_setting, HF_SETTING_REPOSITORY},
                                       {"passphrase-file", take_setting, HF_SETTING_PASSPHRASE},
                                       {"keyfile", take_setting, HF_SETTING_KEYFILE},
                                       {"recovery-key-file", take_setting, HF_SETTING_RECOVERY_KEY},
                                       {"state-directory", take_setting, HF_SETTING_STATE_DIR},
                                       {.name = "database", .take = take_one_database},
                                       {.name = "databases", .take = take_databases},
                                       {0}};

enum { MOST_KEYS = 8 };

static int unknown_key(struct reader *reader, const struct key *keys, const yaml_node_t *node)
{
    const char *names[MOST_KEYS + 1] = {NULL};
    char all[256] = "";
    for (size_t i = 0; keys[i].name; i++) {
        names[i] = keys[i].name;
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", keys[i].name);
    }
    const char *nearest = hf_nearest(text_of(node), names);
    wrong(reader, node, "unknown key '%s'", text_of(node));
    if (nearest)
        return hf_error_hint(reader->err, "did you mean '%s'?", nearest);
    return hf_error_hint(reader->err, "the keys here are %s", all);
}

static int take_mapping(struct reader *reader, const struct key *keys, const char *where,
                        yaml_node_t *node, void *into)
{
    if (node->type != YAML_MAPPING_NODE)
        return wrong(reader, node, "%s must be a mapping ('key: value')", where);
    bool seen[MOST_KEYS] = {false};
    yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        yaml_node_t *name = yaml_document_get_node(&reader->document, pair->key);
        yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
        if (name->type != YAML_SCALAR_NODE)
            return wrong(reader, name, "a key must be text");
        size_t i = 0;
        while (keys[i].name && strcmp(keys[i].name, text_of(name)))
            i++;
        if (!keys[i].name)
            return unknown_key(reader, keys, name);
        if (seen[i])
            return wrong(reader, name, "'%s' is given twice", keys[i].name);
        seen[i] = true;
        if (keys[i].take(reader, &keys[i], value, into))
            return -1;
    }
    return 0;
}

static int parse_error(struct reader *reader, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return hf_error_memory(reader->err);
    size_t line = parser->error == YAML_READER_ERROR ? 0 : parser->problem_mark.line + 1;
    if (!line)
        return hf_error_set(reader->err, HF_CONFIG, "%s is not YAML: %s", reader->path,
                            parser->problem);
    return hf_error_set(reader->err, HF_CONFIG, "%s line %zu is not YAML: %s", reader->path, line,
                        parser->problem);
}

/* A file of nothing but comments is an empty configuration. */
static int take_document(struct reader *reader, yaml_parser_t *parser)
{
    if (!yaml_parser_load(parser, &reader->document))
        return parse_error(reader, parser);
    yaml_node_t *root = yaml_document_get_root_node(&reader->document);
    int failed = root ? take_mapping(reader, file_keys, "a configuration", root, NULL) : 0;
    yaml_document_delete(&reader->document);
    if (failed || !root)
        return failed;
    if (!yaml_parser_load(parser, &reader->document))
        return parse_error(reader, parser);
    root = yaml_document_get_root_node(&reader->document);
    if (root)
        failed = wrong(reader, root, "a second document; a configuration is one");
    yaml_document_delete(&reader->document);
    return failed;
}

int hf_yaml_file_read(struct hf_yaml_file *out, const char *path, const struct hf_env *env,
                      struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    if (hf_file_read_all(env, path, LARGEST_FILE, &bytes, err))
        return -1;
    hf_auto_free char *folder = hf_path_parent(path);
    if (!folder)
        return hf_error_memory(err);
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return hf_error_memory(err);
    yaml_parser_set_input_string(&parser, bytes.data, bytes.length);
    *out = (struct hf_yaml_file){0};
    struct reader reader = {.out = out, .path = path, .folder = folder, .err = err};
    int failed = take_document(&reader, &parser);
    yaml_parser_delete(&parser);
    if (failed)
        hf_yaml_file_release(out);
    return failed;
}

void hf_yaml_file_release(struct hf_yaml_file *file)
{
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
