/*
 * How the tables of a proven copy go into the tables of a database: which columns meet, what cannot
 * be placed, and the statements that do it.
 */
#ifndef HF_PORTABLE_IMPORT_PLAN_H
#define HF_PORTABLE_IMPORT_PLAN_H

#include "portable/copy_outline.h"

enum hf_place {
    HF_PLACE_ROWS,     /* inserted */
    HF_PLACE_COUNTERS, /* of AUTOINCREMENT */
    HF_PLACE_REBUILD,  /* made again from another table at the end */
    HF_PLACE_NONE,     /* nothing to do */
    HF_PLACE_NOWHERE,  /* the database has no such table */
};

/* What is there already. */
enum hf_ground {
    HF_GROUND_NEW,   /* made from the copy's own schema */
    HF_GROUND_EMPTY, /* the tables that the copy has rows for have none */
    HF_GROUND_MERGE, /* rows that are there stay */
};

struct hf_planned_table {
    const struct hf_outline_table *from;
    const struct hf_copy_table *into; /* NULL: nowhere */
    enum hf_place place;
    bool clear_first;    /* what the module put into its own tables */
    int *parameters;     /* for each value of a row, the rowid first where it is one: the number of
                            its parameter in `insert`, 0 when it has no place */
    int count;           /* of parameters */
    bool keeps_rowid;    /* parameter 1 is a rowid that is no column */
    bool by_content;     /* merging without any key: rows that are equal are the same */
    bool by_rowid;       /* merging into a virtual table */
    char *insert;        /* SQL, or NULL */
    char *look;          /* SQL with the same parameters: is this row there? Or NULL */
    uint64_t not_placed; /* values other than NULL, or rows, without a place */
    char *reason;        /* of that, or NULL */
};

struct hf_import_plan {
    struct hf_planned_table *tables; /* in the copy's order */
    size_t table_count;
};

/* `schema` is what the database has now, on `ground`. Both are borrowed for the plan's life. */
int hf_import_plan_make(struct hf_import_plan *out, const struct hf_copy_outline *outline,
                        const struct hf_copy_schema *schema, enum hf_ground ground, sqlite3 *db,
                        const char *path, struct hf_error *err);
void hf_import_plan_release(struct hf_import_plan *plan);
HF_AUTO_RELEASE(hf_import_plan)

#endif
