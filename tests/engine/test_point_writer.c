/*
 * From the log to restore points: what is cut is what comes back.
 */
#include "engine/point_writer.h"

#include <stdio.h>
#include <string.h>

#include "engine/backup.h"
#include "engine/workshop.h"
#include "support/seeded.h"

enum { MEMORY = 1 << 20, FILE_BYTES = 64 << 20 };

enum start { SCANNED, RESUMED, EITHER };

struct capture {
    struct workshop *shop;
    struct hf_batch_budget budget;
    struct hf_log_capture *log;
    struct hf_point_writer *writer;
};

static void fail_on(const struct hf_error *err)
{
    fail_msg("%d: %s", err->code, err->text);
}

/* As the replicator does: hold, bring the history up to date, go on from there. */
static void begin(struct capture *capture, struct workshop *shop, enum start expected)
{
    struct hf_error err = {0};
    const struct hf_point_writer_options options = {.path = shop->db};
    *capture = (struct capture){.shop = shop};
    hf_batch_budget_init(&capture->budget, MEMORY, FILE_BYTES);
    capture->log = hf_log_capture_open(shop->db, hf_env_system(), &capture->budget, 1000, &err);
    if (!capture->log)
        fail_on(&err);
    capture->writer = hf_point_writer_open(&shop->database, &options, NULL);
    bool resumed =
        capture->writer &&
        hf_log_capture_resume(capture->log, &hf_point_writer_known(capture->writer)->stamp);
    if (expected != EITHER)
        assert_int_equal(resumed, expected == RESUMED);
    if (!resumed) {
        const struct hf_backup_options scan = {.path = shop->db, .reason = "scan"};
        struct hf_backup_result result;
        hf_point_writer_free(capture->writer);
        if (hf_backup(&shop->database, &scan, &result, &err))
            fail_on(&err);
        capture->writer = hf_point_writer_open(&shop->database, &options, &err);
        if (!capture->writer)
            fail_on(&err);
    }
    const struct hf_known_state *known = hf_point_writer_known(capture->writer);
    hf_log_capture_base(capture->log, known->page_size, known->page_count);
}

static void end(struct capture *capture)
{
    hf_point_writer_free(capture->writer);
    hf_log_capture_free(capture->log, 1000);
    assert_int_equal(capture->budget.memory, MEMORY);
    assert_int_equal(capture->budget.file, FILE_BYTES);
}

static struct hf_cut cut(struct capture *capture)
{
    const struct hf_lock_table nothing = {0};
    struct hf_cut cut;
    struct hf_error err = {0};
    if (hf_log_capture_cut(capture->log, &nothing, &cut, &err))
        fail_on(&err);
    return cut;
}

static struct hf_point_result append(struct capture *capture, const struct hf_cut *cut,
                                     const char *label)
{
    const struct hf_point_text text = {.reason = "continuous", .label = label};
    struct hf_point_result result;
    struct hf_error err = {0};
    if (hf_point_writer_append(capture->writer, cut, &text, &result, &err))
        fail_on(&err);
    return result;
}

/* Cuts, stores, and keeps what it must restore to. */
static struct hf_point_result take_point(struct capture *capture)
{
    hf_auto(hf_cut) struct hf_cut now = cut(capture);
    struct hf_point_result result = append(capture, &now, NULL);
    if (result.is_new)
        workshop_keep_copy(capture->shop, result.seq);
    return result;
}

static void rotate(struct capture *capture, uint32_t force)
{
    struct hf_error err = {0};
    if (hf_log_capture_rotate(capture->log, force, &err) == HF_ROTATION_FAILED)
        fail_on(&err);
}

static void prepare(struct workshop *shop, int pages)
{
    workshop_sql(shop, "PRAGMA journal_mode = WAL");
    workshop_fill(shop, pages);
}

static void what_is_committed_becomes_a_point(void **state)
{
    struct workshop *shop = *state;
    struct capture capture;
    prepare(shop, 100);
    begin(&capture, shop, SCANNED);
    workshop_sql(shop, "UPDATE film SET title = 'other' WHERE id = 7");
    struct hf_point_result first = take_point(&capture);
    assert_true(first.is_new);
    assert_in_range(first.pages_stored, 1, 3);
    workshop_sql(shop, "INSERT INTO film(title) VALUES('new')");
    struct hf_point_result second = take_point(&capture);
    assert_int_equal(second.seq, first.seq + 1);
    end(&capture);
    workshop_assert_restores(shop, first.seq);
    workshop_assert_restores(shop, second.seq);
}

