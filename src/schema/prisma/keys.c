#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "schema/prisma/attributes.h"

/* Ids, unique constraints and indexes. */

static bool is_whole_number(const char *text)
{
    char *end;
    strtoll(text, &end, 10);
    return *end == 0;
}

static bool take_length(struct hf_prisma_schema *schema, const struct hf_prisma_value *value)
{
    if (!value)
        return false;
    if (value->kind == HF_PRISMA_NUMBER && is_whole_number(value->text))
        return true;
    hf_prisma_mismatch(schema, value, "a whole number");
    return false;
}

static void take_sort(struct hf_prisma_schema *schema, const struct hf_prisma_value *value,
                      struct hf_prisma_key_part *part, struct hf_prisma_span span)
{
    const char *sort = hf_prisma_constant(schema, value);
    if (!sort)
        return;
    part->has_sort = !strcmp(sort, "Asc") || !strcmp(sort, "Desc");
    part->descending = !strcmp(sort, "Desc");
    if (!part->has_sort)
        hf_prisma_complain(schema, span, "sort is Asc or Desc, not %s", sort);
}

/* "field(sort: Desc, length: 5)" in the list of an index. Other arguments have no meaning. */
static void take_part_arguments(struct hf_prisma_schema *schema,
                                const struct hf_prisma_value *value,
                                struct hf_prisma_key_part *part)
{
    for (const struct hf_prisma_argument *each = value->items.first; each; each = each->next) {
        if (!each->name || !each->value)
            continue;
        if (!strcmp(each->name, "sort"))
            take_sort(schema, each->value, part, each->span);
        else if (!strcmp(each->name, "length"))
            part->has_length = take_length(schema, each->value);
        else if (!strcmp(each->name, "ops"))
            part->has_operators = true;
    }
}

/* What came of looking up the fields that an attribute lists. */
struct listing {
    struct hf_prisma_key_part *parts;
    size_t count;
    const char *unknown, *relation; /* names, joined; NULL: none */
    bool bad;                       /* complained about already */
};

static void join(struct hf_prisma_schema *schema, const char **names, const char *name)
{
    *names = *names ? hf_prisma_print(schema, "%s, %s", *names, name) : name;
}

/* "a.b" is a field b of the composite type that a is of: never of use in SQLite, which is said when
 * the type is looked at. */
static struct hf_prisma_field *find_part(struct hf_prisma_schema *schema,
                                         struct hf_prisma_model *model, const char *path)
{
    const char *dot = strchr(path, '.');
    if (!dot)
        return hf_prisma_find_field(schema, model, path);
    const char *root = hf_prisma_print(schema, "%.*s", (int)(dot - path), path);
    struct hf_prisma_field *field = root ? hf_prisma_find_field(schema, model, root) : NULL;
    return field && field->kind == HF_PRISMA_COMPOSITE_FIELD ? field : NULL;
}

static void list_field(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                       const struct hf_prisma_value *value, struct hf_prisma_span span,
                       struct listing *out)
{
    if (value->kind != HF_PRISMA_CONSTANT && value->kind != HF_PRISMA_FUNCTION) {
        hf_prisma_mismatch(schema, value, "the name of a field");
        out->bad = true;
        return;
    }
    struct hf_prisma_key_part *part = &out->parts[out->count];
    if (value->kind == HF_PRISMA_FUNCTION)
        take_part_arguments(schema, value, part);
    part->field = find_part(schema, model, value->text);
    if (!part->field) {
        join(schema, &out->unknown, value->text);
        return;
    }
    if (part->field->kind == HF_PRISMA_RELATION_FIELD) {
        join(schema, &out->relation, value->text);
        return;
    }
    for (size_t i = 0; i < out->count && !out->bad; i++) {
        if (out->parts[i].field != part->field)
            continue;
        hf_prisma_complain(schema, span, "field '%s' is listed twice", value->text);
        out->bad = true;
    }
    out->count++;
}

