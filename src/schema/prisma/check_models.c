#include <string.h>

#include "schema/prisma/schema.h"

/* What must hold for a model as a whole, and the order in which everything is judged. */

static bool is_unique_key(const struct hf_prisma_key *key)
{
    return key->kind == HF_PRISMA_ID || key->kind == HF_PRISMA_UNIQUE;
}

/* Only required fields, all of types that can be compared. */
static bool identifies_rows(const struct hf_prisma_key *key)
{
    if (!is_unique_key(key))
        return false;
    for (size_t i = 0; i < key->count; i++)
        if (key->parts[i].field->entry->arity == HF_PRISMA_OPTIONAL ||
            key->parts[i].field->kind == HF_PRISMA_UNSUPPORTED_FIELD)
            return false;
    return true;
}

static void check_identity(struct hf_prisma_schema *schema, const struct hf_prisma_model *model)
{
    if (model->ignored || model->view || (model->id && identifies_rows(model->id)))
        return;
    for (const struct hf_prisma_key *key = model->keys; key; key = key->next)
        if (identifies_rows(key))
            return;
    hf_prisma_complain(schema, model->block->span,
                       "model '%s' needs @id, @@id, @unique or @@unique over required fields",
                       model->block->name);
}

/* The name a client gives to a key of several fields: "a_b". */
static bool clashes_with_field(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                               const struct hf_prisma_key *key)
{
    const char *joined = key->count > 1 ? key->parts[0].field->entry->name : NULL;
    for (size_t i = 1; joined && i < key->count; i++)
        joined = hf_prisma_print(schema, "%s_%s", joined, key->parts[i].field->entry->name);
    struct hf_prisma_field *field = joined ? hf_prisma_find_field(schema, model, joined) : NULL;
    return field && field->kind != HF_PRISMA_RELATION_FIELD;
}

static bool is_name_given_twice(const struct hf_prisma_model *model, const char *name)
{
    int count = model->id && model->id->name && !strcmp(model->id->name, name);
    for (const struct hf_prisma_key *key = model->keys; key; key = key->next)
        count += key->name && !strcmp(key->name, name);
    return count > 1;
}

static void check_id(struct hf_prisma_schema *schema, struct hf_prisma_model *model)
{
    const struct hf_prisma_key *id = model->id;
    bool has_length = false, has_sort = false;
    if (id->name && is_name_given_twice(model, id->name))
        hf_prisma_complain(schema, id->attribute->span, "name '%s' is given twice in '%s'",
                           id->name, model->block->name);
    if (!id->count)
        hf_prisma_complain(schema, id->attribute->span, "an id needs at least one field");
    if (clashes_with_field(schema, model, id))
        hf_prisma_complain(schema, id->attribute->span,
                           "the id's name is that of a field: give it another one with 'name'");
    if (id->map)
        hf_prisma_complain(schema, model->block->span,
                           "SQLite has no names for primary keys: remove 'map' of the id");
    for (size_t i = 0; i < id->count; i++) {
        has_length |= id->parts[i].has_length;
        has_sort |= id->parts[i].has_sort;
    }
    if (has_length)
        hf_prisma_complain(schema, id->attribute->span, "SQLite has no 'length' in an id");
    if (has_sort)
        hf_prisma_complain(schema, id->attribute->span, "SQLite has no 'sort' in an id");
}

static void check_autoincrement(struct hf_prisma_schema *schema,
                                const struct hf_prisma_model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < model->field_count; i++)
        count += hf_prisma_is_autoincrement(&model->fields[i]);
    if (count > 1)
        hf_prisma_complain(schema, model->block->span,
                           "only one field of a model can have autoincrement()");
    for (size_t i = 0; count && i < model->field_count; i++) {
        const struct hf_prisma_field *field = &model->fields[i];
        if (hf_prisma_is_autoincrement(field) &&
            !(model->id && model->id->count == 1 && model->id->parts[0].field == field))
            hf_prisma_complain(schema, field->entry->span,
                               "SQLite counts only ids: autoincrement() needs @id on '%s'",
                               field->entry->name);
    }
}

/* A name that a key has in the client is that of a field. */
static void check_taken_name(struct hf_prisma_schema *schema, const struct hf_prisma_field *field)
{
    const struct hf_prisma_model *model = field->model;
    const char *name = field->entry->name;
    bool taken = model->id && model->id->name && !strcmp(model->id->name, name);
    for (const struct hf_prisma_key *key = model->keys; key; key = key->next)
        taken |= key->name && !strcmp(key->name, name);
    if (taken)
        hf_prisma_complain(schema, model->block->span,
                           "'%s' is the name of a field and of a key: rename one", name);
}

