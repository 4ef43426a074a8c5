#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "portable/profile_export.h"
#include "portable/profile_import.h"
#include "portable/profile_settings.h"
#include "sqlite/connection.h"
#include "support/scratch.h"

/* An application of our own: notes of people, in lists. */
static const char yml[] = "title: Notes\n"
                          "tables: {Person: [id, name], Note: [id, person, body, done, colour],\n"
                          "  Setting: [id, place, secret, lit, shape, later]}\n"
                          "identified-by: [Note.body]\n"
                          "fields:\n"
                          "  - {name: place, label: P, kind: url, column: Setting.place}\n"
                          "  - {name: secret, label: S, kind: secret, column: Setting.secret}\n"
                          "  - {name: lit, label: L, kind: boolean, column: Setting.lit}\n"
                          "  - {name: shape, label: S, kind: text, column: Setting.shape}\n"
                          "  - {name: later, label: L, kind: text, column: Setting.later}\n"
                          "lookup: {get: 'http://x/{q}'}\n"
                          "copy: {groups: ['people[]'], rows: ['notes[]', settings]}\n";

static const char export_sql[] =
    "-- @at\nSELECT 1 AS version;"
    "-- @at settings\nSELECT 1 AS a WHERE false;"
    "-- @at people[]\nSELECT id AS _id, name FROM Person ORDER BY id;"
    "-- @at people[].in.notes[]\n"
    "SELECT body, done AS \"done:boolean\", '[1, {\"a\": null}]' AS \"more:json\", colour,"
    "       1.5 AS size, :now > 0 AS later FROM Note WHERE person = :_id ORDER BY id;"
    "-- @at people[].names[]\nSELECT json_quote(name) AS \":json\" FROM Person WHERE id = :_id;";

static const char import_sql[] =
    "SELECT fail('no such person', 'name one') WHERE :user = 'nobody';"
    "-- @ask\n"
    "SELECT DISTINCT value ->> '$.body' AS q, 'k' AS key FROM part"
    " WHERE place = 'notes[]' AND value ->> '$.body' LIKE 'ask%';"
    "-- @write\n"
    "INSERT INTO main.Person(name) SELECT value ->> '$.name' FROM part WHERE place = 'people[]';"
    "INSERT INTO main.Note(body, done) SELECT coalesce(answer.value ->> '$.found', part.value ->>"
    " '$.body'), part.line FROM part LEFT JOIN answer ON answer.query = part.value ->> '$.body'"
    " WHERE place = 'notes[]' AND json_type(part.value) = 'object';"
    "INSERT INTO outcome(part, user, result, why)"
    " SELECT id, CASE owner WHEN 0 THEN NULL ELSE 'p' || owner END,"
    " CASE json_type(value) WHEN 'object' THEN 'imported' WHEN 'null' THEN 'skipped'"
    " WHEN 'text' THEN 'unresolved' WHEN 'true' THEN 'error' END, 'because' FROM part"
    " WHERE place = 'notes[]' AND json_type(value) <> 'false';"
    "-- @at notes[]\n"
    "SELECT value AS \":json\" FROM part JOIN outcome ON part = id WHERE result = 'unresolved';";

struct world {
    struct hf_scratch scratch;
    struct hf_profile profile;
    char *path;
    sqlite3 *db;
    struct hf_error err;
    struct hf_profile_import_result result;
    char told[2000]; /* problems and notices, a line each */
    int asked;
    int users_told;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    hf_scratch_init(&world->scratch);
    world->path = hf_scratch_path(&world->scratch, "app.db");
    sqlite3_open(world->path, &world->db);
    sqlite3_exec(world->db,
                 "CREATE TABLE Person(id INTEGER PRIMARY KEY, name);"
                 "CREATE TABLE Note(id INTEGER PRIMARY KEY, person, body, done)",
                 NULL, NULL, NULL);
    const struct hf_profile_files files = {
        .name = "notes",
        .profile_yml = yml,
        .profile_yml_length = sizeof yml - 1,
        .export_sql = export_sql,
        .export_sql_length = sizeof export_sql - 1,
        .import_sql = import_sql,
        .import_sql_length = sizeof import_sql - 1,
    };
    *state = world;
    return hf_profile_parse(&world->profile, &files, &world->err);
}

static int tear_down(void **state)
{
    struct world *world = *state;
    hf_profile_import_result_release(&world->result);
    hf_profile_release(&world->profile);
    sqlite3_close(world->db);
    free(world->path);
    hf_scratch_release(&world->scratch);
    free(world);
    return 0;
}

