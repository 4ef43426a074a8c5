#include "engine/follow_rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/writer_claim.h"

static void change(struct workshop *shop, int step)
{
    workshop_sql(shop, "UPDATE film SET title = 'step %d' WHERE id %% %d = 0", step, 5 + step % 7);
}

static void a_new_replica_is_the_newest_point(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 60);
    workshop_backup(shop);
    change(shop, 1);
    workshop_backup(shop);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    struct hf_follow_step step = rig_follow(follower, HF_FOLLOW_CREATED);
    assert_int_equal(step.seq, 2);
    assert_int_equal(step.from, 0);
    assert_true(step.is_newest);
    rig_assert_at(shop, 2);
    rig_follow(follower, HF_FOLLOW_NOTHING);
}

static void each_new_point_is_followed_by_what_changed(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 200);
    workshop_backup(shop);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    for (uint64_t seq = 2; seq < 8; seq++) {
        workshop_sql(shop, "UPDATE film SET title = 'step %d' WHERE id = %d", (int)seq, (int)seq);
        workshop_backup(shop);
        struct hf_follow_step step = rig_follow(follower, HF_FOLLOW_ADVANCED);
        assert_int_equal(step.from, seq - 1);
        assert_int_equal(step.seq, seq);
        assert_in_range(step.pages, 1, 4);
        rig_assert_at(shop, seq);
    }
}

static void after_a_pause_many_points_are_one_step(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 100);
    workshop_backup(shop);
    struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    hf_follower_free(follower);
    for (int i = 0; i < 6; i++) {
        change(shop, i);
        workshop_backup(shop);
    }
    follower = rig_follower(shop, false);
    struct hf_follow_step step = rig_follow(follower, HF_FOLLOW_ADVANCED);
    assert_int_equal(step.segments, 6);
    assert_int_equal(step.seq, 7);
    rig_assert_at(shop, 7);
    hf_follower_free(follower);
}

static void it_grows_and_shrinks_with_the_database(void **state)
{
    struct workshop *shop = *state;
    workshop_sql(shop, "PRAGMA journal_mode = WAL");
    workshop_fill(shop, 50);
    workshop_backup(shop);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    for (uint64_t seq = 2; seq < 9; seq++) {
        if (seq % 2)
            workshop_sql(shop, "DELETE FROM film WHERE id > 40; VACUUM");
        else
            workshop_fill(shop, 120);
        workshop_backup(shop);
        rig_follow(follower, HF_FOLLOW_ADVANCED);
        rig_assert_at(shop, seq);
    }
}

/* Pages that are dead in between, and zeros again afterwards. */
static void what_was_cut_off_and_grew_again_is_not_what_it_was(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 100);
    workshop_backup(shop);
    struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    hf_follower_free(follower);
    workshop_sql(shop, "DELETE FROM film WHERE id > 20; VACUUM");
    workshop_backup(shop);
    workshop_sql(shop, "CREATE TABLE big(data); INSERT INTO big VALUES (zeroblob(900000))");
    workshop_backup(shop);
    follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_ADVANCED);
    rig_assert_at(shop, 3);
    hf_follower_free(follower);
}

static void every_page_size_is_followed(void **state)
{
    struct workshop *shop = *state;
    uint64_t seq = 1;
    workshop_sql(shop, "PRAGMA page_size = 512");
    workshop_fill(shop, 30);
    workshop_backup(shop);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    for (int size = 512; size <= 65536; size *= 2) {
        if (size > 512) {
            workshop_sql(shop, "PRAGMA journal_mode = DELETE; PRAGMA page_size = %d; VACUUM", size);
            workshop_backup(shop);
            rig_follow(follower, HF_FOLLOW_COMPARED);
            rig_assert_at(shop, ++seq);
        }
        for (int i = 0; i < 2; i++) {
            workshop_sql(shop, "PRAGMA journal_mode = WAL");
            change(shop, size + i);
            workshop_backup(shop);
            rig_follow(follower, HF_FOLLOW_ADVANCED);
            rig_assert_at(shop, ++seq);
        }
    }
    /* And back at once. */
    workshop_sql(shop, "PRAGMA journal_mode = DELETE; PRAGMA page_size = 1024; VACUUM");
    workshop_backup(shop);
    rig_follow(follower, HF_FOLLOW_COMPARED);
    rig_assert_at(shop, ++seq);
}

