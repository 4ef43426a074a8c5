/*
 * Writers of a database in rollback-journal mode beside a backup into a slow store: at each of the
 * store's operations one of them commits, and does not wait for it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/backup.h"
#include "engine/workshop.h"
#include "history/repository.h"
#include "store/kinds.h"
#include "support/fault_store.h"

enum { PAGES = 300, PATIENCE = 20 };

struct yard {
    struct workshop *shop;
    struct hf_env env;
    bool has_no_room; /* for temporary files */
    struct hf_store *store;
    struct hf_repository *repository;
    struct hf_database database;
    sqlite3 *writer;
    int commits, refused;
};

static int open_where_there_is_room(void *context, const char *path, int flags, mode_t mode)
{
    const struct yard *yard = context;
    if (yard->has_no_room && strstr(path, "/.holdfast.")) {
        errno = ENOSPC;
        return -1;
    }
    return hf_env_system()->fs.open(NULL, path, flags, mode);
}

static void commit(void *context)
{
    struct yard *yard = context;
    int rc =
        sqlite3_exec(yard->writer, "INSERT INTO film(title) VALUES('meanwhile')", NULL, NULL, NULL);
    assert_true(rc == SQLITE_OK || rc == SQLITE_BUSY);
    yard->commits += rc == SQLITE_OK;
    yard->refused += rc == SQLITE_BUSY;
}

static void commit_at_every_operation(struct yard *yard)
{
    const struct hf_store_faults slow = {.meanwhile = commit, .context = yard};
    yard->commits = yard->refused = 0;
    hf_fault_store_set(yard->store, &slow);
}

static void commit_no_more(struct yard *yard)
{
    hf_fault_store_set(yard->store, &(struct hf_store_faults){0});
}

