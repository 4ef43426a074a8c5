#include "schema/prisma/words.h"

#include <string.h>

static const char *const scalars[HF_PRISMA_SCALARS] = {
    [HF_PRISMA_STRING_TYPE] = "String",
    [HF_PRISMA_BOOLEAN] = "Boolean",
    [HF_PRISMA_INT] = "Int",
    [HF_PRISMA_BIGINT] = "BigInt",
    [HF_PRISMA_FLOAT] = "Float",
    [HF_PRISMA_DECIMAL] = "Decimal",
    [HF_PRISMA_DATETIME] = "DateTime",
    [HF_PRISMA_JSON] = "Json",
    [HF_PRISMA_BYTES] = "Bytes",
};

/* What cannot be a name in the client's language. */
static const char *const reserved[] = {
    "PrismaClient", "async", "await",      "using",    "break",   "case",       "catch",
    "class",        "const", "continue",   "debugger", "default", "delete",     "do",
    "else",         "enum",  "export",     "extends",  "false",   "finally",    "for",
    "function",     "if",    "implements", "import",   "in",      "instanceof", "interface",
    "let",          "new",   "null",       "package",  "private", "protected",  "public",
    "return",       "super", "switch",     "this",     "throw",   "true",       "try",
    "typeof",       "var",   "void",       "while",    "with",    "yield",
};

const char *hf_prisma_scalar_name(enum hf_prisma_scalar scalar)
{
    return scalars[scalar];
}

enum hf_prisma_scalar hf_prisma_scalar_named(const char *name)
{
    size_t at = 0;
    while (at < HF_PRISMA_SCALARS && strcmp(scalars[at], name) != 0)
        at++;
    return (enum hf_prisma_scalar)at;
}

bool hf_prisma_is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (!strcmp(reserved[i], name))
            return true;
    return false;
}