static void a_connection_that_stays_open_sees_each_point(void **state)
{
    struct workshop *shop = *state;
    sqlite3 *db;
    sqlite3_stmt *count;
    workshop_fill(shop, 60);
    workshop_backup(shop);
    struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    assert_int_equal(sqlite3_open(shop->target, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT count(*), max(length(title)) FROM film", -1, &count, NULL),
        SQLITE_OK);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(sqlite3_step(count), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int(count, 0), 120 + i);
        sqlite3_reset(count);
        workshop_sql(shop, "INSERT INTO film(title) VALUES ('another')");
        workshop_backup(shop);
        rig_follow(follower, HF_FOLLOW_ADVANCED);
    }
    sqlite3_finalize(count);
    sqlite3_close(db);
    hf_follower_free(follower);
}

/* The schema's cookie comes back to what it was, and the schema is another one. */
static void a_connection_notices_another_schema_with_the_same_cookie(void **state)
{
    struct workshop *shop = *state;
    sqlite3 *db;
    workshop_fill(shop, 20);
    workshop_backup(shop);
    workshop_sql(shop, "CREATE TABLE thing(a, b); INSERT INTO thing VALUES (1, 2)");
    workshop_backup(shop);
    struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    assert_int_equal(sqlite3_open(shop->target, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT a FROM thing", NULL, NULL, NULL), SQLITE_OK);
    char *first = workshop_copy(shop, 1);
    hf_scratch_remove(shop->db);
    hf_scratch_copy(first, shop->db);
    workshop_sql(shop, "CREATE TABLE other(c); INSERT INTO other VALUES (3)");
    workshop_backup(shop);
    rig_follow(follower, HF_FOLLOW_ADVANCED);
    assert_int_equal(sqlite3_exec(db, "SELECT c FROM other", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT a FROM thing", NULL, NULL, NULL), SQLITE_ERROR);
    sqlite3_close(db);
    hf_follower_free(follower);
    free(first);
}

static void what_somebody_wrote_to_it_is_told_and_taken_back(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 60);
    workshop_backup(shop);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    static const char *const writes[] = {
        "UPDATE film SET title = 'written here'", "CREATE TABLE mine AS SELECT * FROM film",
        "DELETE FROM film; VACUUM", "PRAGMA journal_mode = WAL", "PRAGMA page_size = 1024; VACUUM"};
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        sqlite3 *db;
        shop->notice[0] = 0;
        assert_int_equal(sqlite3_open(shop->target, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, writes[i], NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        rig_follow(follower, HF_FOLLOW_COMPARED);
        assert_non_null(strstr(shop->notice, "somebody wrote to the replica"));
        rig_assert_at(shop, 1);
        rig_follow(follower, HF_FOLLOW_NOTHING);
    }
}

static void damage_to_the_replica_is_found_by_what_is_rewritten(void **state)
{
    struct workshop *shop = *state;
    struct stat status;
    workshop_fill(shop, 60);
    workshop_backup(shop);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    change(shop, 1);
    workshop_backup(shop);
    /* A flipped bit, unseen by SQLite and by the file's times. */
    assert_int_equal(stat(shop->target, &status), 0);
    hf_scratch_flip(shop->target, 4096 * 7 + 2000, 3);
    const struct timespec times[2] = {status.st_atim, status.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, shop->target, times, 0), 0);
    rig_follow(follower, HF_FOLLOW_COMPARED);
    assert_non_null(strstr(shop->notice, "does not hold what point 1 had"));
    rig_assert_at(shop, 2);
}

static void a_replica_that_is_no_database_any_more_is_made_anew(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 30);
    workshop_backup(shop);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    hf_scratch_write(shop->target, "ruined", 6);
    rig_follow(follower, HF_FOLLOW_CREATED);
    rig_assert_at(shop, 1);
    assert_int_equal(truncate(shop->target, 4096 * 9), 0);
    rig_follow(follower, HF_FOLLOW_CREATED);
    rig_assert_at(shop, 1);
    assert_int_equal(unlink(shop->target), 0);
    rig_follow(follower, HF_FOLLOW_CREATED);
    rig_assert_at(shop, 1);
}

static void a_file_that_is_no_replica_is_refused(void **state)
{
    struct workshop *shop = *state;
    char *beside = hf_scratch_path(&shop->scratch, "restored.db-holdfast-follow");
    workshop_fill(shop, 30);
    workshop_backup(shop);
    hf_scratch_copy(shop->db, shop->target);
    struct hf_follower *follower = rig_follower(shop, false);
    rig_follow_fails(follower, HF_REFUSED);
    hf_follower_free(follower);
    assert_true(hf_scratch_same(shop->db, shop->target));
    assert_false(hf_scratch_exists(beside));
    follower = rig_follower(shop, true);
    rig_follow(follower, HF_FOLLOW_CREATED);
    rig_assert_at(shop, 1);
    /* Once: what somebody else puts there later is theirs. */
    hf_scratch_remove(shop->target);
    hf_scratch_copy(shop->db, shop->target);
    rig_follow_fails(follower, HF_REFUSED);
    hf_follower_free(follower);
    free(beside);
}

static void a_copy_with_its_state_goes_on(void **state)
{
    struct workshop *shop = *state;
    char *kept = hf_scratch_path(&shop->scratch, "kept.db");
    workshop_fill(shop, 30);
    workshop_backup(shop);
    struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    hf_follower_free(follower);
    hf_scratch_copy(shop->target, kept);
    hf_scratch_remove(shop->target);
    hf_scratch_copy(kept, shop->target);
    change(shop, 1);
    workshop_backup(shop);
    follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_ADVANCED);
    rig_assert_at(shop, 2);
    hf_follower_free(follower);
    free(kept);
}

static void one_follower_at_a_time(void **state)
{
    struct workshop *shop = *state;
    const struct hf_follow_options options = {.path = shop->target};
    struct hf_error err = {0};
    workshop_fill(shop, 10);
    workshop_backup(shop);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    assert_null(hf_follower_new(&shop->database, &options, &err));
    assert_int_equal(err.code, HF_LOCKED);
}

static void a_repository_that_lost_its_newest_points_leaves_the_replica(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 30);
    workshop_backup(shop);
    change(shop, 1);
    workshop_backup(shop);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    rig_remove_segments(shop, "0000000000000002-*");
    hf_follower_free(follower);
    follower = rig_follower(shop, false);
    rig_follow_fails(follower, HF_STALE);
    rig_assert_at(shop, 2);
    /* The writer noticed as well, and goes on past what it knew. */
    change(shop, 2);
    struct hf_backup_result next = workshop_backup(shop);
    rig_follow(follower, HF_FOLLOW_COMPARED);
    rig_assert_at(shop, next.seq);
}

