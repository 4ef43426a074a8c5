#include <string.h>

#include "schema/prisma/attributes.h"

/* Relation fields, and which two of them make one relation. */

/* "fields: [a, b]" of a relation: fields of `model`. */
static struct hf_prisma_field_list list_fields(struct hf_prisma_schema *schema,
                                               struct hf_prisma_attribute *attribute,
                                               const char *argument, struct hf_prisma_model *model)
{
    struct hf_prisma_field_list out = {0};
    struct hf_prisma_value *value = hf_prisma_take_argument(attribute, argument);
    size_t count = 1;
    bool bad = false;
    if (!value)
        return out;
    out.given = true;
    struct hf_prisma_argument single = {.value = value}, *first = &single;
    if (value->kind == HF_PRISMA_ARRAY)
        first = value->items.first;
    for (struct hf_prisma_argument *each = first; each; each = each->next)
        count++;
    out.list = hf_prisma_alloc(schema, count * sizeof(struct hf_prisma_field *));
    for (; out.list && first; first = first->next) {
        const char *name = hf_prisma_constant(schema, first->value);
        struct hf_prisma_field *field = name ? hf_prisma_find_field(schema, model, name) : NULL;
        bool twice = false;
        for (size_t i = 0; i < out.count; i++)
            twice |= out.list[i] == field;
        if (name && !field)
            hf_prisma_complain(schema, value->span, "'%s' has no field '%s'", model->block->name,
                               name);
        else if (field && field->kind == HF_PRISMA_RELATION_FIELD)
            hf_prisma_complain(schema, value->span,
                               "'%s' of '%s' is a relation: name the fields "
                               "that hold the key",
                               name, model->block->name);
        else if (twice)
            hf_prisma_complain(schema, attribute->span, "'%s' names '%s' twice", argument, name);
        else if (field)
            out.list[out.count++] = field;
        bad |= !field || field->kind == HF_PRISMA_RELATION_FIELD || twice;
    }
    if (bad)
        out.count = 0;
    return out;
}

static const char *const action_names[] = {
    [HF_PRISMA_NO_CHOICE] = "",        [HF_PRISMA_CASCADE] = "Cascade",
    [HF_PRISMA_RESTRICT] = "Restrict", [HF_PRISMA_NO_ACTION] = "NoAction",
    [HF_PRISMA_SET_NULL] = "SetNull",  [HF_PRISMA_SET_DEFAULT] = "SetDefault",
};

const char *hf_prisma_action_name(enum hf_prisma_action action)
{
    return action_names[action];
}

static enum hf_prisma_action take_action(struct hf_prisma_schema *schema,
                                         struct hf_prisma_attribute *attribute,
                                         const char *argument, struct hf_prisma_span *span)
{
    struct hf_prisma_value *value = hf_prisma_take_argument(attribute, argument);
    const char *name = hf_prisma_constant(schema, value);
    if (!name)
        return HF_PRISMA_NO_CHOICE;
    *span = value->span;
    for (int action = HF_PRISMA_CASCADE; action <= HF_PRISMA_SET_DEFAULT; action++)
        if (!strcmp(name, action_names[action]))
            return (enum hf_prisma_action)action;
    hf_prisma_complain(schema, value->span,
                       "%s is none of Cascade, Restrict, NoAction, SetNull, SetDefault", name);
    return HF_PRISMA_NO_CHOICE;
}

static void take_relation(struct hf_prisma_schema *schema, struct hf_prisma_field *field,
                          struct hf_prisma_attribute *attribute)
{
    field->relation_attribute = attribute;
    field->fields = list_fields(schema, attribute, "fields", field->model);
    field->references = list_fields(schema, attribute, "references", field->target);
    bool has_name = false;
    for (struct hf_prisma_argument *each = attribute->arguments.first; each; each = each->next)
        has_name |= !each->taken && (!each->name || !strcmp(each->name, "name"));
    if (has_name) {
        field->relation_name =
            hf_prisma_string(schema, hf_prisma_take_default_argument(schema, attribute, "name"));
        if (field->relation_name && !*field->relation_name) {
            hf_prisma_complain(schema, attribute->span, "a relation's name must not be empty");
            field->relation_name = NULL;
        }
    }
    field->on_delete = take_action(schema, attribute, "onDelete", &field->on_delete_span);
    field->on_update = take_action(schema, attribute, "onUpdate", &field->on_update_span);
    field->foreign_key = hf_prisma_take_name(schema, attribute, "map");
}

static void refuse(struct hf_prisma_schema *schema, struct hf_prisma_field *field, const char *name,
                   const char *why)
{
    struct hf_prisma_attribute *attribute =
        hf_prisma_take_attribute(schema, field->entry->attributes, name);
    if (attribute)
        hf_prisma_complain(schema, attribute->span, "'%s' is a relation and %s", field->entry->name,
                           why);
}

void hf_prisma_resolve_relation_field(struct hf_prisma_schema *schema,
                                      struct hf_prisma_field *field)
{
    struct hf_prisma_attribute *list = field->entry->attributes, *attribute;
    if ((attribute = hf_prisma_take_attribute(schema, list, "relation"))) {
        take_relation(schema, field, attribute);
        hf_prisma_finish_arguments(schema, attribute);
    }
    refuse(schema, field, "id", "cannot be an id: put @id on the field that holds its key");
    if ((attribute = hf_prisma_take_attribute(schema, list, "ignore"))) {
        field->ignored = true;
        hf_prisma_finish_arguments(schema, attribute);
    }
    refuse(schema, field, "default", "has no default");
    refuse(schema, field, "map", "has no column to map");
    refuse(schema, field, "unique",
           "cannot be unique: put @unique on the field that holds its "
           "key");
    hf_prisma_finish_attributes(schema, list);
}

