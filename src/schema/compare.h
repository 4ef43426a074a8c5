/*
 * One table as it is against the same table as it is wanted: what differs, by meaning. Pure.
 */
#ifndef HF_SCHEMA_COMPARE_H
#define HF_SCHEMA_COMPARE_H

#include "schema/model.h"
#include "schema/sources.h"

enum hf_change_kind {
    HF_CHANGE_ADD_COLUMN,
    HF_CHANGE_DROP_COLUMN,
    HF_CHANGE_TYPE,
    HF_CHANGE_MAKE_REQUIRED,
    HF_CHANGE_MAKE_OPTIONAL,
    HF_CHANGE_DEFAULT,
    HF_CHANGE_DEFINITION, /* of a column: CHECK, COLLATE, expression ... (SQL schemas) */
    HF_CHANGE_PRIMARY_KEY,
    HF_CHANGE_ADD_FOREIGN_KEY,
    HF_CHANGE_DROP_FOREIGN_KEY,
    HF_CHANGE_DROP_UNIQUE, /* a UNIQUE constraint in the table's text */
    HF_CHANGE_CONSTRAINTS, /* of the table (SQL schemas) */
    HF_CHANGE_OPTIONS,     /* STRICT, WITHOUT ROWID, AUTOINCREMENT (SQL schemas) */
};

struct hf_change {
    enum hf_change_kind kind;
    const struct hf_column *now, *wanted;
    const struct hf_foreign_key *key;
    const struct hf_index *index;
};

struct hf_changes {
    struct hf_change *list;
    size_t count;
};

/* Indexes are compared apart (schema/plan_index.h), except those of constraints. */
int hf_compare_tables(struct hf_changes *out, struct hf_heap *heap, const struct hf_table *now,
                      const struct hf_table *wanted, enum hf_schema_dialect dialect,
                      struct hf_error *err);

bool hf_changes_have(const struct hf_changes *changes, enum hf_change_kind kind);

/* The same columns in the same order and direction, and as unique. */
bool hf_index_same_columns(const struct hf_index *a, const struct hf_index *b);

/* Indexes that Prisma's schema cannot say: partial ones and those over expressions. */
bool hf_index_is_special(const struct hf_index *index);

/* What stands behind WHERE in the index's statement; "" where there is none. */
const char *hf_index_predicate(const struct hf_index *index);

#endif
