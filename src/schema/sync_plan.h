/*
 * What has to be done to a live database so that it has the wanted schema.
 */
#ifndef HF_SCHEMA_SYNC_PLAN_H
#define HF_SCHEMA_SYNC_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/heap.h"
#include "schema/wanted.h"

enum hf_risk {
    HF_RISK_NONE,       /* safe */
    HF_RISK_NOTE,       /* nothing is done, but a person should know: "left alone" */
    HF_RISK_DATA_LOSS,  /* done only when data loss is accepted */
    HF_RISK_IMPOSSIBLE, /* cannot be done with the rows that are there */
};

struct hf_sync_step {
    enum hf_risk risk;
    const char *table;  /* that it is about; NULL: none */
    const char *text;   /* in words: "add column 'age' to 'User'" */
    const char *advice; /* for data loss and impossible: what it means, what would make it possible;
                           or NULL */
    int64_t rows;       /* that lose data or stand in the way; 0 where that means nothing */
    const char **sql;   /* in order, without ';'; ends with NULL; empty for notes and impossible
                           ones, and for changes that the rebuild of a table, a later step, does */
};

/* A table that is copied. */
struct hf_rebuilt {
    const char *from, *name; /* before and after */
};

struct hf_sync_plan {
    struct hf_sync_step *steps; /* in the order of their doing */
    size_t count;
    bool foreign_keys_off; /* they must be off before BEGIN: tables are rebuilt or dropped */
    int64_t orphans; /* rows that will refer to nothing, as the steps say: data loss accepted */
    struct hf_rebuilt *rebuilt;
    size_t rebuilt_count;
    struct hf_heap heap; /* holds all of it */
};

struct hf_sync_options {
    /* Tables that the schema does not name, and that belong to no known tool, are dropped; else
     * each is a note. (They count as data loss when they hold rows.) */
    bool drop_extra_tables;
};

/* Compares. `live` is only read, in one read transaction. */
int hf_sync_plan_make(struct hf_sync_plan *out, sqlite3 *live, const struct hf_wanted *wanted,
                      const struct hf_sync_options *options, struct hf_error *err);

/* The gravest risk among its steps. */
enum hf_risk hf_sync_plan_risk(const struct hf_sync_plan *plan);

/* The first step that loses more than `earlier` would have lost: it is not there, or with fewer
 * rows. NULL: none. */
const struct hf_sync_step *hf_sync_plan_further_loss(const struct hf_sync_plan *plan,
                                                     const struct hf_sync_plan *earlier);

/* True when the live database already is as wanted: no step but notes. */
bool hf_sync_plan_is_empty(const struct hf_sync_plan *plan);

void hf_sync_plan_release(struct hf_sync_plan *plan);
HF_AUTO_RELEASE(hf_sync_plan)

#endif
