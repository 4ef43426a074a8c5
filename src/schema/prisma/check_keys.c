#include <string.h>

#include "schema/prisma/attributes.h"

/* What must hold for indexes and unique constraints. */

static void check_client_names(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                               const struct hf_prisma_key *key)
{
    const char *joined = NULL;
    if (key->kind == HF_PRISMA_UNIQUE && key->count > 1)
        joined = key->parts[0].field->entry->name;
    for (size_t i = 1; joined && i < key->count; i++)
        joined = hf_prisma_print(schema, "%s_%s", joined, key->parts[i].field->entry->name);
    const struct hf_prisma_field *field =
        joined ? hf_prisma_find_field(schema, model, joined) : NULL;
    if (field && field->kind != HF_PRISMA_RELATION_FIELD)
        hf_prisma_complain(schema, key->attribute->span,
                           "its name in the client, '%s', is that of a field: give it another one "
                           "with 'name'",
                           joined);
    size_t count = key->name && model->id && model->id->name && !strcmp(model->id->name, key->name);
    for (const struct hf_prisma_key *each = model->keys; key->name && each; each = each->next)
        count += each->name && !strcmp(each->name, key->name);
    if (count > 1)
        hf_prisma_complain(schema, key->attribute->span, "name '%s' is given twice in '%s'",
                           key->name, model->block->name);
}

static void check_key(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                      const struct hf_prisma_key *key, const struct hf_prisma_names *constraints)
{
    bool has_length = false, has_operators = false;
    for (size_t i = 0; i < key->count; i++) {
        has_length |= key->parts[i].has_length;
        has_operators |= key->parts[i].has_operators;
    }
    struct hf_prisma_span span = key->attribute->span;
    if (!key->count)
        hf_prisma_complain(schema, span, "an index needs at least one field");
    if (hf_prisma_names_get(constraints, constraints, key->constraint))
        hf_prisma_complain(schema, hf_prisma_argument_span(key->attribute, "map"),
                           "several indexes have the name '%s': give each another one with 'map'",
                           key->constraint);
    check_client_names(schema, model, key);
    if (key->where && !schema->partial_indexes)
        hf_prisma_complain(schema, span,
                           "'where' needs previewFeatures = [\"partialIndexes\"] in a generator");
    if (has_length)
        hf_prisma_complain(schema, span, "SQLite has no 'length' in an index");
    if (key->algorithm && strcmp(key->algorithm, "BTree") != 0)
        hf_prisma_complain(schema, hf_prisma_argument_span(key->attribute, "type"),
                           "SQLite has only BTree indexes: remove 'type'");
    if (key->kind == HF_PRISMA_FULLTEXT)
        hf_prisma_complain(schema, span,
                           "SQLite has no full-text indexes of this kind: remove "
                           "@@fulltext (FTS5 tables are made in SQL)");
    if (key->has_clustered)
        hf_prisma_complain(schema, span, "SQLite has no clustered indexes: remove 'clustered'");
    if (has_operators && key->kind != HF_PRISMA_INDEX)
        hf_prisma_complain(schema, span, "'ops' can be used only in @@index");
}

void hf_prisma_check_keys(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                          const struct hf_prisma_names *constraints)
{
    for (struct hf_prisma_key *key = model->keys; key; key = key->next)
        check_key(schema, model, key, constraints);
}