const char *hf_prisma_relation_name(struct hf_prisma_schema *schema,
                                    const struct hf_prisma_field *field)
{
    const char *a = field->model->block->name, *b = field->target->block->name;
    if (field->relation_name)
        return field->relation_name;
    const char *name = strcmp(a, b) < 0 ? hf_prisma_print(schema, "%sTo%s", a, b)
                                        : hf_prisma_print(schema, "%sTo%s", b, a);
    return name ? name : "";
}

static bool is_same_relation(const struct hf_prisma_field *a, const struct hf_prisma_field *b)
{
    return a->relation_name && b->relation_name ? !strcmp(a->relation_name, b->relation_name)
                                                : !a->relation_name && !b->relation_name;
}

/* The field of the other model (or of this one) that is the same relation seen from there. */
static struct hf_prisma_field *find_opposite(const struct hf_prisma_field *field)
{
    struct hf_prisma_model *target = field->target;
    for (size_t i = 0; i < target->field_count; i++) {
        struct hf_prisma_field *other = &target->fields[i];
        if (other->kind == HF_PRISMA_RELATION_FIELD && other->target == field->model &&
            other != field && is_same_relation(field, other))
            return other;
    }
    return NULL;
}

/* Of two sides of equal weight the one whose model, then field, comes first by name. */
static bool comes_second(const struct hf_prisma_field *field, const struct hf_prisma_field *other)
{
    int order = strcmp(field->model->block->name, other->model->block->name);
    return order ? order > 0 : strcmp(field->entry->name, other->entry->name) > 0;
}

static bool is_unique_list(const struct hf_prisma_field *field)
{
    for (const struct hf_prisma_key *key = field->model->keys; key; key = key->next) {
        if (key->kind != HF_PRISMA_UNIQUE || key->count != field->fields.count)
            continue;
        size_t same = 0;
        while (same < key->count && key->parts[same].field == field->fields.list[same])
            same++;
        if (same == key->count)
            return true;
    }
    return false;
}

/* What relation a field makes; false: its other side makes it. */
static bool classify(struct hf_prisma_field *field, struct hf_prisma_field *other,
                     struct hf_prisma_relation *out)
{
    enum hf_prisma_arity mine = field->entry->arity;
    enum hf_prisma_arity theirs = other ? other->entry->arity : HF_PRISMA_REQUIRED;
    *out =
        (struct hf_prisma_relation){.kind = HF_PRISMA_ONE_TO_MANY, .forward = field, .back = other};
    if (mine == HF_PRISMA_LIST && !other) {
        out->forward = NULL;
        out->back = field;
        return true;
    }
    if (mine == HF_PRISMA_LIST) {
        out->kind = field->fields.given || other->fields.given ? HF_PRISMA_EMBEDDED
                                                               : HF_PRISMA_MANY_TO_MANY;
        return theirs == HF_PRISMA_LIST && !comes_second(field, other);
    }
    if (!other) {
        if (field->fields.given && is_unique_list(field))
            out->kind = HF_PRISMA_ONE_TO_ONE;
        return true;
    }
    if (theirs == HF_PRISMA_LIST)
        return true;
    out->kind = HF_PRISMA_ONE_TO_ONE;
    if (mine != theirs)
        return mine == HF_PRISMA_REQUIRED;
    if (mine == HF_PRISMA_OPTIONAL && field->fields.given)
        return true;
    if (mine == HF_PRISMA_OPTIONAL && other->fields.given)
        return false;
    return !comes_second(field, other);
}

void hf_prisma_infer_relations(struct hf_prisma_schema *schema)
{
    struct hf_prisma_relation **tail = &schema->relations, found;
    for (struct hf_prisma_model *model = schema->models; model; model = model->next) {
        for (size_t i = 0; i < model->field_count; i++) {
            struct hf_prisma_field *field = &model->fields[i];
            if (field->kind != HF_PRISMA_RELATION_FIELD || !field->target ||
                !classify(field, find_opposite(field), &found))
                continue;
            *tail = hf_prisma_alloc(schema, sizeof **tail);
            if (!*tail)
                return;
            **tail = found;
            if (found.forward) {
                (*tail)->next_from = model->relations;
                model->relations = *tail;
            }
            tail = &(*tail)->next;
        }
    }
}

/* Whether a column of the key cannot be NULL: then a row cannot let go of what it refers to. */
static bool is_required(const struct hf_prisma_field *forward)
{
    for (size_t i = 0; i < forward->fields.count; i++)
        if (forward->fields.list[i]->entry->arity == HF_PRISMA_REQUIRED)
            return true;
    return !forward->fields.given && forward->entry->arity == HF_PRISMA_REQUIRED;
}

enum hf_prisma_action hf_prisma_on_delete(const struct hf_prisma_field *forward)
{
    if (forward->on_delete)
        return forward->on_delete;
    return is_required(forward) ? HF_PRISMA_RESTRICT : HF_PRISMA_SET_NULL;
}

enum hf_prisma_action hf_prisma_on_update(const struct hf_prisma_field *forward)
{
    return forward->on_update ? forward->on_update : HF_PRISMA_CASCADE;
}
