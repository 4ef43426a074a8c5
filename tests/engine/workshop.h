/*
 * A database, a repository for it, and copies of the database as it was at each restore point.
 */
#ifndef HF_TESTS_ENGINE_WORKSHOP_H
#define HF_TESTS_ENGINE_WORKSHOP_H

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>

#include "engine/backup.h"
#include "engine/restore.h"
#include "history/point.h"
#include "support/scratch.h"

struct workshop {
    struct hf_scratch scratch;
    char *db, *target, *place;
    struct hf_repository *repository;
    struct hf_database database;
    char notice[1024]; /* the last one */
    struct hf_events events;
};

/* cmocka's setup and teardown: *state is a struct workshop with an empty repository. */
int workshop_setup(void **state);
int workshop_teardown(void **state);

/* SQL in the database; fails the test on an error. */
void workshop_sql(struct workshop *shop, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A table with rows that fill about `pages` pages of 4 KiB. */
void workshop_fill(struct workshop *shop, int pages);

/* Takes a point that must succeed, and keeps a copy of what it must restore to. */
struct hf_backup_result workshop_backup(struct workshop *shop);
struct hf_backup_result workshop_backup_with(struct workshop *shop,
                                             const struct hf_backup_options *options);

/* Restores the point to a new file and compares it with the copy. */
void workshop_assert_restores(struct workshop *shop, uint64_t seq);

/* Keeps a copy of the database as it is now, as what point `seq` must restore to. Opens none of its
 * files in this process, which would drop the locks that it has on them. */
void workshop_keep_copy(struct workshop *shop, uint64_t seq);

/* The copy that was kept of a point. Caller frees. */
char *workshop_copy(const struct workshop *shop, uint64_t seq);

#endif
