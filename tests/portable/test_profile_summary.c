#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "codec/key.h"
#include "portable/profile_summary.h"
#include "sqlite/connection.h"
#include "support/scratch.h"

/* The built-in profile, over copies in the shapes that its application wrote. */
struct world {
    struct hf_profiles profiles;
    struct hf_profile_summary summary;
    struct hf_error err;
    struct hf_buf told;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    *state = world;
    return hf_codec_init(NULL) || hf_profiles_load(&world->profiles, NULL, hf_env_system(), NULL);
}

static int tear_down(void **state)
{
    struct world *world = *state;
    if (world->summary.profile)
        hf_profile_summary_release(&world->summary);
    hf_profiles_release(&world->profiles);
    hf_buf_release(&world->told);
    free(world);
    return 0;
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

static void note_problem(void *context, const struct hf_profile_problem *problem)
{
    struct world *world = context;
    hf_buf_print(&world->told, NULL, "line %d %s: %s\n", (int)problem->line, problem->path,
                 problem->why);
}

static int look(struct world *world, const char *text, const char *user)
{
    const struct hf_source source = {.context = &text, .read = read_text};
    const struct hf_profile_summary_options options = {
        .env = hf_env_system(), .user = user, .problem = note_problem, .problem_context = world};
    return hf_profile_summary_of_copy(&world->summary, &world->profiles.items[0], &source, &options,
                                      &world->err);
}

/* "ann: movies 1, blocked 2; bo:" */
static void users_are(struct world *world, const char *expected)
{
    const struct hf_profile *profile = &world->profiles.items[0];
    hf_auto(hf_buf) struct hf_buf text = {0};
    hf_buf_print(&text, NULL, "%s", "");
    for (size_t i = 0; i < world->summary.user_count; i++) {
        const struct hf_profile_summary_user *user = &world->summary.users[i];
        const char *before = ": ";
        hf_buf_print(&text, NULL, "%s%s", i ? "; " : "", user->name);
        for (size_t j = 0; j < profile->list_count; j++)
            if (user->items[j]) {
                hf_buf_print(&text, NULL, "%s%s %d", before, profile->lists[j].name,
                             (int)user->items[j]);
                before = ", ";
            }
    }
    assert_string_equal((char *)text.data, expected);
}

static const char *setting(const struct world *world, const char *name)
{
    const struct hf_profile *profile = &world->profiles.items[0];
    for (size_t i = 0; i < profile->field_count; i++)
        if (!strcmp(profile->fields[i].name, name))
            return world->summary.settings[i];
    return "no such setting";
}

static void lacks(const struct world *world, const char *expected)
{
    hf_auto(hf_buf) struct hf_buf text = {0};
    hf_buf_print(&text, NULL, "%s", "");
    for (size_t i = 0; i < world->summary.missing_count; i++)
        hf_buf_print(&text, NULL, "%s%s", i ? " " : "", world->summary.missing[i].name);
    assert_string_equal((char *)text.data, expected);
}

static void a_copy_of_all_users_says_what_each_has(void **state)
{
    struct world *world = *state;
    static const char copy[] =
        "{\"version\": \"2.4.1\", \"exported_at\": \"2024-01-01T00:00:00.000Z\","
        " \"system_config\": {\"jellyfinUrl\": \"http://jf\", \"tmdbApiKey\": \"s\","
        " \"geminiModel\": 5, \"isConfigured\": true, \"other\": \"x\"},"
        " \"users\": [{\"username\": \"ann\", \"tvProfile\": \"likes\", \"data\": {"
        "\"movies\": [{\"title\": \"A\", \"tmdb_id\": 1}, \"B\"], \"series\": [\"C\"],"
        " \"watchlist\": {\"movies\": [\"D\"], \"series\": [\"E\"]},"
        " \"do_not_recommend\": [\"F\"]}}, {\"username\": \"bo\", \"data\": {}}]}";
    assert_int_equal(look(world, copy, NULL), 0);
    users_are(world, "ann: movies 2, series 1, watchlist 2, blocked 1, taste 1; bo");
    assert_string_equal(world->summary.copy_version, "2.4.1");
    assert_string_equal(world->summary.exported_at, "2024-01-01T00:00:00.000Z");
    assert_string_equal(setting(world, "jellyfinUrl"), "http://jf");
    assert_string_equal(setting(world, "tmdbApiKey"), "s");
    assert_string_equal(setting(world, "isConfigured"), "true");
    assert_null(setting(world, "geminiModel"));
    assert_null(world->summary.version);
    assert_false(world->summary.is_whole);
    lacks(world, "");
}

static void legacy_shapes_say_what_they_cannot_carry(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *copy, *user, *users, *missing;
    } cases[] = {
        {"{\"username\": \"carl\", \"data\": {\"movies\": [\"A\"], \"do_not_recommend\": [\"B\"]}}",
         NULL, "carl: movies 1, blocked 1", "settings taste"},
        {"{\"movies\": [\"A\"], \"series\": []}", "dora", "dora: movies 1",
         "settings taste blocked"},
        {"{\"watchlist.movies\": [\"A\"], \"items\": [\"B\", \"C\"]}", "x", "x: watchlist 3",
         "settings taste blocked"},
        {"{\"ann\": {\"movies\": [\"A\"]}, \"jo.e\": {\"watchlist\": {\"movies\": [\"B\"]}}}", NULL,
         "ann: movies 1; jo.e: watchlist 1", "settings taste blocked"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(look(world, cases[i].copy, cases[i].user), 0);
        users_are(world, cases[i].users);
        lacks(world, cases[i].missing);
        hf_profile_summary_release(&world->summary);
    }
}

static void a_copy_that_names_nobody_asks_for_a_name(void **state)
{
    struct world *world = *state;
    assert_int_equal(look(world, "{\"movies\": [\"A\"]}", NULL), -1);
    assert_int_equal(world->err.code, HF_USAGE);
    assert_string_equal(world->err.text, "the copy does not say whose titles these are");
}

static void what_no_import_can_take_is_told_with_its_line(void **state)
{
    struct world *world = *state;
    static const char copy[] = "{\"users\": [{\"username\": \"ann\", \"data\": {\n"
                               "\"movies\": [5, \"A\"],\n"
                               "\"favourites\": [1, 2]}}]}";
    assert_int_equal(look(world, copy, NULL), 0);
    users_are(world, "ann: movies 1");
    assert_string_equal((char *)world->told.data,
                        "line 3 users[0].data.favourites: nothing is known of this list\n"
                        "line 2 users[0].data.movies[0]: neither a title nor an object\n");
}

static void a_broken_copy_says_where(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *copy, *error;
    } cases[] = {{"{\"users\": [\n{\"username\": }]}", "line 2"},
                 {"{\"users\": [{\"username\": \"ann\"}]\n", "line 1: the JSON ends in the middle"},
                 {"[]", "line 1: the document: a copy is an object"},
                 {"{\"hello\": {\"a\": 1}}", "nothing in it that Jellyfin AI Recommender knows"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(look(world, cases[i].copy, NULL), -1);
        assert_int_equal(world->err.code, HF_CORRUPT);
        if (!strstr(world->err.text, cases[i].error))
            fail_msg("%s", world->err.text);
    }
}

static void a_database_says_the_same(void **state)
{
    struct world *world = *state;
    sqlite3 *db = NULL;
    const struct hf_profile_summary_options options = {.env = hf_env_system()};
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "CREATE TABLE User(id INTEGER PRIMARY KEY, username, movieProfile, tvProfile);"
                     "CREATE TABLE Media(id INTEGER PRIMARY KEY, tmdbId, title, mediaType);"
                     "CREATE TABLE UserMedia(id INTEGER PRIMARY KEY, userId, mediaId, status,"
                     " updatedAt);"
                     "CREATE TABLE SystemConfig(id INTEGER PRIMARY KEY, jellyfinUrl, geminiModel,"
                     " isConfigured);"
                     "INSERT INTO User VALUES(1, 'ann', 'x', 'y'), (2, 'bo', '', NULL);"
                     "INSERT INTO Media VALUES(1, 1, 'A', 'movie'), (2, 2, 'B', 'tv');"
                     "INSERT INTO UserMedia(userId, mediaId, status) VALUES(1, 1, 'WATCHED'),"
                     " (1, 2, 'BLOCKED'), (2, 2, 'WATCHLIST'), (2, 1, 'WATCHLIST');"
                     "INSERT INTO SystemConfig VALUES(1, 'http://jf', '', 0);",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(hf_profile_summary_of_database(&world->summary, &world->profiles.items[0], db,
                                                    &options, &world->err),
                     0);
    sqlite3_close(db);
    users_are(world, "ann: movies 1, blocked 1, taste 2; bo: watchlist 2");
    assert_string_equal(setting(world, "jellyfinUrl"), "http://jf");
    assert_string_equal(setting(world, "isConfigured"), "false");
    assert_null(setting(world, "geminiModel"));
    assert_string_equal(world->summary.version, "with settings in the database");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_copy_of_all_users_says_what_each_has),
        TEST(legacy_shapes_say_what_they_cannot_carry),
        TEST(a_copy_that_names_nobody_asks_for_a_name),
        TEST(what_no_import_can_take_is_told_with_its_line),
        TEST(a_broken_copy_says_where),
        TEST(a_database_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
