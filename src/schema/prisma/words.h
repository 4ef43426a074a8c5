/*
 * Words that mean something to Prisma: the scalar types, and what cannot be a name.
 */
#ifndef HF_SCHEMA_PRISMA_WORDS_H
#define HF_SCHEMA_PRISMA_WORDS_H

#include <stdbool.h>

enum hf_prisma_scalar {
    HF_PRISMA_STRING_TYPE,
    HF_PRISMA_BOOLEAN,
    HF_PRISMA_INT,
    HF_PRISMA_BIGINT,
    HF_PRISMA_FLOAT,
    HF_PRISMA_DECIMAL,
    HF_PRISMA_DATETIME,
    HF_PRISMA_JSON,
    HF_PRISMA_BYTES,
    HF_PRISMA_SCALARS, /* how many there are */
};

const char *hf_prisma_scalar_name(enum hf_prisma_scalar scalar);

/* HF_PRISMA_SCALARS when it is none. */
enum hf_prisma_scalar hf_prisma_scalar_named(const char *name);

/* A word that no model may be called. */
bool hf_prisma_is_reserved(const char *name);

#endif
