#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/exporting.h"
#include "service/safety_point.h"
#include "service/setup_room.h"

static const struct hf_profile_value chosen[] = {
    {"jellyfinUrl", "http://new"}, {"geminiApiKey", "OTHER"}, {"isConfigured", "true"}, {0}};

static int restore(struct setup_room *room, const char *from,
                   const struct hf_profile_value *settings)
{
    const struct hf_setup_place place = {.path = from ? room_path(room, from) : NULL};
    const struct hf_setup_restore_options options = {
        .look = room->options, .program = "1", .settings = settings};
    return hf_setup_restore(&room->restored, from ? &place : NULL, &options, &room->err);
}

static void must_restore(struct setup_room *room, const char *from,
                         const struct hf_profile_value *settings)
{
    if (restore(room, from, settings))
        fail_msg("%s", room->err.text);
    room->json = hf_setup_restored_json(&room->restored);
    assert_non_null(room->json);
}

static const char lists[] =
    "SELECT group_concat(username || ' ' || status || ' ' || tmdbId, ', ') FROM (SELECT * FROM"
    " UserMedia JOIN User ON User.id = userId JOIN Media ON Media.id = mediaId"
    " ORDER BY username, tmdbId)";
static const char settings[] = "SELECT jellyfinUrl || ' ' || geminiApiKey || ' ' || isConfigured"
                               " FROM SystemConfig";

static const char multi_user[] =
    "{\"system_config\": {\"jellyfinUrl\": \"http://jf\", \"geminiApiKey\": \"CANARY\"},"
    " \"users\": [{\"username\": \"ann\", \"data\": {\"movies\": [{\"title\": \"A\","
    " \"tmdb_id\": 1}, \"Nobody knows\"]}}, {\"username\": \"bo\", \"data\": {"
    "\"do_not_recommend\": [{\"title\": \"B\", \"tmdb_id\": 2}]}}]}";

static void a_copy_becomes_users_lists_and_settings(void **state)
{
    struct setup_room *room = *state;
    room_make(room, "app.db", "");
    room_write(room, "in.json", multi_user);
    must_restore(room, "in.json", chosen);
    room_holds(room, "app.db", lists, "ann WATCHED 1, bo BLOCKED 2");
    room_holds(room, "app.db", settings, "http://new OTHER 1");
    assert_true(room->restored.point_before > 0);
    room_says(room, "\"restore\":null");
    room_says(room, "\"unresolved\":1");
    room_says(room, "\"reason\":\"no id was found for this title\"");
    room_says(room, "import_unresolved_");
}