static struct listing list_fields(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                                  const struct hf_prisma_value *value, struct hf_prisma_span span)
{
    struct listing out = {0};
    size_t count = 1;
    if (value->kind == HF_PRISMA_ARRAY)
        for (const struct hf_prisma_argument *each = value->items.first; each; each = each->next)
            count++;
    out.parts = hf_prisma_alloc(schema, count * sizeof *out.parts);
    if (!out.parts) {
        out.bad = true;
        return out;
    }
    if (value->kind != HF_PRISMA_ARRAY)
        list_field(schema, model, value, span, &out);
    else
        for (const struct hf_prisma_argument *each = value->items.first; each; each = each->next)
            list_field(schema, model, each->value, span, &out);
    return out;
}

static struct hf_prisma_key *new_key(struct hf_prisma_schema *schema,
                                     struct hf_prisma_attribute *attribute,
                                     enum hf_prisma_key_kind kind)
{
    struct hf_prisma_key *key = hf_prisma_alloc(schema, sizeof *key);
    if (key) {
        key->kind = kind;
        key->attribute = attribute;
    }
    return key;
}

/* The one part of a key that is an attribute of a field. */
static bool take_own_part(struct hf_prisma_schema *schema, struct hf_prisma_key *key,
                          struct hf_prisma_field *field)
{
    key->parts = hf_prisma_alloc(schema, sizeof *key->parts);
    if (!key->parts)
        return false;
    key->on_field = true;
    key->count = 1;
    key->parts->field = field;
    key->map = hf_prisma_take_name(schema, key->attribute, "map");
    key->parts->has_length = take_length(schema, hf_prisma_take_argument(key->attribute, "length"));
    take_sort(schema, hf_prisma_take_argument(key->attribute, "sort"), key->parts,
              key->attribute->span);
    return true;
}

static void take_clustered(struct hf_prisma_schema *schema, struct hf_prisma_key *key)
{
    const struct hf_prisma_value *value = hf_prisma_take_argument(key->attribute, "clustered");
    if (!value)
        return;
    key->has_clustered = value->kind == HF_PRISMA_CONSTANT &&
                         (!strcmp(value->text, "true") || !strcmp(value->text, "false"));
    if (!key->has_clustered)
        hf_prisma_mismatch(schema, value, "true or false");
}

/* The name is one in the client's language. */
static void check_client_name(struct hf_prisma_schema *schema, const struct hf_prisma_key *key)
{
    for (const char *c = key->name; c && *c; c++) {
        if (*c == '_' || isalnum((unsigned char)*c))
            continue;
        hf_prisma_complain(schema, key->attribute->span,
                           "'name' may hold only letters, digits and '_'; for the name in the "
                           "database use 'map'");
        return;
    }
}

static void check_id_parts(struct hf_prisma_schema *schema, const struct hf_prisma_key *key)
{
    const char *optional = NULL;
    for (size_t i = 0; i < key->count; i++)
        if (key->parts[i].field->entry->arity != HF_PRISMA_REQUIRED)
            join(schema, &optional, key->parts[i].field->entry->name);
    if (optional)
        hf_prisma_complain(schema, key->attribute->span,
                           "an id is made of required fields only, and these are not: %s",
                           optional);
}

static void resolve_block_id(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                             struct hf_prisma_attribute *attribute)
{
    struct hf_prisma_value *fields = hf_prisma_take_default_argument(schema, attribute, "fields");
    if (!fields)
        return;
    struct listing found = list_fields(schema, model, fields, attribute->span);
    if (found.bad)
        return;
    if (found.unknown)
        hf_prisma_complain(schema, fields->span, "the id names fields that are not there: %s",
                           found.unknown);
    if (found.relation)
        hf_prisma_complain(schema, attribute->span,
                           "an id is made of scalar fields, and these are relations: %s",
                           found.relation);
    if (found.unknown || found.relation)
        return;
    struct hf_prisma_key *key = new_key(schema, attribute, HF_PRISMA_ID);
    if (!key)
        return;
    key->parts = found.parts;
    key->count = found.count;
    check_id_parts(schema, key);
    if (model->id)
        hf_prisma_complain(schema, model->block->span,
                           "a model has one id: remove either @id or @@id");
    key->map = hf_prisma_take_name(schema, attribute, "map");
    key->name = hf_prisma_take_name(schema, attribute, "name");
    check_client_name(schema, key);
    take_clustered(schema, key);
    model->id = key;
}

