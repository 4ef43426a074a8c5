#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "portable/profile.h"
#include "portable/profile_database.h"
#include "support/scratch.h"

static const char good_yml[] = "title: Notes\n"
                               "tables:\n"
                               "  Note: [id, body, colour]\n"
                               "identified-by: [Note.body]\n";

static int parse(struct hf_profile *out, const char *yml, const char *export, const char *import,
                 struct hf_error *err)
{
    const struct hf_profile_files files = {
        .name = "notes",
        .profile_yml = yml,
        .profile_yml_length = strlen(yml),
        .export_sql = export,
        .export_sql_length = strlen(export),
        .import_sql = import,
        .import_sql_length = strlen(import),
    };
    return hf_profile_parse(out, &files, err);
}

static void refuses_yml(const char *yml, const char *text)
{
    struct hf_profile profile;
    struct hf_error err = {0};
    assert_int_equal(parse(&profile, yml, "", "", &err), -1);
    assert_int_equal(err.code, HF_CONFIG);
    assert_string_equal(err.text, text);
}

static void refuses_sql(const char *sql, const char *text)
{
    struct hf_profile profile;
    struct hf_error err = {0};
    assert_int_equal(parse(&profile, good_yml, sql, "", &err), -1);
    assert_int_equal(err.code, HF_CONFIG);
    assert_string_equal(err.text, text);
}

static void all_of_a_profile_is_read(void **state)
{
    (void)state;
    static const char yml[] =
        "title: Notes\n"
        "tables: {Note: [id, body], Tag: [name]}\n"
        "identified-by: [Note.body]\n"
        "versions: [{name: new, columns: [Tag.name]}, {name: old, columns: [Note.body]}]\n"
        "fields: [{name: key, label: The key, kind: secret, column: Note.body},"
        "         {name: url, label: Where, kind: url, column: Note.id}]\n"
        "tests:\n"
        "  - name: it\n"
        "    label: It answers\n"
        "    requests: [{get: '{url}/x', headers: ['A: {key}'], status: ['204'], members: [id]}]\n"
        "lookup: {get: 'http://h/{query}'}\n"
        "copy: {groups: ['users[]'], rows: ['notes[]', settings]}\n";
    hf_auto(hf_profile) struct hf_profile profile = {0};
    struct hf_error err = {0};
    assert_int_equal(parse(&profile, yml, "SELECT 1;", "SELECT 2;SELECT 3;", &err), 0);
    assert_string_equal(profile.name, "notes");
    assert_string_equal(profile.title, "Notes");
    assert_int_equal(profile.table_count, 2);
    assert_string_equal(profile.tables[0].columns.items[1], "body");
    assert_int_equal(profile.version_count, 2);
    assert_int_equal(profile.fields[0].kind, HF_PROFILE_SECRET);
    assert_string_equal(profile.tests[0].requests[0].headers.items[0], "A: {key}");
    assert_string_equal(profile.tests[0].requests[0].statuses.items[0], "204");
    assert_string_equal(profile.lookup.url, "http://h/{query}");
    assert_int_equal(profile.rows.count, 2);
    assert_int_equal(profile.export_script.count, 1);
    assert_int_equal(profile.import_script.count, 2);
}

static void mistakes_in_profile_yml_have_a_line(void **state)
{
    (void)state;
    refuses_yml("# nothing\n", "notes/profile.yml is empty");
    refuses_yml("title: x\ntitel: y\n", "notes/profile.yml line 2: unknown key 'titel'");
    refuses_yml("title: x\ntables: [a]\n",
                "notes/profile.yml line 2: 'tables' must be a mapping ('key: value'), not a list");
    refuses_yml("title: x\ntables: {A: [b]}\nidentified-by: [A]\n",
                "notes/profile.yml line 3: 'A' is not 'Table.column'");
    refuses_yml("title: x\ntables: {A: [b]}\nidentified-by: [A.b]\n"
                "fields: [{name: a, label: b, kind: color, column: A.b}]\n",
                "notes/profile.yml line 4: 'color' is no kind of field: text, url, secret or "
                "boolean");
    refuses_yml("title: x\ntables: {A: [b]}\n",
                "notes/profile.yml line 1: there is no 'identified-by' here");
    refuses_yml("title: x\ntables: {A: [b]}\nidentified-by: [A.b]\n"
                "tests: [{name: t, label: T, requests: [{get: 'http://h/{id}'}]}]\n",
                "notes/profile.yml: test 't': there is no field 'id'");
    refuses_yml("title: x\nlookup: {headers: [a]}\n",
                "notes/profile.yml line 2: there is no 'get' here");
}

