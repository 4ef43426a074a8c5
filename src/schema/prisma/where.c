#include <string.h>

#include "schema/prisma/attributes.h"

/* Conditions of partial indexes: raw("SQL"), or fields and what they are (or are not). */

static void refuse(struct hf_prisma_schema *schema, const struct hf_prisma_attribute *attribute,
                   const char *what)
{
    hf_prisma_complain(schema, attribute->span, "'where': %s", what);
}

static bool is_null(const struct hf_prisma_value *value)
{
    return value->kind == HF_PRISMA_CONSTANT && !strcmp(value->text, "null");
}

static bool fits(const struct hf_prisma_field *field, const struct hf_prisma_value *value)
{
    if (is_null(value))
        return true;
    if (field->kind == HF_PRISMA_ENUM_FIELD)
        return value->kind == HF_PRISMA_STRING;
    if (field->kind != HF_PRISMA_SCALAR_FIELD)
        return false;
    switch (field->scalar) {
    case HF_PRISMA_BOOLEAN:
        return value->kind == HF_PRISMA_CONSTANT;
    case HF_PRISMA_STRING_TYPE:
    case HF_PRISMA_DATETIME:
        return value->kind == HF_PRISMA_STRING;
    case HF_PRISMA_INT:
    case HF_PRISMA_BIGINT:
    case HF_PRISMA_FLOAT:
    case HF_PRISMA_DECIMAL:
        return value->kind == HF_PRISMA_NUMBER;
    default:
        return false;
    }
}

static const char *quote(struct hf_prisma_schema *schema, const char *text, const char *format)
{
    const char *quoted = hf_heap_print(schema->heap, schema->err, format, text);
    schema->failed |= !quoted;
    return quoted ? quoted : "";
}

static const char *print_condition(struct hf_prisma_schema *schema,
                                   const struct hf_prisma_field *field,
                                   const struct hf_prisma_value *value, bool negated)
{
    const char *column = quote(schema, field->column, "\"%w\"");
    if (is_null(value))
        return hf_prisma_print(schema, "%s IS %sNULL", column, negated ? "NOT " : "");
    return hf_prisma_print(schema, "%s %s %s", column, negated ? "!=" : "=",
                           value->kind == HF_PRISMA_STRING ? quote(schema, value->text, "%Q")
                                                           : value->text);
}

/* "field: value" or "field: { not: value }". */
static const char *condition(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                             const struct hf_prisma_attribute *attribute,
                             const struct hf_prisma_argument *item)
{
    const struct hf_prisma_field *field = hf_prisma_find_field(schema, model, item->name);
    const struct hf_prisma_value *value = item->value;
    bool negated = value->kind == HF_PRISMA_OBJECT;
    if (negated) {
        const struct hf_prisma_argument *only = value->items.first;
        value = only && !only->next && !strcmp(only->name, "not") ? only->value : NULL;
    }
    bool literal = value && (value->kind == HF_PRISMA_STRING || value->kind == HF_PRISMA_NUMBER ||
                             is_null(value) ||
                             (value->kind == HF_PRISMA_CONSTANT &&
                              (!strcmp(value->text, "true") || !strcmp(value->text, "false"))));
    if (!field)
        refuse(schema, attribute, "it names a field that the model does not have");
    else if (field->kind == HF_PRISMA_RELATION_FIELD)
        refuse(schema, attribute, "a relation cannot be compared");
    else if (!literal)
        refuse(schema, attribute,
               "a field is compared with true, false, null, a string or a "
               "number, or with { not: ... } of these");
    else if (!fits(field, value))
        refuse(schema, attribute, "a value is not of its field's type");
    else
        return print_condition(schema, field, value, negated);
    return NULL;
}

static const char *conditions(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                              const struct hf_prisma_attribute *attribute,
                              const struct hf_prisma_value *value)
{
    const char *all = NULL;
    for (const struct hf_prisma_argument *each = value->items.first; each; each = each->next) {
        const char *one = condition(schema, model, attribute, each);
        if (!one)
            return NULL;
        all = all ? hf_prisma_print(schema, "%s AND %s", all, one) : one;
    }
    if (!all)
        refuse(schema, attribute, "it needs at least one condition");
    return all;
}

const char *hf_prisma_where(struct hf_prisma_schema *schema, struct hf_prisma_model *model,
                            const struct hf_prisma_attribute *attribute,
                            const struct hf_prisma_value *value)
{
    if (value->kind == HF_PRISMA_OBJECT)
        return conditions(schema, model, attribute, value);
    const struct hf_prisma_argument *sql = value->items.first;
    if (hf_prisma_is_function(value, "raw") && sql && !sql->next && sql->value &&
        sql->value->kind == HF_PRISMA_STRING && *sql->value->text)
        return sql->value->text;
    refuse(schema, attribute, "write raw(\"...\") with a condition in SQL, or { field: value }");
    return NULL;
}