static void the_applications_running_transaction_goes_on(void **state)
{
    struct setup_room *room = *state;
    sqlite3 *application = NULL;
    room_make(room, "app.db", "");
    assert_int_equal(sqlite3_open(room_path(room, "app.db"), &application), SQLITE_OK);
    assert_int_equal(sqlite3_exec(application, "BEGIN; SELECT * FROM User", NULL, NULL, NULL),
                     SQLITE_OK);
    room_write(room, "in.json", multi_user);
    must_restore(room, "in.json", chosen);
    assert_int_equal(sqlite3_exec(application, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(application);
    room_holds(room, "app.db", lists, "ann WATCHED 1, bo BLOCKED 2");
}

static void settings_that_were_not_chosen_are_the_backups(void **state)
{
    struct setup_room *room = *state;
    room_make(room, "app.db", "");
    room_write(room, "in.json", multi_user);
    must_restore(room, "in.json", NULL);
    room_holds(room, "app.db", settings, "http://jf CANARY 0");
}

static void a_sqlite_file_comes_back_exactly_where_nothing_is(void **state)
{
    struct setup_room *room = *state;
    room_make(room, "app.db", "");
    room_make(room, "old.sqlite", room_filled);
    must_restore(room, "old.sqlite", chosen);
    room_holds(room, "app.db", lists, "ann WATCHED 603, ann BLOCKED 70523, bo WATCHLIST 70523");
    room_holds(room, "app.db", "SELECT createdAt FROM User WHERE id = 1", "5");
    room_holds(room, "app.db", settings, "http://new OTHER 1");
}

/* rtreecheck is none of the functions that are harmless in a view. */
static void nothing_of_a_hostile_schema_runs(void **state)
{
    struct setup_room *room = *state;
    room_make(room, "app.db", "");
    room_make(room, "bad.db",
              "ALTER TABLE User RENAME TO Hidden; INSERT INTO Hidden(username) VALUES('x');"
              "CREATE VIEW User AS SELECT id, username, rtreecheck('Hidden') AS createdAt,"
              " rtreecheck('Hidden') AS movieProfile, NULL AS tvProfile FROM Hidden;");
    assert_int_equal(restore(room, "bad.db", NULL), -1);
    assert_non_null(strstr(room->err.text, "unsafe use of rtreecheck()"));
    room_holds(room, "app.db", "SELECT count(*) FROM User", "0");
}

static void a_sqlite_file_is_merged_where_something_is(void **state)
{
    struct setup_room *room = *state;
    room_make(room, "app.db",
              "INSERT INTO User(username) VALUES('eve'); INSERT INTO SystemConfig"
              "(jellyfinUrl) VALUES('http://mine')");
    room_make(room, "old.sqlite", room_filled);
    int files = hf_scratch_count(room->scratch.path);
    must_restore(room, "old.sqlite", chosen);
    room_holds(room, "app.db", lists, "ann WATCHED 603, ann BLOCKED 70523, bo WATCHLIST 70523");
    room_holds(room, "app.db", "SELECT count(*) FROM User", "3");
    room_holds(room, "app.db", settings, "http://new OTHER 1");
    /* The repository and the state file are new, and no scratch file stays. */
    assert_int_equal(hf_scratch_count(room->scratch.path), files + 2);
}

static void without_the_applications_tables_it_is_refused(void **state)
{
    struct setup_room *room = *state;
    room_write(room, "in.json", multi_user);
    room_sql(room, "app.db", "PRAGMA user_version = 1");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(restore(room, i ? NULL : "in.json", chosen), -1);
        assert_int_equal(room->err.code, HF_REFUSED);
        assert_non_null(strstr(room->err.text, "does not have the tables"));
        assert_non_null(strstr(room->err.hint, "start the application once"));
    }
}

static void a_copy_of_every_table_brings_them_itself(void **state)
{
    struct setup_room *room = *state;
    hf_auto(hf_exporting_result) struct hf_exporting_result result = {0};
    room_make(room, "old.db", room_filled);
    const struct hf_exporting_options export = {.config = &room->config,
                                                .env = hf_env_system(),
                                                .copy = {.path = room_path(room, "old.db"),
                                                         .name = "app",
                                                         .program = "1",
                                                         .output = {.to = room_path(room, "copy")},
                                                         .busy_ms = 1000}};
    assert_int_equal(hf_exporting(&export, &result, &room->err), 0);
    must_restore(room, "copy", chosen);
    assert_int_equal(room->restored.point_before, 0);
    room_holds(room, "app.db", lists, "ann WATCHED 603, ann BLOCKED 70523, bo WATCHLIST 70523");
    room_holds(room, "app.db", settings, "http://new OTHER 1");
}

struct heard {
    int users, titles;
};

static void hear_user(void *context, const struct hf_profile_user *user)
{
    struct heard *heard = context;
    heard->users++;
    heard->titles = (int)user->counts.total;
}

static void users_are_told_while_they_are_restored(void **state)
{
    struct setup_room *room = *state;
    struct heard heard = {0};
    room_make(room, "app.db", "");
    room_write(room, "in.json", multi_user);
    const struct hf_setup_place place = {.path = room_path(room, "in.json")};
    const struct hf_setup_restore_options options = {
        .look = room->options, .program = "1", .context = &heard, .user_progress = hear_user};
    assert_int_equal(hf_setup_restore(&room->restored, &place, &options, &room->err), 0);
    assert_true(heard.users >= 3); /* at once, and each at the end */
    assert_int_equal(heard.titles, 1);
}

static void a_new_installation_gets_its_settings(void **state)
{
    struct setup_room *room = *state;
    room_make(room, "app.db", "");
    must_restore(room, NULL, chosen);
    room_holds(room, "app.db", settings, "http://new OTHER 1");
    room_holds(room, "app.db", "SELECT geminiModel FROM SystemConfig", "lite");
    room_says(room, "\"import\":null");
}

static void a_copy_that_fails_leaves_the_database_as_it_was(void **state)
{
    struct setup_room *room = *state;
    static const struct hf_profile_value wrong[] = {{"noSuchSetting", "x"}, {0}};
    room_make(room, "app.db", "INSERT INTO User(username) VALUES('eve')");
    room_write(room, "in.json", multi_user);
    assert_int_equal(restore(room, "in.json", wrong), -1);
    assert_int_equal(room->err.code, HF_USAGE);
    room_holds(room, "app.db", "SELECT group_concat(username) FROM User", "eve");
    room_holds(room, "app.db", "SELECT count(*) FROM Media", "0");
    room_holds(room, "app.db", "SELECT count(*) FROM SystemConfig", "0");
}

static void take_point(struct setup_room *room, const char *name)
{
    uint64_t seq = 0;
    const struct hf_safety_point_options point = {.config = &room->config,
                                                  .env = hf_env_system(),
                                                  .database = "app",
                                                  .path = room_path(room, name),
                                                  .reason = "test"};
    if (hf_safety_point_take(&point, &seq, &room->err))
        fail_msg("%s", room->err.text);
}

static int restore_point(struct setup_room *room)
{
    const struct hf_setup_place place = {.repository = room_path(room, "elsewhere")};
    const struct hf_setup_restore_options options = {
        .look = room->options, .program = "1", .settings = chosen};
    return hf_setup_restore(&room->restored, &place, &options, &room->err);
}

static void a_point_of_a_repository_takes_the_databases_place(void **state)
{
    struct setup_room *room = *state;
    room_make(room, "old.db", room_filled);
    take_point(room, "old.db");
    assert_int_equal(rename(room_path(room, "repository"), room_path(room, "elsewhere")), 0);
    room_make(room, "app.db", "INSERT INTO User(username) VALUES('eve')");
    if (restore_point(room))
        fail_msg("%s", room->err.text);
    room_holds(room, "app.db", lists, "ann WATCHED 603, ann BLOCKED 70523, bo WATCHLIST 70523");
    room_holds(room, "app.db", settings, "http://new OTHER 1");
    assert_int_equal(room->restored.point_before, 1);
    assert_int_equal(room->restored.restore.seq, 1);
}

static void a_point_goes_into_the_database_of_a_running_application(void **state)
{
    struct setup_room *room = *state;
    sqlite3 *application = NULL;
    room_make(room, "old.db", room_filled);
    take_point(room, "old.db");
    assert_int_equal(rename(room_path(room, "repository"), room_path(room, "elsewhere")), 0);
    room_make(room, "app.db", "INSERT INTO User(username) VALUES('eve')");
    assert_int_equal(sqlite3_open(room_path(room, "app.db"), &application), SQLITE_OK);
    assert_int_equal(sqlite3_exec(application, "BEGIN; SELECT * FROM User", NULL, NULL, NULL),
                     SQLITE_OK);
    if (restore_point(room))
        fail_msg("%s", room->err.text);
    assert_int_equal(sqlite3_exec(application, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(application);
    assert_true(room->restored.imported);
    assert_false(room->restored.restored);
    room_holds(room, "app.db", lists, "ann WATCHED 603, ann BLOCKED 70523, bo WATCHLIST 70523");
    room_holds(room, "app.db", "SELECT count(*) FROM User", "3");
    room_holds(room, "app.db", settings, "http://new OTHER 1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_room_open, setup_room_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_copy_becomes_users_lists_and_settings),
        TEST(the_applications_running_transaction_goes_on),
        TEST(settings_that_were_not_chosen_are_the_backups),
        TEST(a_sqlite_file_comes_back_exactly_where_nothing_is),
        TEST(nothing_of_a_hostile_schema_runs),
        TEST(a_sqlite_file_is_merged_where_something_is),
        TEST(without_the_applications_tables_it_is_refused),
        TEST(a_copy_of_every_table_brings_them_itself),
        TEST(users_are_told_while_they_are_restored),
        TEST(a_new_installation_gets_its_settings),
        TEST(a_copy_that_fails_leaves_the_database_as_it_was),
        TEST(a_point_of_a_repository_takes_the_databases_place),
        TEST(a_point_goes_into_the_database_of_a_running_application),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