static void mistakes_in_sql_files_have_a_line(void **state)
{
    (void)state;
    refuses_sql("-- @nowhere\nSELECT 1;", "notes/export.sql line 1: unknown annotation");
    refuses_sql("SELECT 1;\n-- @at a\n-- @at b\nSELECT 1;",
                "notes/export.sql line 3: a second '@at' for one statement");
    refuses_sql("-- @at a\n", "notes/export.sql line 2: an annotation without a statement");
    refuses_sql("SELECT 1;\n\nSELECT 2",
                "notes/export.sql line 3: a statement without ';' at its end");
    refuses_sql("-- @when \nSELECT 1;", "notes/export.sql line 1: '@when' must name columns");
    refuses_sql("/* x\n", "notes/export.sql line 1: a comment without an end");
}

static void statements_end_where_sqlite_says_so(void **state)
{
    (void)state;
    static const char sql[] =
        "SELECT ';' AS \"a;b\"; -- @at of a comment behind is one of the next\n"
        "SELECT 1 /* ; */;\n"
        "CREATE TEMP TRIGGER t AFTER INSERT ON n BEGIN SELECT 1; SELECT 2; END;";
    hf_auto(hf_profile) struct hf_profile profile = {0};
    struct hf_error err = {0};
    assert_int_equal(parse(&profile, good_yml, sql, "", &err), 0);
    assert_int_equal(profile.export_script.count, 3);
    assert_string_equal(profile.export_script.statements[1].place,
                        "of a comment behind is one of the next");
    assert_int_equal(profile.export_script.statements[2].line, 3);
}

static sqlite3 *database(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static char *answer(sqlite3 *db, const char *sql)
{
    static char text[256];
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const char *found = (const char *)sqlite3_column_text(statement, 0);
    snprintf(text, sizeof text, "%s", found ? found : "NULL");
    sqlite3_finalize(statement);
    return text;
}

static void views_have_the_columns_of_every_version(void **state)
{
    (void)state;
    hf_auto(hf_profile) struct hf_profile profile = {0};
    static const char yml[] = "title: x\n"
                              "tables: {Note: [id, 'a \"b\"', colour], Absent: [id]}\n"
                              "identified-by: [Note.id]\n";
    assert_int_equal(parse(&profile, yml, "", "", NULL), 0);
    sqlite3 *db = database("CREATE TABLE note(id INTEGER PRIMARY KEY, \"a \"\"b\"\"\");"
                           "INSERT INTO note VALUES(7, 'x')");
    assert_int_equal(hf_profile_make_views(db, &profile, NULL), 0);
    assert_string_equal(answer(db, "SELECT \"a \"\"b\"\"\" FROM Note"), "x");
    assert_string_equal(answer(db, "SELECT colour FROM Note"), "NULL");
    assert_string_equal(answer(db, "SELECT count(*) FROM Absent"), "0");
    assert_int_equal(hf_profile_drop_views(db, &profile, NULL), 0);
    assert_int_equal(sqlite3_exec(db, "SELECT colour FROM Note", NULL, NULL, NULL), SQLITE_ERROR);
    sqlite3_close(db);
}

static void a_statement_is_left_out_where_columns_are_lacking(void **state)
{
    (void)state;
    hf_auto(hf_profile) struct hf_profile profile = {0};
    static const char sql[] = "-- @when Note.id Note.colour\nSELECT 1;"
                              "-- @when not Note.id Note.colour\nSELECT 2;"
                              "-- @when Note.id\nSELECT 3;";
    const bool runs[] = {false, true, true};
    assert_int_equal(parse(&profile, good_yml, sql, "", NULL), 0);
    sqlite3 *db = database("CREATE TABLE Note(id, body)");
    for (size_t i = 0; i < 3; i++) {
        sqlite3_stmt *prepared = NULL;
        assert_int_equal(hf_profile_prepare(db, &profile.export_script,
                                            &profile.export_script.statements[i], &prepared, NULL),
                         0);
        assert_int_equal(prepared != NULL, runs[i]);
        sqlite3_finalize(prepared);
    }
    sqlite3_close(db);
}

static void a_script_may_not_leave_its_transaction(void **state)
{
    (void)state;
    static const char *const statements[] = {"COMMIT;",
                                             "SAVEPOINT a;",
                                             "ATTACH 'x' AS y;",
                                             "PRAGMA foreign_keys = OFF;",
                                             "DELETE FROM main.Note;",
                                             "CREATE TABLE x(y);"};
    sqlite3 *db = database("CREATE TABLE Note(id, body)");
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        hf_auto(hf_profile) struct hf_profile profile = {0};
        sqlite3_stmt *prepared = NULL;
        struct hf_error err = {0};
        assert_int_equal(parse(&profile, good_yml, statements[i], "", NULL), 0);
        assert_int_equal(hf_profile_prepare(db, &profile.export_script,
                                            profile.export_script.statements, &prepared, &err),
                         -1);
        assert_int_equal(err.code, HF_CONFIG);
        assert_string_equal(err.text, "notes/export.sql line 1: not authorized");
    }
    sqlite3_close(db);
}

