/*
 * The database that a copy is imported into, from opening to the end of the one transaction.
 */
#ifndef HF_PORTABLE_IMPORT_TARGET_H
#define HF_PORTABLE_IMPORT_TARGET_H

#include "os/file.h"
#include "portable/copy_outline.h"
#include "portable/import.h"

struct hf_import_target {
    sqlite3 *db;
    const char *path;
    struct hf_new_file file; /* of a database that was not there */
    bool is_new_file;
    bool is_empty; /* has no tables */
};

/* Opens and begins to write: nobody else can until the end. What a new file must know before its
 * first page is taken from `facts`. */
int hf_import_target_open(struct hf_import_target *out, const char *path, int busy_ms,
                          const struct hf_copy_facts *facts, const struct hf_env *env,
                          struct hf_error *err);

int hf_import_run(struct hf_import_target *target, struct hf_error *err, const char *sql);

/* Makes tables, or everything but tables, from the copy's statements. */
int hf_import_make_tables(struct hf_import_target *target, const struct hf_copy_outline *outline,
                          struct hf_error *err);
int hf_import_make_others(struct hf_import_target *target, const struct hf_copy_outline *outline,
                          struct hf_error *err);

/* Rows that refer to missing rows; the first as "table 'a' row 7". */
int hf_import_count_orphans(struct hf_import_target *target, uint64_t *count, char first[256],
                            struct hf_error *err);

/* Commits; a new file gets its name. */
int hf_import_target_commit(struct hf_import_target *target, const struct hf_copy_facts *facts,
                            struct hf_error *err);
/* Without a commit everything is as it was. */
void hf_import_target_release(struct hf_import_target *target);
HF_AUTO_RELEASE(hf_import_target)

#endif
