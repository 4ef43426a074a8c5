#include <string.h>

#include "schema/prisma/schema.h"

/* What must hold between the two sides of a relation. */

static const char *model_of(const struct hf_prisma_field *field)
{
    return field->model->block->name;
}

static bool has_field(struct hf_prisma_field *const *list, size_t count,
                      const struct hf_prisma_field *field)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == field)
            return true;
    return false;
}

enum order { ANY_ORDER, SAME_ORDER };

/* A key of the same fields. */
static bool covers(const struct hf_prisma_key *key, const struct hf_prisma_field_list *fields,
                   enum order order)
{
    if (key->kind > HF_PRISMA_UNIQUE || key->count != fields->count)
        return false;
    for (size_t i = 0; i < key->count && order == SAME_ORDER; i++)
        if (fields->list[i] != key->parts[i].field)
            return false;
    for (size_t i = 0; i < key->count; i++)
        if (!has_field(fields->list, fields->count, key->parts[i].field))
            return false;
    return true;
}

static bool is_unique(const struct hf_prisma_model *model,
                      const struct hf_prisma_field_list *fields, enum order order)
{
    if (model->id && covers(model->id, fields, order))
        return true;
    for (const struct hf_prisma_key *key = model->keys; key; key = key->next)
        if (covers(key, fields, order))
            return true;
    return false;
}

static void check_types(struct hf_prisma_schema *schema, const struct hf_prisma_field *forward)
{
    size_t count = forward->fields.count < forward->references.count ? forward->fields.count
                                                                     : forward->references.count;
    for (size_t i = 0; i < count; i++) {
        const struct hf_prisma_field *from = forward->fields.list[i];
        const struct hf_prisma_field *to = forward->references.list[i];
        bool same = from->kind == to->kind && from->scalar == to->scalar &&
                    from->type == to->type &&
                    (from->kind != HF_PRISMA_UNSUPPORTED_FIELD ||
                     !strcmp(from->entry->type, to->entry->type));
        if (!same)
            hf_prisma_complain(schema, forward->entry->span,
                               "'%s' of '%s' must have the type of what it refers to, '%s' of "
                               "'%s': %s",
                               from->entry->name, model_of(from), to->entry->name, model_of(to),
                               to->entry->type);
    }
}

static void check_set_null(struct hf_prisma_schema *schema, const struct hf_prisma_field *forward)
{
    bool optional = forward->fields.given;
    for (size_t i = 0; i < forward->fields.count; i++)
        optional &= forward->fields.list[i]->entry->arity != HF_PRISMA_REQUIRED;
    for (int update = 0; update < 2 && !optional; update++)
        if ((update ? forward->on_update : forward->on_delete) == HF_PRISMA_SET_NULL)
            hf_prisma_complain(schema, forward->entry->span,
                               "%s: SetNull needs optional fields: choose another action, or add "
                               "'?' to the fields that hold the key",
                               update ? "onUpdate" : "onDelete");
}

/* What the side with the columns says, whatever the other is. */
static void check_forward(struct hf_prisma_schema *schema, const struct hf_prisma_field *forward)
{
    struct hf_prisma_span span = forward->entry->span;
    bool optional = false;
    if (forward->references.count && !is_unique(forward->target, &forward->references, ANY_ORDER))
        hf_prisma_complain(schema, span,
                           "what a relation refers to must be unique: add @unique (or @@unique "
                           "over all of them) in '%s'",
                           forward->target->block->name);
    if (forward->fields.given && forward->references.given &&
        forward->fields.count != forward->references.count)
        hf_prisma_complain(schema, forward->relation_attribute->span,
                           "'fields' and 'references' must list as many fields");
    for (size_t i = 0; i < forward->fields.count; i++)
        optional |= forward->fields.list[i]->entry->arity == HF_PRISMA_OPTIONAL;
    if (optional && forward->entry->arity == HF_PRISMA_REQUIRED)
        hf_prisma_complain(schema, span,
                           "'%s' must be optional ('%s?'), as a field that holds its key is",
                           forward->entry->name, forward->entry->type);
    check_types(schema, forward);
    check_set_null(schema, forward);
}