static void check_scalar_field(struct hf_prisma_schema *schema, struct hf_prisma_field *field)
{
    if (field->entry->arity == HF_PRISMA_LIST)
        hf_prisma_complain(schema, field->entry->span,
                           "'%s' cannot be a list: SQLite has no arrays (use Json, or a model of "
                           "its own)",
                           field->entry->name);
    check_taken_name(schema, field);
    if (field->native)
        hf_prisma_complain(schema, field->native->span, "SQLite has no native types: remove @%s",
                           field->native->name);
    hf_prisma_check_default(schema, field);
}

/* More than two fields of one relation, or two where it is not one model's own. Judging stops
 * then: what follows from it would only confuse. */
static bool is_ambiguous(struct hf_prisma_schema *schema, const struct hf_prisma_field *field)
{
    const struct hf_prisma_model *model = field->model;
    size_t count = 0;
    for (size_t i = 0; i < model->field_count; i++) {
        const struct hf_prisma_field *other = &model->fields[i];
        if (other->kind != HF_PRISMA_RELATION_FIELD || other->target != field->target ||
            !other->relation_name != !field->relation_name)
            continue;
        count += !field->relation_name || !strcmp(field->relation_name, other->relation_name);
    }
    if (count < 2 || (count == 2 && field->target == model && field->relation_name))
        return false;
    hf_prisma_complain(schema, field->entry->span,
                       "%zu fields of '%s' could be the same relation to '%s': tell them apart "
                       "with @relation(\"name\")",
                       count, model->block->name, field->target->block->name);
    return true;
}

static void check_action(struct hf_prisma_schema *schema, enum hf_prisma_action action,
                         struct hf_prisma_span span)
{
    if (!schema->foreign_keys && (action == HF_PRISMA_NO_ACTION || action == HF_PRISMA_SET_DEFAULT))
        hf_prisma_complain(schema, span,
                           "relationMode \"prisma\" has no %s: use Cascade, Restrict or SetNull",
                           hf_prisma_action_name(action));
}

static void check_relation_field(struct hf_prisma_schema *schema, struct hf_prisma_field *field)
{
    check_taken_name(schema, field);
    if (field->target->ignored && !field->ignored && !field->model->ignored)
        hf_prisma_complain(schema, field->entry->span,
                           "model '%s' is ignored: '%s' needs @ignore too",
                           field->target->block->name, field->entry->name);
    check_action(schema, field->on_delete, field->on_delete_span);
    check_action(schema, field->on_update, field->on_update_span);
    if (field->foreign_key)
        hf_prisma_complain(schema, field->relation_attribute->span,
                           "SQLite has no names for foreign keys: remove 'map'");
}

static void check_model(struct hf_prisma_schema *schema, struct hf_prisma_model *model)
{
    if (model->view && !schema->views)
        hf_prisma_complain(schema, model->block->span,
                           "views need previewFeatures = [\"views\"] in a generator");
    check_identity(schema, model);
    if (model->id)
        check_id(schema, model);
    if (model->shard_span.source)
        hf_prisma_complain(schema, model->shard_span, "SQLite has no shard keys: remove this one");
    if (model->schema_span.source)
        hf_prisma_complain(schema, model->schema_span, "SQLite has no schemas: remove @@schema");
    check_autoincrement(schema, model);
    if (model->id && model->id->has_clustered)
        hf_prisma_complain(schema, model->id->attribute->span,
                           "SQLite has no clustered keys: remove 'clustered'");
    for (size_t i = 0; i < model->field_count; i++)
        if (model->fields[i].kind != HF_PRISMA_RELATION_FIELD)
            check_scalar_field(schema, &model->fields[i]);
}

/* A type that holds itself would have no end. */
static void check_endless_types(struct hf_prisma_schema *schema)
{
    for (struct hf_prisma_block *block = schema->blocks; block; block = block->next)
        for (struct hf_prisma_entry *each = block->entries; each && block->kind == HF_PRISMA_TYPE;
             each = each->next)
            if (each->arity == HF_PRISMA_REQUIRED && !strcmp(each->type, block->name))
                hf_prisma_complain(schema, each->span, "type '%s' holds itself and has no end",
                                   block->name);
}

static void check_composites(struct hf_prisma_schema *schema)
{
    check_endless_types(schema);
    for (struct hf_prisma_block *block = schema->blocks; block; block = block->next)
        if (block->kind == HF_PRISMA_TYPE)
            hf_prisma_complain(schema, block->span,
                               "SQLite has no composite types: use Json, or a model");
}

static void check_unknown_functions(struct hf_prisma_schema *schema)
{
    static const char *const known[] = {"autoincrement", "uuid", "cuid", "ulid",
                                        "nanoid",        "now",  "auto", "dbgenerated"};
    for (struct hf_prisma_model *model = schema->models; model; model = model->next) {
        for (size_t i = 0; i < model->field_count; i++) {
            const struct hf_prisma_value *value = model->fields[i].default_value;
            size_t at = 0;
            if (!value || value->kind != HF_PRISMA_FUNCTION)
                continue;
            while (at < sizeof known / sizeof *known && strcmp(known[at], value->text) != 0)
                at++;
            if (at == sizeof known / sizeof *known)
                hf_prisma_complain(schema, value->span, "function %s() is not known", value->text);
        }
    }
}

