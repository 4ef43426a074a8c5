/*
 * Takes a generic portable copy into a database: proves all of it first, then writes it in one
 * transaction, or not at all.
 */
#ifndef HF_PORTABLE_IMPORT_H
#define HF_PORTABLE_IMPORT_H

#include <stdbool.h>

#include "base/events.h"
#include "portable/copy_input.h"
#include "portable/copy_reader.h"

struct hf_import_options {
    const char *path; /* the database: made when it is not there */
    int busy_ms;
    bool merge;            /* into tables that have rows, which stay */
    bool accept_data_loss; /* go on when something has no place */
    bool dry_run;          /* all of it but the commit */
    enum hf_copy_trust trust;
    const struct hf_events *events; /* may be NULL */
    /* Called when the copy is proven and before the database is touched: the place to take a
     * restore point. May be NULL; its failure ends the import. */
    int (*before_writing)(void *context, struct hf_error *err);
    void *before_context;
};

struct hf_import_table {
    char *name;
    uint64_t read;
    uint64_t inserted;
    uint64_t kept;       /* the database has a row with this key */
    uint64_t not_placed; /* rows, or values of columns, that the database has no place for */
    char *reason;        /* of that, or NULL */
    bool rebuilt;        /* an index over another table */
};

struct hf_import_result {
    struct hf_import_table *tables; /* the application's, in the copy's order */
    size_t table_count;
    uint64_t read, inserted, kept, not_placed;
    bool created;     /* the database had no tables */
    uint64_t orphans; /* rows that refer to missing rows and did so in the copy */
    char exported_at[32];
    int64_t duration; /* ms */
};

/*
 * Into a database without tables: makes the copy's schema and everything in it; a file that is not
 * there appears whole or not at all. Into one with tables: their schema stays, and rows go where
 * table and column have the same name. Triggers do not fire. HF_REFUSED, with what to do, when
 * tables have rows and `merge` is not asked for, when something has no place, and when rows would
 * refer to missing ones that did not before. On failure nothing is changed. Errors of the copy as
 * hf_copy_read.
 */
int hf_import(struct hf_copy_input *input, const struct hf_import_options *options,
              const struct hf_env *env, struct hf_import_result *result, struct hf_error *err);
void hf_import_result_release(struct hf_import_result *result);
HF_AUTO_RELEASE(hf_import_result)

#endif
