/*
 * A replica and a history that is merged, taken over, rolled back or written anew under it.
 */
#include "engine/follow_rig.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void change(struct workshop *shop, int step)
{
    workshop_sql(shop, "UPDATE film SET title = 'step %d' WHERE id %% %d = 0", step, 5 + step % 7);
}

/* Points 1 .. count, and a replica at point `at`, nobody following. */
static void make_points(struct workshop *shop, uint64_t at, uint64_t count)
{
    workshop_sql(shop, "PRAGMA journal_mode = WAL");
    workshop_fill(shop, 60);
    for (uint64_t seq = 1; seq <= count; seq++) {
        if (seq > 1)
            change(shop, (int)seq);
        assert_int_equal(workshop_backup(shop).seq, seq);
        if (seq == at) {
            hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
            rig_follow(follower, HF_FOLLOW_CREATED);
        }
    }
}

/* Retention does so when merged segments have them. */
static void remove_single(struct workshop *shop, int first, int last)
{
    for (int seq = first; seq <= last; seq++) {
        char name[64];
        snprintf(name, sizeof name, "%016x-%016x.*", (unsigned)seq, (unsigned)seq);
        rig_remove_segments(shop, name);
    }
}

static void go_on(struct workshop *shop, enum hf_follow_kind kind, uint64_t seq)
{
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    struct hf_follow_step step = rig_follow(follower, kind);
    assert_int_equal(step.seq, seq);
    rig_assert_at(shop, seq);
    rig_follow(follower, HF_FOLLOW_NOTHING);
}

static void merged_segments_lead_on_as_well(void **state)
{
    struct workshop *shop = *state;
    make_points(shop, 3, 9);
    rig_merge(shop, 4, 6);
    rig_merge(shop, 7, 8);
    remove_single(shop, 4, 8);
    go_on(shop, HF_FOLLOW_ADVANCED, 9);
    assert_string_equal(shop->notice, "");
}

static void a_point_that_was_merged_away_is_left_by_the_segment_around_it(void **state)
{
    struct workshop *shop = *state;
    make_points(shop, 4, 9);
    rig_merge(shop, 2, 7);
    remove_single(shop, 2, 7);
    go_on(shop, HF_FOLLOW_ADVANCED, 9);
    assert_string_equal(shop->notice, "");
}

static void a_base_that_moved_past_the_replica_is_compared(void **state)
{
    struct workshop *shop = *state;
    make_points(shop, 2, 9);
    rig_merge(shop, 1, 8);
    remove_single(shop, 1, 8);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    struct hf_follow_step step = rig_follow(follower, HF_FOLLOW_COMPARED);
    assert_in_range(step.pages, 1, step.size / 4096 - 10);
    rig_assert_at(shop, 9);
}

static void the_newest_point_merged_is_the_same_point(void **state)
{
    struct workshop *shop = *state;
    make_points(shop, 5, 5);
    rig_merge(shop, 3, 5);
    remove_single(shop, 3, 5);
    go_on(shop, HF_FOLLOW_NOTHING, 5);
    change(shop, 6);
    workshop_backup(shop);
    go_on(shop, HF_FOLLOW_ADVANCED, 6);
}

/* Retention goes over the history while it is being read. */
static void merge_meanwhile(void *context, const char *stage, uint64_t done, uint64_t total)
{
    struct workshop *shop = context;
    (void)done;
    (void)total;
    if (strcmp(stage, "fetch") != 0)
        return;
    shop->events.progress = NULL;
    rig_merge(shop, 2, 6);
    remove_single(shop, 2, 6);
}

static void retention_during_a_step_makes_it_plan_again(void **state)
{
    struct workshop *shop = *state;
    make_points(shop, 1, 6);
    shop->events.progress = merge_meanwhile;
    go_on(shop, HF_FOLLOW_ADVANCED, 6);
    assert_null(shop->events.progress);
}

/* Two hosts that both believe that the database is theirs. */
static struct hf_backup_result back_up_elsewhere(struct workshop *shop, const char *path)
{
    const struct hf_backup_options options = {.path = path, .claim = HF_CLAIM_TAKE_OVER};
    struct hf_backup_result result;
    struct hf_error err = {0};
    if (hf_backup(&shop->database, &options, &result, &err))
        fail_msg("%s", err.text);
    return result;
}

