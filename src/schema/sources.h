/*
 * The text of a schema: one file, or the files of a folder (docs/schema.md).
 */
#ifndef HF_SCHEMA_SOURCES_H
#define HF_SCHEMA_SOURCES_H

#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "os/env.h"

enum hf_schema_dialect {
    HF_SCHEMA_PRISMA, /* *.prisma */
    HF_SCHEMA_SQL,    /* *.sql */
};

struct hf_schema_source {
    char *path; /* as it is shown in messages */
    char *text; /* ends with a NUL that `length` does not count; holds no other */
    size_t length;
};

struct hf_schema_sources {
    enum hf_schema_dialect dialect;
    struct hf_schema_source *list; /* ordered by path */
    size_t count;
};

/*
 * Reads `path`: a file, whose extension tells the dialect (.prisma, .sql), or a folder with .prisma
 * files in it and in folders below it, else with .sql files directly in it. HF_NOT_FOUND; HF_CONFIG
 * for another extension, a folder without schema, NUL or invalid UTF-8 in a file.
 */
int hf_schema_sources_load(struct hf_schema_sources *out, const struct hf_env *env,
                           const char *path, struct hf_error *err);

/* The same of one file that is called `name` in messages, whatever its own name is. */
int hf_schema_sources_load_as(struct hf_schema_sources *out, const struct hf_env *env,
                              const char *path, enum hf_schema_dialect dialect, const char *name,
                              struct hf_error *err);

void hf_schema_sources_release(struct hf_schema_sources *sources);
HF_AUTO_RELEASE(hf_schema_sources)

#endif
