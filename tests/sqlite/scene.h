/*
 * A directory with a database for each test, and other processes that use it.
 */
#ifndef HF_TEST_SQLITE_SCENE_H
#define HF_TEST_SQLITE_SCENE_H

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>

#include "base/error.h"
#include "sqlite/page_source.h"

struct scene {
    char dir[200];
    char db[300]; /* "<dir>/app.db"; made by the test */
};

/* cmocka's setup and teardown: *state is a struct scene. */
int scene_setup(void **state);
int scene_teardown(void **state);

/* "<dir>/<name>", valid until the eighth next call. */
const char *in_scene(const struct scene *scene, const char *name);

/* Fails the test when the text is not as wanted; prints the error's text. */
void assert_code(const struct hf_error *err, enum hf_code code);

/* SQL in this process; fails the test on an error. */
sqlite3 *open_db(const char *path);
void run_sql(sqlite3 *db, const char *format, ...) __attribute__((format(printf, 2, 3)));
int64_t ask_sql(sqlite3 *db, const char *sql);
/* Opens, runs, closes. */
void sql_in(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));
int64_t ask_in(const char *path, const char *sql);
void assert_sound(const char *path);

/* A child process with a connection of its own. */
struct actor {
    int pid, in, out;
    char value[100]; /* of the last answer */
};
struct actor actor_start(const char *path);
int actor_try(struct actor *actor, const char *sql);   /* the result code */
void actor_do(struct actor *actor, const char *sql);   /* fails the test unless SQLITE_OK */
void actor_send(struct actor *actor, const char *sql); /* without waiting */
int actor_answer(struct actor *actor);
void actor_kill(struct actor *actor);
void actor_end(struct actor *actor);

/* Without opening the file in this process, which would drop its locks. */
void copy_files(const char *from, const char *to);
void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool exists(const char *path);
int64_t size_of(const char *path);

/* Every page of the source, in a file; `step` pages at a time. */
void write_pages(struct hf_page_source *source, const char *path, uint32_t step);
void assert_same_bytes(const char *path, const char *other);
/* The source gives exactly the bytes that the database file has once a copy of it with its log is
 * folded by SQLite. */
void assert_source_is(const struct scene *scene, struct hf_page_source *source);

#endif
