#include <string.h>

#include "schema/prisma/schema.h"

/* Names: of blocks, of lines within a block, of types. */

const char *hf_prisma_block_word(const struct hf_prisma_block *block)
{
    static const char *const words[] = {
        [HF_PRISMA_MODEL] = "model",
        [HF_PRISMA_VIEW] = "view",
        [HF_PRISMA_TYPE] = "type",
        [HF_PRISMA_ENUM] = "enum",
        [HF_PRISMA_DATASOURCE] = "datasource",
        [HF_PRISMA_GENERATOR] = "generator",
    };
    return words[block->kind];
}

static void put_name(struct hf_prisma_schema *schema, const void *scope, const char *name,
                     void *thing, void **former)
{
    if (hf_prisma_names_put(&schema->names, schema->heap, scope, name, thing, former,
                            schema->err)) {
        schema->failed = true;
        *former = NULL;
    }
}

static void check_name(struct hf_prisma_schema *schema, const char *name,
                       struct hf_prisma_span span, const char *what)
{
    if (name[0] >= '0' && name[0] <= '9')
        hf_prisma_complain(schema, span, "the name of %s must not begin with a digit", what);
    else if (strchr(name, '-'))
        hf_prisma_complain(schema, span, "'-' cannot be in the name of %s", what);
}

static void check_attribute_names(struct hf_prisma_schema *schema,
                                  const struct hf_prisma_attribute *list)
{
    for (; list; list = list->next)
        check_name(schema, list->name, list->span, "an attribute");
}

static void name_entries(struct hf_prisma_schema *schema, struct hf_prisma_block *block,
                         const char *what)
{
    bool has_names = block->kind != HF_PRISMA_DATASOURCE && block->kind != HF_PRISMA_GENERATOR;
    for (struct hf_prisma_entry *each = block->entries; each; each = each->next) {
        void *former = NULL;
        if (has_names && block->kind != HF_PRISMA_TYPE) {
            check_name(schema, each->name, each->name_span, what);
            check_attribute_names(schema, each->attributes);
        }
        put_name(schema, block, each->name, each, &former);
        if (former)
            hf_prisma_complain(schema, each->name_span, "%s '%s' has '%s' twice",
                               hf_prisma_block_word(block), block->name, each->name);
    }
}

static void name_block(struct hf_prisma_schema *schema, struct hf_prisma_block *block)
{
    static const char *const whats[] = {
        [HF_PRISMA_MODEL] = "a model",
        [HF_PRISMA_VIEW] = "a view",
        [HF_PRISMA_TYPE] = "a type",
        [HF_PRISMA_ENUM] = "an enum",
        [HF_PRISMA_DATASOURCE] = "a datasource",
        [HF_PRISMA_GENERATOR] = "a generator",
    };
    /* Datasources and generators each have names of their own. */
    static const char datasources, generators;
    const void *scope = block->kind == HF_PRISMA_DATASOURCE  ? &datasources
                        : block->kind == HF_PRISMA_GENERATOR ? &generators
                                                             : NULL;
    if (hf_prisma_scalar_named(block->name) != HF_PRISMA_SCALARS)
        hf_prisma_complain(schema, block->name_span,
                           "'%s' is the name of a scalar type: choose another", block->name);
    if (!scope) {
        check_name(schema, block->name, block->name_span, whats[block->kind]);
        if (block->kind != HF_PRISMA_TYPE && hf_prisma_is_reserved(block->name))
            hf_prisma_complain(schema, block->span, "'%s' is a reserved word: choose another name",
                               block->name);
        check_attribute_names(schema, block->attributes);
    }
    name_entries(schema, block, block->kind == HF_PRISMA_ENUM ? "an enum's value" : "a field");
    void *former = NULL;
    put_name(schema, scope, block->name, block, &former);
    if (former)
        hf_prisma_complain(schema, block->name_span,
                           "%s '%s' cannot be defined: there is already %s of that name",
                           hf_prisma_block_word(block), block->name,
                           whats[((struct hf_prisma_block *)former)->kind]);
}

void hf_prisma_resolve_names(struct hf_prisma_schema *schema)
{
    for (struct hf_prisma_block *block = schema->blocks; block; block = block->next)
        name_block(schema, block);
}