static void the_built_in_profiles_can_be_read(void **state)
{
    (void)state;
    hf_auto(hf_profiles) struct hf_profiles profiles = {0};
    struct hf_error err = {0};
    assert_int_equal(hf_profiles_load(&profiles, NULL, hf_env_system(), &err), 0);
    assert_non_null(hf_profiles_find(&profiles, "jellyfin-ai-recommender", &err));
    assert_null(hf_profiles_find(&profiles, "nobody", &err));
    assert_int_equal(err.code, HF_USAGE);
    assert_string_equal(err.text, "there is no profile 'nobody'");
}

static void write_profile(const struct hf_scratch *scratch, const char *name, const char *yml)
{
    static const char *const files[] = {"profile.yml", "export.sql", "import.sql"};
    hf_auto_free char *folder = hf_scratch_path(scratch, name);
    assert_int_equal(mkdir(folder, 0700), 0);
    for (size_t i = 0; i < 3; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        hf_scratch_write(path, i ? "SELECT 1;" : yml, strlen(i ? "SELECT 1;" : yml));
    }
}

static void a_folder_of_ones_own_adds_and_replaces(void **state)
{
    (void)state;
    hf_auto(hf_scratch) struct hf_scratch scratch;
    hf_scratch_init(&scratch);
    write_profile(&scratch, "notes", good_yml);
    write_profile(&scratch, "jellyfin-ai-recommender", good_yml);
    hf_auto_free char *other = hf_scratch_path(&scratch, "README");
    hf_scratch_write(other, "x", 1);
    hf_auto(hf_profiles) struct hf_profiles profiles = {0};
    struct hf_error err = {0};
    assert_int_equal(hf_profiles_load(&profiles, scratch.path, hf_env_system(), &err), 0);
    assert_int_equal(profiles.count, 2);
    assert_string_equal(hf_profiles_find(&profiles, "jellyfin-ai-recommender", &err)->title,
                        "Notes");
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct hf_profiles profiles;
    struct hf_error err = {0};
    assert_int_equal(hf_profiles_load(&profiles, "/nonexistent/x", hf_env_system(), &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
}

static void a_database_is_known_by_its_columns(void **state)
{
    (void)state;
    hf_auto(hf_scratch) struct hf_scratch scratch;
    hf_scratch_init(&scratch);
    write_profile(&scratch, "notes", good_yml);
    write_profile(&scratch, "coloured",
                  "title: c\ntables: {Note: [body]}\nidentified-by: [Note.body, Note.colour]\n");
    hf_auto(hf_profiles) struct hf_profiles profiles = {0};
    assert_int_equal(hf_profiles_load(&profiles, scratch.path, hf_env_system(), NULL), 0);
    static const struct {
        const char *sql, *name;
    } cases[] = {
        {"CREATE TABLE Note(id, body)", "notes"},
        {"CREATE TABLE note(id, BODY, Colour)", "coloured"},
        {"CREATE TABLE Other(id)", NULL},
    };
    for (size_t i = 0; i < 3; i++) {
        const struct hf_profile *found;
        sqlite3 *db = database(cases[i].sql);
        assert_int_equal(hf_profiles_detect(&profiles, db, &found, NULL), 0);
        if (cases[i].name)
            assert_string_equal(found->name, cases[i].name);
        else
            assert_null(found);
        sqlite3_close(db);
    }
}

static void a_version_is_told_by_columns(void **state)
{
    (void)state;
    hf_auto(hf_profile) struct hf_profile profile = {0};
    static const char yml[] = "title: x\ntables: {Note: [id]}\nidentified-by: [Note.id]\n"
                              "versions:\n"
                              "  - {name: new, columns: [Note.colour]}\n"
                              "  - {name: old, columns: [Note.id]}\n";
    const char *name;
    assert_int_equal(parse(&profile, yml, "", "", NULL), 0);
    sqlite3 *db = database("CREATE TABLE Note(id, body)");
    assert_int_equal(hf_profile_version(db, &profile, &name, NULL), 0);
    assert_string_equal(name, "old");
    sqlite3_exec(db, "ALTER TABLE Note ADD COLUMN colour", NULL, NULL, NULL);
    assert_int_equal(hf_profile_version(db, &profile, &name, NULL), 0);
    assert_string_equal(name, "new");
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_profile_is_read),
        cmocka_unit_test(mistakes_in_profile_yml_have_a_line),
        cmocka_unit_test(mistakes_in_sql_files_have_a_line),
        cmocka_unit_test(statements_end_where_sqlite_says_so),
        cmocka_unit_test(views_have_the_columns_of_every_version),
        cmocka_unit_test(a_statement_is_left_out_where_columns_are_lacking),
        cmocka_unit_test(a_script_may_not_leave_its_transaction),
        cmocka_unit_test(the_built_in_profiles_can_be_read),
        cmocka_unit_test(a_folder_of_ones_own_adds_and_replaces),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
        cmocka_unit_test(a_database_is_known_by_its_columns),
        cmocka_unit_test(a_version_is_told_by_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