static bool check_both_sides(struct hf_prisma_schema *schema,
                             const struct hf_prisma_relation *relation)
{
    const struct hf_prisma_field *only = relation->forward ? relation->forward : relation->back;
    if (relation->forward && relation->back)
        return true;
    hf_prisma_complain(schema, only->entry->span,
                       "'%s' of '%s' has no other side: add a field of type '%s' to '%s'",
                       only->entry->name, model_of(only), model_of(only),
                       only->target->block->name);
    return false;
}

static void complain_on_both(struct hf_prisma_schema *schema, const struct hf_prisma_field *first,
                             const struct hf_prisma_field *second, const char *what)
{
    for (int i = 0; i < 2; i++)
        hf_prisma_complain(schema, (i ? second : first)->entry->span,
                           "between '%s' of '%s' and '%s' of '%s', %s", first->entry->name,
                           model_of(first), second->entry->name, model_of(second), what);
}

static void check_one_to_one_arguments(struct hf_prisma_schema *schema,
                                       const struct hf_prisma_field *forward,
                                       const struct hf_prisma_field *back)
{
    if (!forward->fields.count && !back->fields.count)
        complain_on_both(schema, forward, back, "one must say which 'fields' hold the key");
    if (!forward->references.count && !back->references.count)
        complain_on_both(schema, forward, back, "one must say what the key 'references'");
    if (forward->references.count && back->references.count)
        complain_on_both(schema, forward, back, "only one may have 'references'");
    if (forward->fields.count && back->fields.count)
        complain_on_both(schema, forward, back, "only one may have 'fields'");
    if ((forward->on_delete || forward->on_update) && (back->on_delete || back->on_update))
        complain_on_both(schema, back, forward, "only one may have 'onDelete' and 'onUpdate'");
    else if (back->on_delete || back->on_update)
        hf_prisma_complain(schema, back->entry->span,
                           "'onDelete' and 'onUpdate' belong on the other side, '%s' of '%s'",
                           forward->entry->name, model_of(forward));
}

static void check_unique_fields(struct hf_prisma_schema *schema,
                                const struct hf_prisma_field *forward)
{
    if (forward->fields.given && !is_unique(forward->model, &forward->fields, SAME_ORDER))
        hf_prisma_complain(schema, forward->entry->span,
                           "a relation of one to one needs @unique on the fields that hold its "
                           "key; for one to many make the other side a list");
}

/* What is only worth saying when nothing else is wrong. */
static void check_one_to_one_sides(struct hf_prisma_schema *schema,
                                   const struct hf_prisma_field *forward,
                                   const struct hf_prisma_field *back)
{
    if (!schema->diagnostics->count && forward->fields.count && back->references.count)
        complain_on_both(schema, forward, back, "'fields' and 'references' belong on one side");
    if (!schema->diagnostics->count && forward->references.count && back->fields.count)
        hf_prisma_complain(schema, forward->entry->span,
                           "'fields' and 'references' belong on one side");
    if (!schema->diagnostics->count && back->entry->arity == HF_PRISMA_REQUIRED)
        hf_prisma_complain(schema, back->entry->span,
                           "'%s' holds no key and so must be optional: write '%s?'",
                           back->entry->name, back->entry->type);
    if (!schema->diagnostics->count && forward->entry->arity == HF_PRISMA_REQUIRED &&
        (back->fields.given || back->references.given))
        hf_prisma_complain(schema, back->entry->span,
                           "'fields' and 'references' belong on the required side, '%s' of '%s'",
                           forward->entry->name, model_of(forward));
}