/* False after a complaint: there is no such type. Models are known by their block until all have
 * been made, so `target` is set later. */
static bool resolve_type(struct hf_prisma_schema *schema, struct hf_prisma_field *field)
{
    struct hf_prisma_entry *entry = field->entry;
    if (entry->unsupported) {
        field->kind = HF_PRISMA_UNSUPPORTED_FIELD;
        return true;
    }
    field->scalar = hf_prisma_scalar_named(entry->type);
    if (field->scalar != HF_PRISMA_SCALARS)
        return true;
    field->type = hf_prisma_names_get(&schema->names, NULL, entry->type);
    if (!field->type) {
        hf_prisma_complain(schema, entry->type_span,
                           "type '%s' is neither built in nor a model, enum or type of this schema",
                           entry->type);
        return false;
    }
    field->kind = field->type->kind == HF_PRISMA_ENUM   ? HF_PRISMA_ENUM_FIELD
                  : field->type->kind == HF_PRISMA_TYPE ? HF_PRISMA_COMPOSITE_FIELD
                                                        : HF_PRISMA_RELATION_FIELD;
    return true;
}

static struct hf_prisma_model *new_model(struct hf_prisma_schema *schema,
                                         struct hf_prisma_block *block)
{
    struct hf_prisma_model *model = hf_prisma_alloc(schema, sizeof *model);
    if (!model)
        return NULL;
    model->block = block;
    model->table = block->name;
    model->view = block->kind == HF_PRISMA_VIEW;
    model->last_key = &model->keys;
    model->fields = hf_prisma_alloc(schema, block->entry_count * sizeof *model->fields);
    for (struct hf_prisma_entry *each = block->entries; model->fields && each; each = each->next) {
        struct hf_prisma_field *field = &model->fields[model->field_count];
        void *former;
        *field = (struct hf_prisma_field){.entry = each, .model = model, .column = each->name};
        if (!resolve_type(schema, field))
            continue;
        model->field_count++;
        put_name(schema, model, each->name, field, &former);
    }
    return model;
}

static void check_composite(struct hf_prisma_schema *schema, const struct hf_prisma_block *block)
{
    for (struct hf_prisma_entry *each = block->entries; each; each = each->next) {
        struct hf_prisma_field field = {.entry = each};
        if (resolve_type(schema, &field) && field.kind == HF_PRISMA_RELATION_FIELD)
            hf_prisma_complain(schema, each->type_span,
                               "a composite type cannot have a relation to a model");
    }
}

/* Fields that name a model get it, now that all are there. */
static void link_targets(struct hf_prisma_schema *schema)
{
    static const char models;
    void *former;
    for (struct hf_prisma_model *model = schema->models; model; model = model->next)
        if (hf_prisma_names_get(&schema->names, NULL, model->block->name) == model->block)
            put_name(schema, &models, model->block->name, model, &former);
    for (struct hf_prisma_model *model = schema->models; model; model = model->next)
        for (size_t i = 0; i < model->field_count; i++)
            if (model->fields[i].kind == HF_PRISMA_RELATION_FIELD)
                model->fields[i].target =
                    hf_prisma_names_get(&schema->names, &models, model->fields[i].entry->type);
}

void hf_prisma_resolve_types(struct hf_prisma_schema *schema)
{
    struct hf_prisma_model **tail = &schema->models;
    for (struct hf_prisma_block *block = schema->blocks; block; block = block->next) {
        if (block->kind == HF_PRISMA_MODEL || block->kind == HF_PRISMA_VIEW) {
            *tail = new_model(schema, block);
            if (!*tail)
                return;
            tail = &(*tail)->next;
        } else if (block->kind == HF_PRISMA_TYPE) {
            check_composite(schema, block);
        } else if (block->kind == HF_PRISMA_ENUM && !block->entries) {
            hf_prisma_complain(schema, block->span, "enum '%s' has no value: add one", block->name);
        }
    }
    link_targets(schema);
}

struct hf_prisma_field *hf_prisma_find_field(struct hf_prisma_schema *schema,
                                             struct hf_prisma_model *model, const char *name)
{
    return hf_prisma_names_get(&schema->names, model, name);
}
