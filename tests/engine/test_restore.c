#include "engine/workshop.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/in_place.h"
#include "engine/test_restore.h"
#include "history/check.h"
#include "history/prune.h"

/* Restores over the target that is there. */
static struct hf_restore_result restore_over(struct workshop *shop, const char *target,
                                             uint64_t seq, enum hf_restore_manner manner)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_restore_options options = {.target = target, .manner = manner};
    struct hf_restore_result result = {0};
    struct hf_error err = {0};
    if (hf_timeline_load(&timeline, &shop->database, &err) ||
        hf_restore(&shop->database, &timeline, seq, &options, &result, &err))
        fail_msg("%s", err.text);
    return result;
}

static enum hf_code restore_code(struct workshop *shop, const char *target, uint64_t seq,
                                 enum hf_restore_manner manner)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_restore_options options = {.target = target, .manner = manner};
    struct hf_restore_result result;
    struct hf_error err = {0};
    assert_int_equal(hf_timeline_load(&timeline, &shop->database, &err), 0);
    hf_restore(&shop->database, &timeline, seq, &options, &result, &err);
    return err.code;
}

/* Three points of different sizes: 1, 2 (larger), 3 (smaller). */
static void make_three_points(struct workshop *shop)
{
    workshop_fill(shop, 300);
    workshop_backup(shop);
    workshop_fill(shop, 100);
    workshop_sql(shop, "UPDATE film SET data = randomblob(1700) WHERE id %% 11 = 0");
    workshop_backup(shop);
    workshop_sql(shop, "DELETE FROM film WHERE id > 200");
    workshop_sql(shop, "VACUUM");
    workshop_backup(shop);
}

static void assert_is_point(struct workshop *shop, const char *path, uint64_t seq)
{
    char *copy = workshop_copy(shop, seq);
    assert_true(hf_scratch_same(path, copy));
    free(copy);
}

static void a_difference_restores_between_any_two_points(void **state)
{
    struct workshop *shop = *state;
    make_three_points(shop);
    restore_over(shop, shop->target, 1, HF_RESTORE_NEW);
    static const uint64_t way[] = {2, 1, 3, 2, 3, 1, 1};
    for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
        restore_over(shop, shop->target, way[i], HF_RESTORE_DELTA);
        assert_is_point(shop, shop->target, way[i]);
    }
}

static void a_difference_writes_only_what_differs(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 300);
    workshop_backup(shop);
    workshop_sql(shop, "UPDATE film SET title = 'other' WHERE id = 7");
    workshop_backup(shop);
    restore_over(shop, shop->target, 2, HF_RESTORE_NEW);
    struct hf_restore_result result = restore_over(shop, shop->target, 1, HF_RESTORE_DELTA);
    assert_in_range(result.pages_written, 1, 3);
    result = restore_over(shop, shop->target, 1, HF_RESTORE_DELTA);
    assert_int_equal(result.pages_written, 0);
}

static void a_file_that_is_there_is_not_replaced_unasked(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 10);
    workshop_backup(shop);
    restore_over(shop, shop->target, 1, HF_RESTORE_NEW);
    assert_int_equal(restore_code(shop, shop->target, 1, HF_RESTORE_NEW), HF_REFUSED);
}

