/*
 * A replicator in a process of its own, driven over its channel, with databases, an application's
 * connections to them (in the test's process) and a repository.
 */
#ifndef HF_TESTS_SERVICE_FLOOR_H
#define HF_TESTS_SERVICE_FLOOR_H

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>

#include "history/repository.h"
#include "service/json_channel.h"
#include "support/scratch.h"

struct floor {
    struct hf_scratch scratch;
    char *place;        /* the repository */
    char settings[800]; /* more lines of the configuration, before "databases:" */
    char databases[400];
    bool take_over;
    const struct hf_env *env; /* what the replicator gets */
    pid_t pid;                /* 0: it does not run */
    struct hf_json_channel channel;
    json_t *status; /* by database, as told last */
    json_t *heard;  /* all other events, in order */
    int64_t orders;
};

/* cmocka's setup and teardown: *state is a struct floor with the database "app" (in WAL mode, with
 * some rows) and an empty repository. */
int floor_setup(void **state);
int floor_teardown(void **state);

/* "<scratch>/<name>", valid until the eighth next call. */
const char *floor_path(const struct floor *floor, const char *name);

void floor_start(struct floor *floor);
/* Asks it to stop, and waits for its end: its exit code. */
int floor_stop(struct floor *floor);
int floor_end(struct floor *floor); /* waits without asking */
void floor_kill(struct floor *floor);

/* The application's side: a connection that stays; its SQL. */
sqlite3 *floor_open(const struct floor *floor, const char *name);
void floor_sql(sqlite3 *db, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "name.db" in WAL mode with a table. */
void floor_make(const struct floor *floor, const char *name);

/* Waits for an event (of this database, unless NULL) whose text holds `text` (unless NULL), among
 * all that were not waited for before. Borrowed. */
const json_t *floor_hear(struct floor *floor, const char *event, const char *database,
                         const char *text);
bool floor_has_heard(const struct floor *floor, const char *event, const char *text);

/* Waits until the status of a database is so. Borrowed. */
const json_t *floor_until(struct floor *floor, const char *database,
                          bool (*is_so)(const json_t *entry));

/* Orders a point and waits for the answer. Borrowed. */
const json_t *floor_snapshot(struct floor *floor, const char *database, const char *label);

/* Waits until the newest point restores to what the database holds now. */
void floor_until_stored(struct floor *floor, const char *name);

/* Of what the newest point restores to: the first column of a query's first row. */
int64_t floor_restored_value(struct floor *floor, const char *name, const char *sql);

#endif