static void nothing_changed_makes_no_point(void **state)
{
    struct workshop *shop = *state;
    struct capture capture;
    prepare(shop, 50);
    begin(&capture, shop, SCANNED);
    struct hf_point_result first = take_point(&capture);
    assert_false(first.is_new);
    /* Nor do pages that were written again as they are. */
    workshop_sql(shop, "BEGIN; UPDATE film SET title = title WHERE id = 3; COMMIT");
    assert_false(take_point(&capture).is_new);
    end(&capture);
}

static void a_label_makes_a_point_of_its_own(void **state)
{
    struct workshop *shop = *state;
    struct capture capture;
    prepare(shop, 50);
    begin(&capture, shop, SCANNED);
    hf_auto(hf_cut) struct hf_cut now = cut(&capture);
    struct hf_point_result result = append(&capture, &now, "before the party");
    assert_true(result.is_new);
    workshop_keep_copy(shop, result.seq);
    end(&capture);
    workshop_assert_restores(shop, result.seq);
}

static void a_hold_goes_on_without_a_scan_while_the_log_is_the_same(void **state)
{
    struct workshop *shop = *state;
    struct capture capture;
    sqlite3 *keeper; /* its being open keeps the log there */
    prepare(shop, 50);
    assert_int_equal(sqlite3_open(shop->db, &keeper), SQLITE_OK);
    assert_int_equal(sqlite3_exec(keeper, "SELECT count(*) FROM film", NULL, NULL, NULL), 0);
    begin(&capture, shop, SCANNED);
    workshop_sql(shop, "UPDATE film SET title = 'other' WHERE id = 7");
    struct hf_point_result first = take_point(&capture);
    end(&capture);
    workshop_sql(shop, "UPDATE film SET title = 'third' WHERE id = 9");
    begin(&capture, shop, RESUMED);
    struct hf_point_result second = take_point(&capture);
    assert_int_equal(second.seq, first.seq + 1);
    end(&capture);
    workshop_assert_restores(shop, second.seq);
    workshop_sql(shop, "PRAGMA wal_checkpoint(RESTART)");
    workshop_sql(shop, "UPDATE film SET title = 'fourth' WHERE id = 9");
    begin(&capture, shop, SCANNED);
    end(&capture);
    sqlite3_close(keeper);
}

static sqlite3 *keep_open(struct workshop *shop)
{
    sqlite3 *keeper; /* its being open keeps the log there */
    assert_int_equal(sqlite3_open(shop->db, &keeper), SQLITE_OK);
    assert_int_equal(sqlite3_exec(keeper, "PRAGMA journal_mode = WAL", NULL, NULL, NULL), 0);
    return keeper;
}

/* On slot 0 writers may restart the log, also before what is new in it was read. */
static void what_was_committed_before_a_hold_on_slot_0_is_not_lost(void **state)
{
    struct workshop *shop = *state;
    struct capture capture;
    prepare(shop, 50);
    sqlite3 *keeper = keep_open(shop);
    begin(&capture, shop, SCANNED);
    workshop_sql(shop, "UPDATE film SET title = 'other' WHERE id = 7");
    take_point(&capture);
    end(&capture);
    workshop_sql(shop, "UPDATE film SET title = 'third' WHERE id = 40");
    workshop_sql(shop, "PRAGMA wal_checkpoint(PASSIVE)");
    begin(&capture, shop, EITHER);
    workshop_sql(shop, "UPDATE film SET title = 'fourth' WHERE id = 9");
    struct hf_point_result point = take_point(&capture);
    end(&capture);
    workshop_assert_restores(shop, point.seq);
    sqlite3_close(keeper);
}

/* The log is read from its beginning, where the database was smaller. */
static void a_log_that_begins_before_the_scan_takes_no_pages_away(void **state)
{
    struct workshop *shop = *state;
    struct capture capture;
    sqlite3 *keeper = keep_open(shop);
    workshop_fill(shop, 20);
    workshop_sql(shop, "INSERT INTO film(data) VALUES(randomblob(90000))");
    begin(&capture, shop, SCANNED);
    workshop_sql(shop, "UPDATE film SET title = 'other' WHERE id = 7");
    struct hf_point_result point = take_point(&capture);
    end(&capture);
    workshop_assert_restores(shop, point.seq);
    sqlite3_close(keeper);
}

