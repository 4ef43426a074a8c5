/*
 * Databases, copies of them, and comparing two databases to the bit.
 */
#ifndef HF_TESTS_PORTABLE_COPY_ROOM_H
#define HF_TESTS_PORTABLE_COPY_ROOM_H

#include <sqlite3.h>

#include "portable/export.h"
#include "portable/import.h"
#include "support/scratch.h"

struct copy_room {
    struct hf_scratch scratch;
    char *database; /* "<scratch>/a.db" */
    char *copy;     /* "<scratch>/a.json" */
    char *other;    /* "<scratch>/b.db" */
};

void copy_room_init(struct copy_room *room);
void copy_room_release(struct copy_room *room);
HF_AUTO_RELEASE(copy_room)

/* Runs SQL on a file, which is made when it is not there. */
void room_run(const char *path, const char *sql);

/* One value as text. Caller frees. */
char *room_ask(const char *path, const char *sql);

void room_export(const struct copy_room *room);

/* `copy` into `other`. */
int room_import(const struct copy_room *room, const struct hf_import_options *options,
                struct hf_import_result *result, struct hf_error *err);

/* room_import with no option, that must succeed. */
void room_import_whole(const struct copy_room *room);

/* Schema, and every row of every table by rowid, type and bytes. Fails the test when they differ.
 */
void room_assert_same(const char *a, const char *b);

#endif
