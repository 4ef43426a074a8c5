#include "schema/prisma/attributes.h"

#include <string.h>

static void check_values(struct hf_prisma_schema *schema, const struct hf_prisma_arguments *list,
                         bool *sound)
{
    for (const struct hf_prisma_argument *item = list->first; item; item = item->next) {
        if (item->value)
            continue;
        hf_prisma_complain(schema, item->span, "argument '%s' has no value", item->name);
        *sound = false;
    }
}

/* Complains about "name:" without a value, one level of functions and arrays deep, and about a
 * comma after the last argument. */
static bool has_sound_values(struct hf_prisma_schema *schema,
                             const struct hf_prisma_arguments *list, int depth)
{
    bool sound = true;
    check_values(schema, list, &sound);
    for (const struct hf_prisma_argument *item = list->first; item; item = item->next)
        if (item->value && depth < 2 &&
            (item->value->kind == HF_PRISMA_FUNCTION || item->value->kind == HF_PRISMA_ARRAY))
            sound = has_sound_values(schema, &item->value->items, depth + 1) && sound;
    if (list->comma.source)
        hf_prisma_complain(schema, list->comma, "remove the comma after the last argument");
    return sound;
}

static bool is_same_name(const struct hf_prisma_argument *a, const struct hf_prisma_argument *b)
{
    return a->name && b->name ? !strcmp(a->name, b->name) : !a->name && !b->name;
}

/* Of arguments with one name the last counts. */
static void check_repeated(struct hf_prisma_schema *schema, struct hf_prisma_attribute *attribute)
{
    bool unnamed_twice = false;
    for (struct hf_prisma_argument *one = attribute->arguments.first; one; one = one->next) {
        for (struct hf_prisma_argument *two = attribute->arguments.first; two != one;
             two = two->next) {
            if (two->taken || !is_same_name(one, two))
                continue;
            two->taken = true;
            if (one->name)
                hf_prisma_complain(schema, one->span, "argument '%s' is given twice", one->name);
            else
                unnamed_twice = true;
        }
    }
    if (unnamed_twice)
        hf_prisma_complain(schema, attribute->span,
                           "several arguments have no name: put fields in brackets, as in [a, b]");
}

static bool begin(struct hf_prisma_schema *schema, struct hf_prisma_attribute *attribute)
{
    attribute->taken = true;
    if (!has_sound_values(schema, &attribute->arguments, 0))
        return false;
    check_repeated(schema, attribute);
    return true;
}

struct hf_prisma_attribute *hf_prisma_take_attribute(struct hf_prisma_schema *schema,
                                                     struct hf_prisma_attribute *list,
                                                     const char *name)
{
    struct hf_prisma_attribute *found = NULL;
    size_t count = 0;
    for (struct hf_prisma_attribute *each = list; each; each = each->next) {
        if (strcmp(each->name, name) != 0)
            continue;
        found = found ? found : each;
        count++;
    }
    if (count < 2)
        return found && begin(schema, found) ? found : NULL;
    for (struct hf_prisma_attribute *each = list; each; each = each->next) {
        if (strcmp(each->name, name) != 0)
            continue;
        each->taken = true;
        hf_prisma_complain(schema, each->span, "attribute '%s' can be given only once", name);
    }
    return NULL;
}

struct hf_prisma_attribute *hf_prisma_take_next(struct hf_prisma_schema *schema,
                                                struct hf_prisma_attribute *list, const char *name)
{
    for (; list; list = list->next)
        if (!list->taken && !strcmp(list->name, name) && begin(schema, list))
            return list;
    return NULL;
}

struct hf_prisma_attribute *hf_prisma_take_native(struct hf_prisma_schema *schema,
                                                  struct hf_prisma_attribute *list)
{
    struct hf_prisma_attribute *found = NULL;
    for (; list; list = list->next) {
        if (!strchr(list->name, '.'))
            continue;
        list->taken = true;
        if (found)
            hf_prisma_complain(schema, list->span, "a field can have only one native type");
        found = list;
    }
    return found;
}

