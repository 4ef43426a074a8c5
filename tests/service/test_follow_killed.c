/*
 * kill -9 at every step of a replica's way: who opens the file finds one point or the other, and
 * the next follower goes on.
 */
#include "engine/follow_rig.h"

#include <inttypes.h>
#include <stdio.h>

#include "service/killer.h"

static int follow_once(void *context)
{
    const struct workshop *shop = context;
    const struct hf_follow_options options = {.path = shop->target};
    struct hf_follow_step step;
    struct hf_error err = {0};
    hf_auto_ptr(hf_follower) struct hf_follower *follower =
        hf_follower_new(&shop->database, &options, &err);
    return !follower || hf_follow(follower, &step, &err);
}

/* One of two numbers of rows, in one state with all else. */
static void prove(struct workshop *shop, uint64_t n, int64_t before, int64_t after)
{
    int64_t rows = rig_ask(shop, "SELECT count(*) FROM film");
    if (rows != before && rows != after)
        fail_msg("killed before call %" PRIu64 ": %" PRId64 " rows", n, rows);
    assert_int_equal(rig_ask(shop, "SELECT min(v) = max(v) AND min(v) = (SELECT count(*) FROM film)"
                                   " FROM (SELECT value AS v FROM mark)"),
                     1);
    assert_int_equal(rig_ask(shop, "PRAGMA integrity_check"), 0);
}

static void reset(struct workshop *shop, const char *kept, const char *kept_state)
{
    char *state = hf_scratch_path(&shop->scratch, "restored.db-holdfast-follow");
    char *journal = hf_scratch_path(&shop->scratch, "restored.db-journal");
    hf_scratch_remove(shop->target);
    hf_scratch_remove(state);
    hf_scratch_remove(journal);
    hf_scratch_copy(kept, shop->target);
    hf_scratch_copy(kept_state, state);
    free(state);
    free(journal);
}

/* Every transaction writes the number of rows to pages far apart. */
static void write_marks(struct workshop *shop)
{
    workshop_sql(shop, "CREATE TABLE IF NOT EXISTS mark(id INTEGER PRIMARY KEY, value, filler);"
                       "INSERT OR IGNORE INTO mark SELECT id, 0, randomblob(900) FROM film"
                       " WHERE id %% 20 = 1;"
                       "UPDATE mark SET value = (SELECT count(*) FROM film)");
    workshop_backup(shop);
}

static void play(struct workshop *shop, const char *sql, int64_t after)
{
    char *state = hf_scratch_path(&shop->scratch, "restored.db-holdfast-follow");
    char *kept = hf_scratch_path(&shop->scratch, "kept.db");
    char *kept_state = hf_scratch_path(&shop->scratch, "kept-state");
    uint64_t n = 1;
    workshop_sql(shop, "PRAGMA journal_mode = WAL");
    workshop_fill(shop, 80);
    write_marks(shop);
    assert_int_equal(follow_once(shop), 0);
    hf_scratch_copy(shop->target, kept);
    hf_scratch_copy(state, kept_state);
    workshop_sql(shop, "%s", sql);
    write_marks(shop);
    for (; kill_at(follow_once, shop, n); n++) {
        prove(shop, n, 160, after);
        assert_int_equal(follow_once(shop), 0);
        prove(shop, n, after, after);
        reset(shop, kept, kept_state);
    }
    prove(shop, n, after, after);
    assert_true(n > 12);
    printf("killed %" PRIu64 " times\n", n - 1);
    free(state);
    free(kept);
    free(kept_state);
}

static void a_growing_replica(void **state)
{
    play(*state, "INSERT INTO film(title, data) SELECT title, data FROM film WHERE id <= 40", 200);
}

static void a_shrinking_replica(void **state)
{
    play(*state, "DELETE FROM film WHERE id > 60; DELETE FROM mark WHERE id > 60; VACUUM", 60);
}

static void a_replica_with_pages_of_another_size(void **state)
{
    play(*state,
         "PRAGMA journal_mode = DELETE; PRAGMA page_size = 1024; VACUUM; DELETE FROM film WHERE id "
         "> 100",
         100);
}

static void a_new_replica(void **state)
{
    struct workshop *shop = *state;
    char *beside = hf_scratch_path(&shop->scratch, "restored.db-holdfast-follow");
    uint64_t n = 1;
    workshop_fill(shop, 40);
    write_marks(shop);
    for (; kill_at(follow_once, shop, n); n++) {
        if (hf_scratch_exists(shop->target))
            prove(shop, n, 80, 80);
        assert_int_equal(follow_once(shop), 0);
        prove(shop, n, 80, 80);
        hf_scratch_remove(shop->target);
        hf_scratch_remove(beside);
    }
    prove(shop, n, 80, 80);
    assert_true(n > 8);
    free(beside);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_growing_replica),
        TEST(a_shrinking_replica),
        TEST(a_replica_with_pages_of_another_size),
        TEST(a_new_replica),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
