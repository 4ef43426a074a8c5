#include <string.h>
#include <strings.h>

#include "schema/prisma/schema.h"

/* The datasource and the generators: what in them changes what a schema means, and no more. */

/* The preview features that Prisma knows, most of them without effect by now. */
static const char *const features[] = {
    "aggregateApi",
    "atomicNumberOperations",
    "clientExtensions",
    "cockroachdb",
    "connectOrCreate",
    "createMany",
    "dataProxy",
    "deno",
    "distinct",
    "driverAdapters",
    "esm",
    "extendedIndexes",
    "extendedWhereUnique",
    "fieldReference",
    "filterJson",
    "filteredRelationCount",
    "fullTextIndex",
    "fullTextSearch",
    "groupBy",
    "improvedQueryRaw",
    "interactiveTransactions",
    "jsonProtocol",
    "metrics",
    "microsoftSqlServer",
    "middlewares",
    "mongoDb",
    "multiSchema",
    "nApi",
    "namedConstraints",
    "nativeDistinct",
    "nativeTypes",
    "omitApi",
    "orderByAggregateGroup",
    "orderByNulls",
    "orderByRelation",
    "partialIndexes",
    "postgresqlExtensions",
    "prismaSchemaFolder",
    "queryCompiler",
    "reactNative",
    "referentialActions",
    "referentialIntegrity",
    "relationJoins",
    "schemaEngineDriverAdapters",
    "selectRelationCount",
    "shardKeys",
    "strictUndefinedChecks",
    "tracing",
    "transactionApi",
    "typedSql",
    "uncheckedScalarInputs",
    "views",
};

static struct hf_prisma_entry *property(const struct hf_prisma_block *block, const char *name)
{
    struct hf_prisma_entry *found = NULL;
    for (struct hf_prisma_entry *each = block->entries; each; each = each->next)
        if (!strcmp(each->name, name))
            found = each;
    return found;
}

/* Every "name =" has a value. */
static bool has_values(struct hf_prisma_schema *schema, const struct hf_prisma_block *block)
{
    for (const struct hf_prisma_entry *each = block->entries; each; each = each->next) {
        if (each->value)
            continue;
        hf_prisma_complain(schema, block->span, "property '%s' of %s '%s' has no value", each->name,
                           hf_prisma_block_word(block), block->name);
        return false;
    }
    return true;
}

static bool is_string_or_env(const struct hf_prisma_value *value)
{
    return value->kind == HF_PRISMA_STRING || hf_prisma_is_function(value, "env");
}

static void check_text(struct hf_prisma_schema *schema, const struct hf_prisma_entry *entry)
{
    if (entry && !is_string_or_env(entry->value))
        hf_prisma_complain(schema, entry->value->span, "'%s' must be a string or env(\"...\")",
                           entry->name);
}

static bool read_provider(struct hf_prisma_schema *schema, const struct hf_prisma_block *block)
{
    const struct hf_prisma_entry *provider = property(block, "provider");
    if (!provider)
        hf_prisma_complain(schema, block->span,
                           "datasource '%s' has no provider: add provider = \"sqlite\"",
                           block->name);
    else if (hf_prisma_is_function(provider->value, "env"))
        hf_prisma_complain(schema, block->span,
                           "the provider of a datasource cannot come from the "
                           "environment: write provider = \"sqlite\"");
    else if (provider->value->kind != HF_PRISMA_STRING)
        hf_prisma_complain(schema, provider->value->span,
                           "the provider of a datasource must be the string \"sqlite\"");
    else if (strcmp(provider->value->text, "sqlite") != 0)
        hf_prisma_complain(schema, provider->value->span,
                           "provider \"%s\" is not supported here: Holdfast works on SQLite only",
                           provider->value->text);
    else
        return true;
    return false;
}

static void read_relation_mode(struct hf_prisma_schema *schema, const struct hf_prisma_block *block)
{
    const struct hf_prisma_entry *mode = property(block, "relationMode");
    const struct hf_prisma_entry *older = property(block, "referentialIntegrity");
    if (mode && older) {
        hf_prisma_complain(schema, older->span,
                           "relationMode is the new name of referentialIntegrity: remove this one");
        return;
    }
    mode = mode ? mode : older;
    if (!mode)
        return;
    if (mode->value->kind != HF_PRISMA_STRING)
        hf_prisma_complain(schema, mode->value->span, "'%s' must be a string", mode->name);
    else if (!strcmp(mode->value->text, "prisma"))
        schema->foreign_keys = false;
    else if (strcmp(mode->value->text, "foreignKeys") != 0)
        hf_prisma_complain(schema, block->span,
                           "'%s' must be \"foreignKeys\" or \"prisma\", not \"%s\"", mode->name,
                           mode->value->text);
}