static void write_elsewhere(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The copy of a point becomes what the other host has; it is in the place of the workshop's own. */
static void keep_as_copy(struct workshop *shop, const char *path, uint64_t seq)
{
    char *copy = workshop_copy(shop, seq);
    hf_scratch_remove(copy);
    hf_scratch_copy(path, copy);
    free(copy);
}

static void a_point_of_who_had_been_taken_over_from_is_left(void **state)
{
    struct workshop *shop = *state;
    char *other = hf_scratch_path(&shop->scratch, "other.db");
    char *kept = hf_scratch_path(&shop->scratch, "kept");
    char *first = hf_scratch_path(&shop->scratch, "copy-1.db");
    make_points(shop, 4, 4);
    /* The store of the first host shows its points 3 and 4 late: the second begins after 2. */
    hf_scratch_copy(shop->place, kept);
    rig_remove_segments(shop, "0000000000000003-*");
    rig_remove_segments(shop, "0000000000000004-*");
    hf_scratch_copy(first, other);
    write_elsewhere(other, "UPDATE film SET title = 'of the other host' WHERE id < 50;"
                           "CREATE TABLE other AS SELECT * FROM film WHERE id < 40");
    uint64_t seq = back_up_elsewhere(shop, other).seq;
    assert_int_equal(seq, 3);
    char command[1500];
    snprintf(command, sizeof command, "cp -rn %s/databases %s/", kept, shop->place);
    assert_int_equal(system(command), 0);
    keep_as_copy(shop, other, seq);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    struct hf_follow_step step = rig_follow(follower, HF_FOLLOW_COMPARED);
    assert_int_equal(step.from, 4);
    assert_int_equal(step.seq, 3);
    assert_non_null(strstr(shop->notice, "had been taken over from"));
    rig_assert_at(shop, 3);
    /* And on, past the orphan of the same number. */
    write_elsewhere(other, "UPDATE film SET title = 'and on' WHERE id = 3");
    assert_int_equal(back_up_elsewhere(shop, other).seq, 5);
    keep_as_copy(shop, other, 5);
    rig_follow(follower, HF_FOLLOW_ADVANCED);
    rig_assert_at(shop, 5);
    free(other);
    free(kept);
    free(first);
}

/* The host and the repository, as from a snapshot of both. */
static void roll_back(struct workshop *shop, const char *place, const char *memory)
{
    char *remembered = hf_scratch_path(&shop->scratch, "app.db-holdfast");
    hf_scratch_remove(shop->place);
    hf_scratch_copy(place, shop->place);
    hf_scratch_remove(remembered);
    hf_scratch_copy(memory, remembered);
    free(remembered);
}

static void history_that_was_written_anew_is_told_from_what_it_was(void **state)
{
    struct workshop *shop = *state;
    char *place = hf_scratch_path(&shop->scratch, "earlier");
    char *memory = hf_scratch_path(&shop->scratch, "earlier-memory");
    char *remembered = hf_scratch_path(&shop->scratch, "app.db-holdfast");
    make_points(shop, 0, 2);
    hf_scratch_copy(shop->place, place);
    hf_scratch_copy(remembered, memory);
    change(shop, 11);
    workshop_backup(shop);
    struct hf_follower *follower = rig_follower(shop, false);
    rig_follow(follower, HF_FOLLOW_CREATED);
    hf_follower_free(follower);
    for (int further = 0; further < 2; further++) {
        roll_back(shop, place, memory);
        workshop_sql(shop, "UPDATE film SET title = 'anew %d' WHERE id %% 2 = 0", further);
        assert_int_equal(workshop_backup(shop).seq, 3);
        if (further) { /* the number tells nothing then, but the fingerprints do */
            change(shop, 13);
            workshop_backup(shop);
        }
        follower = rig_follower(shop, false);
        rig_follow(follower, HF_FOLLOW_COMPARED);
        assert_non_null(strstr(shop->notice, further ? "does not hold" : "written anew"));
        rig_assert_at(shop, further ? 4 : 3);
        hf_follower_free(follower);
    }
    free(place);
    free(memory);
    free(remembered);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)
    const struct CMUnitTest tests[] = {
        TEST(merged_segments_lead_on_as_well),
        TEST(a_point_that_was_merged_away_is_left_by_the_segment_around_it),
        TEST(a_base_that_moved_past_the_replica_is_compared),
        TEST(the_newest_point_merged_is_the_same_point),
        TEST(retention_during_a_step_makes_it_plan_again),
        TEST(a_point_of_who_had_been_taken_over_from_is_left),
        TEST(history_that_was_written_anew_is_told_from_what_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
