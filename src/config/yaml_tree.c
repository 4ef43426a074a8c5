#include "config/yaml_tree.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/bytes.h"
#include "base/text.h"
#include "os/file.h"

enum { LARGEST_FILE = 1 << 20, DEEPEST = 32, MOST_NODES = 20000 };

struct builder {
    yaml_document_t document;
    const char *file;
    size_t nodes;
    struct hf_error *err;
};

static int fill(struct builder *builder, struct hf_yaml_node *out, int id, int depth);

static char *text_of(struct builder *builder, const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length) {
        hf_error_set(builder->err, HF_CONFIG, "%s line %zu: a NUL character", builder->file,
                     node->start_mark.line + 1);
        return NULL;
    }
    char *copy = strdup(text);
    if (!copy)
        hf_error_memory(builder->err);
    return copy;
}

/* "key:", "key: ~" and "key: null" say nothing; "key: 'null'" is a name. */
static bool is_nothing(const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return !node->data.scalar.length || (plain && (!strcmp(text, "~") || !strcmp(text, "null")));
}

static int make_room(struct builder *builder, struct hf_yaml_node *out, size_t count)
{
    out->items = count ? calloc(count, sizeof *out->items) : NULL;
    return count && !out->items ? hf_error_memory(builder->err) : 0;
}

static int fill_list(struct builder *builder, struct hf_yaml_node *out, const yaml_node_t *node,
                     int depth)
{
    const yaml_node_item_t *item = node->data.sequence.items.start;
    if (make_room(builder, out, (size_t)(node->data.sequence.items.top - item)))
        return -1;
    for (; item < node->data.sequence.items.top; item++)
        if (fill(builder, (struct hf_yaml_node *)&out->items[out->count++], *item, depth + 1))
            return -1;
    return 0;
}

static int fill_mapping(struct builder *builder, struct hf_yaml_node *out, const yaml_node_t *node,
                        int depth)
{
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    if (make_room(builder, out, (size_t)(node->data.mapping.pairs.top - pair)))
        return -1;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        struct hf_yaml_node *value = (struct hf_yaml_node *)&out->items[out->count++];
        const yaml_node_t *key = yaml_document_get_node(&builder->document, pair->key);
        value->key_line = key->start_mark.line + 1;
        if (key->type != YAML_SCALAR_NODE)
            return hf_error_set(builder->err, HF_CONFIG, "%s line %zu: a key must be text",
                                builder->file, value->key_line);
        value->key = text_of(builder, key);
        if (!value->key || fill(builder, value, pair->value, depth + 1))
            return -1;
    }
    return 0;
}

static int fill(struct builder *builder, struct hf_yaml_node *out, int id, int depth)
{
    const yaml_node_t *node = yaml_document_get_node(&builder->document, id);
    out->line = node->start_mark.line + 1;
    out->file = builder->file;
    if (depth > DEEPEST)
        return hf_yaml_wrong(out, builder->err, "nested deeper than %d", DEEPEST);
    if (++builder->nodes > MOST_NODES)
        return hf_yaml_wrong(out, builder->err, "more than %d values", MOST_NODES);
    switch (node->type) {
    case YAML_SEQUENCE_NODE:
        out->kind = HF_YAML_LIST;
        return fill_list(builder, out, node, depth);
    case YAML_MAPPING_NODE:
        out->kind = HF_YAML_MAPPING;
        return fill_mapping(builder, out, node, depth);
    default:
        out->kind = HF_YAML_TEXT;
        out->text = is_nothing(node) ? NULL : text_of(builder, node);
        return out->text || is_nothing(node) ? 0 : -1;
    }
}

static void release_node(struct hf_yaml_node *node)
{
    for (size_t i = 0; i < node->count; i++)
        release_node((struct hf_yaml_node *)&node->items[i]);
    free((void *)node->items);
    free((void *)node->text);
    free((void *)node->key);
}

static int parse_error(const char *file, const yaml_parser_t *parser, struct hf_error *err)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return hf_error_memory(err);
    if (parser->error == YAML_READER_ERROR)
        return hf_error_set(err, HF_CONFIG, "%s is not YAML: %s", file, parser->problem);
    return hf_error_set(err, HF_CONFIG, "%s line %zu is not YAML: %s", file,
                        parser->problem_mark.line + 1, parser->problem);
}