static void execute(struct world *world, const char *sql)
{
    assert_int_equal(sqlite3_exec(world->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void holds(struct world *world, const char *sql, const char *expected)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(world->db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const char *found = (const char *)sqlite3_column_text(statement, 0);
    assert_string_equal(found ? found : "NULL", expected);
    sqlite3_finalize(statement);
}

static int64_t read_text(void *context, void *out, size_t capacity, struct hf_error *err)
{
    (void)err;
    const char **text = context;
    size_t length = strnlen(*text, capacity < 7 ? capacity : 7);
    memcpy(out, *text, length);
    *text += length;
    return (int64_t)length;
}

static void note_problem(void *context, const struct hf_profile_problem *problem)
{
    struct world *world = context;
    size_t used = strlen(world->told);
    snprintf(world->told + used, sizeof world->told - used, "%s %s line %d: %s\n",
             problem->outcome == HF_PROFILE_ERROR ? "error" : "unresolved", problem->path,
             (int)problem->line, problem->why);
}

static void note_notice(void *context, const char *text)
{
    struct world *world = context;
    size_t used = strlen(world->told);
    snprintf(world->told + used, sizeof world->told - used, "%s\n", text);
}

/* Finds everything but "ask fail"; "ask html" is answered with no JSON. */
static int answer(void *context, const struct hf_profile_request *request,
                  const struct hf_profile_value *values, struct hf_buf *out, struct hf_error *err)
{
    struct world *world = context;
    world->asked++;
    assert_string_equal(request->url, "http://x/{q}");
    assert_string_equal(values[0].name, "q");
    assert_string_equal(values[1].name, "key");
    assert_string_equal(values[1].text, "k");
    assert_null(values[2].name);
    if (!strcmp(values[0].text, "ask fail"))
        return hf_error_set(err, HF_UNREACHABLE, "nobody is there");
    return hf_buf_print(out, err, strcmp(values[0].text, "ask html") ? "{\"found\": \"it\"}" : "<");
}

struct how {
    const char *user;
    const struct hf_profile_value *settings;
    void (*user_progress)(void *context, const struct hf_profile_user *user);
    void (*ask_progress)(void *context, uint64_t asked, uint64_t of);
    int64_t (*now)(void *context); /* NULL: the real clock */
    bool dry_run, deaf;
    enum hf_copy_trust trust;
};

static int import(struct world *world, const char *text, struct how how)
{
    const struct hf_source source = {.context = &text, .read = read_text};
    const struct hf_events events = {.context = world, .notice = note_notice};
    struct hf_env env = *hf_env_system();
    env.now = how.now ? how.now : env.now;
    const struct hf_profile_import_options options = {
        .env = &env,
        .events = &events,
        .user = how.user,
        .directory = world->scratch.path,
        .dry_run = how.dry_run,
        .trust = how.trust,
        .ask = how.deaf ? NULL : answer,
        .ask_context = world,
        .problem = note_problem,
        .problem_context = world,
        .settings = how.settings,
        .progress_context = world,
        .user_progress = how.user_progress,
        .ask_progress = how.ask_progress,
    };
    sqlite3 *db = hf_connection_open(world->path, NULL, 1000, &world->err);
    assert_non_null(db);
    int failed =
        hf_profile_import(db, &world->profile, &source, &options, &world->result, &world->err);
    sqlite3_close(db);
    return failed;
}

static void counts_are(const struct hf_profile_counts *counts, int imported, int skipped,
                       int unresolved, int errors)
{
    assert_int_equal(counts->total, imported + skipped + unresolved + errors);
    assert_int_equal(counts->imported, imported);
    assert_int_equal(counts->skipped, skipped);
    assert_int_equal(counts->unresolved, unresolved);
    assert_int_equal(counts->errors, errors);
}

static void rows_stand_at_their_places(void **state)
{
    struct world *world = *state;
    hf_auto_free char *to = hf_scratch_path(&world->scratch, "copy.json");
    const struct hf_profile_export_options options = {
        .profile = &world->profile,
        .copy = {.path = world->path, .name = "notes", .program = "1", .output = {.to = to}}};
    struct hf_profile_export_result result;
    hf_auto(hf_buf) struct hf_buf text = {0};
    execute(world, "INSERT INTO Person VALUES(1, 'An\"n'), (2, 'Bo');"
                   "INSERT INTO Note VALUES(1, 1, 'x', 1), (2, 1, 'y', 0), (3, 9, 'z', 0)");
    assert_int_equal(hf_profile_export(&options, hf_env_system(), &result, &world->err), 0);
    hf_scratch_read(to, &text);
    static const char expected[] = "{\n"
                                   "  \"version\": 1,\n"
                                   "  \"settings\": null,\n"
                                   "  \"people\": [\n"
                                   "    {\n"
                                   "      \"name\": \"An\\\"n\",\n"
                                   "      \"in\": {\n"
                                   "        \"notes\": [\n"
                                   "          {\n"
                                   "            \"body\": \"x\",\n"
                                   "            \"done\": true,\n"
                                   "            \"more\": [\n"
                                   "              1,\n"
                                   "              {\n"
                                   "                \"a\": null\n"
                                   "              }\n"
                                   "            ],\n"
                                   "            \"size\": 1.5,\n"
                                   "            \"later\": 1\n"
                                   "          },\n"
                                   "          {\n"
                                   "            \"body\": \"y\",\n"
                                   "            \"done\": false,\n"
                                   "            \"more\": [\n"
                                   "              1,\n"
                                   "              {\n"
                                   "                \"a\": null\n"
                                   "              }\n"
                                   "            ],\n"
                                   "            \"size\": 1.5,\n"
                                   "            \"later\": 1\n"
                                   "          }\n"
                                   "        ]\n"
                                   "      },\n"
                                   "      \"names\": [\n"
                                   "        \"An\\\"n\"\n"
                                   "      ]\n"
                                   "    },\n"
                                   "    {\n"
                                   "      \"name\": \"Bo\",\n"
                                   "      \"in\": {\n"
                                   "        \"notes\": []\n"
                                   "      },\n"
                                   "      \"names\": [\n"
                                   "        \"Bo\"\n"
                                   "      ]\n"
                                   "    }\n"
                                   "  ],\n"
                                   "  \"holdfast\": {\n";
    assert_true(text.length > sizeof expected);
    text.data[sizeof expected - 1] = 0;
    assert_string_equal((char *)text.data, expected);
    assert_int_equal(result.copy.rows, 5);
}

static void a_row_that_is_no_json_spoils_no_copy(void **state)
{
    struct world *world = *state;
    hf_auto_free char *to = hf_scratch_path(&world->scratch, "copy.json");
    struct hf_profile_export_options options = {
        .profile = &world->profile,
        .copy = {.path = world->path, .name = "notes", .program = "1", .output = {.to = to}}};
    struct hf_profile_export_result result;
    hf_profile_script_release(&world->profile.export_script);
    static const char sql[] = "-- @at\nSELECT '{\"a\":' AS \"broken:json\";";
    assert_int_equal(
        hf_profile_script_parse(&world->profile.export_script, "x", sql, sizeof sql - 1, NULL), 0);
    assert_int_equal(hf_profile_export(&options, hf_env_system(), &result, &world->err), -1);
    assert_false(hf_scratch_exists(to));
}

static void every_entry_is_accounted_for(void **state)
{
    struct world *world = *state;
    static const char copy[] = "{\"people\": [{\"name\": \"Ann\", \"in\": {\"notes\": [\n"
                               "{\"body\": \"x\"}, null,\n"
                               "\"lost\", true]}}],\n"
                               "\"notes\": [false]}";
    assert_int_equal(import(world, copy, (struct how){0}), 0);
    counts_are(&world->result.counts, 1, 1, 1, 2);
    assert_int_equal(world->result.user_count, 2);
    assert_null(world->result.users[0].name);
    counts_are(&world->result.users[0].counts, 0, 0, 0, 1);
    assert_string_equal(world->result.users[1].name, "p1");
    counts_are(&world->result.users[1].counts, 1, 1, 1, 1);
    assert_string_equal(world->told,
                        "unresolved people[0].in.notes[2] line 3: because\n"
                        "error people[0].in.notes[3] line 3: because\n"
                        "error notes[0] line 4: the profile does not say what became of it\n");
    holds(world, "SELECT group_concat(body || done) FROM Note", "x2");
    holds(world, "SELECT name FROM Person", "Ann");
}

static void what_is_unresolved_is_kept_in_a_copy_of_its_own(void **state)
{
    struct world *world = *state;
    hf_auto(hf_buf) struct hf_buf text = {0};
    assert_int_equal(import(world, "{\"notes\": [\"a\", \"b\"]}", (struct how){0}), 0);
    assert_non_null(world->result.unresolved_path);
    assert_non_null(strstr(world->result.unresolved_path, "/import_unresolved_"));
    hf_scratch_read(world->result.unresolved_path, &text);
    assert_int_equal(hf_buf_append(&text, "", 1, NULL), 0);
    assert_string_equal((char *)text.data, "{\n  \"notes\": [\n    \"a\",\n    \"b\"\n  ]\n}\n");
}

static void a_dry_run_changes_nothing(void **state)
{
    struct world *world = *state;
    static const char copy[] =
        "{\"people\": [{\"name\": \"Ann\", \"notes\": [{\"body\": \"x\"}, \"u\"]}]}";
    assert_int_equal(import(world, copy, (struct how){.dry_run = true}), 0);
    counts_are(&world->result.counts, 1, 0, 1, 0);
    assert_null(world->result.unresolved_path);
    holds(world, "SELECT count(*) FROM Note", "0");
    holds(world, "SELECT count(*) FROM Person", "0");
}

static void a_broken_copy_changes_nothing(void **state)
{
    struct world *world = *state;
    static const char copy[] =
        "{\"people\": [{\"name\": \"Ann\", \"notes\": [{\"body\": \"x\"}\n,]}]}";
    assert_int_equal(import(world, copy, (struct how){0}), -1);
    assert_int_equal(world->err.code, HF_CORRUPT);
    assert_non_null(strstr(world->err.text, "line 2"));
    holds(world, "SELECT count(*) FROM Person", "0");
}

static void what_nothing_is_known_of_is_told(void **state)
{
    struct world *world = *state;
    static const char copy[] = "{\"notes\": {\"a\": 1}, \"ideas\": [1, [2], 3],\n"
                               "\"x\": {\"y\": []}, \"deep\": {\"notes\": [{\"body\": \"b\"}]}}";
    assert_int_equal(import(world, copy, (struct how){0}), 0);
    counts_are(&world->result.counts, 1, 0, 0, 4);
    assert_string_equal(world->told, "error notes line 1: this must be a list\n"
                                     "error ideas line 1: nothing is known of this list\n");
}

static void a_copy_of_something_else_is_refused(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"[1]", "line 1: the document: a copy is an object ('{ ... }')"},
        {"{\"a\": {\"b\": 2}}", "there is nothing in it that Notes knows"},
    };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(import(world, cases[i].text, (struct how){0}), -1);
        assert_int_equal(world->err.code, HF_CORRUPT);
        assert_string_equal(world->err.text, cases[i].error);
    }
}