static void pages_that_are_as_before_a_shrink_are_stored_again(void **state)
{
    struct workshop *shop = *state;
    struct capture capture;
    workshop_sql(shop, "PRAGMA auto_vacuum = 1");
    prepare(shop, 50);
    workshop_sql(shop, "CREATE TABLE twin AS SELECT * FROM film");
    begin(&capture, shop, SCANNED);
    take_point(&capture);
    workshop_sql(shop, "DROP TABLE twin");
    workshop_sql(shop, "CREATE TABLE twin AS SELECT * FROM film");
    struct hf_point_result point = take_point(&capture);
    end(&capture);
    workshop_assert_restores(shop, point.seq);
}

/* Killed between changing the map and saying so. */
static void a_map_that_is_half_changed_is_not_believed(void **state)
{
    struct workshop *shop = *state;
    struct capture capture;
    char path[600];
    sqlite3 *keeper;
    prepare(shop, 50);
    assert_int_equal(sqlite3_open(shop->db, &keeper), SQLITE_OK);
    assert_int_equal(sqlite3_exec(keeper, "SELECT count(*) FROM film", NULL, NULL, NULL), 0);
    begin(&capture, shop, SCANNED);
    workshop_sql(shop, "UPDATE film SET title = 'other' WHERE id = 7");
    take_point(&capture);
    end(&capture);
    snprintf(path, sizeof path, "%s-holdfast", shop->db);
    hf_scratch_flip(path, 4096 + 8 * 5, 3);
    workshop_sql(shop, "UPDATE film SET title = 'third' WHERE id = 9");
    begin(&capture, shop, SCANNED);
    workshop_sql(shop, "UPDATE film SET title = 'fourth' WHERE id = 11");
    struct hf_point_result result = take_point(&capture);
    end(&capture);
    workshop_assert_restores(shop, result.seq);
    sqlite3_close(keeper);
}

static void a_point_whose_reply_was_lost_is_not_stored_twice(void **state)
{
    struct workshop *shop = *state;
    struct capture capture;
    prepare(shop, 50);
    begin(&capture, shop, SCANNED);
    workshop_sql(shop, "UPDATE film SET title = 'other' WHERE id = 7");
    hf_auto(hf_cut) struct hf_cut now = cut(&capture);
    char *saved = hf_scratch_path(&shop->scratch, "saved"), path[600], command[1400];
    snprintf(path, sizeof path, "%s-holdfast", shop->db);
    /* The state as it was before the reply: stored, and not known here. */
    snprintf(command, sizeof command, "cp '%s' '%s'", path, saved);
    assert_int_equal(system(command), 0);
    struct hf_point_result first = append(&capture, &now, NULL);
    hf_point_writer_free(capture.writer);
    snprintf(command, sizeof command, "cp '%s' '%s'", saved, path);
    assert_int_equal(system(command), 0);
    /* It is there under its number: whoever comes back has to look first. */
    struct hf_error err = {0};
    const struct hf_point_writer_options options = {.path = shop->db};
    capture.writer = hf_point_writer_open(&shop->database, &options, &err);
    assert_null(capture.writer);
    assert_int_equal(err.code, HF_STALE);
    workshop_keep_copy(shop, first.seq);
    hf_cut_release(&now);
    end(&capture);
    workshop_assert_restores(shop, first.seq);
    free(saved);
}

static void a_takeover_is_noticed_at_the_next_point(void **state)
{
    struct workshop *shop = *state;
    struct capture capture;
    struct hf_error err = {0};
    uint32_t epoch;
    prepare(shop, 50);
    begin(&capture, shop, SCANNED);
    struct hf_writer rival = {.id = "another host", .host = "elsewhere", .path = "/data/app.db"};
    assert_int_equal(hf_writer_claim(&shop->database, &rival, HF_CLAIM_TAKE_OVER, 0, &epoch, &err),
                     0);
    workshop_sql(shop, "UPDATE film SET title = 'other' WHERE id = 7");
    hf_auto(hf_cut) struct hf_cut now = cut(&capture);
    const struct hf_point_text text = {.reason = "continuous"};
    struct hf_point_result result;
    assert_int_equal(hf_point_writer_append(capture.writer, &now, &text, &result, &err), -1);
    assert_int_equal(err.code, HF_LOCKED);
    assert_non_null(strstr(err.text, "elsewhere"));
    hf_cut_release(&now);
    end(&capture);
    const struct hf_point_writer_options options = {.path = shop->db};
    assert_null(hf_point_writer_open(&shop->database, &options, &err));
    assert_int_equal(err.code, HF_REFUSED);
}

