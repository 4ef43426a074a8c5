/*
 * The generic portable copy: every table of a database, losslessly, as JSON that other tools can
 * read. The format is docs/portable.md.
 */
#ifndef HF_PORTABLE_EXPORT_H
#define HF_PORTABLE_EXPORT_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/events.h"
#include "portable/copy_hash.h"
#include "portable/copy_output.h"
#include "portable/json_writer.h"
#include "sqlite/untrusted.h"

#define HF_COPY_FORMAT "holdfast-copy"
enum { HF_COPY_VERSION = 1 };

struct hf_export_options {
    const char *path;    /* the database file */
    const char *name;    /* of the database */
    const char *program; /* Holdfast's version */
    struct hf_copy_output_options output;
    int busy_ms;
    bool untrusted;                 /* the file may come from anybody: sqlite/untrusted.h */
    enum hf_file_users users;       /* of such a one */
    const struct hf_events *events; /* may be NULL */
};

struct hf_export_result {
    uint64_t tables; /* with rows or without, SQLite's own not counted */
    uint64_t rows;
    uint64_t bytes; /* written */
    char checksum[HF_COPY_CHECKSUM_TEXT];
    char schema_hash[HF_COPY_CHECKSUM_TEXT];
    int64_t duration; /* ms */
};

/*
 * One read transaction: the copy is the database at one moment. Memory does not depend on the
 * database's size, only on its longest value. The file appears complete or not at all.
 */
int hf_export(const struct hf_export_options *options, const struct hf_env *env,
              struct hf_export_result *result, struct hf_error *err);

/* Opens the database as the options say. NULL on failure; the caller closes. */
sqlite3 *hf_export_open(const struct hf_export_options *options, struct hf_error *err);

/* The copy's text into `sink`, from a connection that is within a read transaction. `result` lacks
 * bytes and duration. */
int hf_export_generic(sqlite3 *db, const struct hf_export_options *options,
                      const struct hf_env *env, const struct hf_sink *sink,
                      struct hf_export_result *result, struct hf_error *err);

/* The copy's members from "database" to "tables", into the object that is open: for a copy within
 * another one. */
int hf_export_put_members(struct hf_json_writer *writer, sqlite3 *db,
                          const struct hf_export_options *options, struct hf_export_result *result,
                          struct hf_error *err);

#endif