static struct hf_prisma_argument *find_argument(const struct hf_prisma_attribute *attribute,
                                                const char *name)
{
    for (struct hf_prisma_argument *each = attribute->arguments.first; each; each = each->next)
        if (!each->taken && (name ? each->name && !strcmp(each->name, name) : !each->name))
            return each;
    return NULL;
}

struct hf_prisma_value *hf_prisma_take_argument(struct hf_prisma_attribute *attribute,
                                                const char *name)
{
    struct hf_prisma_argument *argument = find_argument(attribute, name);
    if (!argument)
        return NULL;
    argument->taken = true;
    return argument->value;
}

struct hf_prisma_value *hf_prisma_take_default_argument(struct hf_prisma_schema *schema,
                                                        struct hf_prisma_attribute *attribute,
                                                        const char *name)
{
    struct hf_prisma_argument *named = find_argument(attribute, name);
    struct hf_prisma_argument *unnamed = find_argument(attribute, NULL);
    if (named)
        named->taken = true;
    if (unnamed)
        unnamed->taken = true;
    if (named && unnamed) {
        hf_prisma_complain(schema, named->span,
                           "argument '%s' is given twice: with its name and without", name);
        return NULL;
    }
    if (!named && !unnamed) {
        hf_prisma_complain(schema, attribute->span, "'%s' needs the argument '%s'", attribute->name,
                           name);
        return NULL;
    }
    return named ? named->value : unnamed->value;
}

void hf_prisma_finish_arguments(struct hf_prisma_schema *schema,
                                struct hf_prisma_attribute *attribute)
{
    for (struct hf_prisma_argument *each = attribute->arguments.first; each; each = each->next)
        if (!each->taken)
            hf_prisma_complain(schema, each->span, "'%s' has no such argument", attribute->name);
}

void hf_prisma_finish_attributes(struct hf_prisma_schema *schema, struct hf_prisma_attribute *list)
{
    for (; list; list = list->next)
        if (!list->taken)
            hf_prisma_complain(schema, list->span, "attribute '%s' is not known here", list->name);
}

void hf_prisma_mismatch(struct hf_prisma_schema *schema, const struct hf_prisma_value *value,
                        const char *expected)
{
    static const char *const found[] = {"a constant", "a string",   "a number",
                                        "an array",   "a function", "an object"};
    hf_prisma_complain(schema, value->span, "expected %s, found %s", expected, found[value->kind]);
}

const char *hf_prisma_string(struct hf_prisma_schema *schema, const struct hf_prisma_value *value)
{
    if (!value || value->kind == HF_PRISMA_STRING)
        return value ? value->text : NULL;
    hf_prisma_mismatch(schema, value, "a string");
    return NULL;
}

const char *hf_prisma_constant(struct hf_prisma_schema *schema, const struct hf_prisma_value *value)
{
    if (!value || value->kind == HF_PRISMA_CONSTANT)
        return value ? value->text : NULL;
    hf_prisma_mismatch(schema, value, "a constant");
    return NULL;
}

const char *hf_prisma_take_name(struct hf_prisma_schema *schema,
                                struct hf_prisma_attribute *attribute, const char *name)
{
    const char *text = hf_prisma_string(schema, hf_prisma_take_argument(attribute, name));
    if (!text || *text)
        return text;
    hf_prisma_complain(schema, attribute->span, "'%s' must not be an empty text", name);
    return NULL;
}

struct hf_prisma_span hf_prisma_argument_span(const struct hf_prisma_attribute *attribute,
                                              const char *name)
{
    for (const struct hf_prisma_argument *each = attribute->arguments.first; each;
         each = each->next)
        if (each->name && !strcmp(each->name, name))
            return each->span;
    return attribute->span;
}
