/*
 * Which version a database's schema has, by what applications and their tools note in it.
 */
#ifndef HF_SQLITE_SCHEMA_VERSION_H
#define HF_SQLITE_SCHEMA_VERSION_H

#include <stdint.h>

#include "sqlite/untrusted.h"

struct hf_schema_version {
    int64_t user_version;
    char migration[128]; /* the newest that Prisma noted as applied, or "" */
};

/* Of a file that may be hostile. */
int hf_schema_version_read(struct hf_schema_version *out, const char *path,
                           enum hf_file_users users, struct hf_error *err);

#endif
