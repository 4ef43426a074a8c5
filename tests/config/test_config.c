#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/databases.h"
#include "config/settings.h"

/* Each test has an empty current directory of its own. */
struct world {
    char folder[64];
    struct hf_config_input input;
    struct hf_config config;
    struct hf_error err;
    const char *environment[8];
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    strcpy(world->folder, "/tmp/hf-config-XXXXXX");
    if (!world || !mkdtemp(world->folder) || chdir(world->folder))
        return -1;
    world->input = (struct hf_config_input){.environment = world->environment,
                                            .local_file = "holdfast.yml",
                                            .system_file = "system.yml"};
    *state = world;
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int tear_down(void **state)
{
    struct world *world = *state;
    hf_config_release(&world->config);
    int failed = chdir("/") || nftw(world->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(world);
    return failed;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int load(struct world *world)
{
    hf_config_release(&world->config);
    world->err = (struct hf_error){0};
    return hf_config_load(&world->config, &world->input, hf_env_system(), &world->err);
}

static void loads(struct world *world)
{
    if (load(world))
        fail_msg("%s", world->err.text);
}

/* Loading fails as a wrong setting, with this text and a hint that holds `hint`. */
static void refuses(struct world *world, const char *text, const char *hint)
{
    assert_int_equal(load(world), -1);
    assert_int_equal(world->err.code, HF_CONFIG);
    assert_string_equal(world->err.text, text);
    if (!strstr(world->err.hint, hint))
        fail_msg("hint '%s' does not hold '%s'", world->err.hint, hint);
}

static void refuses_file(struct world *world, const char *yaml, const char *text, const char *hint)
{
    write_file("holdfast.yml", yaml);
    refuses(world, text, hint);
}

static void assert_value(const struct world *world, enum hf_setting setting, const char *text,
                         const char *source)
{
    const struct hf_value *value = &world->config.values[setting];
    if (text)
        assert_string_equal(value->text, text);
    else
        assert_null(value->text);
    assert_string_equal(value->source, source);
}

static void nothing_set_is_all_defaults(void **state)
{
    struct world *world = *state;
    loads(world);
    for (int i = 0; i < HF_SETTING_COUNT; i++)
        assert_value(world, (enum hf_setting)i, hf_setting_rows[i].initial, "default");
    assert_int_equal(world->config.database_count, 0);
}

static void a_flag_wins_over_the_environment_and_that_over_the_file(void **state)
{
    struct world *world = *state;
    write_file("holdfast.yml", "# where\nrepository: /from/file\n");
    loads(world);
    assert_value(world, HF_SETTING_REPOSITORY, "/from/file", "holdfast.yml line 2");
    world->environment[0] = "HOLDFAST_REPOSITORY=/from/environment";
    loads(world);
    assert_value(world, HF_SETTING_REPOSITORY, "/from/environment", "HOLDFAST_REPOSITORY");
    world->input.flags[HF_SETTING_REPOSITORY] = "/from/flag";
    loads(world);
    assert_value(world, HF_SETTING_REPOSITORY, "/from/flag", "--repository");
}

static void a_local_file_wins_over_the_system_file(void **state)
{
    struct world *world = *state;
    write_file("system.yml", "repository: /system\n");
    loads(world);
    assert_value(world, HF_SETTING_REPOSITORY, "/system", "system.yml line 1");
    write_file("holdfast.yml", "repository: /local\n");
    loads(world);
    assert_value(world, HF_SETTING_REPOSITORY, "/local", "holdfast.yml line 1");
}

static void a_named_file_is_the_only_one_read_and_must_exist(void **state)
{
    struct world *world = *state;
    write_file("holdfast.yml", "nonsense: 1\n");
    write_file("other.yml", "repository: /other\n");
    world->environment[0] = "HOLDFAST_CONFIG=other.yml";
    loads(world);
    assert_value(world, HF_SETTING_REPOSITORY, "/other", "other.yml line 1");
    world->input.flags[HF_SETTING_CONFIG] = "missing.yml";
    refuses(world, "open 'missing.yml': No such file or directory", "");
}

/* "the value" would not do. */
static bool is_checked(enum hf_setting setting)
{
    struct hf_error err = {0};
    return hf_setting_check(setting, "the value", "test", &err) != 0;
}

static void every_variable_may_be_given_as_a_file(void **state)
{
    struct world *world = *state;
    write_file("value", "the value\n");
    for (int i = 0; i < HF_SETTING_COUNT; i++) {
        if (i == HF_SETTING_CONFIG || i == HF_SETTING_NAME || is_checked((enum hf_setting)i))
            continue;
        char entry[64];
        snprintf(entry, sizeof entry, "%s_FILE=value", hf_setting_variable((enum hf_setting)i));
        world->environment[0] = entry;
        world->environment[1] = "HOLDFAST_NAME=main";
        world->environment[2] = i == HF_SETTING_DB ? NULL : "HOLDFAST_DB=main.db";
        loads(world);
        *strchr(entry, '=') = 0;
        assert_value(world, (enum hf_setting)i, "the value", entry);
    }
}

static void a_value_file_loses_one_newline_and_keeps_blanks(void **state)
{
    struct world *world = *state;
    world->environment[0] = "HOLDFAST_PASSPHRASE_FILE=value";
    write_file("value", " open sesame \r\n");
    loads(world);
    assert_value(world, HF_SETTING_PASSPHRASE, " open sesame ", "HOLDFAST_PASSPHRASE_FILE");
    write_file("value", "open sesame");
    loads(world);
    assert_value(world, HF_SETTING_PASSPHRASE, "open sesame", "HOLDFAST_PASSPHRASE_FILE");
}

static void a_value_file_must_hold_one_line(void **state)
{
    struct world *world = *state;
    world->environment[0] = "HOLDFAST_PASSPHRASE_FILE=value";
    write_file("value", "\n");
    refuses(world, "HOLDFAST_PASSPHRASE_FILE: 'value' is empty", "");
    write_file("value", "one\ntwo\n");
    refuses(world, "HOLDFAST_PASSPHRASE_FILE: 'value' holds more than one line of text", "");
    unlink("value");
    refuses(world, "HOLDFAST_PASSPHRASE_FILE: open 'value': No such file or directory",
            "a readable file that holds the passphrase");
}

static void a_variable_and_its_file_at_once_is_an_error(void **state)
{
    struct world *world = *state;
    write_file("value", "one");
    world->environment[0] = "HOLDFAST_PASSPHRASE=two";
    world->environment[1] = "HOLDFAST_PASSPHRASE_FILE=value";
    refuses(world, "HOLDFAST_PASSPHRASE and HOLDFAST_PASSPHRASE_FILE are both set",
            "unset one of them");
}

static void an_empty_value_is_an_error_and_not_a_default(void **state)
{
    struct world *world = *state;
    world->environment[0] = "HOLDFAST_PASSPHRASE=";
    refuses(world, "HOLDFAST_PASSPHRASE is empty", "leave it out");
    world->environment[0] = NULL;
    world->input.flags[HF_SETTING_REPOSITORY] = "";
    refuses(world, "--repository is empty", "leave it out");
}

static void a_flag_for_a_secret_names_its_file(void **state)
{
    struct world *world = *state;
    write_file("pw", "sesame\n");
    world->input.flags[HF_SETTING_PASSPHRASE] = "pw";
    loads(world);
    assert_value(world, HF_SETTING_PASSPHRASE, "sesame", "--passphrase-file");
}

static void of_several_kinds_of_key_the_strongest_source_counts(void **state)
{
    struct world *world = *state;
    write_file("pw", "sesame\n");
    write_file("holdfast.yml", "passphrase-file: pw\n");
    world->environment[0] = "HOLDFAST_KEYFILE=/key";
    loads(world);
    assert_value(world, HF_SETTING_KEYFILE, "/key", "HOLDFAST_KEYFILE");
    assert_value(world, HF_SETTING_PASSPHRASE, NULL, "default");
}

static void two_kinds_of_key_from_one_source_are_an_error(void **state)
{
    struct world *world = *state;
    write_file("pw", "sesame\n");
    refuses_file(world, "passphrase-file: pw\nkeyfile: /key\n",
                 "holdfast.yml line 1 and holdfast.yml line 2 are both given",
                 "one of them opens the repository");
}

static void paths_in_a_file_are_relative_to_the_file(void **state)
{
    struct world *world = *state;
    assert_int_equal(mkdir("etc", 0700), 0);
    write_file("etc/my.yml", "repository: backups\nkeyfile: /abs\n"
                             "databases:\n  - path: data/dev.db\n");
    world->input.flags[HF_SETTING_CONFIG] = "etc/my.yml";
    loads(world);
    assert_value(world, HF_SETTING_REPOSITORY, "etc/backups", "etc/my.yml line 1");
    assert_value(world, HF_SETTING_KEYFILE, "/abs", "etc/my.yml line 2");
    assert_string_equal(world->config.databases[0].path, "etc/data/dev.db");
}

static void an_address_is_not_taken_for_a_path(void **state)
{
    struct world *world = *state;
    assert_int_equal(mkdir("etc", 0700), 0);
    write_file("etc/my.yml", "repository: s3://bucket/place\n");
    world->input.flags[HF_SETTING_CONFIG] = "etc/my.yml";
    loads(world);
    assert_value(world, HF_SETTING_REPOSITORY, "s3://bucket/place", "etc/my.yml line 1");
}

static void an_empty_file_sets_nothing(void **state)
{
    struct world *world = *state;
    write_file("holdfast.yml", "");
    loads(world);
    write_file("holdfast.yml", "# nothing but a comment\n");
    loads(world);
    assert_value(world, HF_SETTING_REPOSITORY, NULL, "default");
    assert_value(world, HF_SETTING_CONFIG, "holdfast.yml", "found there");
}

static void an_unknown_key_names_its_line_and_the_nearest_key(void **state)
{
    struct world *world = *state;
    refuses_file(world, "\nrepositry: /r\n", "holdfast.yml line 2: unknown key 'repositry'",
                 "did you mean 'repository'?");
    refuses_file(world, "databases:\n  - path: a.db\n    nmae: a\n",
                 "holdfast.yml line 3: unknown key 'nmae'", "did you mean 'name'?");
    refuses_file(world, "qwertyuiop: 1\n", "holdfast.yml line 1: unknown key 'qwertyuiop'",
                 "the keys here are repository, passphrase-file");
}

static void a_key_given_twice_is_an_error(void **state)
{
    refuses_file(*state, "repository: /a\nrepository: /b\n",
                 "holdfast.yml line 2: 'repository' is given twice", "");
}

static void a_value_of_the_wrong_type_is_an_error(void **state)
{
    struct world *world = *state;
    refuses_file(world, "repository: [a]\n",
                 "holdfast.yml line 1: 'repository' must be text, not a list", "");
    refuses_file(world, "repository:\n  a: b\n",
                 "holdfast.yml line 2: 'repository' must be text, not a mapping", "");
    refuses_file(world, "repository:\n", "holdfast.yml line 1: 'repository' has no value", "");
    refuses_file(world, "repository: ~\n", "holdfast.yml line 1: 'repository' has no value", "");
    refuses_file(world, "databases: a.db\n",
                 "holdfast.yml line 1: 'databases' must be a list ('- path: ...')", "");
    refuses_file(world, "databases:\n  - a.db\n",
                 "holdfast.yml line 2: an entry of 'databases' must be a mapping ('key: value')",
                 "");
    refuses_file(world, "- a\n",
                 "holdfast.yml line 1: a configuration must be a mapping ('key: value')", "");
    refuses_file(world, "[a]: b\n", "holdfast.yml line 1: a key must be text", "");
}

static void an_entry_needs_a_path(void **state)
{
    refuses_file(*state, "databases:\n  - name: a\n",
                 "holdfast.yml line 2: this entry of 'databases' has no 'path'", "");
}

static void what_is_not_yaml_is_an_error_with_its_line(void **state)
{
    struct world *world = *state;
    write_file("holdfast.yml", "repository: /a\n\t- b: [\n");
    assert_int_equal(load(world), -1);
    assert_int_equal(world->err.code, HF_CONFIG);
    assert_non_null(strstr(world->err.text, "holdfast.yml line 2 is not YAML: "));
    write_file("holdfast.yml", "repository: \xff\xfe\n");
    assert_int_equal(load(world), -1);
    assert_non_null(strstr(world->err.text, "holdfast.yml is not YAML: "));
}

static void without_a_repository_history_is_kept_beside_the_first_database(void **state)
{
    struct world *world = *state;
    world->environment[0] = "HOLDFAST_DB=/data/dev.db";
    loads(world);
    assert_value(world, HF_SETTING_REPOSITORY, "/data/backups", "default");
    world->environment[0] = "HOLDFAST_DB=dev.db";
    loads(world);
    assert_value(world, HF_SETTING_REPOSITORY, "./backups", "default");
    world->environment[0] = NULL;
    write_file("holdfast.yml", "databases:\n  - path: /a/one.db\n  - path: /b/two.db\n");
    loads(world);
    assert_value(world, HF_SETTING_REPOSITORY, "/a/backups", "default");
    write_file("holdfast.yml", "repository: /r\ndatabase: /a/one.db\n");
    loads(world);
    assert_value(world, HF_SETTING_REPOSITORY, "/r", "holdfast.yml line 1");
}

static void checked_values_can_be_asked_for_what_they_mean(void **state)
{
    struct world *world = *state;
    loads(world);
    assert_int_equal(hf_config_choice(&world->config, HF_SETTING_ON_MISSING), HF_MISSING_RESTORE);
    assert_int_equal(hf_config_duration(&world->config, HF_SETTING_READY_TIMEOUT), 60000);
    assert_int_equal(hf_config_count(&world->config, HF_SETTING_KEEP_COPIES), 20);
    assert_false(hf_config_switch(&world->config, HF_SETTING_ACCEPT_DATA_LOSS));
    write_file("holdfast.yml", "on-missing: fresh\nready-timeout: 2m\nkeep-copies: 3\n"
                               "accept-data-loss: true\nrestart: no\nlog: json\n"
                               "on-failed-start: keep\nstop-timeout: 1500ms\n");
    loads(world);
    assert_int_equal(hf_config_choice(&world->config, HF_SETTING_ON_MISSING), HF_MISSING_FRESH);
    assert_int_equal(hf_config_duration(&world->config, HF_SETTING_READY_TIMEOUT), 120000);
    assert_int_equal(hf_config_duration(&world->config, HF_SETTING_STOP_TIMEOUT), 1500);
    assert_int_equal(hf_config_count(&world->config, HF_SETTING_KEEP_COPIES), 3);
    assert_true(hf_config_switch(&world->config, HF_SETTING_ACCEPT_DATA_LOSS));
    assert_int_equal(hf_config_choice(&world->config, HF_SETTING_RESTART), HF_RESTART_NO);
    assert_int_equal(hf_config_choice(&world->config, HF_SETTING_LOG), HF_LOG_JSON);
    assert_int_equal(hf_config_choice(&world->config, HF_SETTING_ON_FAILED_START), HF_FAILED_KEEP);
}

static void the_flag_of_a_switch_means_yes(void **state)
{
    struct world *world = *state;
    world->environment[0] = "HOLDFAST_ACCEPT_DATA_LOSS=no";
    loads(world);
    assert_false(hf_config_switch(&world->config, HF_SETTING_ACCEPT_DATA_LOSS));
    world->input.flags[HF_SETTING_ACCEPT_DATA_LOSS] = "";
    loads(world);
    assert_true(hf_config_switch(&world->config, HF_SETTING_ACCEPT_DATA_LOSS));
}

static void a_value_that_means_nothing_is_an_error_with_its_line(void **state)
{
    struct world *world = *state;
    refuses_file(world, "\non-missing: restroe\n",
                 "holdfast.yml line 2: 'restroe' is no value of 'on-missing'",
                 "did you mean 'restore'?");
    refuses_file(world, "restart: whatever\n",
                 "holdfast.yml line 1: 'whatever' is no value of 'restart'",
                 "one of no, on-failure, always");
    refuses_file(world, "ready-timeout: soon\n", "holdfast.yml line 1: 'soon' is no duration",
                 "for example 30s");
    refuses_file(world, "stop-timeout: 25h\n", "holdfast.yml line 1: '25h' is no duration",
                 "at most 24h");
    refuses_file(world, "keep-copies: -1\n",
                 "holdfast.yml line 1: '-1' is no number from 0 to 1000000", "");
    refuses_file(world, "accept-data-loss: maybe\n", "holdfast.yml line 1: 'maybe' is no yes or no",
                 "true or false");
    refuses_file(world, "ready: localhost:3000\n",
                 "holdfast.yml line 1: 'localhost:3000' is no address", "http://127.0.0.1");
    refuses_file(world, "user: 'a:b:c'\n", "holdfast.yml line 1: 'a:b:c' is no user", "1000:1000");
    refuses_file(world, "accept-data-lost: true\n",
                 "holdfast.yml line 1: unknown key 'accept-data-lost'",
                 "did you mean 'accept-data-loss'?");
}

static void variables_of_other_images_count_unless_they_are_empty(void **state)
{
    struct world *world = *state;
    world->environment[0] = "DATA_DIR=/data";
    world->environment[1] = "PUID=1000";
    world->environment[2] = "PGID=100";
    loads(world);
    assert_value(world, HF_SETTING_DATA_DIR, "/data", "DATA_DIR");
    assert_value(world, HF_SETTING_USER, "1000:100", "PUID and PGID");
    world->environment[2] = "PGID=";
    loads(world);
    assert_value(world, HF_SETTING_USER, "1000", "PUID");
    world->environment[3] = "HOLDFAST_USER=app";
    world->environment[4] = "HOLDFAST_DATA_DIR=/own";
    loads(world);
    assert_value(world, HF_SETTING_USER, "app", "HOLDFAST_USER");
    assert_value(world, HF_SETTING_DATA_DIR, "/own", "HOLDFAST_DATA_DIR");
    memset(world->environment, 0, sizeof world->environment);
    world->environment[0] = "PGID=100";
    refuses(world, "PGID is set, but not PUID", "PUID");
}

static void commands_are_lines_for_the_shell_or_lists_of_words(void **state)
{
    struct world *world = *state;
    write_file("holdfast.yml", "generate:\n  - npx prisma generate\n  - [node, 'a b.js']\n");
    loads(world);
    const struct hf_config_command *list = world->config.generate;
    assert_int_equal(world->config.generate_count, 2);
    assert_string_equal(list[0].words[0], "/bin/sh");
    assert_string_equal(list[0].words[2], "npx prisma generate");
    assert_null(list[0].words[3]);
    assert_string_equal(list[1].words[1], "a b.js");
    assert_null(list[1].words[2]);
    assert_string_equal(list[1].source, "holdfast.yml line 3");
    write_file("holdfast.yml", "generate: make\n");
    loads(world);
    assert_string_equal(world->config.generate[0].words[2], "make");
    refuses_file(world, "generate:\n  - a: b\n",
                 "holdfast.yml line 2: 'generate' must be text, not a mapping", "");
    refuses_file(world, "generate:\n  - []\n",
                 "holdfast.yml line 2: this entry of 'generate' is empty", "");
}

static void a_second_document_is_an_error(void **state)
{
    refuses_file(*state, "repository: /a\n---\nrepository: /b\n",
                 "holdfast.yml line 3: a second document; a configuration is one", "");
}

static void a_database_is_named_after_its_file(void **state)
{
    struct world *world = *state;
    write_file("holdfast.yml", "databases:\n  - path: /data/dev.prod.db\n"
                               "  - path: /data/lib.db\n    name: library\n");
    loads(world);
    assert_int_equal(world->config.database_count, 2);
    assert_string_equal(world->config.databases[0].name, "dev.prod");
    assert_string_equal(world->config.databases[0].source, "holdfast.yml line 2");
    assert_string_equal(world->config.databases[1].name, "library");
}

static void one_database_has_a_short_form(void **state)
{
    struct world *world = *state;
    write_file("holdfast.yml", "database: /data/dev.db\n");
    loads(world);
    assert_int_equal(world->config.database_count, 1);
    assert_string_equal(world->config.databases[0].path, "/data/dev.db");
    assert_string_equal(world->config.databases[0].name, "dev");
}

static void a_database_from_outside_replaces_the_files_list(void **state)
{
    struct world *world = *state;
    write_file("holdfast.yml", "database: /data/dev.db\n");
    world->environment[0] = "HOLDFAST_DB=/other/app.db";
    world->input.flags[HF_SETTING_NAME] = "mine";
    loads(world);
    assert_int_equal(world->config.database_count, 1);
    assert_string_equal(world->config.databases[0].path, "/other/app.db");
    assert_string_equal(world->config.databases[0].name, "mine");
    assert_string_equal(world->config.databases[0].source, "HOLDFAST_DB");
}

static void a_name_without_a_database_is_an_error(void **state)
{
    struct world *world = *state;
    world->input.flags[HF_SETTING_NAME] = "mine";
    refuses(world, "--name names a database, but none is given", "--db or HOLDFAST_DB");
}

static void names_must_be_unique(void **state)
{
    refuses_file(*state, "databases:\n  - path: /a/dev.db\n  - path: /b/dev.db\n",
                 "holdfast.yml line 3: '/b/dev.db' and '/a/dev.db' (holdfast.yml line 2) would "
                 "both be named 'dev'",
                 "another with 'name:'");
}

static void a_name_has_a_plain_alphabet(void **state)
{
    struct world *world = *state;
    const char *good[] = {"a", "A-b_c.9", "0"}, *bad[] = {"", "a b", "..", "-x", "_x", "a/b"};
    for (size_t i = 0; i < 3; i++)
        assert_true(hf_database_name_ok(good[i]));
    for (size_t i = 0; i < 6; i++)
        assert_false(hf_database_name_ok(bad[i]));
    char long_name[66];
    memset(long_name, 'a', 65);
    long_name[65] = 0;
    assert_false(hf_database_name_ok(long_name));
    assert_true(hf_database_name_ok(long_name + 1));
    refuses_file(world, "databases:\n  - path: a.db\n    name: a b\n",
                 "holdfast.yml line 3: 'a b' cannot be a database's name", "1 to 64");
}

static void a_file_whose_name_will_not_do_gets_a_proposal(void **state)
{
    struct world *world = *state;
    world->input.flags[HF_SETTING_DB] = "/data/My notes (old).db";
    refuses(world,
            "--db: 'My notes (old)' cannot be a database's name: 1 to 64 of A-Z a-z 0-9 . _ -",
            "--name My-notes-old");
    world->input.flags[HF_SETTING_DB] = "/data/\xc3\xa9.db";
    refuses(world, "--db: '\xc3\xa9' cannot be a database's name: 1 to 64 of A-Z a-z 0-9 . _ -",
            "--name main");
}

static void a_pattern_stands_for_every_match_but_not_for_companions(void **state)
{
    struct world *world = *state;
    assert_int_equal(mkdir("tenants", 0700), 0);
    assert_int_equal(mkdir("tenants/folder.db", 0700), 0);
    write_file("tenants/b.db", "");
    write_file("tenants/a.db", "");
    write_file("tenants/a.db-wal", "");
    write_file("tenants/a.db-shm", "");
    write_file("tenants/a.db-journal", "");
    write_file("tenants/a.db-holdfast", "");
    write_file("tenants/a.db.backup_startup", "");
    write_file("tenants/a.db.holdfast-lock", "");
    write_file("tenants/a.db.corrupt-2026-11-23T14-05-10", "");
    write_file("tenants/a.db.corrupt-2026-11-23T14-05-10-wal", "");
    write_file("tenants/a.db.replaced-1700000000000", "");
    write_file("holdfast.yml", "databases:\n  - path: tenants/*.db*\n");
    loads(world);
    assert_int_equal(world->config.database_count, 2);
    assert_string_equal(world->config.databases[0].path, "tenants/a.db");
    assert_string_equal(world->config.databases[1].name, "b");
    assert_int_equal(world->config.notice_count, 0);
}

static void a_pattern_that_matches_nothing_is_a_notice(void **state)
{
    struct world *world = *state;
    write_file("holdfast.yml", "databases:\n  - path: tenants/*.db\n");
    loads(world);
    assert_int_equal(world->config.database_count, 0);
    assert_int_equal(world->config.notice_count, 1);
    assert_string_equal(world->config.notices[0],
                        "holdfast.yml line 2: 'tenants/*.db' matches no file");
}

static void a_file_that_is_named_like_a_pattern_is_a_file(void **state)
{
    struct world *world = *state;
    write_file("[a].db", "");
    write_file("holdfast.yml", "databases:\n  - path: '[a].db'\n    name: a\n");
    loads(world);
    assert_string_equal(world->config.databases[0].path, "[a].db");
}

static void a_pattern_takes_no_name(void **state)
{
    refuses_file(*state, "databases:\n  - path: '*.db'\n    name: a\n",
                 "holdfast.yml line 2: '*.db' may match several files, which cannot all be 'a'",
                 "leave out 'name'");
}

static void expands(struct world *world, size_t count)
{
    world->err = (struct hf_error){0};
    if (hf_databases_expand(&world->config, &world->err))
        fail_msg("%s", world->err.text);
    assert_int_equal(world->config.database_count, count);
}

static void a_pattern_finds_files_that_come_later(void **state)
{
    struct world *world = *state;
    write_file("a.db", "");
    write_file("holdfast.yml", "databases:\n  - path: '*.db'\n");
    loads(world);
    expands(world, 1);
    write_file("b.db", "");
    write_file("b.db-wal", "");
    write_file("c.txt", "");
    expands(world, 2);
    assert_string_equal(world->config.databases[1].name, "b");
    /* One that is gone stays known: it may come back. */
    assert_int_equal(remove("a.db"), 0);
    expands(world, 2);
}

static void a_new_file_whose_name_will_not_do_keeps_no_other_out(void **state)
{
    struct world *world = *state;
    write_file("holdfast.yml", "databases:\n  - path: '*/*.db'\n");
    loads(world);
    assert_int_equal(mkdir("1", 0700) | mkdir("2", 0700) | mkdir("3", 0700), 0);
    write_file("1/a.db", "");
    write_file("2/a.db", ""); /* the name is taken */
    write_file("3/b.db", "");
    world->err = (struct hf_error){0};
    assert_int_equal(hf_databases_expand(&world->config, &world->err), -1);
    assert_int_equal(world->err.code, HF_CONFIG);
    assert_int_equal(world->config.database_count, 2);
    assert_string_equal(world->config.databases[1].name, "b");
}

static void settings_of_continuous_protection_mean_what_they_say(void **state)
{
    struct world *world = *state;
    loads(world);
    assert_int_equal(hf_config_choice(&world->config, HF_SETTING_CAPTURE), HF_CAPTURE_WANT_LOG);
    assert_int_equal(hf_config_duration(&world->config, HF_SETTING_SYNC_INTERVAL), 1000);
    assert_false(hf_config_switch(&world->config, HF_SETTING_GENTLE));
    assert_int_equal(hf_config_choice(&world->config, HF_SETTING_KEEP_ZONE), HF_KEEP_ZONE_UTC);
    write_file("holdfast.yml", "capture: scan\nsync-interval: 250ms\ngentle: true\n"
                               "keep-zone: local\n");
    loads(world);
    assert_int_equal(hf_config_choice(&world->config, HF_SETTING_CAPTURE), HF_CAPTURE_WANT_SCAN);
    assert_int_equal(hf_config_duration(&world->config, HF_SETTING_SYNC_INTERVAL), 250);
    assert_true(hf_config_switch(&world->config, HF_SETTING_GENTLE));
    assert_int_equal(hf_config_choice(&world->config, HF_SETTING_KEEP_ZONE), HF_KEEP_ZONE_LOCAL);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(nothing_set_is_all_defaults),
        WORLD_TEST(a_flag_wins_over_the_environment_and_that_over_the_file),
        WORLD_TEST(a_local_file_wins_over_the_system_file),
        WORLD_TEST(a_named_file_is_the_only_one_read_and_must_exist),
        WORLD_TEST(every_variable_may_be_given_as_a_file),
        WORLD_TEST(a_value_file_loses_one_newline_and_keeps_blanks),
        WORLD_TEST(a_value_file_must_hold_one_line),
        WORLD_TEST(a_variable_and_its_file_at_once_is_an_error),
        WORLD_TEST(an_empty_value_is_an_error_and_not_a_default),
        WORLD_TEST(a_flag_for_a_secret_names_its_file),
        WORLD_TEST(of_several_kinds_of_key_the_strongest_source_counts),
        WORLD_TEST(two_kinds_of_key_from_one_source_are_an_error),
        WORLD_TEST(paths_in_a_file_are_relative_to_the_file),
        WORLD_TEST(an_address_is_not_taken_for_a_path),
        WORLD_TEST(an_empty_file_sets_nothing),
        WORLD_TEST(an_unknown_key_names_its_line_and_the_nearest_key),
        WORLD_TEST(a_key_given_twice_is_an_error),
        WORLD_TEST(a_value_of_the_wrong_type_is_an_error),
        WORLD_TEST(an_entry_needs_a_path),
        WORLD_TEST(what_is_not_yaml_is_an_error_with_its_line),
        WORLD_TEST(a_second_document_is_an_error),
        WORLD_TEST(without_a_repository_history_is_kept_beside_the_first_database),
        WORLD_TEST(checked_values_can_be_asked_for_what_they_mean),
        WORLD_TEST(the_flag_of_a_switch_means_yes),
        WORLD_TEST(a_value_that_means_nothing_is_an_error_with_its_line),
        WORLD_TEST(variables_of_other_images_count_unless_they_are_empty),
        WORLD_TEST(commands_are_lines_for_the_shell_or_lists_of_words),
        WORLD_TEST(a_database_is_named_after_its_file),
        WORLD_TEST(one_database_has_a_short_form),
        WORLD_TEST(a_database_from_outside_replaces_the_files_list),
        WORLD_TEST(a_name_without_a_database_is_an_error),
        WORLD_TEST(names_must_be_unique),
        WORLD_TEST(a_name_has_a_plain_alphabet),
        WORLD_TEST(a_file_whose_name_will_not_do_gets_a_proposal),
        WORLD_TEST(a_pattern_stands_for_every_match_but_not_for_companions),
        WORLD_TEST(a_pattern_that_matches_nothing_is_a_notice),
        WORLD_TEST(a_file_that_is_named_like_a_pattern_is_a_file),
        WORLD_TEST(a_pattern_takes_no_name),
        WORLD_TEST(a_pattern_finds_files_that_come_later),
        WORLD_TEST(a_new_file_whose_name_will_not_do_keeps_no_other_out),
        WORLD_TEST(settings_of_continuous_protection_mean_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
