#include <string.h>

#include "schema/prisma/attributes.h"

/* The attributes of models, fields and enums. */

static const char *take_map(struct hf_prisma_schema *schema, struct hf_prisma_attribute *attribute)
{
    return hf_prisma_string(schema, hf_prisma_take_default_argument(schema, attribute, "name"));
}

/* Two fields of a model cannot have one column. */
static void check_column(struct hf_prisma_schema *schema, struct hf_prisma_field *field)
{
    void *former = NULL;
    /* The columns that are mapped are names in a scope of their own: their model's list of fields.
     */
    if (hf_prisma_names_put(&schema->names, schema->heap, field->model->fields, field->column,
                            field, &former, schema->err))
        schema->failed = true;
    if (former)
        hf_prisma_complain(schema, field->entry->span, "column '%s' of '%s' is there twice",
                           field->column, field->model->block->name);
    struct hf_prisma_field *same = hf_prisma_find_field(schema, field->model, field->column);
    if (same && same != field && same->kind != HF_PRISMA_RELATION_FIELD &&
        (!same->mapped || !strcmp(same->column, field->column)))
        hf_prisma_complain(schema, field->entry->span, "column '%s' of '%s' is there twice",
                           field->column, field->model->block->name);
}

static void take_field_map(struct hf_prisma_schema *schema, struct hf_prisma_field *field)
{
    struct hf_prisma_attribute *attribute =
        hf_prisma_take_attribute(schema, field->entry->attributes, "map");
    if (!attribute)
        return;
    const char *column = take_map(schema, attribute);
    if (column) {
        field->column = column;
        field->mapped = true;
        check_column(schema, field);
    }
    hf_prisma_finish_arguments(schema, attribute);
}

static void take_field_ignore(struct hf_prisma_schema *schema, struct hf_prisma_field *field)
{
    struct hf_prisma_attribute *attribute =
        hf_prisma_take_attribute(schema, field->entry->attributes, "ignore");
    if (!attribute)
        return;
    if (field->kind == HF_PRISMA_UNSUPPORTED_FIELD)
        hf_prisma_complain(schema, attribute->span,
                           "fields of an Unsupported type are ignored anyway: remove @ignore");
    else
        field->ignored = true;
    hf_prisma_finish_arguments(schema, attribute);
}

static void take_updated_at(struct hf_prisma_schema *schema, struct hf_prisma_field *field)
{
    struct hf_prisma_attribute *attribute =
        hf_prisma_take_attribute(schema, field->entry->attributes, "updatedAt");
    if (!attribute)
        return;
    if (field->kind != HF_PRISMA_SCALAR_FIELD || field->scalar != HF_PRISMA_DATETIME)
        hf_prisma_complain(schema, attribute->span, "a field with @updatedAt must be a DateTime");
    if (field->entry->arity == HF_PRISMA_LIST)
        hf_prisma_complain(schema, attribute->span, "a field with @updatedAt cannot be a list");
    hf_prisma_finish_arguments(schema, attribute);
}

void hf_prisma_resolve_field(struct hf_prisma_schema *schema, struct hf_prisma_field *field)
{
    struct hf_prisma_attribute *list = field->entry->attributes, *attribute;
    take_field_map(schema, field);
    take_field_ignore(schema, field);
    if ((attribute = hf_prisma_take_attribute(schema, list, "relation"))) {
        hf_prisma_complain(schema, attribute->span,
                           "@relation is for fields whose type is a model");
        hf_prisma_finish_arguments(schema, attribute);
    }
    if ((attribute = hf_prisma_take_attribute(schema, list, "id"))) {
        hf_prisma_resolve_id(schema, field->model, field, attribute);
        hf_prisma_finish_arguments(schema, attribute);
    }
    take_updated_at(schema, field);
    if ((attribute = hf_prisma_take_attribute(schema, list, "default"))) {
        hf_prisma_resolve_default(schema, field, attribute);
        hf_prisma_finish_arguments(schema, attribute);
    }
    if (field->kind == HF_PRISMA_SCALAR_FIELD)
        field->native = hf_prisma_take_native(schema, list);
    if ((attribute = hf_prisma_take_attribute(schema, list, "unique"))) {
        hf_prisma_resolve_key(schema, field->model, field, attribute, HF_PRISMA_UNIQUE);
        hf_prisma_finish_arguments(schema, attribute);
    }
    if ((attribute = hf_prisma_take_attribute(schema, list, "shardKey")))
        field->model->shard_span = attribute->span;
    hf_prisma_finish_attributes(schema, list);
}

/* A field is not to be ignored once more when its model is. */
static void take_model_ignore(struct hf_prisma_schema *schema, struct hf_prisma_model *model)
{
    struct hf_prisma_attribute *attribute =
        hf_prisma_take_attribute(schema, model->block->attributes, "ignore");
    if (!attribute)
        return;
    for (size_t i = 0; i < model->field_count; i++)
        if (model->fields[i].ignored && model->fields[i].kind != HF_PRISMA_RELATION_FIELD)
            hf_prisma_complain(schema, model->fields[i].entry->span,
                               "the whole model is ignored: remove @ignore here");
    model->ignored = true;
    hf_prisma_finish_arguments(schema, attribute);
}