static void a_gap_is_told_and_ends_with_the_next_full_point(void **state)
{
    struct workshop *shop = *state;
    const struct hf_backup_options full = {.path = shop->db, .full = true};
    workshop_fill(shop, 30);
    workshop_backup(shop);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    for (int i = 0; i < 3; i++) {
        change(shop, i);
        workshop_backup(shop);
    }
    rig_remove_segments(shop, "0000000000000003-*");
    struct hf_follow_step step = rig_follow(follower, HF_FOLLOW_ADVANCED);
    assert_int_equal(step.seq, 2);
    assert_non_null(strstr(shop->notice, "points from 4 on cannot be followed"));
    rig_assert_at(shop, 2);
    workshop_backup_with(shop, &full);
    rig_follow(follower, HF_FOLLOW_COMPARED);
    rig_assert_at(shop, 5);
}

static void damage_stops_it_at_the_last_whole_point(void **state)
{
    struct workshop *shop = *state;
    const struct hf_backup_options full = {.path = shop->db, .full = true};
    workshop_fill(shop, 30);
    workshop_backup(shop);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    for (int i = 0; i < 4; i++) {
        change(shop, i);
        workshop_backup(shop);
    }
    rig_damage_segments(shop, "0000000000000004-*");
    struct hf_follow_step step = rig_follow(follower, HF_FOLLOW_ADVANCED);
    assert_int_equal(step.seq, 2);
    assert_false(step.is_newest);
    rig_follow(follower, HF_FOLLOW_ADVANCED);
    rig_assert_at(shop, 3);
    rig_follow_fails(follower, HF_CORRUPT);
    rig_assert_at(shop, 3);
    workshop_backup_with(shop, &full);
    rig_follow(follower, HF_FOLLOW_COMPARED);
    rig_assert_at(shop, 6);
}

/* In WAL mode a commit that changes no page count leaves page 1 alone; the replica's own must not.
 */
