/*
 * A point's time against the times of the commits that it holds. The clock counts how often it is
 * read, and an application commits while it is: before the time is told, or after.
 */
#include "engine/point_writer.h"

#include <stdio.h>

#include "engine/backup.h"
#include "engine/workshop.h"
#include "history/timeline.h"

enum { MEMORY = 1 << 20, FILE_BYTES = 64 << 20, BEGINNING = 1700000000 };

enum moment { NEVER, BEFORE_IT_IS_TOLD, AFTER_IT_IS_TOLD, BOTH };

struct times {
    struct workshop *shop;
    struct hf_env env;
    int64_t clock;
    sqlite3 *application;
    enum moment commits; /* when the clock is read */
    int left;            /* so many more times */
    struct hf_batch_budget budget;
    struct hf_log_capture *log;
    struct hf_point_writer *writer;
};

static void commit(struct times *times)
{
    char sql[80];
    snprintf(sql, sizeof sql, "INSERT INTO film(title) VALUES(%lld)", (long long)++times->clock);
    assert_int_equal(sqlite3_exec(times->application, sql, NULL, NULL, NULL), SQLITE_OK);
}

static int64_t read_clock(void *context)
{
    struct times *times = context;
    enum moment moment = times->left ? times->commits : NEVER;
    times->left -= times->left > 0;
    if (moment == BEFORE_IT_IS_TOLD || moment == BOTH)
        commit(times);
    int64_t now = ++times->clock;
    if (moment == AFTER_IT_IS_TOLD || moment == BOTH)
        commit(times);
    return now;
}

static int random_bytes(void *context, void *out, size_t length, struct hf_error *err)
{
    (void)context;
    return hf_random(hf_env_system(), out, length, err);
}

/* Holds the log of a database in WAL mode, and goes on from a scan. */
static void begin(struct times *times, struct workshop *shop)
{
    const struct hf_point_writer_options options = {.path = shop->db};
    const struct hf_backup_options scan = {.path = shop->db, .reason = "scan"};
    struct hf_backup_result result;
    *times = (struct times){.shop = shop, .clock = BEGINNING};
    times->env = *hf_env_system();
    times->env.context = times;
    times->env.now = read_clock;
    times->env.random = random_bytes;
    workshop_sql(shop, "PRAGMA journal_mode = WAL");
    workshop_fill(shop, 20);
    assert_int_equal(sqlite3_open(shop->db, &times->application), SQLITE_OK);
    hf_batch_budget_init(&times->budget, MEMORY, FILE_BYTES);
    times->log = hf_log_capture_open(shop->db, &times->env, &times->budget, 1000, NULL);
    assert_non_null(times->log);
    assert_int_equal(hf_backup(&shop->database, &scan, &result, NULL), 0);
    times->writer = hf_point_writer_open(&shop->database, &options, NULL);
    assert_non_null(times->writer);
    const struct hf_known_state *known = hf_point_writer_known(times->writer);
    hf_log_capture_base(times->log, known->page_size, known->page_count);
}

static void end(struct times *times)
{
    hf_point_writer_free(times->writer);
    hf_log_capture_free(times->log, 1000);
    sqlite3_close(times->application);
}

/* A point during whose cut the clock is read as said. */
static struct hf_point_result take(struct times *times, enum moment commits, int left)
{
    const struct hf_lock_table nothing = {0};
    const struct hf_point_text text = {.reason = "continuous", .label = "asked for"};
    struct hf_point_result result;
    hf_auto(hf_cut) struct hf_cut cut;
    struct hf_error err = {0};
    times->commits = commits;
    times->left = left;
    if (hf_log_capture_cut(times->log, &nothing, &cut, &err))
        fail_msg("%s", err.text);
    times->left = 0;
    assert_int_equal(hf_point_writer_append(times->writer, &cut, &text, &result, &err), 0);
    return result;
}

static int64_t count(const char *path, const char *condition, int64_t time)
{
    char sql[160];
    sqlite3 *db;
    sqlite3_stmt *statement;
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM film WHERE title NOT LIKE 'film%%' AND CAST(title AS int) %s "
             "%lld",
             condition, (long long)time);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

static void restore(const struct workshop *shop, uint64_t point)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_restore_options options = {.target = shop->target};
    struct hf_restore_result result;
    hf_scratch_remove(shop->target);
    assert_int_equal(hf_timeline_load(&timeline, &shop->database, NULL), 0);
    assert_int_equal(hf_restore(&shop->database, &timeline, point, &options, &result, NULL), 0);
}

static void assert_holds_nothing_later(const struct times *times, struct hf_point_result point)
{
    restore(times->shop, point.seq);
    assert_int_equal(count(times->shop->target, ">", point.time), 0);
}

static void assert_holds_all_before(const struct times *times, struct hf_point_result point)
{
    restore(times->shop, point.seq);
    assert_int_equal(count(times->shop->target, "<=", point.time),
                     count(times->shop->db, "<=", point.time));
}

static void a_point_holds_nothing_that_was_committed_after_its_time(void **state)
{
    struct times times;
    begin(&times, *state);
    struct hf_point_result point = take(&times, AFTER_IT_IS_TOLD, 1);
    end(&times);
    assert_int_equal(count(times.shop->db, ">", 0), 1);
    assert_holds_nothing_later(&times, point);
}

static void a_point_holds_all_that_was_committed_before_its_time(void **state)
{
    struct times times;
    begin(&times, *state);
    struct hf_point_result point = take(&times, BEFORE_IT_IS_TOLD, 1);
    end(&times);
    assert_int_equal(count(times.shop->db, ">", 0), 1);
    assert_holds_all_before(&times, point);
}

/* Nothing is waited for: it ends, and what it cannot have is the next one's. */
static void beside_commits_at_every_look_it_still_holds_nothing_later(void **state)
{
    struct times times;
    begin(&times, *state);
    struct hf_point_result first = take(&times, BOTH, 1000);
    struct hf_point_result second = take(&times, NEVER, 0);
    end(&times);
    assert_holds_nothing_later(&times, first);
    assert_holds_nothing_later(&times, second);
    assert_holds_all_before(&times, second);
}

#define SHOP_TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(a_point_holds_nothing_that_was_committed_after_its_time),
        SHOP_TEST(a_point_holds_all_that_was_committed_before_its_time),
        SHOP_TEST(beside_commits_at_every_look_it_still_holds_nothing_later),
    };
    return cmocka_run_group_tests_name("engine/point_time", tests, NULL, NULL);
}
