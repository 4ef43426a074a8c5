/*
 * What a Prisma schema means: names looked up, attributes understood. The passes that fill it and
 * judge it run in the order of Prisma's own, so that the first complaint is about the same line.
 */
#ifndef HF_SCHEMA_PRISMA_SCHEMA_H
#define HF_SCHEMA_PRISMA_SCHEMA_H

#include "schema/diagnostics.h"
#include "schema/heap.h"
#include "schema/prisma/ast.h"
#include "schema/prisma/names.h"
#include "schema/prisma/words.h"

enum hf_prisma_field_kind {
    HF_PRISMA_SCALAR_FIELD,
    HF_PRISMA_ENUM_FIELD,
    HF_PRISMA_COMPOSITE_FIELD,
    HF_PRISMA_UNSUPPORTED_FIELD,
    HF_PRISMA_RELATION_FIELD,
};

enum hf_prisma_action {
    HF_PRISMA_NO_CHOICE, /* none is written */
    HF_PRISMA_CASCADE,
    HF_PRISMA_RESTRICT,
    HF_PRISMA_NO_ACTION,
    HF_PRISMA_SET_NULL,
    HF_PRISMA_SET_DEFAULT,
};

/* Fields that an argument names. */
struct hf_prisma_field_list {
    bool given; /* the argument is there, though it may name none */
    struct hf_prisma_field **list;
    size_t count;
};

struct hf_prisma_field {
    struct hf_prisma_entry *entry;
    struct hf_prisma_model *model;
    enum hf_prisma_field_kind kind;
    enum hf_prisma_scalar scalar;
    struct hf_prisma_block *type;   /* an enum or a composite type */
    struct hf_prisma_model *target; /* of a relation */
    bool ignored;

    /* What has a column. */
    const char *column;
    bool mapped; /* its column has a name of its own */
    struct hf_prisma_attribute *default_attribute, *native;
    struct hf_prisma_value *default_value; /* NULL: none, or not a valid one */
    const char *default_map;

    /* Relations. */
    struct hf_prisma_attribute *relation_attribute;
    const char *relation_name; /* NULL: none is written */
    struct hf_prisma_field_list fields, references;
    enum hf_prisma_action on_delete, on_update;
    struct hf_prisma_span on_delete_span, on_update_span;
    const char *foreign_key; /* "map" */
};

struct hf_prisma_key_part {
    struct hf_prisma_field *field;
    bool has_sort, descending, has_length, has_operators;
};

enum hf_prisma_key_kind {
    HF_PRISMA_ID,
    HF_PRISMA_UNIQUE,
    HF_PRISMA_INDEX,
    HF_PRISMA_FULLTEXT,
};

struct hf_prisma_key {
    enum hf_prisma_key_kind kind;
    struct hf_prisma_attribute *attribute;
    bool on_field; /* "@", not "@@" */
    struct hf_prisma_key_part *parts;
    size_t count;
    const char *name;       /* for a client; NULL: none */
    const char *map;        /* in the database; NULL: none is written */
    const char *constraint; /* the name that it gets in the database; of no meaning for an id */
    const char *where;      /* SQL of a partial index; NULL: of all rows */
    const char *algorithm;
    bool has_clustered;
    struct hf_prisma_key *next;
};

struct hf_prisma_model {
    struct hf_prisma_block *block;
    const char *table;
    bool mapped, ignored, view;
    struct hf_prisma_span schema_span, shard_span; /* of "@@schema", of a shard key; source NULL:
                                                      none */
    struct hf_prisma_field *fields;
    size_t field_count;
    struct hf_prisma_key *id;
    struct hf_prisma_key *keys, **last_key; /* all but the id */
    struct hf_prisma_relation *relations;   /* with their forward side here, the last one first */
    struct hf_prisma_model *next;
};

enum hf_prisma_relation_kind {
    HF_PRISMA_ONE_TO_ONE,
    HF_PRISMA_ONE_TO_MANY,
    HF_PRISMA_MANY_TO_MANY,
    HF_PRISMA_EMBEDDED, /* lists on both sides with "fields": only for document databases */
};

