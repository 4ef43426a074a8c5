/*
 * What a file may be, by its first bytes.
 */
#ifndef HF_SERVICE_SETUP_KIND_H
#define HF_SERVICE_SETUP_KIND_H

#include "base/error.h"
#include "os/env.h"

enum hf_file_kind {
    HF_FILE_OTHER,
    HF_FILE_SQLITE,
    HF_FILE_JSON, /* an object begins */
    HF_FILE_GZIP,
    HF_FILE_ZSTD,
    HF_FILE_AGE,
};

/* "sqlite", "json", "gzip", "zstd", "age", "other" */
const char *hf_file_kind_name(enum hf_file_kind kind);

/* Opens a regular file and no symbolic link; HF_USAGE for anything else. Closing a database's file
 * drops this process's SQLite locks on it. */
int hf_file_kind_look(enum hf_file_kind *out, const struct hf_env *env, const char *path,
                      struct hf_error *err);

#endif