static int take_document(struct hf_yaml_tree *out, yaml_parser_t *parser, struct hf_error *err)
{
    struct builder builder = {.file = out->file, .err = err};
    if (!yaml_parser_load(parser, &builder.document))
        return parse_error(out->file, parser, err);
    bool empty = !yaml_document_get_root_node(&builder.document);
    out->root = empty ? NULL : calloc(1, sizeof *out->root);
    int failed = empty ? 0 : out->root ? fill(&builder, out->root, 1, 0) : hf_error_memory(err);
    yaml_document_delete(&builder.document);
    if (failed || empty)
        return failed;
    if (!yaml_parser_load(parser, &builder.document))
        return parse_error(out->file, parser, err);
    const yaml_node_t *second = yaml_document_get_root_node(&builder.document);
    if (second)
        failed =
            hf_error_set(err, HF_CONFIG, "%s line %zu: a second document; a configuration is one",
                         out->file, second->start_mark.line + 1);
    yaml_document_delete(&builder.document);
    return failed;
}

int hf_yaml_tree_parse(struct hf_yaml_tree *out, const char *file, const void *bytes, size_t length,
                       struct hf_error *err)
{
    struct hf_yaml_tree tree = {.file = strdup(file)};
    if (!tree.file)
        return hf_error_memory(err);
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        hf_yaml_tree_release(&tree);
        return hf_error_memory(err);
    }
    yaml_parser_set_input_string(&parser, bytes, length);
    int failed = take_document(&tree, &parser, err);
    yaml_parser_delete(&parser);
    if (failed)
        hf_yaml_tree_release(&tree);
    else
        *out = tree;
    return failed;
}

int hf_yaml_tree_read(struct hf_yaml_tree *out, const char *path, const struct hf_env *env,
                      struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    if (hf_file_read_all(env, path, LARGEST_FILE, &bytes, err))
        return -1;
    return hf_yaml_tree_parse(out, path, bytes.data, bytes.length, err);
}

void hf_yaml_tree_release(struct hf_yaml_tree *tree)
{
    if (tree->root)
        release_node(tree->root);
    free(tree->root);
    free(tree->file);
    *tree = (struct hf_yaml_tree){0};
}

static int wrong_at(size_t line, const struct hf_yaml_node *node, struct hf_error *err,
                    const char *text)
{
    return hf_error_set(err, HF_CONFIG, "%s line %zu: %s", node->file, line, text);
}

int hf_yaml_wrong(const struct hf_yaml_node *node, struct hf_error *err, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return wrong_at(node->line, node, err, text);
}

int hf_yaml_expect(const struct hf_yaml_node *node, enum hf_yaml_kind kind, const char *what,
                   struct hf_error *err)
{
    static const char *const wanted[] = {"text", "a list ('- ...')", "a mapping ('key: value')"};
    static const char *const found[] = {"text", "a list", "a mapping"};
    if (node->kind != kind)
        return hf_yaml_wrong(node, err, "'%s' must be %s, not %s", what, wanted[kind],
                             found[node->kind]);
    if (kind == HF_YAML_TEXT && !node->text)
        return hf_yaml_wrong(node, err, "'%s' has no value", what);
    return 0;
}

static int unknown_key(const struct hf_yaml_key *keys, const struct hf_yaml_node *value,
                       struct hf_error *err)
{
    const char *names[HF_YAML_MOST_KEYS + 1] = {NULL};
    char all[360] = "", text[512]; /* as much as a hint holds */
    for (size_t i = 0; keys[i].name; i++) {
        names[i] = keys[i].name;
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", keys[i].name);
    }
    snprintf(text, sizeof text, "unknown key '%s'", value->key);
    wrong_at(value->key_line, value, err, text);
    const char *nearest = hf_nearest(value->key, names);
    if (nearest)
        return hf_error_hint(err, "did you mean '%s'?", nearest);
    return hf_error_hint(err, "the keys here are %s", all);
}

int hf_yaml_take(void *into, const struct hf_yaml_key *keys, const char *where,
                 const struct hf_yaml_node *node, struct hf_error *err)
{
    if (node->kind != HF_YAML_MAPPING)
        return hf_yaml_wrong(node, err, "%s must be a mapping ('key: value')", where);
    bool seen[HF_YAML_MOST_KEYS] = {false};
    for (const struct hf_yaml_node *value = node->items; value < node->items + node->count;
         value++) {
        size_t i = 0;
        while (keys[i].name && strcmp(keys[i].name, value->key))
            i++;
        if (!keys[i].name)
            return unknown_key(keys, value, err);
        if (seen[i]) {
            char text[128];
            snprintf(text, sizeof text, "'%s' is given twice", keys[i].name);
            return wrong_at(value->key_line, value, err, text);
        }
        seen[i] = true;
        if (keys[i].take(into, &keys[i], value, err))
            return -1;
    }
    return 0;
}
