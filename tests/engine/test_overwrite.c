/*
 * A restore over a database that is there: the file stays, for those who have opened it and wait.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/workshop.h"
#include "sqlite/other_users.h"

enum { LONGEST = 10000 };

static void restore_over(struct workshop *shop, uint64_t seq, bool keep,
                         const struct hf_events *events, struct hf_restore_result *result)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct hf_error err = {0};
    const struct hf_restore_options options = {
        .target = shop->db, .manner = HF_RESTORE_REPLACE, .keep_replaced = keep, .events = events};
    if (hf_timeline_load(&timeline, &shop->database, &err) ||
        hf_restore(&shop->database, &timeline, seq, &options, result, &err))
        fail_msg("%s", err.text);
}

static void assert_is_point(const struct workshop *shop, uint64_t seq)
{
    char *copy = workshop_copy(shop, seq);
    assert_true(hf_scratch_same(shop->db, copy));
    free(copy);
}

/* Points that grow, shrink, and have pages of other sizes. */
static uint64_t make_points(struct workshop *shop)
{
    static const int page_sizes[] = {4096, 4096, 1024, 65536, 512};
    workshop_fill(shop, 300);
    for (size_t i = 0; i < sizeof page_sizes / sizeof *page_sizes; i++) {
        workshop_sql(shop, "PRAGMA page_size = %d; VACUUM", page_sizes[i]);
        workshop_backup(shop);
        if (i == 1)
            workshop_sql(shop, "DELETE FROM film WHERE id > 20");
        else
            workshop_fill(shop, 50);
    }
    return sizeof page_sizes / sizeof *page_sizes;
}

static ino_t inode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_ino;
}

static void any_point_goes_over_any_other_in_the_same_file(void **state)
{
    struct workshop *shop = *state;
    struct hf_restore_result result;
    uint64_t count = make_points(shop);
    ino_t inode = inode_of(shop->db);
    for (uint64_t from = 1; from <= count; from++)
        for (uint64_t to = 1; to <= count; to++) {
            restore_over(shop, from, false, NULL, &result);
            restore_over(shop, to, false, NULL, &result);
            assert_is_point(shop, to);
            assert_int_equal(inode_of(shop->db), inode);
            assert_string_equal(result.kept, "");
        }
}

static void what_was_there_is_kept_as_a_copy(void **state)
{
    struct workshop *shop = *state;
    struct hf_restore_result result;
    struct stat status;
    workshop_fill(shop, 40);
    workshop_backup(shop);
    workshop_sql(shop, "UPDATE film SET title = 'precious'");
    workshop_backup(shop);
    assert_int_equal(chmod(shop->db, 0640), 0);
    restore_over(shop, 1, true, NULL, &result);
    assert_is_point(shop, 1);
    char *precious = workshop_copy(shop, 2);
    assert_true(hf_scratch_same(result.kept, precious));
    assert_int_equal(stat(result.kept, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    free(precious);
}

/* An application that opens its database for each request: another process. */
struct application {
    const struct workshop *shop;
    pid_t process;
    int go;
    bool waits;
};

static int insert(const char *path)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open(path, &db);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(db, LONGEST);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "INSERT INTO film(title) VALUES('acknowledged')", NULL, NULL, NULL);
    sqlite3_close(db);
    return rc;
}

static void start_application(struct application *application, const struct workshop *shop)
{
    int ends[2];
    char byte;
    *application = (struct application){.shop = shop};
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    application->process = fork();
    assert_true(application->process >= 0);
    if (application->process == 0) {
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 1 ? insert(shop->db) : 1);
    }
    close(ends[0]);
    application->go = ends[1];
}

/* While pages are written, the restore has the database to itself: who comes now waits. */
static void let_it_come(void *context, const char *stage, uint64_t done, uint64_t total)
{
    struct application *application = context;
    struct hf_other_user user = {0};
    struct stat status;
    (void)stage, (void)done, (void)total;
    if (application->waits)
        return;
    assert_int_equal(write(application->go, "", 1), 1);
    assert_int_equal(stat(application->shop->db, &status), 0);
    for (int tries = 0; !hf_find_other_user(&status, &user); tries++) {
        assert_true(tries < LONGEST);
        poll(NULL, 0, 1);
    }
    assert_int_equal(user.pid, application->process);
    application->waits = true;
}

static int64_t value_of(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
    return value;
}

static void who_waits_for_it_goes_on_with_the_restored_state(struct workshop *shop,
                                                             const char *journal_mode)
{
    struct application application;
    struct hf_restore_result result;
    const struct hf_events events = {.context = &application, .progress = let_it_come};
    int status;
    workshop_sql(shop, "PRAGMA journal_mode = %s", journal_mode);
    workshop_fill(shop, 60);
    workshop_backup(shop);
    int64_t rows = value_of(shop->db, "SELECT count(*) FROM film");
    workshop_sql(shop, "DELETE FROM film WHERE id %% 3 = 0");
    workshop_backup(shop);
    start_application(&application, shop);
    restore_over(shop, 1, false, &events, &result);
    assert_true(application.waits);
    assert_int_equal(waitpid(application.process, &status, 0), application.process);
    close(application.go);
    assert_int_equal(status, 0);
    assert_int_equal(value_of(shop->db, "SELECT count(*) FROM film"), rows + 1);
    assert_int_equal(value_of(shop->db, "SELECT count(*) FROM film WHERE title = 'acknowledged'"),
                     1);
    assert_int_equal(
        value_of(shop->db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
}

static void who_waits_for_a_log_loses_nothing(void **state)
{
    who_waits_for_it_goes_on_with_the_restored_state(*state, "WAL");
}

static void who_waits_for_a_journal_loses_nothing(void **state)
{
    who_waits_for_it_goes_on_with_the_restored_state(*state, "DELETE");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_point_goes_over_any_other_in_the_same_file),
        TEST(what_was_there_is_kept_as_a_copy),
        TEST(who_waits_for_a_log_loses_nothing),
        TEST(who_waits_for_a_journal_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