static void the_sql_can_refuse_with_a_hint(void **state)
{
    struct world *world = *state;
    assert_int_equal(import(world, "{\"notes\": [\"a\"]}", (struct how){.user = "nobody"}), -1);
    assert_int_equal(world->err.code, HF_USAGE);
    assert_string_equal(world->err.text, "no such person");
    assert_string_equal(world->err.hint, "name one");
}

static void questions_are_asked_once_and_their_answers_read(void **state)
{
    struct world *world = *state;
    static const char copy[] = "{\"notes\": [{\"body\": \"ask a\"}, {\"body\": \"ask a\"},"
                               " {\"body\": \"ask b\"}]}";
    assert_int_equal(import(world, copy, (struct how){0}), 0);
    assert_int_equal(world->asked, 2);
    assert_int_equal(world->result.answered, 2);
    holds(world, "SELECT group_concat(body) FROM Note", "it,it,it");
}

static void after_a_failure_nothing_more_is_asked(void **state)
{
    struct world *world = *state;
    static const char *const copies[] = {
        "{\"notes\": [{\"body\": \"ask fail\"}, {\"body\": \"ask b\"}]}",
        "{\"notes\": [{\"body\": \"ask html\"}, {\"body\": \"ask b\"}]}"};
    static const char *const notices[] = {
        "titles without an id are not looked up: nobody is there\n",
        "the lookup's answers are no JSON: is it another service?\n"};
    for (int i = 0; i < 2; i++) {
        world->told[0] = 0;
        world->asked = 0;
        assert_int_equal(import(world, copies[i], (struct how){0}), 0);
        assert_int_equal(world->asked, 1);
        assert_int_equal(world->result.answered, 0);
        assert_string_equal(world->told, notices[i]);
        hf_profile_import_result_release(&world->result);
    }
    holds(world, "SELECT group_concat(body) FROM Note", "ask fail,ask b,ask html,ask b");
}