static void check_one_to_many(struct hf_prisma_schema *schema,
                              const struct hf_prisma_field *forward,
                              const struct hf_prisma_field *back)
{
    if (!forward->fields.count)
        hf_prisma_complain(schema, forward->entry->span,
                           "'%s' must say which fields hold its key: @relation(fields: [...], "
                           "references: [...])",
                           forward->entry->name);
    if (!forward->references.count)
        hf_prisma_complain(schema, forward->entry->span,
                           "'%s' must say what its key refers to: @relation(references: [...])",
                           forward->entry->name);
    if (back->fields.count || back->references.count)
        hf_prisma_complain(schema, back->entry->span,
                           "'fields' and 'references' belong on the other side, '%s' of '%s'",
                           forward->entry->name, model_of(forward));
    if (back->on_delete || back->on_update)
        hf_prisma_complain(schema, back->entry->span,
                           "'onDelete' and 'onUpdate' belong on the other side, '%s' of '%s'",
                           forward->entry->name, model_of(forward));
}

static void check_member(struct hf_prisma_schema *schema, const struct hf_prisma_field *field)
{
    const struct hf_prisma_key *id = field->target->id;
    if (!id || id->count != 1)
        hf_prisma_complain(schema, field->entry->span,
                           "'%s' has no id of a single field, which a relation of many to many "
                           "needs: add @id, or a model in between",
                           field->target->block->name);
    else if (field->references.count &&
             (field->references.count != 1 || field->references.list[0] != id->parts[0].field))
        hf_prisma_complain(schema, field->entry->span,
                           "a relation of many to many refers to the id: remove 'references'");
}

static void check_many_to_many(struct hf_prisma_schema *schema,
                               const struct hf_prisma_relation *relation)
{
    const struct hf_prisma_field *sides[] = {relation->forward, relation->back};
    for (int i = 0; i < 2; i++)
        check_member(schema, sides[i]);
    for (int i = 0; i < 2; i++) {
        if (sides[i]->on_delete)
            hf_prisma_complain(schema, sides[i]->on_delete_span,
                               "a relation of many to many has no actions: remove onDelete");
        if (sides[i]->on_update)
            hf_prisma_complain(schema, sides[i]->on_update_span,
                               "a relation of many to many has no actions: remove onUpdate");
    }
    for (int i = 0; i < 2; i++)
        if (sides[i]->references.given)
            hf_prisma_complain(schema, sides[i]->entry->span,
                               "a relation of many to many refers to the ids by itself: remove "
                               "'references', or make one side no list");
}

static void check_embedded(struct hf_prisma_schema *schema,
                           const struct hf_prisma_relation *relation)
{
    hf_prisma_complain(schema, relation->forward->entry->span,
                       "SQLite has no lists of keys: remove 'fields' and 'references' from both "
                       "sides");
    hf_prisma_complain(schema, relation->back->entry->span,
                       "SQLite has no lists of keys: remove 'fields' and 'references' from both "
                       "sides");
}

void hf_prisma_check_relation(struct hf_prisma_schema *schema, struct hf_prisma_relation *relation)
{
    if (relation->kind == HF_PRISMA_MANY_TO_MANY) {
        check_many_to_many(schema, relation);
        return;
    }
    if (relation->kind == HF_PRISMA_EMBEDDED) {
        check_embedded(schema, relation);
        return;
    }
    if (!schema->foreign_keys)
        hf_prisma_check_cycles(schema, relation);
    if (relation->forward)
        check_forward(schema, relation->forward);
    bool both = check_both_sides(schema, relation);
    if (relation->kind == HF_PRISMA_ONE_TO_MANY) {
        if (both)
            check_one_to_many(schema, relation->forward, relation->back);
        return;
    }
    if (both)
        check_one_to_one_arguments(schema, relation->forward, relation->back);
    if (relation->forward)
        check_unique_fields(schema, relation->forward);
    if (both)
        check_one_to_one_sides(schema, relation->forward, relation->back);
}