struct hf_prisma_relation {
    enum hf_prisma_relation_kind kind;
    /* The side that holds the columns, or, many to many, the first of the two by name. */
    struct hf_prisma_field *forward;
    struct hf_prisma_field *back;
    struct hf_prisma_relation *next;
    struct hf_prisma_relation *next_from;    /* the next whose forward side is in the same model */
    struct hf_prisma_relation *next_waiting; /* for who follows relations */
};

struct hf_prisma_schema {
    struct hf_heap *heap;
    struct hf_diagnostics *diagnostics;
    struct hf_error *err;
    bool failed; /* no memory: `err` is filled */

    struct hf_prisma_block *blocks;
    struct hf_prisma_names names;   /* of blocks, and of fields within their block */
    struct hf_prisma_model *models; /* views too, in the order of the text */
    struct hf_prisma_relation *relations;
    const char *datasource;      /* its name */
    bool foreign_keys;           /* false: relationMode = "prisma" */
    bool views, partial_indexes; /* preview features */
};

/* One complaint. The message says what to do. */
void hf_prisma_complain(struct hf_prisma_schema *schema, struct hf_prisma_span span,
                        const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Zeroed memory of the schema's heap; a failure is remembered in `failed`. */
void *hf_prisma_alloc(struct hf_prisma_schema *schema, size_t size);
char *hf_prisma_print(struct hf_prisma_schema *schema, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The passes, in their order. */
void hf_prisma_read_config(struct hf_prisma_schema *schema);
void hf_prisma_resolve_names(struct hf_prisma_schema *schema);
void hf_prisma_resolve_types(struct hf_prisma_schema *schema);
void hf_prisma_resolve_attributes(struct hf_prisma_schema *schema);
void hf_prisma_infer_relations(struct hf_prisma_schema *schema);
void hf_prisma_check(struct hf_prisma_schema *schema);

/* Parts of hf_prisma_resolve_attributes. */
void hf_prisma_resolve_field(struct hf_prisma_schema *schema, struct hf_prisma_field *field);
void hf_prisma_resolve_relation_field(struct hf_prisma_schema *schema,
                                      struct hf_prisma_field *field);
void hf_prisma_resolve_default(struct hf_prisma_schema *schema, struct hf_prisma_field *field,
                               struct hf_prisma_attribute *attribute);
void hf_prisma_resolve_id(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                          struct hf_prisma_field *field, struct hf_prisma_attribute *attribute);
void hf_prisma_resolve_key(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                           struct hf_prisma_field *field, struct hf_prisma_attribute *attribute,
                           enum hf_prisma_key_kind kind);

/* The SQL of "where: ..." of an index; NULL after a complaint. */
const char *hf_prisma_where(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                            const struct hf_prisma_attribute *attribute,
                            const struct hf_prisma_value *value);

/* Parts of hf_prisma_check. */
void hf_prisma_check_default(struct hf_prisma_schema *schema, struct hf_prisma_field *field);
void hf_prisma_check_keys(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                          const struct hf_prisma_names *constraints);
void hf_prisma_check_relation(struct hf_prisma_schema *schema, struct hf_prisma_relation *relation);
void hf_prisma_check_cycles(struct hf_prisma_schema *schema, struct hf_prisma_relation *relation);

/* Hints of Holdfast's own, which Prisma does not judge. */
void hf_prisma_check_hints(struct hf_prisma_schema *schema);

/* The name that "/// @renamed-from" in a documentation tells, or NULL. */
const char *hf_prisma_former_name(struct hf_prisma_schema *schema, const char *documentation);

/* Questions that several passes ask. */
const char *hf_prisma_block_word(const struct hf_prisma_block *block); /* "model", "view" */
struct hf_prisma_field *hf_prisma_find_field(struct hf_prisma_schema *schema,
                                             struct hf_prisma_model *model, const char *name);
bool hf_prisma_is_autoincrement(const struct hf_prisma_field *field);
bool hf_prisma_is_function(const struct hf_prisma_value *value, const char *name);

/* The relation's name as written, else "AToB". */
const char *hf_prisma_relation_name(struct hf_prisma_schema *schema,
                                    const struct hf_prisma_field *field);

/* What happens when a referenced row goes or changes: what is written, else the default. */
enum hf_prisma_action hf_prisma_on_delete(const struct hf_prisma_field *forward);
enum hf_prisma_action hf_prisma_on_update(const struct hf_prisma_field *forward);
const char *hf_prisma_action_name(enum hf_prisma_action action);

#endif