static void a_backup_beside_it_is_refused(void **state)
{
    struct workshop *shop = *state;
    struct capture capture;
    struct hf_error err = {0};
    prepare(shop, 50);
    begin(&capture, shop, SCANNED);
    const struct hf_backup_options backup = {.path = shop->db};
    struct hf_backup_result result;
    assert_int_equal(hf_backup(&shop->database, &backup, &result, &err), -1);
    assert_int_equal(err.code, HF_LOCKED);
    end(&capture);
}

static void more_than_the_budget_is_no_space(void **state)
{
    struct workshop *shop = *state;
    struct capture capture;
    struct hf_error err = {0};
    prepare(shop, 50);
    begin(&capture, shop, SCANNED);
    workshop_fill(shop, (MEMORY + FILE_BYTES) / 4096);
    const struct hf_lock_table nothing = {0};
    struct hf_cut now;
    assert_int_equal(hf_log_capture_cut(capture.log, &nothing, &now, &err), -1);
    assert_int_equal(err.code, HF_NO_SPACE);
    end(&capture);
}

static uint64_t below(uint64_t *seed, uint64_t limit)
{
    return hf_seeded_next(seed) % limit;
}

/* Every cut of a life with growth, shrinking, rotations and new beginnings comes back. */
static void run_life(struct workshop *shop, uint64_t seed)
{
    static const char *const acts[] = {
        "INSERT INTO film(title, data) VALUES('one', randomblob(3000))",
        "UPDATE film SET data = randomblob(1500) WHERE id % 5 = abs(random()) % 5",
        "DELETE FROM film WHERE id % 3 = abs(random()) % 3",
        "VACUUM",
        "BEGIN; INSERT INTO film(id, data) VALUES(99999, randomblob(90000)); INSERT INTO "
        "film(data) "
        "VALUES(randomblob(100)); DELETE FROM film WHERE id = 99999; COMMIT",
        "PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA incremental_vacuum(5)",
        "INSERT INTO film(data) SELECT randomblob(2000) FROM film LIMIT 300",
    };
    static const int sizes[] = {512, 1024, 4096, 16384, 65536};
    struct capture capture;
    uint64_t points[200], count = 0;
    workshop_sql(shop, "PRAGMA page_size = %d; PRAGMA auto_vacuum = %d", sizes[seed % 5],
                 (int)seed % 3);
    prepare(shop, 40);
    begin(&capture, shop, SCANNED);
    for (int step = 0; step < 120; step++) {
        workshop_sql(shop, "%s", acts[below(&seed, sizeof acts / sizeof *acts)]);
        if (!below(&seed, 3))
            rotate(&capture, below(&seed, 2) ? 30 : 0);
        if (!below(&seed, 3)) {
            struct hf_point_result result = take_point(&capture);
            if (result.is_new)
                points[count++] = result.seq;
        }
        if (!below(&seed, 40)) {
            end(&capture);
            begin(&capture, shop, EITHER);
        }
    }
    end(&capture);
    for (uint64_t i = 0; i < count; i++)
        workshop_assert_restores(shop, points[i]);
}

static void every_cut_of_a_long_life_comes_back(void **state)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        if (seed > 1)
            assert_int_equal(workshop_setup(state), 0);
        run_life(*state, seed);
        if (seed < 5)
            workshop_teardown(state);
    }
}

#define SHOP_TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(what_is_committed_becomes_a_point),
        SHOP_TEST(nothing_changed_makes_no_point),
        SHOP_TEST(a_label_makes_a_point_of_its_own),
        SHOP_TEST(a_hold_goes_on_without_a_scan_while_the_log_is_the_same),
        SHOP_TEST(what_was_committed_before_a_hold_on_slot_0_is_not_lost),
        SHOP_TEST(a_log_that_begins_before_the_scan_takes_no_pages_away),
        SHOP_TEST(pages_that_are_as_before_a_shrink_are_stored_again),
        SHOP_TEST(a_map_that_is_half_changed_is_not_believed),
        SHOP_TEST(a_point_whose_reply_was_lost_is_not_stored_twice),
        SHOP_TEST(a_takeover_is_noticed_at_the_next_point),
        SHOP_TEST(a_backup_beside_it_is_refused),
        SHOP_TEST(more_than_the_budget_is_no_space),
        SHOP_TEST(every_cut_of_a_long_life_comes_back),
    };
    return cmocka_run_group_tests_name("engine/point_writer", tests, NULL, NULL);
}