static void take_schema(struct hf_prisma_schema *schema, struct hf_prisma_attribute *list,
                        struct hf_prisma_span *span)
{
    struct hf_prisma_attribute *attribute = hf_prisma_take_attribute(schema, list, "schema");
    if (!attribute)
        return;
    if (take_map(schema, attribute))
        *span = attribute->span;
    hf_prisma_finish_arguments(schema, attribute);
}

static void take_keys(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                      const char *name, enum hf_prisma_key_kind kind)
{
    struct hf_prisma_attribute *attribute;
    while ((attribute = hf_prisma_take_next(schema, model->block->attributes, name))) {
        hf_prisma_resolve_key(schema, model, NULL, attribute, kind);
        hf_prisma_finish_arguments(schema, attribute);
    }
}

static void check_id_arity(struct hf_prisma_schema *schema, const struct hf_prisma_model *model)
{
    if (!model->ignored && model->id && model->id->on_field &&
        model->id->parts[0].field->entry->arity != HF_PRISMA_REQUIRED)
        hf_prisma_complain(schema, model->id->attribute->span,
                           "an id must be required: remove '?' or '[]' from its type");
}

static void resolve_model(struct hf_prisma_schema *schema, struct hf_prisma_model *model)
{
    struct hf_prisma_attribute *list = model->block->attributes, *attribute;
    for (size_t i = 0; i < model->field_count; i++)
        if (model->fields[i].kind != HF_PRISMA_RELATION_FIELD)
            hf_prisma_resolve_field(schema, &model->fields[i]);
    take_model_ignore(schema, model);
    if ((attribute = hf_prisma_take_attribute(schema, list, "id"))) {
        hf_prisma_resolve_id(schema, model, NULL, attribute);
        hf_prisma_finish_arguments(schema, attribute);
    }
    if ((attribute = hf_prisma_take_attribute(schema, list, "map"))) {
        const char *table = take_map(schema, attribute);
        model->mapped = table != NULL;
        model->table = table ? table : model->table;
        hf_prisma_finish_arguments(schema, attribute);
    }
    take_schema(schema, list, &model->schema_span);
    take_keys(schema, model, "index", HF_PRISMA_INDEX);
    take_keys(schema, model, "unique", HF_PRISMA_UNIQUE);
    take_keys(schema, model, "fulltext", HF_PRISMA_FULLTEXT);
    if ((attribute = hf_prisma_take_attribute(schema, list, "shardKey")))
        model->shard_span = attribute->span;
    check_id_arity(schema, model);
    hf_prisma_finish_attributes(schema, list);
}

static void take_value_map(struct hf_prisma_schema *schema, struct hf_prisma_attribute *list)
{
    struct hf_prisma_attribute *attribute = hf_prisma_take_attribute(schema, list, "map");
    if (attribute) {
        take_map(schema, attribute);
        hf_prisma_finish_arguments(schema, attribute);
    }
}

static void resolve_enum(struct hf_prisma_schema *schema, struct hf_prisma_block *block)
{
    struct hf_prisma_span span;
    for (struct hf_prisma_entry *each = block->entries; each; each = each->next) {
        take_value_map(schema, each->attributes);
        hf_prisma_finish_attributes(schema, each->attributes);
    }
    take_value_map(schema, block->attributes);
    take_schema(schema, block->attributes, &span);
    hf_prisma_finish_attributes(schema, block->attributes);
}

/* SQLite has no composite types; only what is not known at all is said here. */
static void resolve_composite(struct hf_prisma_schema *schema, struct hf_prisma_block *block)
{
    for (struct hf_prisma_entry *each = block->entries; each; each = each->next) {
        struct hf_prisma_attribute *attribute;
        hf_prisma_take_native(schema, each->attributes);
        take_value_map(schema, each->attributes);
        if ((attribute = hf_prisma_take_attribute(schema, each->attributes, "default")))
            hf_prisma_take_default_argument(schema, attribute, "value");
        hf_prisma_finish_attributes(schema, each->attributes);
    }
}

void hf_prisma_resolve_attributes(struct hf_prisma_schema *schema)
{
    for (struct hf_prisma_model *model = schema->models; model; model = model->next)
        for (size_t i = 0; i < model->field_count; i++)
            if (model->fields[i].kind == HF_PRISMA_RELATION_FIELD && model->fields[i].target)
                hf_prisma_resolve_relation_field(schema, &model->fields[i]);
    struct hf_prisma_model *model = schema->models;
    for (struct hf_prisma_block *block = schema->blocks; block; block = block->next) {
        if (model && model->block == block) {
            resolve_model(schema, model);
            model = model->next;
        } else if (block->kind == HF_PRISMA_ENUM) {
            resolve_enum(schema, block);
        } else if (block->kind == HF_PRISMA_TYPE) {
            resolve_composite(schema, block);
        }
    }
}