static void note_user(void *context, const struct hf_profile_user *user)
{
    struct world *world = context;
    size_t used = strlen(world->told);
    snprintf(world->told + used, sizeof world->told - used, "%s %d of %d\n",
             user->name ? user->name : "-", (int)user->counts.imported, (int)user->counts.total);
}

static void count_user(void *context, const struct hf_profile_user *user)
{
    struct world *world = context;
    (void)user;
    world->users_told++;
}

static void note_asked(void *context, uint64_t asked, uint64_t of)
{
    struct world *world = context;
    size_t used = strlen(world->told);
    snprintf(world->told + used, sizeof world->told - used, "asked %d of %d\n", (int)asked,
             (int)of);
}

static void users_are_told_while_it_goes_and_at_the_end(void **state)
{
    struct world *world = *state;
    static const char copy[] = "{\"people\": [{\"notes\": [{\"body\": \"x\"}, null]},"
                               " {\"notes\": [{\"body\": \"y\"}]}]}";
    assert_int_equal(import(world, copy, (struct how){.user_progress = note_user}), 0);
    static const char begin[] = "p1 1 of 1\n", end[] = "p1 1 of 2\np4 1 of 1\n";
    size_t length = strlen(world->told);
    assert_true(length >= sizeof begin + sizeof end - 2);
    assert_memory_equal(world->told, begin, sizeof begin - 1);
    assert_string_equal(world->told + length - (sizeof end - 1), end);
}

