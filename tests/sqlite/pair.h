/*
 * Two states of a database, made by SQL, for what compares them.
 */
#ifndef HF_TESTS_SQLITE_PAIR_H
#define HF_TESTS_SQLITE_PAIR_H

#include "support/scratch.h"

struct pair {
    struct hf_scratch scratch;
    char *from, *to;  /* files that are not there at first */
    char found[4000]; /* a line a difference */
};

int pair_setup(void **state);
int pair_teardown(void **state);

/* Runs SQL in one file, or in both. */
void pair_run(const char *path, const char *sql);
void pair_both(const struct pair *pair, const char *sql);

/* Adds a line to what was found. */
void pair_note(struct pair *pair, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What differs in the tables: "name 1>2 +1 -0 ~0", with "virtual" before and how behind, when it is
 * otherwise than row by row. */
const char *pair_tables(struct pair *pair);

/* What differs in the schemas: "added column t.b". */
const char *pair_schemas(struct pair *pair);

#endif