static void begin(struct yard *yard, struct workshop *shop)
{
    const struct hf_unlock none = {0};
    *yard = (struct yard){.shop = shop, .env = *hf_env_system()};
    yard->env.fs.open = open_where_there_is_room;
    yard->env.fs.context = yard;
    workshop_sql(shop, "PRAGMA journal_mode = DELETE");
    workshop_fill(shop, PAGES);
    yard->store =
        hf_fault_store_new(hf_store_directory_new(hf_env_system(), shop->place, NULL), NULL);
    yard->repository = hf_repository_open(yard->store, &yard->env, &none, NULL);
    assert_non_null(yard->repository);
    assert_int_equal(
        hf_database_open(&yard->database, yard->repository, "app", HF_DATABASE_EXISTING, NULL), 0);
    assert_int_equal(sqlite3_open(shop->db, &yard->writer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(yard->writer, "PRAGMA synchronous = OFF", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_busy_timeout(yard->writer, PATIENCE);
}

static void end(struct yard *yard)
{
    sqlite3_close(yard->writer);
    hf_repository_free(yard->repository);
}

static int back_up(struct yard *yard, bool spare_writers, struct hf_backup_result *result,
                   struct hf_error *err)
{
    const struct hf_backup_options options = {
        .path = yard->shop->db, .events = &yard->shop->events, .spare_writers = spare_writers};
    yard->shop->notice[0] = 0;
    commit_at_every_operation(yard);
    int failed = hf_backup(&yard->database, &options, result, err);
    commit_no_more(yard);
    return failed;
}

/* The point is one state that the database passed through: whole, and with all that was committed
 * before the backup. */
static void assert_restores(struct yard *yard, uint64_t seq, int64_t least)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_restore_options options = {.target = yard->shop->target};
    struct hf_restore_result result;
    sqlite3 *db;
    sqlite3_stmt *statement;
    hf_scratch_remove(yard->shop->target);
    assert_int_equal(hf_timeline_load(&timeline, &yard->database, NULL), 0);
    assert_int_equal(hf_restore(&yard->database, &timeline, seq, &options, &result, NULL), 0);
    assert_int_equal(sqlite3_open(yard->shop->target, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT count(*), quick_check FROM film, pragma_quick_check", -1,
                           &statement, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_true(sqlite3_column_int64(statement, 0) >= least);
    assert_string_equal((const char *)sqlite3_column_text(statement, 1), "ok");
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static void a_first_backup_into_a_slow_store_lets_commits_through(void **state)
{
    struct yard yard;
    struct hf_backup_result result;
    begin(&yard, *state);
    assert_int_equal(back_up(&yard, true, &result, NULL), 0);
    assert_int_equal(result.kind, HF_BACKUP_FULL);
    assert_int_equal(yard.refused, 0);
    assert_true(yard.commits > 10);
    assert_string_equal(yard.shop->notice, "");
    assert_restores(&yard, result.seq, 2 * PAGES);
    end(&yard);
}

static void so_does_one_that_stores_what_changed(void **state)
{
    struct yard yard;
    struct hf_backup_result first, second;
    begin(&yard, *state);
    assert_int_equal(back_up(&yard, true, &first, NULL), 0);
    workshop_sql(yard.shop, "UPDATE film SET data = randomblob(1700) WHERE id %% 3 = 0");
    assert_int_equal(back_up(&yard, true, &second, NULL), 0);
    assert_int_equal(second.kind, HF_BACKUP_INCREMENTAL);
    assert_int_equal(yard.refused, 0);
    assert_true(yard.commits > 4);
    assert_restores(&yard, first.seq, 2 * PAGES);
    assert_restores(&yard, second.seq, 2 * PAGES);
    end(&yard);
}

static void so_does_one_that_has_to_learn_what_is_stored(void **state)
{
    struct yard yard;
    struct hf_backup_result result;
    begin(&yard, *state);
    hf_auto_free char *map = hf_scratch_path(&yard.shop->scratch, "app.db-holdfast");
    assert_int_equal(back_up(&yard, true, &result, NULL), 0);
    hf_scratch_flip(map, 4096 + 8 * 40 + 3, 5);
    assert_int_equal(back_up(&yard, true, &result, NULL), 0);
    assert_int_equal(result.kind, HF_BACKUP_INCREMENTAL);
    assert_int_equal(yard.refused, 0);
    hf_scratch_remove(map);
    assert_int_equal(back_up(&yard, true, &result, NULL), 0);
    assert_int_equal(result.kind, HF_BACKUP_INCREMENTAL);
    assert_int_equal(yard.refused, 0);
    assert_restores(&yard, result.seq, 2 * PAGES);
    end(&yard);
}

/* Whoever asks for a backup gets it, and is told what it costs. */
static void without_room_for_a_copy_writers_wait_and_that_is_said(void **state)
{
    struct yard yard;
    struct hf_backup_result result;
    begin(&yard, *state);
    yard.has_no_room = true;
    assert_int_equal(back_up(&yard, false, &result, NULL), 0);
    assert_true(yard.refused > 0);
    assert_non_null(strstr(yard.shop->notice, "have to wait"));
    assert_restores(&yard, result.seq, 2 * PAGES);
    end(&yard);
}

static void without_room_writers_are_spared_when_that_is_asked_for(void **state)
{
    struct yard yard;
    struct hf_backup_result result;
    struct hf_error err = {0};
    begin(&yard, *state);
    yard.has_no_room = true;
    assert_int_equal(back_up(&yard, true, &result, &err), -1);
    assert_int_equal(err.code, HF_NO_SPACE);
    assert_non_null(strstr(err.hint, "TMPDIR"));
    assert_int_equal(yard.refused, 0);
    yard.has_no_room = false;
    assert_int_equal(back_up(&yard, true, &result, NULL), 0);
    assert_int_equal(result.seq, 1);
    end(&yard);
}

static void in_wal_mode_nothing_is_copied(void **state)
{
    struct yard yard;
    struct hf_backup_result result;
    begin(&yard, *state);
    workshop_sql(yard.shop, "PRAGMA journal_mode = WAL");
    yard.has_no_room = true;
    assert_int_equal(back_up(&yard, true, &result, NULL), 0);
    assert_int_equal(yard.refused, 0);
    assert_string_equal(yard.shop->notice, "");
    end(&yard);
}

#define SHOP_TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(a_first_backup_into_a_slow_store_lets_commits_through),
        SHOP_TEST(so_does_one_that_stores_what_changed),
        SHOP_TEST(so_does_one_that_has_to_learn_what_is_stored),
        SHOP_TEST(without_room_for_a_copy_writers_wait_and_that_is_said),
        SHOP_TEST(without_room_writers_are_spared_when_that_is_asked_for),
        SHOP_TEST(in_wal_mode_nothing_is_copied),
    };
    return cmocka_run_group_tests_name("engine/waiting_writers", tests, NULL, NULL);
}