static int64_t no_time_passes(void *context)
{
    (void)context;
    return 1000;
}

static void of_thousands_of_users_only_some_are_told(void **state)
{
    struct world *world = *state;
    enum { USERS = 5000 };
    static const char one[] = "{\"notes\": [{\"body\": \"x\"}]},";
    hf_auto(hf_buf) struct hf_buf copy = {0};
    assert_int_equal(hf_buf_append(&copy, "{\"people\": [", 12, NULL), 0);
    for (int i = 0; i < USERS; i++)
        assert_int_equal(hf_buf_append(&copy, one, sizeof one - 1, NULL), 0);
    memcpy(copy.data + copy.length - 1, "]", 1);
    assert_int_equal(hf_buf_append(&copy, "}", 2, NULL), 0);
    assert_int_equal(import(world, (const char *)copy.data,
                            (struct how){.user_progress = count_user, .now = no_time_passes}),
                     0);
    assert_int_equal(world->result.user_count, USERS);
    assert_in_range(world->users_told, 1, 100);
}

static void questions_are_told_while_they_are_asked(void **state)
{
    struct world *world = *state;
    static const char copy[] = "{\"notes\": [{\"body\": \"ask a\"}, {\"body\": \"ask b\"}]}";
    assert_int_equal(import(world, copy, (struct how){.ask_progress = note_asked}), 0);
    assert_non_null(strstr(world->told, "asked 2 of 2\n"));
}

static const char settings_table[] =
    "CREATE TABLE Setting(id INTEGER PRIMARY KEY DEFAULT 1, place TEXT, secret TEXT, lit BOOLEAN"
    " NOT NULL DEFAULT 0, shape TEXT NOT NULL DEFAULT 'round')";

static void chosen_settings_make_their_row_with_the_import(void **state)
{
    struct world *world = *state;
    static const struct hf_profile_value settings[] = {{"place", "http://x"}, {"secret", NULL},
                                                       {"lit", "true"},       {"shape", ""},
                                                       {"later", "no"},       {0}};
    execute(world, settings_table);
    assert_int_equal(import(world, "{\"notes\": []}", (struct how){.settings = settings}), 0);
    holds(world, "SELECT id || place || ifnull(secret, '-') || lit || shape FROM Setting",
          "1http://x-1round");
}

static void chosen_settings_go_over_those_that_are_there(void **state)
{
    struct world *world = *state;
    static const struct hf_profile_value settings[] = {
        {"place", ""}, {"secret", "new"}, {"lit", "false"}, {"shape", "square"}, {0}};
    execute(world, settings_table);
    execute(world, "INSERT INTO Setting VALUES(3, 'a', 'old', 1, 'round'), (7, 'b', 's', 1, 'x')");
    assert_int_equal(import(world, "{\"notes\": []}", (struct how){.settings = settings}), 0);
    holds(world,
          "SELECT group_concat(id || ifnull(place, '-') || secret || lit || shape) FROM Setting",
          "3-new0square,7bs1x");
}