void hf_prisma_resolve_id(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                          struct hf_prisma_field *field, struct hf_prisma_attribute *attribute)
{
    if (!field) {
        resolve_block_id(schema, model, attribute);
        return;
    }
    if (model->id) {
        hf_prisma_complain(schema, model->block->span,
                           "only one field can have @id: for several use @@id([a, b])");
        return;
    }
    struct hf_prisma_key *key = new_key(schema, attribute, HF_PRISMA_ID);
    if (!key || !take_own_part(schema, key, field))
        return;
    take_clustered(schema, key);
    model->id = key;
}

static void take_listed_parts(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                              struct hf_prisma_key *key)
{
    struct hf_prisma_value *fields =
        hf_prisma_take_default_argument(schema, key->attribute, "fields");
    if (!fields)
        return;
    struct listing found = list_fields(schema, model, fields, key->attribute->span);
    if (found.bad)
        return;
    if (found.unknown)
        hf_prisma_complain(schema, key->attribute->span,
                           "the index names fields that are not there: %s", found.unknown);
    if (found.relation)
        hf_prisma_complain(schema, key->attribute->span,
                           "an index is made of scalar fields, and these are relations: %s (list "
                           "the fields that hold their keys)",
                           found.relation);
    if (found.unknown || found.relation)
        return;
    key->parts = found.parts;
    key->count = found.count;
}

static void take_where(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                       struct hf_prisma_key *key)
{
    struct hf_prisma_value *value = hf_prisma_take_argument(key->attribute, "where");
    if (!value)
        return;
    key->where = hf_prisma_where(schema, model, key->attribute, value);
}

static void take_index_names(struct hf_prisma_schema *schema, struct hf_prisma_key *key)
{
    if (key->kind != HF_PRISMA_FULLTEXT)
        key->name = hf_prisma_take_name(schema, key->attribute, "name");
    key->map = hf_prisma_take_name(schema, key->attribute, "map");
    if (key->kind == HF_PRISMA_UNIQUE) {
        check_client_name(schema, key);
    } else if (key->kind == HF_PRISMA_INDEX && key->name) {
        /* The older way to write "map". */
        if (key->map)
            hf_prisma_complain(schema, key->attribute->span,
                               "'name' of an index is an older word for 'map': remove 'name'");
        key->map = key->map ? NULL : key->name;
        key->name = NULL;
    }
}

static void take_algorithm(struct hf_prisma_schema *schema, struct hf_prisma_key *key)
{
    static const char *const known[] = {"BTree", "Hash", "Gist", "Gin", "SpGist", "Brin"};
    const char *type = hf_prisma_constant(schema, hf_prisma_take_argument(key->attribute, "type"));
    for (size_t i = 0; type && i < sizeof known / sizeof *known; i++)
        if (!strcmp(type, known[i]))
            key->algorithm = known[i];
    if (type && !key->algorithm)
        hf_prisma_complain(schema, key->attribute->span, "index type %s is not known", type);
}

void hf_prisma_resolve_key(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                           struct hf_prisma_field *field, struct hf_prisma_attribute *attribute,
                           enum hf_prisma_key_kind kind)
{
    struct hf_prisma_key *key = new_key(schema, attribute, kind);
    if (!key)
        return;
    if (field) {
        if (!take_own_part(schema, key, field))
            return;
    } else {
        take_listed_parts(schema, model, key);
        take_index_names(schema, key);
        if (kind == HF_PRISMA_INDEX)
            take_algorithm(schema, key);
    }
    if (kind != HF_PRISMA_FULLTEXT) {
        take_clustered(schema, key);
        take_where(schema, model, key);
    }
    *model->last_key = key;
    model->last_key = &key->next;
}
