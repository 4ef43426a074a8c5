/*
 * Reads a generic portable copy from its first byte to its last and proves it on the way: syntax,
 * form, row counts, each table's checksum, and the checksum of the whole.
 */
#ifndef HF_PORTABLE_COPY_READER_H
#define HF_PORTABLE_COPY_READER_H

#include "base/stream.h"
#include "portable/copy_schema.h"

struct hf_copy_facts {
    char name[128];
    char program[32];     /* Holdfast's version that wrote it */
    char exported_at[32]; /* ISO 8601 */
    char encoding[16];    /* "UTF-8", "UTF-16le", "UTF-16be" */
    char journal_mode[16];
    int64_t page_size, auto_vacuum, user_version, application_id;
};

/* What is found, in this order. Each may be NULL, and may fail to end the reading. Texts are
 * borrowed for the call. */
struct hf_copy_visitor {
    void *context;
    int (*facts)(void *context, const struct hf_copy_facts *facts, struct hf_error *err);
    int (*statement)(void *context, const struct hf_copy_statement *statement,
                     struct hf_error *err);
    int (*table)(void *context, const struct hf_copy_table *table, struct hf_error *err);
    /* `index` counts from 0: the rowid, where it is none of the columns, then the columns. */
    int (*value)(void *context, size_t index, const struct hf_copy_value *value,
                 struct hf_error *err);
    int (*row)(void *context, uint64_t line, struct hf_error *err);
    int (*table_end)(void *context, uint64_t rows, struct hf_error *err);
};

enum hf_copy_trust {
    HF_COPY_PROVEN, /* refuse what is not as it was written */
    HF_COPY_EDITED, /* somebody changed it and knows: counts and checksums do not matter */
};

/* Also reads the generic copy that is within an application's own copy, whose other members are
 * passed over (they have part in the checksum of the whole). HF_CORRUPT, with the line, for what is
 * damaged; HF_UNSUPPORTED for JSON that is no generic copy and for a newer version. What a visitor
 * was told is proven only when this returns 0. */
int hf_copy_read(const struct hf_source *source, enum hf_copy_trust trust,
                 const struct hf_copy_visitor *visitor, struct hf_error *err);

/* Does it begin as a generic copy does? Reads its first members only, and JSON alone can fail. */
int hf_copy_is_generic(const struct hf_source *source, bool *generic, struct hf_error *err);

#endif
