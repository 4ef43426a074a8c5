/*
 * Allocations fail in turn while profiles are read, and while a copy is written and taken in by
 * one: the first 300, then one in 23.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fault/failing_memory.h"
#include "portable/profile_export.h"
#include "portable/profile_import.h"
#include "portable/profile_summary.h"
#include "sqlite/connection.h"
#include "support/scratch.h"

static const char schema[] =
    "PRAGMA synchronous = OFF;"
    "CREATE TABLE User(id INTEGER PRIMARY KEY, username TEXT NOT NULL UNIQUE, createdAt);"
    "CREATE TABLE Media(id INTEGER PRIMARY KEY, tmdbId INTEGER NOT NULL UNIQUE, title TEXT NOT "
    "NULL,"
    " mediaType TEXT NOT NULL, posterUrl TEXT, releaseYear TEXT);"
    "CREATE TABLE UserMedia(id INTEGER PRIMARY KEY, userId, mediaId, status, updatedAt,"
    " UNIQUE(userId, mediaId));"
    "INSERT INTO User VALUES(1, 'ann', 5);"
    "INSERT INTO Media VALUES(1, 603, 'The Matrix', 'movie', NULL, '1999');"
    "INSERT INTO UserMedia VALUES(1, 1, 1, 'WATCHED', 5);";

static const char copy[] =
    "{\"users\": [{\"username\": \"bo\", \"data\": {\"movies\": [{\"title\": \"Heat\","
    " \"tmdb_id\": 949}, \"the matrix\", \"Unknown\", 5], \"more\": [1]}}],"
    " \"system_config\": {\"jellyfinUrl\": \"http://x\"}}";

struct world {
    struct hf_scratch scratch;
    char *path, *to;
    struct hf_profiles profiles;
};

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static int rows_of(const char *path, const char *table)
{
    char sql[64];
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return count;
}

static int set_up(void **state)
{
    static struct world world;
    hf_scratch_init(&world.scratch);
    world.path = hf_scratch_path(&world.scratch, "app.db");
    world.to = hf_scratch_path(&world.scratch, "copy.json");
    *state = &world;
    return hf_profiles_load(&world.profiles, NULL, hf_env_system(), NULL);
}

static int tear_down(void **state)
{
    struct world *world = *state;
    hf_profiles_release(&world->profiles);
    free(world->path);
    free(world->to);
    hf_scratch_release(&world->scratch);
    return 0;
}

static int load_one(struct world *world, struct hf_error *err)
{
    (void)world;
    hf_auto(hf_profiles) struct hf_profiles profiles = {0};
    return hf_profiles_load(&profiles, NULL, hf_env_system(), err);
}

static int export_one(struct world *world, struct hf_error *err)
{
    struct hf_profile_export_result result;
    const struct hf_profile_export_options options = {
        .profile = world->profiles.items,
        .copy = {.path = world->path, .name = "a", .program = "1", .output = {.to = world->to}}};
    return hf_profile_export(&options, hf_env_system(), &result, err);
}

static int64_t read_text(void *context, void *out, size_t capacity, struct hf_error *err)
{
    (void)err;
    const char **text = context;
    size_t length = strnlen(*text, capacity);
    memcpy(out, *text, length);
    *text += length;
    return (int64_t)length;
}

static void pass_user(void *context, const struct hf_profile_user *user)
{
    (void)context, (void)user;
}

static int import_one(struct world *world, struct hf_error *err)
{
    const char *text = copy;
    const struct hf_source source = {.context = &text, .read = read_text};
    const struct hf_profile_import_options options = {
        .env = hf_env_system(), .directory = world->scratch.path, .user_progress = pass_user};
    hf_auto(hf_profile_import_result) struct hf_profile_import_result result = {0};
    sqlite3 *db = hf_connection_open(world->path, NULL, 1000, err);
    int failed =
        db ? hf_profile_import(db, world->profiles.items, &source, &options, &result, err) : -1;
    sqlite3_close(db);
    return failed;
}

static int look_at_copy(struct world *world, struct hf_error *err)
{
    const char *text = copy;
    const struct hf_source source = {.context = &text, .read = read_text};
    const struct hf_profile_summary_options options = {.env = hf_env_system()};
    struct hf_profile_summary summary;
    if (hf_profile_summary_of_copy(&summary, world->profiles.items, &source, &options, err))
        return -1;
    assert_int_equal(summary.user_count, 1);
    hf_profile_summary_release(&summary);
    return 0;
}

static int look_at_database(struct world *world, struct hf_error *err)
{
    const struct hf_profile_summary_options options = {.env = hf_env_system()};
    struct hf_profile_summary summary;
    sqlite3 *db = hf_connection_open(world->path, NULL, 1000, err);
    int failed =
        db ? hf_profile_summary_of_database(&summary, world->profiles.items, db, &options, err)
           : -1;
    sqlite3_close(db);
    if (!failed)
        hf_profile_summary_release(&summary);
    return failed;
}

typedef int (*act)(struct world *world, struct hf_error *err);

/* Calls `after` with what became of it. Until none fails any more. */
static void run_out(struct world *world, act one, void (*after)(struct world *, int failed))
{
    for (uint64_t n = 1;; n += n < 300 ? 1 : 23) {
        struct hf_error err = {0};
        failing_memory_begin(n, false);
        int failed = one(world, &err);
        bool came = failing_memory_end() > 0;
        if (failed && (!came || err.code != HF_NO_MEMORY))
            fail_msg("allocation %d: %s", (int)n, err.text);
        after(world, failed);
        if (!came) {
            assert_true(n > 100);
            return;
        }
    }
}

static void nothing_more(struct world *world, int failed)
{
    (void)world, (void)failed;
}

static void reading_profiles_tells_that_memory_is_short(void **state)
{
    run_out(*state, load_one, nothing_more);
}

static void looking_tells_that_memory_is_short(void **state)
{
    struct world *world = *state;
    run_sql(world->path, schema);
    run_out(world, look_at_copy, nothing_more);
    run_out(world, look_at_database, nothing_more);
    hf_scratch_remove(world->path);
}

static void no_copy_is_left(struct world *world, int failed)
{
    assert_int_equal(hf_scratch_exists(world->to), !failed);
    hf_scratch_remove(world->to);
}

static void an_export_tells_that_memory_is_short(void **state)
{
    struct world *world = *state;
    run_sql(world->path, schema);
    run_out(world, export_one, no_copy_is_left);
}

static void make_anew(struct world *world)
{
    hf_scratch_remove(world->scratch.path);
    hf_scratch_init(&world->scratch);
    free(world->path);
    world->path = hf_scratch_path(&world->scratch, "app.db");
    run_sql(world->path, schema);
}

static void all_or_nothing_is_there(struct world *world, int failed)
{
    assert_int_equal(rows_of(world->path, "UserMedia"), failed ? 1 : 3);
    assert_int_equal(rows_of(world->path, "User"), failed ? 1 : 2);
    assert_int_equal(hf_scratch_count(world->scratch.path), failed ? 1 : 2);
    make_anew(world);
}

static void an_import_tells_that_memory_is_short(void **state)
{
    struct world *world = *state;
    make_anew(world);
    run_out(world, import_one, all_or_nothing_is_there);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    failing_memory_install();
    const struct CMUnitTest tests[] = {
        TEST(reading_profiles_tells_that_memory_is_short),
        TEST(looking_tells_that_memory_is_short),
        TEST(an_export_tells_that_memory_is_short),
        TEST(an_import_tells_that_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
