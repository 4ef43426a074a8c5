#include <stdlib.h>
#include <string.h>

#include "schema/prisma/attributes.h"

/* @default: whether a value can be one of its field's type, as far as its form tells. What stands
 * in a string (a time, a number, JSON) is for hf_prisma_check_default. */

bool hf_prisma_is_function(const struct hf_prisma_value *value, const char *name)
{
    return value && value->kind == HF_PRISMA_FUNCTION && !strcmp(value->text, name);
}

bool hf_prisma_is_autoincrement(const struct hf_prisma_field *field)
{
    return hf_prisma_is_function(field->default_value, "autoincrement");
}

static bool is_text(const struct hf_prisma_value *value)
{
    return value->kind == HF_PRISMA_STRING;
}

static bool is_number(const struct hf_prisma_value *value)
{
    return value->kind == HF_PRISMA_NUMBER;
}

static void describe(struct hf_prisma_schema *schema, const struct hf_prisma_attribute *attribute,
                     enum hf_prisma_scalar scalar)
{
    static const char *const forms[] = {
        [HF_PRISMA_STRING_TYPE] = "a string in quotes",
        [HF_PRISMA_BOOLEAN] = "true or false",
        [HF_PRISMA_INT] = "a whole number",
        [HF_PRISMA_BIGINT] = "a whole number",
        [HF_PRISMA_FLOAT] = "a number",
        [HF_PRISMA_DECIMAL] = "a number",
        [HF_PRISMA_DATETIME] = "a time like \"2026-01-31T12:00:00Z\", or now()",
        [HF_PRISMA_JSON] = "JSON in quotes",
        [HF_PRISMA_BYTES] = "base64 in quotes",
    };
    hf_prisma_complain(schema, attribute->span, "the default of a field of type %s must be %s",
                       hf_prisma_scalar_name(scalar), forms[scalar]);
}

static bool is_literal_of(struct hf_prisma_schema *schema, enum hf_prisma_scalar scalar,
                          const struct hf_prisma_value *value,
                          const struct hf_prisma_attribute *attribute)
{
    bool fits = false;
    if (scalar == HF_PRISMA_BOOLEAN && value->kind == HF_PRISMA_CONSTANT) {
        fits = !strcmp(value->text, "true") || !strcmp(value->text, "false");
        if (!fits)
            hf_prisma_complain(schema, value->span, "a Boolean is true or false, not %s",
                               value->text);
        return fits;
    }
    switch (scalar) {
    case HF_PRISMA_INT:
    case HF_PRISMA_BIGINT:
    case HF_PRISMA_FLOAT:
        fits = is_number(value);
        break;
    case HF_PRISMA_DECIMAL:
        fits = is_number(value) || is_text(value);
        break;
    case HF_PRISMA_BOOLEAN:
        break;
    default:
        fits = is_text(value);
    }
    if (!fits)
        describe(schema, attribute, scalar);
    return fits;
}

/* The functions, the types they give a value to, and the numbers they may be given. */
static const struct function {
    const char *name;
    unsigned types; /* a bit for each scalar */
    int numbers[2]; /* which; or, `range`, from and to; 0: none */
    bool range;
    const char *usage;
} functions[] = {
    {"autoincrement", 1u << HF_PRISMA_INT | 1u << HF_PRISMA_BIGINT, {0}, false, "autoincrement()"},
    {"uuid", 1u << HF_PRISMA_STRING_TYPE, {4, 7}, false, "uuid(), uuid(4) or uuid(7)"},
    {"cuid", 1u << HF_PRISMA_STRING_TYPE, {1, 2}, false, "cuid(), cuid(1) or cuid(2)"},
    {"ulid", 1u << HF_PRISMA_STRING_TYPE, {0}, false, "ulid()"},
    {"nanoid",
     1u << HF_PRISMA_STRING_TYPE,
     {2, 255},
     true,
     "nanoid(), or nanoid(2) to nanoid(255)"},
    {"now", 1u << HF_PRISMA_DATETIME, {0}, false, "now()"},
    {"auto", ~0u, {0}, false, "auto()"}, /* refused later: only document databases have it */
    {"dbgenerated", 0, {0}, false, "dbgenerated(\"...\")"},
};

static const struct function *find_function(const char *name)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (!strcmp(functions[i].name, name))
            return &functions[i];
    return NULL;
}

