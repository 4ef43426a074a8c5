#include "service/rig.h"

#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "os/process.h"

enum { ROWS = 200 };

static int64_t rows(const struct rig *rig)
{
    return rig_value(rig, "SELECT count(*) FROM film");
}

/* The path of a file in the data directory, until the next call. */
static const char *in_data(const struct rig *rig, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", rig->data, name);
    return path;
}

static void write_text(const char *path, const char *text)
{
    hf_scratch_write(path, text, strlen(text));
}

static void the_exit_code_is_the_applications(void **state)
{
    struct rig *rig = *state;
    rig_fill(rig, ROWS);
    assert_int_equal(rig_boot(rig, "exit 42"), 42);
    rig_said(rig, "[6/6] started sh");
}

static void the_copy_beside_holds_what_is_only_in_the_log(void **state)
{
    struct rig *rig = *state;
    sqlite3 *writer;
    rig_fill(rig, ROWS);
    assert_int_equal(chmod(rig->db, 0640), 0);
    assert_int_equal(sqlite3_open(rig->db, &writer), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(writer, "INSERT INTO film(title) VALUES('in the log')", NULL, NULL, NULL),
        SQLITE_OK);
    rig_boots(rig, "true");
    sqlite3_close(writer);
    struct stat status;
    char *copy = hf_scratch_path(&rig->scratch, "data/app.db.backup_startup"), *db = rig->db;
    assert_int_equal(stat(copy, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    rig->db = copy;
    assert_int_equal(rows(rig), ROWS + 1);
    rig->db = db;
    free(copy);
}

static void every_database_gets_a_restore_point(void **state)
{
    struct rig *rig = *state;
    char *first = rig->db, *second = hf_scratch_path(&rig->scratch, "data/two.db");
    rig_fill(rig, ROWS);
    rig->db = second;
    rig_fill(rig, ROWS);
    rig->db = first;
    write_text(rig->config_path, "databases:\n  - path: data/*.db\n");
    rig->settings[0][0] = 0; /* not HOLDFAST_DB */
    rig_boots(rig, "true");
    rig_said(rig, "[2/6] app: restore point 1");
    rig_said(rig, "[2/6] two: restore point 1");
    hf_scratch_remove(second);
    rig_set(rig, "HOLDFAST_CONFIG=%s", rig->config_path);
    write_text(rig->config_path, "databases:\n  - path: data/app.db\n  - path: data/two.db\n");
    rig_boots(rig, "true");
    rig_said(rig, "two: was missing, brought back from restore point 1");
    rig->db = second;
    assert_int_equal(rows(rig), ROWS);
    rig->db = first;
    free(second);
}

/* The application itself ruins its database, and the last point has it so. */
static void a_point_of_a_damaged_database_is_passed_over(void **state)
{
    struct rig *rig = *state;
    rig_set(rig, "HOLDFAST_CAPTURE=off"); /* so that the end takes a point of what is there */
    rig_fill(rig, ROWS);
    rig_boots(rig, "true");
    rig_boots(rig, "dd if=/dev/zero of=app.db bs=4096 seek=1 count=4 conv=notrunc 2>/dev/null");
    rig_boots(rig, "true");
    rig_said(rig, "restore point 2 is passed over");
    rig_said(rig, "was damaged, brought back from restore point 1");
    assert_int_equal(rows(rig), ROWS);
    assert_true(rig_files(rig, "app.db.corrupt-") >= 1);
}

static void without_a_repository_the_copy_of_the_last_start_comes_back(void **state)
{
    struct rig *rig = *state;
    rig_fill(rig, ROWS);
    rig_boots(rig, "true");
    rig_set(rig, "HOLDFAST_ON_UNPROTECTED=start");
    hf_scratch_remove(rig->repository);
    assert_int_equal(truncate(rig->db, 5000), 0);
    rig_boots(rig, "true");
    rig_said(rig, "brought back from the copy of the last start");
    assert_int_equal(rows(rig), ROWS);
}

static void a_link_to_the_database_stays_a_link(void **state)
{
    struct rig *rig = *state;
    char *real = hf_scratch_path(&rig->scratch, "real.db"), *link = rig->db;
    rig->db = real;
    rig_fill(rig, ROWS);
    rig->db = link;
    assert_int_equal(symlink(real, link), 0);
    rig_boots(rig, "true");
    assert_int_equal(truncate(real, 5000), 0);
    rig_boots(rig, "true");
    struct stat status;
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(rows(rig), ROWS);
    free(real);
}

static void a_link_to_a_missing_database_stays_a_link(void **state)
{
    struct rig *rig = *state;
    char *real = hf_scratch_path(&rig->scratch, "real.db"), *link = rig->db;
    rig->db = real;
    rig_fill(rig, ROWS);
    rig->db = link;
    assert_int_equal(symlink("../real.db", link), 0);
    rig_boots(rig, "true");
    assert_int_equal(unlink(real), 0);
    rig_boots(rig, "true");
    struct stat status;
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(lstat(real, &status), 0);
    assert_int_equal(rows(rig), ROWS);
    free(real);
}

/* As `cp -r` leaves it when a folder moves to another machine. */
static void a_copy_that_was_copied_is_not_taken_for_the_newest(void **state)
{
    struct rig *rig = *state;
    hf_auto_free char *copy = hf_scratch_path(&rig->scratch, "data/app.db.backup_startup");
    hf_auto_free char *older = hf_scratch_path(&rig->scratch, "older");
    rig_fill(rig, ROWS);
    rig_boots(rig, "true");
    assert_int_equal(hf_file_copy(hf_env_system(), copy, older, 0600, NULL), 0);
    rig_sql(rig, "INSERT INTO film(title) VALUES('acknowledged')");
    rig_boots(rig, "true");
    assert_int_equal(hf_file_copy(hf_env_system(), older, copy, 0600, NULL), 0);
    assert_int_equal(truncate(rig->db, 5000), 0);
    rig_boots(rig, "true");
    rig_said(rig, "brought back from restore point 2");
    assert_int_equal(rows(rig), ROWS + 1);
}

static void what_root_brings_back_belongs_to_whom_it_belonged(void **state)
{
    struct rig *rig = *state;
    struct stat status;
    if (geteuid() != 0)
        skip();
    rig_fill(rig, ROWS);
    assert_int_equal(chown(rig->db, 1234, 1235), 0);
    rig_boots(rig, "true");
    assert_int_equal(truncate(rig->db, 5000), 0);
    rig_boots(rig, "true");
    assert_int_equal(stat(rig->db, &status), 0);
    assert_int_equal(status.st_uid, 1234);
    assert_int_equal(unlink(rig->db), 0);
    rig_boots(rig, "true");
    assert_int_equal(stat(rig->db, &status), 0);
    assert_int_equal(status.st_uid, 1234);
    assert_int_equal(status.st_gid, 1235);
}

static void a_locked_database_stops_the_boot(void **state)
{
    struct rig *rig = *state;
    sqlite3 *other;
    rig_fill(rig, ROWS);
    rig_sql(rig, "PRAGMA journal_mode = delete");
    assert_int_equal(sqlite3_open(rig->db, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(rig_boot(rig, "touch started"), RIG_FAILED + HF_LOCKED);
    sqlite3_close(other);
    assert_int_equal(rig_files(rig, "started"), 0);
}

static void damage_that_somebody_has_open_is_not_set_aside(void **state)
{
    struct rig *rig = *state;
    rig_fill(rig, ROWS);
    rig_boots(rig, "true");
    assert_int_equal(truncate(rig->db, 5000), 0);
    int fd = open(rig->db, O_RDWR | O_CLOEXEC);
    assert_int_equal(rig_boot(rig, "touch started"), RIG_FAILED + HF_LOCKED);
    close(fd);
    assert_int_equal(rig_files(rig, "corrupt-"), 0);
    rig_boots(rig, "true");
    assert_int_equal(rows(rig), ROWS);
}

/* As another `holdfast run` has it. */
static int lock_of(struct rig *rig, int how)
{
    int fd = open(in_data(rig, "app.db.holdfast-lock"), O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, how), 0);
    return fd;
}

static void nothing_is_put_in_the_place_of_a_database_that_another_run_works_with(void **state)
{
    struct rig *rig = *state;
    rig_fill(rig, ROWS);
    rig_boots(rig, "true");
    int fd = lock_of(rig, LOCK_SH);
    rig_boots(rig, "true");
    assert_int_equal(unlink(rig->db), 0);
    assert_int_equal(rig_boot(rig, "touch started"), RIG_FAILED + HF_LOCKED);
    rig_said(rig, "another 'holdfast run' works with it");
    assert_int_equal(rig_files(rig, "started"), 0);
    close(fd);
    rig_boots(rig, "true");
    assert_int_equal(rows(rig), ROWS);
}

/* Boots until somebody waits for it. */
static int boot_for_long(void *context)
{
    const struct rig *rig = context;
    bool seen = false;
    while (!seen) {
        hf_auto(hf_buf) struct hf_buf log = {0};
        hf_scratch_read(rig->log_path, &log);
        seen = log.length && memmem(log.data, log.length, "waiting until", 13);
        poll(NULL, 0, 5);
    }
    return 0;
}

static void one_run_boots_at_a_time(void **state)
{
    struct rig *rig = *state;
    pid_t pid;
    int status;
    rig_fill(rig, ROWS);
    rig_boots(rig, "true");
    assert_int_equal(unlink(rig->db), 0);
    int fd = lock_of(rig, LOCK_EX);
    assert_int_equal(hf_child_fork(&pid, boot_for_long, rig, NULL), 0);
    close(fd);
    rig_boots(rig, "true");
    rig_said(rig, "waiting until that is done");
    assert_int_equal(hf_child_wait(pid, &status, NULL), 0);
    assert_int_equal(status, 0);
    assert_int_equal(rows(rig), ROWS);
}

static void an_unreachable_repository_stops_the_boot_unless_told_otherwise(void **state)
{
    struct rig *rig = *state;
    rig_fill(rig, ROWS);
    write_text(rig->repository, "this is no folder");
    int status = rig_boot(rig, "touch started");
    assert_int_equal(status, RIG_FAILED + HF_UNREACHABLE);
    rig_said(rig, "on-unprotected: stop");
    assert_int_equal(rig_files(rig, "started"), 0);
    rig_set(rig, "HOLDFAST_ON_UNPROTECTED=start");
    rig_boots(rig, "touch started");
    rig_said(rig, "The application starts unprotected");
    assert_int_equal(rig_files(rig, "started"), 1);
    assert_int_equal(rig_files(rig, "backup_startup"), 1);
}

static void no_first_start_while_the_history_cannot_be_asked(void **state)
{
    struct rig *rig = *state;
    hf_auto_free char *keyfile = hf_scratch_path(&rig->scratch, "key");
    write_text(keyfile, "a key that is long enough for a keyfile");
    rig_set(rig, "HOLDFAST_KEYFILE=%s", keyfile);
    rig_fill(rig, ROWS);
    rig_boots(rig, "true");
    assert_int_equal(unlink(rig->db), 0);
    assert_int_equal(unlink(in_data(rig, "app.db.backup_startup")), 0);
    write_text(keyfile, "another key that is long enough for a keyfile");
    rig_set(rig, "HOLDFAST_ON_UNPROTECTED=start");
    assert_int_equal(rig_boot(rig, "touch started"), RIG_FAILED + HF_REFUSED);
    rig_said(rig, "its history is not at hand");
    assert_int_equal(rig_files(rig, "started"), 0);
    rig_set(rig, "HOLDFAST_ON_MISSING=fresh");
    rig_boots(rig, "touch started");
    assert_int_equal(rig_files(rig, "started"), 1);
}

static void a_missing_database_is_refused_when_that_is_wanted(void **state)
{
    struct rig *rig = *state;
    rig_set(rig, "HOLDFAST_ON_MISSING=refuse");
    assert_int_equal(rig_boot(rig, "touch started"), RIG_FAILED + HF_REFUSED);
    assert_int_equal(rig_files(rig, "started"), 0);
}

static void an_application_that_makes_its_own_database_is_protected_at_its_end(void **state)
{
    struct rig *rig = *state;
    rig_boots(rig, "sqlite3 app.db 'CREATE TABLE film(id); INSERT INTO film VALUES(1)'");
    hf_scratch_remove(rig->db);
    rig_boots(rig, "true");
    assert_int_equal(rows(rig), 1);
}

static void dated_copies_are_pruned_and_nothing_else(void **state)
{
    struct rig *rig = *state;
    static const char *const others[] = {"backup_2020-01-01T00-00-00.json.bak", "backup_mine.json",
                                         "backup_2020-01-01.json",
                                         "backup_2020-01-01T00-00-0x.json"};
    rig_fill(rig, ROWS);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        write_text(in_data(rig, others[i]), "{}");
    write_text(in_data(rig, "backup_2020-01-01T00-00-00.json"), "{}");
    write_text(in_data(rig, "backup_2020-01-02T00-00-00.json"), "{}");
    rig_set(rig, "HOLDFAST_KEEP_COPIES=2");
    rig_boots(rig, "true");
    assert_false(hf_scratch_exists(in_data(rig, "backup_2020-01-01T00-00-00.json")));
    assert_true(hf_scratch_exists(in_data(rig, "backup_2020-01-02T00-00-00.json")));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_true(hf_scratch_exists(in_data(rig, others[i])));
}

static void a_dated_copy_is_only_made_when_something_changed(void **state)
{
    struct rig *rig = *state;
    struct stat first, second;
    rig_fill(rig, ROWS);
    rig_boots(rig, "mv backup_2*.json backup_2020-01-03T00-00-00.json");
    assert_int_equal(stat(in_data(rig, "backup_latest.json"), &first), 0);
    assert_int_equal(first.st_mode & 0777, 0600);
    rig_boots(rig, "true");
    assert_int_equal(stat(in_data(rig, "backup_latest.json"), &second), 0);
    assert_true(first.st_ino != second.st_ino);
    assert_int_equal(rig_files(rig, "backup_2"), 1);
    rig_sql(rig, "INSERT INTO film(title) VALUES('new')");
    rig_boots(rig, "true");
    assert_int_equal(rig_files(rig, "backup_2"), 2);
}

static void a_failed_copy_does_not_stop_the_boot(void **state)
{
    struct rig *rig = *state;
    rig_fill(rig, ROWS);
    assert_int_equal(mkdir(in_data(rig, "backup_latest.json"), 0700), 0);
    rig_boots(rig, "true");
    rig_said(rig, "note: no portable copy");
}

static void generators_run_in_order_and_once(void **state)
{
    struct rig *rig = *state;
    rig_fill(rig, ROWS);
    write_text(rig->config_path,
               "generate:\n  - echo one >> made\n  - [sh, -c, 'echo two >> made']\n");
    rig_boots(rig, "test \"$(tr -d '\\n' < made)\" = onetwo");
    rig_boots(rig, "test \"$(tr -d '\\n' < made)\" = onetwo");
    rig_said(rig, "nothing changed since it was last generated");
    write_text(rig->config_path,
               "generate:\n  - echo new >> made\n  - [sh, -c, 'echo two >> made']\n");
    rig_boots(rig, "test \"$(tr -d '\\n' < made)\" = onetwonew");
}

static void a_generator_that_fails_stops_the_boot_and_is_tried_again(void **state)
{
    struct rig *rig = *state;
    rig_fill(rig, ROWS);
    write_text(rig->config_path, "generate:\n  - echo x >> made\n  - test -e allowed\n");
    assert_int_equal(rig_boot(rig, "touch started"), RIG_FAILED + HF_FAILED);
    rig_said(rig, "'test -e allowed' ended with 1");
    assert_int_equal(rig_files(rig, "started"), 0);
    write_text(in_data(rig, "allowed"), "");
    rig_boots(rig, "test \"$(cat made)\" = x");
}

static void a_signal_ends_a_boot_at_once_and_its_generator_with_it(void **state)
{
    struct rig *rig = *state;
    rig_fill(rig, ROWS);
    int ended[2];
    char byte;
    assert_int_equal(pipe(ended), 0);
    write_text(rig->config_path, "generate: 'kill -TERM $PPID; exec sleep 600'\n");
    assert_int_equal(rig_boot(rig, "touch started"), 128 + 15);
    assert_int_equal(rig_files(rig, "started"), 0);
    close(ended[1]);
    /* The end of the file: nobody is left who has its other end. */
    assert_int_equal(read(ended[0], &byte, 1), 0);
    close(ended[0]);
}

static void secrets_do_not_reach_the_application(void **state)
{
    struct rig *rig = *state;
    rig_fill(rig, ROWS);
    setenv("HOLDFAST_PASSPHRASE", "sesame", 1);
    setenv("OTHER", "kept", 1);
    int status = rig_boot(rig, "test -z \"$HOLDFAST_PASSPHRASE\" && test \"$OTHER\" = kept");
    unsetenv("HOLDFAST_PASSPHRASE");
    unsetenv("OTHER");
    assert_int_equal(status, 0);
}

static void a_schema_that_loses_data_is_refused_and_nothing_changed(void **state)
{
    struct rig *rig = *state;
    rig_fill(rig, ROWS);
    write_text(rig->schema, "CREATE TABLE film(id INTEGER PRIMARY KEY);\n");
    rig_set(rig, "HOLDFAST_SCHEMA=%s", rig->schema);
    assert_int_equal(rig_boot(rig, "touch started"), RIG_FAILED + HF_REFUSED);
    assert_int_equal(rig_files(rig, "started"), 0);
    assert_int_equal(rig_value(rig, "SELECT count(title) FROM film"), ROWS);
    rig_set(rig, "HOLDFAST_ACCEPT_DATA_LOSS=true");
    rig_boots(rig, "true");
    assert_int_equal(rig_value(rig, "SELECT count(*) FROM pragma_table_info('film')"), 1);
    assert_int_equal(rows(rig), ROWS);
}

static void an_application_that_is_never_ready_on_a_new_schema_goes_back(void **state)
{
    struct rig *rig = *state;
    rig_fill(rig, ROWS);
    write_text(rig->schema, "CREATE TABLE film(id INTEGER PRIMARY KEY, title TEXT, year INT);\n");
    rig_set(rig, "HOLDFAST_SCHEMA=%s", rig->schema);
    rig_set(rig, "HOLDFAST_READY=http://127.0.0.1:1/");
    rig_set(rig, "HOLDFAST_READY_TIMEOUT=100ms");
    assert_int_equal(rig_boot(rig, "exec sleep 600"), RIG_FAILED + HF_FAILED);
    assert_int_equal(rig_value(rig, "SELECT count(*) FROM pragma_table_info('film')"), 2);
    assert_int_equal(rows(rig), ROWS);
    /* Started again without the change: nothing is restored that way twice. */
    rig_set(rig, "HOLDFAST_ON_FAILED_START=restore-and-start");
    assert_int_equal(rig_boot(rig, "sqlite3 app.db 'SELECT year FROM film' >/dev/null 2>&1 && exec "
                                   "sleep 600; exit 7"),
                     7);
    assert_int_equal(rig_value(rig, "SELECT count(*) FROM pragma_table_info('film')"), 2);
}

static void a_database_that_is_not_there_is_made_with_its_schema(void **state)
{
    struct rig *rig = *state;
    write_text(rig->schema, "CREATE TABLE film(id INTEGER PRIMARY KEY, title TEXT);\n");
    rig_set(rig, "HOLDFAST_SCHEMA=%s", rig->schema);
    rig_boots(rig, "sqlite3 app.db \"INSERT INTO film(title) VALUES('first')\"");
    assert_int_equal(rows(rig), 1);
}

int main(void)
{
#define BOOT_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        BOOT_TEST(the_exit_code_is_the_applications),
        BOOT_TEST(the_copy_beside_holds_what_is_only_in_the_log),
        BOOT_TEST(every_database_gets_a_restore_point),
        BOOT_TEST(a_point_of_a_damaged_database_is_passed_over),
        BOOT_TEST(without_a_repository_the_copy_of_the_last_start_comes_back),
        BOOT_TEST(a_link_to_the_database_stays_a_link),
        BOOT_TEST(a_link_to_a_missing_database_stays_a_link),
        BOOT_TEST(a_copy_that_was_copied_is_not_taken_for_the_newest),
        BOOT_TEST(what_root_brings_back_belongs_to_whom_it_belonged),
        BOOT_TEST(a_locked_database_stops_the_boot),
        BOOT_TEST(damage_that_somebody_has_open_is_not_set_aside),
        BOOT_TEST(nothing_is_put_in_the_place_of_a_database_that_another_run_works_with),
        BOOT_TEST(one_run_boots_at_a_time),
        BOOT_TEST(an_unreachable_repository_stops_the_boot_unless_told_otherwise),
        BOOT_TEST(no_first_start_while_the_history_cannot_be_asked),
        BOOT_TEST(a_missing_database_is_refused_when_that_is_wanted),
        BOOT_TEST(an_application_that_makes_its_own_database_is_protected_at_its_end),
        BOOT_TEST(dated_copies_are_pruned_and_nothing_else),
        BOOT_TEST(a_dated_copy_is_only_made_when_something_changed),
        BOOT_TEST(a_failed_copy_does_not_stop_the_boot),
        BOOT_TEST(generators_run_in_order_and_once),
        BOOT_TEST(a_generator_that_fails_stops_the_boot_and_is_tried_again),
        BOOT_TEST(a_signal_ends_a_boot_at_once_and_its_generator_with_it),
        BOOT_TEST(secrets_do_not_reach_the_application),
        BOOT_TEST(a_schema_that_loses_data_is_refused_and_nothing_changed),
        BOOT_TEST(an_application_that_is_never_ready_on_a_new_schema_goes_back),
        BOOT_TEST(a_database_that_is_not_there_is_made_with_its_schema),
    };
    return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