static void check_properties(struct hf_prisma_schema *schema, const struct hf_prisma_block *block)
{
    static const char *const known[] = {"provider",     "url",
                                        "directUrl",    "shadowDatabaseUrl",
                                        "relationMode", "referentialIntegrity"};
    for (const struct hf_prisma_entry *each = block->entries; each; each = each->next) {
        size_t at = 0;
        while (at < sizeof known / sizeof *known && strcmp(known[at], each->name) != 0)
            at++;
        if (at < sizeof known / sizeof *known)
            continue;
        if (!strcmp(each->name, "previewFeatures"))
            hf_prisma_complain(schema, each->span,
                               "preview features belong in the generator: move this line there");
        else
            hf_prisma_complain(schema, each->span,
                               "a datasource of SQLite has no property '%s': remove it",
                               each->name);
    }
}

static void read_datasource(struct hf_prisma_schema *schema, const struct hf_prisma_block *block)
{
    schema->datasource = block->name;
    if (!has_values(schema, block) || !read_provider(schema, block))
        return;
    read_relation_mode(schema, block);
    check_text(schema, property(block, "url"));
    check_text(schema, property(block, "directUrl"));
    check_text(schema, property(block, "shadowDatabaseUrl"));
    check_properties(schema, block);
}

static void read_feature(struct hf_prisma_schema *schema, const struct hf_prisma_value *value,
                         struct hf_prisma_span span)
{
    if (value->kind != HF_PRISMA_STRING) {
        hf_prisma_complain(schema, value->span, "a preview feature must be a string");
        return;
    }
    size_t at = 0;
    while (at < sizeof features / sizeof *features && strcasecmp(features[at], value->text) != 0)
        at++;
    if (at == sizeof features / sizeof *features)
        hf_prisma_complain(schema, span, "preview feature \"%s\" is not known: remove it",
                           value->text);
    schema->views |= !strcasecmp(value->text, "views");
    schema->partial_indexes |= !strcasecmp(value->text, "partialIndexes");
}

static void read_features(struct hf_prisma_schema *schema, const struct hf_prisma_entry *entry)
{
    if (!entry)
        return;
    if (entry->value->kind != HF_PRISMA_ARRAY) {
        read_feature(schema, entry->value, entry->value->span);
        return;
    }
    for (const struct hf_prisma_argument *each = entry->value->items.first; each; each = each->next)
        read_feature(schema, each->value, entry->value->span);
}

static void read_generator(struct hf_prisma_schema *schema, const struct hf_prisma_block *block)
{
    if (!has_values(schema, block))
        return;
    const struct hf_prisma_entry *provider = property(block, "provider");
    const struct hf_prisma_entry *engine = property(block, "engineType");
    if (engine && engine->value->kind != HF_PRISMA_STRING)
        hf_prisma_complain(schema, engine->value->span, "'engineType' must be a string");
    if (!provider) {
        hf_prisma_complain(schema, block->span, "generator '%s' has no provider", block->name);
        return;
    }
    check_text(schema, provider);
    if (!is_string_or_env(provider->value))
        return;
    check_text(schema, property(block, "output"));
    read_features(schema, property(block, "previewFeatures"));
}

void hf_prisma_read_config(struct hf_prisma_schema *schema)
{
    size_t datasources = 0;
    schema->foreign_keys = true;
    for (struct hf_prisma_block *block = schema->blocks; block; block = block->next) {
        if (block->kind != HF_PRISMA_DATASOURCE)
            continue;
        read_datasource(schema, block);
        datasources++;
    }
    for (struct hf_prisma_block *block = schema->blocks; datasources > 1 && block;
         block = block->next)
        if (block->kind == HF_PRISMA_DATASOURCE)
            hf_prisma_complain(schema, block->span,
                               "a schema has one datasource: remove all but one");
    for (struct hf_prisma_block *block = schema->blocks; block; block = block->next)
        if (block->kind == HF_PRISMA_GENERATOR)
            read_generator(schema, block);
}
