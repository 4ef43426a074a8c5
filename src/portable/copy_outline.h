/*
 * What a generic portable copy consists of, after it has been read once and proven.
 */
#ifndef HF_PORTABLE_COPY_OUTLINE_H
#define HF_PORTABLE_COPY_OUTLINE_H

#include "portable/copy_reader.h"

struct hf_outline_table {
    struct hf_copy_table table; /* owned */
    uint64_t rows;
    uint64_t *given; /* for each column: values other than NULL */
};

struct hf_copy_outline {
    struct hf_copy_facts facts;
    struct hf_copy_statement *statements; /* owned; without `table` */
    size_t statement_count;
    struct hf_outline_table *tables;
    size_t table_count;
};

/* Reads all of it. Errors as hf_copy_read. */
int hf_copy_outline_read(struct hf_copy_outline *out, const struct hf_source *source,
                         enum hf_copy_trust trust, struct hf_error *err);
void hf_copy_outline_release(struct hf_copy_outline *outline);
HF_AUTO_RELEASE(hf_copy_outline)

#endif