static bool has_fitting_arguments(const struct function *function,
                                  const struct hf_prisma_value *value)
{
    const struct hf_prisma_argument *first = value->items.first;
    if (!first)
        return true;
    if (first->next || !first->value || !is_number(first->value) || !function->numbers[0])
        return false;
    char *end;
    long number = strtol(first->value->text, &end, 10);
    if (*end)
        return false;
    return function->range ? number >= function->numbers[0] && number <= function->numbers[1]
                           : number == function->numbers[0] || number == function->numbers[1];
}

static bool is_fitting_function(struct hf_prisma_schema *schema,
                                const struct hf_prisma_field *field,
                                const struct hf_prisma_attribute *attribute,
                                const struct hf_prisma_value *value)
{
    const struct function *function = find_function(value->text);
    if (!function)
        return true; /* complained about later */
    if (!(function->types & 1u << field->scalar))
        hf_prisma_complain(schema, attribute->span,
                           "%s() cannot be the default of a field of "
                           "type %s",
                           value->text, hf_prisma_scalar_name(field->scalar));
    else if (!has_fitting_arguments(function, value))
        hf_prisma_complain(schema, attribute->span, "write %s", function->usage);
    else
        return true;
    return false;
}

static bool is_enum_value(struct hf_prisma_schema *schema, const struct hf_prisma_field *field,
                          const struct hf_prisma_attribute *attribute,
                          const struct hf_prisma_value *value)
{
    if (value->kind == HF_PRISMA_CONSTANT &&
        hf_prisma_names_get(&schema->names, field->type, value->text))
        return true;
    hf_prisma_complain(schema, attribute->span,
                       "the default must be a value of enum '%s', written without quotes",
                       field->type->name);
    return false;
}

static bool is_single(struct hf_prisma_schema *schema, const struct hf_prisma_field *field,
                      const struct hf_prisma_attribute *attribute,
                      const struct hf_prisma_value *value)
{
    return field->kind == HF_PRISMA_ENUM_FIELD
               ? is_enum_value(schema, field, attribute, value)
               : is_literal_of(schema, field->scalar, value, attribute);
}

static bool is_valid(struct hf_prisma_schema *schema, const struct hf_prisma_field *field,
                     const struct hf_prisma_attribute *attribute,
                     const struct hf_prisma_value *value)
{
    bool list = field->entry->arity == HF_PRISMA_LIST;
    if (field->kind == HF_PRISMA_SCALAR_FIELD && value->kind == HF_PRISMA_FUNCTION)
        return is_fitting_function(schema, field, attribute, value);
    if (list && value->kind == HF_PRISMA_ARRAY) {
        for (const struct hf_prisma_argument *each = value->items.first; each; each = each->next)
            if (!is_single(schema, field, attribute, each->value))
                return false;
        return true;
    }
    if (list || value->kind == HF_PRISMA_ARRAY) {
        hf_prisma_complain(schema, attribute->span,
                           list ? "the default of a list must be a list"
                                : "the default of a field that is no list cannot be a list");
        return false;
    }
    return is_single(schema, field, attribute, value);
}

static bool is_valid_dbgenerated(struct hf_prisma_schema *schema,
                                 const struct hf_prisma_attribute *attribute,
                                 const struct hf_prisma_value *value)
{
    const struct hf_prisma_argument *first = value->items.first;
    if (!first || (!first->next && first->value && is_text(first->value) && *first->value->text))
        return true;
    hf_prisma_complain(schema, attribute->span,
                       "dbgenerated() takes one string with an SQL expression, or nothing");
    return false;
}

void hf_prisma_resolve_default(struct hf_prisma_schema *schema, struct hf_prisma_field *field,
                               struct hf_prisma_attribute *attribute)
{
    struct hf_prisma_value *value = hf_prisma_take_default_argument(schema, attribute, "value");
    bool valid = false;
    field->default_attribute = attribute;
    if (!value)
        return;
    field->default_map = hf_prisma_take_name(schema, attribute, "map");
    if (hf_prisma_is_function(value, "dbgenerated"))
        valid = is_valid_dbgenerated(schema, attribute, value);
    else if (field->kind == HF_PRISMA_COMPOSITE_FIELD)
        hf_prisma_complain(schema, attribute->span, "a field of a composite type has no default");
    else if (field->kind == HF_PRISMA_UNSUPPORTED_FIELD)
        hf_prisma_complain(schema, attribute->span,
                           "the default of an Unsupported type must be dbgenerated(\"...\")");
    else if (field->default_map && hf_prisma_is_function(value, "autoincrement"))
        hf_prisma_complain(schema, attribute->span, "autoincrement() cannot have a name");
    else
        valid = is_valid(schema, field, attribute, value);
    field->default_value = valid ? value : NULL;
}