static void replacing_keeps_the_mode_of_the_file(void **state)
{
    struct workshop *shop = *state;
    struct stat status;
    make_three_points(shop);
    restore_over(shop, shop->target, 1, HF_RESTORE_NEW);
    assert_int_equal(chmod(shop->target, 0640), 0);
    restore_over(shop, shop->target, 3, HF_RESTORE_REPLACE);
    assert_is_point(shop, shop->target, 3);
    assert_int_equal(stat(shop->target, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
}

static void an_open_database_is_not_replaced(void **state)
{
    struct workshop *shop = *state;
    sqlite3 *db;
    workshop_fill(shop, 10);
    workshop_backup(shop);
    assert_int_equal(sqlite3_open(shop->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT * FROM film", NULL, NULL, NULL), SQLITE_OK);
    pid_t child = fork();
    if (child == 0)
        _exit(restore_code(shop, shop->db, 1, HF_RESTORE_REPLACE) == HF_LOCKED ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    sqlite3_close(db);
}

static void a_log_that_was_left_behind_never_meets_the_restored_file(void **state)
{
    struct workshop *shop = *state;
    char *log = hf_scratch_path(&shop->scratch, "restored.db-wal");
    workshop_sql(shop, "PRAGMA journal_mode=WAL");
    workshop_fill(shop, 50);
    workshop_backup(shop);
    hf_scratch_write(log, "left behind", 11);
    restore_over(shop, shop->target, 1, HF_RESTORE_NEW);
    assert_false(hf_scratch_exists(log));
    assert_is_point(shop, shop->target, 1);
    free(log);
}

static void restoring_in_place_keeps_what_was_there_as_a_point(void **state)
{
    struct workshop *shop = *state;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_backup_options before = {.path = shop->db, .reason = "before restore"};
    const struct hf_restore_options options = {.target = shop->db, .manner = HF_RESTORE_REPLACE};
    struct hf_in_place_result result;
    struct hf_error err = {0};
    workshop_fill(shop, 50);
    workshop_backup(shop);
    workshop_sql(shop, "UPDATE film SET title = 'precious' WHERE id = 7");
    char *precious = hf_scratch_path(&shop->scratch, "precious.db");
    hf_scratch_copy(shop->db, precious);
    assert_int_equal(hf_timeline_load(&timeline, &shop->database, &err), 0);
    if (hf_restore_in_place(&shop->database, &timeline, 1, &before, &options, &result, &err))
        fail_msg("%s", err.text);
    assert_is_point(shop, shop->db, 1);
    assert_int_equal(result.before, 2);
    restore_over(shop, shop->target, 2, HF_RESTORE_NEW);
    assert_true(hf_scratch_same(shop->target, precious));
    free(precious);
}

/* Commits once, after the safety point has been stored and before the target is taken. */
static void commit_meanwhile(void *context, const char *stage, uint64_t done, uint64_t total)
{
    struct workshop *shop = context;
    static bool once;
    if (strcmp(stage, "store") || done != total || once)
        return;
    once = true;
    workshop_sql(shop, "UPDATE film SET title = 'committed meanwhile' WHERE id = 8");
}

static void what_is_committed_after_the_safety_point_is_kept_too(void **state)
{
    struct workshop *shop = *state;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_events events = {.context = shop, .progress = commit_meanwhile};
    const struct hf_backup_options before = {.path = shop->db, .events = &events};
    const struct hf_restore_options options = {.target = shop->db, .manner = HF_RESTORE_REPLACE};
    struct hf_in_place_result result;
    struct hf_error err = {0};
    sqlite3 *db;
    sqlite3_stmt *count;
    workshop_sql(shop, "PRAGMA journal_mode=WAL");
    workshop_fill(shop, 50);
    workshop_backup(shop);
    workshop_sql(shop, "UPDATE film SET title = 'precious' WHERE id = 7");
    assert_int_equal(hf_timeline_load(&timeline, &shop->database, &err), 0);
    if (hf_restore_in_place(&shop->database, &timeline, 1, &before, &options, &result, &err))
        fail_msg("%s", err.text);
    assert_is_point(shop, shop->db, 1);
    assert_int_equal(result.before, 3);
    restore_over(shop, shop->target, result.before, HF_RESTORE_NEW);
    assert_int_equal(sqlite3_open(shop->target, &db), SQLITE_OK);
    sqlite3_prepare_v2(db, "SELECT count(*) FROM film WHERE title LIKE 'committed%'", -1, &count,
                       NULL);
    assert_int_equal(sqlite3_step(count), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(count, 0), 1);
    sqlite3_finalize(count);
    sqlite3_close(db);
}

/* Makes a database where the restored one is to be, once, and has it open from then on. */
struct newcomer {
    const char *path;
    sqlite3 *db;
};

static void come_meanwhile(void *context, const char *stage, uint64_t done, uint64_t total)
{
    struct newcomer *newcomer = context;
    (void)stage, (void)done, (void)total;
    if (newcomer->db)
        return;
    assert_int_equal(sqlite3_open(newcomer->path, &newcomer->db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(newcomer->db,
                                  "PRAGMA journal_mode=WAL; CREATE TABLE thesis(page);"
                                  "INSERT INTO thesis VALUES('my work')",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
}

static void stays_a_newcomers(struct workshop *shop, enum hf_restore_manner manner)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct newcomer newcomer = {.path = shop->target};
    const struct hf_events events = {.context = &newcomer, .progress = come_meanwhile};
    const struct hf_restore_options options = {
        .target = shop->target, .manner = manner, .events = &events};
    struct hf_restore_result result;
    struct hf_error err = {0};
    sqlite3_stmt *count;
    assert_int_equal(hf_timeline_load(&timeline, &shop->database, &err), 0);
    assert_int_equal(hf_restore(&shop->database, &timeline, 1, &options, &result, &err), -1);
    assert_int_equal(err.code, HF_EXISTS);
    sqlite3_exec(newcomer.db, "INSERT INTO thesis VALUES('more of it')", NULL, NULL, NULL);
    assert_int_equal(sqlite3_close(newcomer.db), SQLITE_OK);
    assert_int_equal(sqlite3_open(shop->target, &newcomer.db), SQLITE_OK);
    sqlite3_prepare_v2(newcomer.db, "SELECT count(*) FROM thesis", -1, &count, NULL);
    assert_int_equal(sqlite3_step(count), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(count, 0), 2);
    sqlite3_finalize(count);
    sqlite3_close(newcomer.db);
}

static void a_database_that_came_meanwhile_stays_with_its_log(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 50);
    workshop_backup(shop);
    stays_a_newcomers(shop, HF_RESTORE_REPLACE);
    unlink(shop->target);
    stays_a_newcomers(shop, HF_RESTORE_NEW);
    unlink(shop->target);
    hf_scratch_write(shop->target, "", 0);
    stays_a_newcomers(shop, HF_RESTORE_REPLACE);
}

static void a_damaged_database_is_kept_beside_when_it_is_restored(void **state)
{
    struct workshop *shop = *state;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_backup_options before = {.path = shop->db};
    const struct hf_restore_options options = {
        .target = shop->db, .manner = HF_RESTORE_REPLACE, .events = &shop->events};
    struct hf_in_place_result result;
    struct hf_error err = {0};
    workshop_fill(shop, 50);
    workshop_backup(shop);
    hf_scratch_write(shop->db, "this was a database once", 24);
    assert_int_equal(hf_timeline_load(&timeline, &shop->database, &err), 0);
    if (hf_restore_in_place(&shop->database, &timeline, 1, &before, &options, &result, &err))
        fail_msg("%s", err.text);
    assert_is_point(shop, shop->db, 1);
    assert_string_not_equal(result.restore.kept, "");
    assert_int_equal(hf_scratch_size(result.restore.kept), 24);
}

static void a_test_restore_proves_and_records(void **state)
{
    struct workshop *shop = *state;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_points) struct hf_points points = {0};
    struct hf_test_restore_result result;
    struct hf_error err = {0};
    make_three_points(shop);
    assert_int_equal(hf_timeline_load(&timeline, &shop->database, &err), 0);
    if (hf_test_restore(&shop->database, &timeline, 2, shop->scratch.path, NULL, &result, &err))
        fail_msg("%s", err.text);
    assert_true(result.passed);
    assert_int_equal(hf_points_load(&points, &shop->database, &timeline, &err), 0);
    assert_int_equal(points.list[1].proof, HF_PROOF_PASSED);
    assert_int_equal(points.list[0].proof, HF_PROOF_NONE);
}

static void a_database_that_was_damaged_when_it_was_backed_up_fails_its_test_restore(void **state)
{
    struct workshop *shop = *state;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_points) struct hf_points points = {0};
    struct hf_test_restore_result result;
    struct hf_error err = {0};
    uint8_t nonsense[4096];
    hf_scratch_fill(nonsense, sizeof nonsense, 1);
    workshop_fill(shop, 50);
    int fd = open(shop->db, O_WRONLY);
    assert_int_equal(pwrite(fd, nonsense, sizeof nonsense, 20 * 4096), sizeof nonsense);
    close(fd);
    workshop_backup(shop);
    workshop_assert_restores(shop, 1); /* bit for bit, as it was */
    assert_int_equal(hf_timeline_load(&timeline, &shop->database, &err), 0);
    if (hf_test_restore(&shop->database, &timeline, 1, shop->scratch.path, NULL, &result, &err))
        fail_msg("%s", err.text);
    assert_false(result.passed);
    assert_string_not_equal(result.integrity.first_problem, "");
    assert_int_equal(hf_points_load(&points, &shop->database, &timeline, &err), 0);
    assert_int_equal(points.list[0].proof, HF_PROOF_FAILED);
}

static void a_difference_restores_a_database_in_wal_mode(void **state)
{
    struct workshop *shop = *state;
    char *log = hf_scratch_path(&shop->scratch, "restored.db-wal");
    sqlite3 *db;
    workshop_sql(shop, "PRAGMA journal_mode=WAL");
    workshop_fill(shop, 100);
    workshop_backup(shop);
    workshop_sql(shop, "UPDATE film SET data = randomblob(1700) WHERE id %% 9 = 0");
    workshop_backup(shop);
    restore_over(shop, shop->target, 2, HF_RESTORE_NEW);
    /* Changes in a log that its last user left behind. */
    assert_int_equal(sqlite3_open(shop->target, &db), SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM film WHERE id % 3 = 0", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_true(hf_scratch_size(log) > 0);
    restore_over(shop, shop->target, 1, HF_RESTORE_DELTA);
    assert_is_point(shop, shop->target, 1);
    assert_false(hf_scratch_exists(log) && hf_scratch_size(log) > 0);
    restore_over(shop, shop->target, 2, HF_RESTORE_DELTA);
    assert_is_point(shop, shop->target, 2);
    free(log);
}

static int count_loss(void *arg, const struct hf_finding *finding, struct hf_error *err)
{
    (void)err;
    *(int *)arg += finding->severity == HF_CHECK_LOSS;
    return 0;
}

static void a_whole_repository_has_no_findings(void **state)
{
    struct workshop *shop = *state;
    const struct hf_check_options options = {.depth = HF_CHECK_DATA};
    struct hf_check_result result;
    struct hf_error err = {0};
    int losses = 0;
    make_three_points(shop);
    if (hf_check(shop->repository, &options, count_loss, &losses, &result, &err))
        fail_msg("%s", err.text);
    assert_int_equal(result.findings, 0);
    assert_int_equal(result.points, 3);
    assert_int_equal(losses, 0);
}

static void prune_to_the_newest(struct workshop *shop)
{
    const struct hf_retention_rule rule = {.last = 1};
    const struct hf_prune_options options = {.rule = &rule, .events = &shop->events};
    struct hf_prune_result result;
    struct hf_error err = {0};
    for (int i = 0; i < 3; i++)
        if (hf_prune(&shop->database, &options, &result, &err))
            fail_msg("%s", err.text);
}

/* Between its listing and its reading, what it wants to read is merged and deleted. */
static void a_restore_that_misses_a_segment_lists_and_plans_again(void **state)
{
    static const enum hf_restore_manner manners[] = {HF_RESTORE_NEW, HF_RESTORE_REPLACE,
                                                     HF_RESTORE_DELTA};
    struct workshop *shop = *state;
    hf_auto(hf_timeline) struct hf_timeline listed = {0};
    struct hf_restore_result result;
    struct hf_error err = {0};
    workshop_fill(shop, 60);
    workshop_backup(shop);
    for (int i = 0; i < 6; i++) {
        workshop_sql(shop, "UPDATE film SET data = randomblob(1700) WHERE id %% 6 = %d", i);
        workshop_backup(shop);
    }
    assert_int_equal(hf_timeline_load(&listed, &shop->database, &err), 0);
    prune_to_the_newest(shop);
    hf_auto(hf_plan) struct hf_plan plan = {0};
    hf_auto(hf_timeline) struct hf_timeline now = {0};
    assert_int_equal(hf_timeline_load(&now, &shop->database, &err), 0);
    assert_true(now.count < listed.count);
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++) {
        const struct hf_restore_options options = {.target = shop->target, .manner = manners[i]};
        if (hf_restore(&shop->database, &listed, 7, &options, &result, &err))
            fail_msg("%s", err.text);
        assert_is_point(shop, shop->target, 7);
    }
    /* A point that has gone is said to be missing, and nothing is touched. */
    const struct hf_restore_options options = {.target = shop->target,
                                               .manner = HF_RESTORE_REPLACE};
    assert_int_equal(hf_restore(&shop->database, &listed, 3, &options, &result, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
    assert_is_point(shop, shop->target, 7);
}

/* The writer's own map of what it knows is lost at the same time. */
static void a_backup_goes_on_from_merged_history(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 60);
    workshop_backup(shop);
    for (int i = 0; i < 6; i++) {
        workshop_sql(shop, "UPDATE film SET data = randomblob(1700) WHERE id %% 6 = %d", i);
        workshop_backup(shop);
    }
    prune_to_the_newest(shop);
    workshop_sql(shop, "UPDATE film SET title = 'after' WHERE id = 3");
    assert_int_equal(workshop_backup(shop).kind, HF_BACKUP_INCREMENTAL);
    prune_to_the_newest(shop);
    char *state_file = hf_scratch_path(&shop->scratch, "app.db-holdfast");
    assert_true(hf_scratch_exists(state_file));
    hf_scratch_remove(state_file);
    free(state_file);
    workshop_sql(shop, "UPDATE film SET title = 'later' WHERE id = 3");
    assert_int_equal(workshop_backup(shop).kind, HF_BACKUP_INCREMENTAL);
    workshop_assert_restores(shop, 9);
}

/* When it begins to learn what the newest point consists of, that has been listed. */
static void prune_when_it_learns(void *context, const char *stage, uint64_t done, uint64_t total)
{
    (void)done, (void)total;
    if (!strcmp(stage, "learn"))
        prune_to_the_newest(context);
}

static void a_backup_that_misses_a_segment_lists_again(void **state)
{
    struct workshop *shop = *state;
    const struct hf_events events = {.context = shop, .progress = prune_when_it_learns};
    const struct hf_backup_options options = {.path = shop->db, .events = &events};
    workshop_fill(shop, 60);
    workshop_backup(shop);
    for (int i = 0; i < 6; i++) {
        workshop_sql(shop, "UPDATE film SET data = randomblob(1700) WHERE id %% 6 = %d", i);
        workshop_backup(shop);
    }
    char *state_file = hf_scratch_path(&shop->scratch, "app.db-holdfast");
    hf_scratch_remove(state_file);
    free(state_file);
    workshop_sql(shop, "UPDATE film SET title = 'later' WHERE id = 3");
    assert_int_equal(workshop_backup_with(shop, &options).kind, HF_BACKUP_INCREMENTAL);
    workshop_assert_restores(shop, 8);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_difference_restores_between_any_two_points),
        TEST(a_difference_writes_only_what_differs),
        TEST(a_file_that_is_there_is_not_replaced_unasked),
        TEST(replacing_keeps_the_mode_of_the_file),
        TEST(an_open_database_is_not_replaced),
        TEST(a_log_that_was_left_behind_never_meets_the_restored_file),
        TEST(restoring_in_place_keeps_what_was_there_as_a_point),
        TEST(what_is_committed_after_the_safety_point_is_kept_too),
        TEST(a_database_that_came_meanwhile_stays_with_its_log),
        TEST(a_damaged_database_is_kept_beside_when_it_is_restored),
        TEST(a_test_restore_proves_and_records),
        TEST(a_database_that_was_damaged_when_it_was_backed_up_fails_its_test_restore),
        TEST(a_difference_restores_a_database_in_wal_mode),
        TEST(a_whole_repository_has_no_findings),
        TEST(a_restore_that_misses_a_segment_lists_and_plans_again),
        TEST(a_backup_goes_on_from_merged_history),
        TEST(a_backup_that_misses_a_segment_lists_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
