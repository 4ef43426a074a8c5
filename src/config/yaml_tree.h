/*
 * A YAML file as a tree that is only read, each value with its line, and the one way to take a
 * mapping apart: a table of its keys.
 */
#ifndef HF_CONFIG_YAML_TREE_H
#define HF_CONFIG_YAML_TREE_H

#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "os/env.h"

enum hf_yaml_kind { HF_YAML_TEXT, HF_YAML_LIST, HF_YAML_MAPPING };

/* Immutable; lives as long as its tree. */
struct hf_yaml_node {
    enum hf_yaml_kind kind;
    size_t line;
    const char *file;
    const char *text;                 /* of a text; NULL for "key:", "key: ~" and "key: null" */
    const struct hf_yaml_node *items; /* of a list; of a mapping its values */
    size_t count;
    const char *key; /* in a mapping: under which key this value is */
    size_t key_line;
};

struct hf_yaml_tree {
    char *file;
    struct hf_yaml_node *root; /* NULL: nothing but comments */
};

/*
 * HF_CONFIG with "<file> line <n>: ..." for what is not one document of YAML, a key that is no
 * text, a NUL character, nesting deeper than 32 or more than 20,000 values (aliases counted as what
 * they stand for). `file` is what messages call it. On failure `out` holds nothing.
 */
int hf_yaml_tree_parse(struct hf_yaml_tree *out, const char *file, const void *bytes, size_t length,
                       struct hf_error *err);

/* A file of at most 1 MiB. */
int hf_yaml_tree_read(struct hf_yaml_tree *out, const char *path, const struct hf_env *env,
                      struct hf_error *err);
void hf_yaml_tree_release(struct hf_yaml_tree *tree);
HF_AUTO_RELEASE(hf_yaml_tree)

/* HF_CONFIG, "<file> line <n>: <text>"; -1. */
int hf_yaml_wrong(const struct hf_yaml_node *node, struct hf_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Fails unless the node is of the kind (and, of text, says something); messages call it `what`. */
int hf_yaml_expect(const struct hf_yaml_node *node, enum hf_yaml_kind kind, const char *what,
                   struct hf_error *err);

/* One key of a kind of mapping, and what takes its value. A table ends with a NULL name. */
struct hf_yaml_key {
    const char *name;
    int (*take)(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                struct hf_error *err);
    size_t tag; /* for `take` */
};

enum { HF_YAML_MOST_KEYS = 40 };

/* Gives every value of a mapping to its key's `take`. An unknown key (with the nearest as hint) and
 * one given twice are HF_CONFIG. */
int hf_yaml_take(void *into, const struct hf_yaml_key *keys, const char *where,
                 const struct hf_yaml_node *node, struct hf_error *err);

#endif