static void a_change_without_page_1_is_seen_by_readers_too(void **state)
{
    struct workshop *shop = *state;
    workshop_sql(shop, "PRAGMA journal_mode = WAL");
    workshop_fill(shop, 60);
    workshop_backup(shop);
    struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(shop->target, &db), SQLITE_OK);
    for (int i = 1; i < 6; i++) {
        sqlite3_stmt *sum;
        workshop_sql(shop, "UPDATE film SET title = 'film number %d' WHERE id = 17", i);
        assert_int_equal(workshop_backup(shop).pages_stored, 1);
        assert_int_equal(rig_follow(follower, HF_FOLLOW_ADVANCED).pages, 2);
        assert_int_equal(sqlite3_prepare_v2(db, "SELECT substr(title, 13) FROM film WHERE id = 17",
                                            -1, &sum, NULL),
                         SQLITE_OK);
        assert_int_equal(sqlite3_step(sum), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int(sum, 0), i);
        sqlite3_finalize(sum);
    }
    sqlite3_close(db);
    hf_follower_free(follower);
    rig_assert_at(shop, 6);
}

static void where_it_is_is_known_again(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 60);
    for (uint64_t seq = 1; seq < 6; seq++) {
        change(shop, (int)seq);
        workshop_backup(shop);
        hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
        assert_int_equal(
            rig_follow(follower, seq > 1 ? HF_FOLLOW_ADVANCED : HF_FOLLOW_CREATED).from, seq - 1);
        hf_follower_free(follower);
        follower = rig_follower(shop, false);
        assert_int_equal(rig_follow(follower, HF_FOLLOW_NOTHING).seq, seq);
        assert_string_equal(shop->notice, "");
    }
}

/* Writes to the replica once the images are being fetched, when its header has been looked at. */
static void write_meanwhile(void *context, const char *stage, uint64_t done, uint64_t total)
{
    struct workshop *shop = context;
    static bool once;
    (void)done;
    (void)total;
    if (strcmp(stage, "fetch") != 0 || once)
        return;
    once = true;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(shop->target, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE film SET title = 'mine' WHERE id = 9", 0, 0, 0), 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void what_is_written_during_a_step_is_taken_back(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 60);
    workshop_backup(shop);
    shop->events.progress = write_meanwhile;
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    workshop_sql(shop, "UPDATE film SET title = 'theirs' WHERE id > 90");
    workshop_backup(shop);
    rig_follow(follower, HF_FOLLOW_COMPARED);
    assert_non_null(strstr(shop->notice, "somebody wrote"));
    rig_assert_at(shop, 2);
}

/* journal_mode=PERSIST and TRUNCATE leave a journal that means nothing. */
static void a_journal_that_was_left_behind_is_no_hindrance(void **state)
{
    struct workshop *shop = *state;
    char *journal = hf_scratch_path(&shop->scratch, "restored.db-journal");
    workshop_fill(shop, 60);
    workshop_backup(shop);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    static const uint8_t zeros[600];
    for (int i = 0; i < 2; i++) {
        hf_scratch_write(journal, zeros, i ? sizeof zeros : 0);
        change(shop, i);
        workshop_backup(shop);
        rig_follow(follower, HF_FOLLOW_ADVANCED);
        rig_assert_at(shop, (uint64_t)i + 2);
    }
    free(journal);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_new_replica_is_the_newest_point),
        TEST(each_new_point_is_followed_by_what_changed),
        TEST(after_a_pause_many_points_are_one_step),
        TEST(it_grows_and_shrinks_with_the_database),
        TEST(what_was_cut_off_and_grew_again_is_not_what_it_was),
        TEST(every_page_size_is_followed),
        TEST(a_connection_that_stays_open_sees_each_point),
        TEST(a_connection_notices_another_schema_with_the_same_cookie),
        TEST(what_somebody_wrote_to_it_is_told_and_taken_back),
        TEST(damage_to_the_replica_is_found_by_what_is_rewritten),
        TEST(a_replica_that_is_no_database_any_more_is_made_anew),
        TEST(a_file_that_is_no_replica_is_refused),
        TEST(a_copy_with_its_state_goes_on),
        TEST(one_follower_at_a_time),
        TEST(a_repository_that_lost_its_newest_points_leaves_the_replica),
        TEST(a_gap_is_told_and_ends_with_the_next_full_point),
        TEST(damage_stops_it_at_the_last_whole_point),
        TEST(a_change_without_page_1_is_seen_by_readers_too),
        TEST(where_it_is_is_known_again),
        TEST(what_is_written_during_a_step_is_taken_back),
        TEST(a_journal_that_was_left_behind_is_no_hindrance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