static struct hf_prisma_span map_span(const struct hf_prisma_model *model)
{
    for (const struct hf_prisma_attribute *each = model->block->attributes; each; each = each->next)
        if (!strcmp(each->name, "map"))
            return each->span;
    return model->block->span;
}

static void check_table_name(struct hf_prisma_schema *schema, struct hf_prisma_names *tables,
                             struct hf_prisma_model *model)
{
    void *former = NULL;
    if (hf_prisma_names_put(tables, schema->heap, NULL, model->table, model, &former, schema->err))
        schema->failed = true;
    if (former)
        hf_prisma_complain(schema, map_span(model->mapped ? model : former),
                           "two models have the table '%s'", model->table);
}

static void check_table_names(struct hf_prisma_schema *schema)
{
    struct hf_prisma_names tables = {0};
    for (int views = 0; views < 2; views++)
        for (struct hf_prisma_model *model = schema->models; model; model = model->next)
            if (model->view == views)
                check_table_name(schema, &tables, model);
}

/* What an index is called in the database when nobody says it. */
static const char *constraint_name(struct hf_prisma_schema *schema,
                                   const struct hf_prisma_model *model,
                                   const struct hf_prisma_key *key)
{
    const char *name = model->table;
    for (size_t i = 0; name && i < key->count; i++)
        name = hf_prisma_print(schema, "%s_%s", name, key->parts[i].field->column);
    return name ? hf_prisma_print(schema, "%s_%s", name,
                                  key->kind == HF_PRISMA_UNIQUE ? "key" : "idx")
                : NULL;
}

/* Names all indexes; a name that several have is in `constraints` in the scope of itself. */
static void name_constraints(struct hf_prisma_schema *schema, struct hf_prisma_names *constraints)
{
    for (struct hf_prisma_model *model = schema->models; model; model = model->next) {
        for (struct hf_prisma_key *key = model->keys; key; key = key->next) {
            void *former = NULL;
            key->constraint = key->map ? key->map : constraint_name(schema, model, key);
            if (!key->constraint)
                return;
            if (hf_prisma_names_put(constraints, schema->heap, NULL, key->constraint, key, &former,
                                    schema->err) ||
                (former && hf_prisma_names_put(constraints, schema->heap, constraints,
                                               key->constraint, key, NULL, schema->err)))
                schema->failed = true;
        }
    }
}

static const char *enum_name(const struct hf_prisma_block *block)
{
    for (const struct hf_prisma_attribute *each = block->attributes; each; each = each->next)
        if (!strcmp(each->name, "map") && each->arguments.first && each->arguments.first->value)
            return each->arguments.first->value->text;
    return block->name;
}

static void check_enum_names(struct hf_prisma_schema *schema)
{
    struct hf_prisma_names enums = {0};
    for (struct hf_prisma_block *block = schema->blocks; block; block = block->next) {
        void *former = NULL;
        if (block->kind != HF_PRISMA_ENUM)
            continue;
        if (hf_prisma_names_put(&enums, schema->heap, NULL, enum_name(block), block, &former,
                                schema->err))
            schema->failed = true;
        if (former)
            hf_prisma_complain(schema, block->span, "two enums have the name '%s' in the database",
                               enum_name(block));
    }
}

static void check_enums(struct hf_prisma_schema *schema)
{
    check_enum_names(schema);
    for (struct hf_prisma_block *block = schema->blocks; block; block = block->next)
        for (struct hf_prisma_attribute *each = block->attributes;
             each && block->kind == HF_PRISMA_ENUM; each = each->next)
            if (!strcmp(each->name, "schema"))
                hf_prisma_complain(schema, each->span, "SQLite has no schemas: remove @@schema");
}

/* False: a relation is ambiguous. */
static bool check_whole_model(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                              const struct hf_prisma_names *constraints)
{
    check_model(schema, model);
    for (size_t i = 0; i < model->field_count; i++) {
        if (model->fields[i].kind != HF_PRISMA_RELATION_FIELD)
            continue;
        if (is_ambiguous(schema, &model->fields[i]))
            return false;
        check_relation_field(schema, &model->fields[i]);
    }
    hf_prisma_check_keys(schema, model, constraints);
    return true;
}

void hf_prisma_check(struct hf_prisma_schema *schema)
{
    struct hf_prisma_names constraints = {0};
    check_composites(schema);
    check_unknown_functions(schema);
    check_table_names(schema);
    name_constraints(schema, &constraints);
    if (schema->failed)
        return;
    for (int views = 0; views < 2; views++)
        for (struct hf_prisma_model *model = schema->models; model; model = model->next)
            if (model->view == views && !check_whole_model(schema, model, &constraints))
                return;
    check_enums(schema);
    for (struct hf_prisma_relation *each = schema->relations; each; each = each->next)
        hf_prisma_check_relation(schema, each);
}