static void an_import_that_fails_writes_no_settings(void **state)
{
    struct world *world = *state;
    static const struct hf_profile_value settings[] = {{"place", "p"}, {"colour", "x"}, {0}};
    execute(world, settings_table);
    assert_int_equal(import(world, "{\"notes\": []}", (struct how){.settings = settings}), -1);
    assert_int_equal(world->err.code, HF_USAGE);
    assert_string_equal(world->err.text, "Notes has no setting 'colour'");
    holds(world, "SELECT count(*) FROM Setting", "0");
}

static int note_setting(void *context, const struct hf_profile_field *field, const char *value,
                        struct hf_error *err)
{
    struct world *world = context;
    size_t used = strlen(world->told);
    (void)err;
    snprintf(world->told + used, sizeof world->told - used, "%s=%s\n", field->name,
             value ? value : "-");
    return 0;
}

static void settings_are_read_as_texts(void **state)
{
    struct world *world = *state;
    execute(world, settings_table);
    execute(world, "INSERT INTO Setting VALUES(1, 'http://x', NULL, 1, 'round')");
    assert_int_equal(
        hf_profile_settings_read(world->db, &world->profile, note_setting, world, &world->err), 0);
    assert_string_equal(world->told, "place=http://x\nsecret=-\nlit=true\nshape=round\nlater=-\n");
}

static void without_a_lookup_nothing_is_asked(void **state)
{
    struct world *world = *state;
    assert_int_equal(
        import(world, "{\"notes\": [{\"body\": \"ask a\"}]}", (struct how){.deaf = true}), 0);
    assert_int_equal(world->result.asked, 0);
    holds(world, "SELECT body FROM Note", "ask a");
}

static void one_entry_is_at_most_a_mebibyte(void **state)
{
    struct world *world = *state;
    enum { LISTS = 300000 };
    char *copy = malloc(4 * LISTS + 64), *end = copy;
    end += sprintf(end, "{\"notes\": [\n[0");
    for (int i = 0; i < LISTS; i++)
        end += sprintf(end, ",[0]");
    sprintf(end, "]]}");
    assert_int_equal(import(world, copy, (struct how){0}), -1);
    free(copy);
    assert_int_equal(world->err.code, HF_CORRUPT);
    assert_non_null(strstr(world->err.text, "line 2"));
    assert_non_null(strstr(world->err.text, "more than 1048576 bytes in one entry"));
}

static void an_edited_copy_is_refused(void **state)
{
    struct world *world = *state;
    static const char copy[] = "{\"notes\": [{\"body\": \"x\"}], \"holdfast\": {\"format\": 1}}";
    assert_int_equal(import(world, copy, (struct how){0}), -1);
    assert_int_equal(world->err.code, HF_CORRUPT);
    assert_non_null(strstr(world->err.text, "its checksum differs"));
    holds(world, "SELECT count(*) FROM Note", "0");
    assert_int_equal(import(world, copy, (struct how){.trust = HF_COPY_EDITED}), 0);
    holds(world, "SELECT count(*) FROM Note", "1");
}

static void a_busy_database_is_left_as_it_is(void **state)
{
    struct world *world = *state;
    execute(world, "BEGIN IMMEDIATE");
    assert_int_equal(import(world, "{\"notes\": [{\"body\": \"x\"}]}", (struct how){0}), -1);
    assert_int_equal(world->err.code, HF_LOCKED);
    execute(world, "ROLLBACK");
    holds(world, "SELECT count(*) FROM Note", "0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_stand_at_their_places),
        TEST(a_row_that_is_no_json_spoils_no_copy),
        TEST(every_entry_is_accounted_for),
        TEST(what_is_unresolved_is_kept_in_a_copy_of_its_own),
        TEST(a_dry_run_changes_nothing),
        TEST(a_broken_copy_changes_nothing),
        TEST(what_nothing_is_known_of_is_told),
        TEST(a_copy_of_something_else_is_refused),
        TEST(the_sql_can_refuse_with_a_hint),
        TEST(questions_are_asked_once_and_their_answers_read),
        TEST(after_a_failure_nothing_more_is_asked),
        TEST(users_are_told_while_it_goes_and_at_the_end),
        TEST(of_thousands_of_users_only_some_are_told),
        TEST(questions_are_told_while_they_are_asked),
        TEST(chosen_settings_make_their_row_with_the_import),
        TEST(chosen_settings_go_over_those_that_are_there),
        TEST(an_import_that_fails_writes_no_settings),
        TEST(settings_are_read_as_texts),
        TEST(without_a_lookup_nothing_is_asked),
        TEST(one_entry_is_at_most_a_mebibyte),
        TEST(an_edited_copy_is_refused),
        TEST(a_busy_database_is_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
