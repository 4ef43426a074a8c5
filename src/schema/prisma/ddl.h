/*
 * From a schema that is valid to statements: names, types, defaults and order are Prisma's.
 */
#ifndef HF_SCHEMA_PRISMA_DDL_H
#define HF_SCHEMA_PRISMA_DDL_H

#include "base/bytes.h"
#include "schema/prisma/schema.h"
#include "schema/wanted.h"

int hf_prisma_lower(struct hf_wanted *out, struct hf_prisma_schema *schema, struct hf_error *err);

/* The SQL of a field's default, with " DEFAULT " before it; nothing when the database has none. */
int hf_prisma_print_default(struct hf_buf *out, const struct hf_prisma_field *field,
                            struct hf_error *err);

/* What an enum's value is in the database. */
const char *hf_prisma_enum_text(const struct hf_prisma_entry *value);

#endif
