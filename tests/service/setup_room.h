/*
 * An application's database, a repository, and backups of every kind, for the setup's tests.
 */
#ifndef HF_TESTS_SERVICE_SETUP_ROOM_H
#define HF_TESTS_SERVICE_SETUP_ROOM_H

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>

#include "service/setup_restore.h"
#include "support/scratch.h"

struct setup_room {
    struct hf_scratch scratch;
    struct hf_config config; /* repository and data directory are in the scratch */
    struct hf_setup_options options;
    struct hf_setup_source source;
    struct hf_setup_restored restored;
    struct hf_error err;
    json_t *json;
};

/* cmocka's setup and teardown. */
int setup_room_open(void **state);
int setup_room_close(void **state);

/* "<scratch>/<name>", valid until the eighth next call. */
const char *room_path(const struct setup_room *room, const char *name);
void room_write(const struct setup_room *room, const char *name, const char *text);

/* A database in WAL mode with the tables of the built-in profile's application, and this SQL run on
 * it. Closed, so that its log is folded in. */
void room_make(const struct setup_room *room, const char *name, const char *sql);
void room_sql(const struct setup_room *room, const char *name, const char *sql);

/* The first column of the first row is this text. */
void room_holds(const struct setup_room *room, const char *name, const char *sql,
                const char *expected);

/* Ann, who watched one title and blocked one, Bo, and settings with the secret "CANARY". */
extern const char room_filled[];

/* Looks at a file; on success `json` is what is said of it. */
int room_look(struct setup_room *room, const char *name);

/* `json` as text without spaces holds this. */
void room_says(const struct setup_room *room, const char *part);

#endif
