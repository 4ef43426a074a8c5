/*
 * The lock-byte page in the middle of a small database: SQLite's pending byte is moved for this
 * whole program.
 */
#include "engine/workshop.h"

#include "sqlite/db_header.h"

enum { PENDING_BYTE = 1 << 16, LOCK_PAGE = PENDING_BYTE / 4096 + 1 };

static struct hf_restore_result restore(struct workshop *shop, uint64_t seq,
                                        enum hf_restore_manner manner)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_restore_options options = {.target = shop->target, .manner = manner};
    struct hf_restore_result result = {0};
    struct hf_error err = {0};
    if (hf_timeline_load(&timeline, &shop->database, &err) ||
        hf_restore(&shop->database, &timeline, seq, &options, &result, &err))
        fail_msg("%s", err.text);
    return result;
}

static void assert_is_point(struct workshop *shop, uint64_t seq)
{
    char *copy = workshop_copy(shop, seq);
    assert_true(hf_scratch_same(shop->target, copy));
    free(copy);
}

static void a_database_over_the_lock_byte_page_restores(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 100);
    struct hf_backup_result first = workshop_backup(shop);
    assert_int_equal(hf_lock_byte_page(4096), LOCK_PAGE);
    assert_int_equal(first.pages_stored, first.database_bytes / 4096 - 1);
    workshop_sql(shop, "UPDATE film SET data = randomblob(1750)");
    workshop_backup(shop);
    workshop_assert_restores(shop, 1);
    workshop_assert_restores(shop, 2);
}

static void growing_and_shrinking_over_it_restores_in_every_manner(void **state)
{
    struct workshop *shop = *state;
    for (int step = 0; step < 6; step++) {
        if (step)
            workshop_sql(shop, "DELETE FROM film; VACUUM");
        workshop_fill(shop, LOCK_PAGE - 5 + 2 * (step % 3) + 20 * (step / 3));
        assert_int_equal(workshop_backup(shop).seq, step + 1);
    }
    for (uint64_t seq = 1; seq <= 6; seq++)
        workshop_assert_restores(shop, seq);
    for (uint64_t step = 0; step < 12; step++) {
        uint64_t seq = step * 5 % 6 + 1;
        restore(shop, seq, HF_RESTORE_DELTA);
        assert_is_point(shop, seq);
    }
}

static void a_lost_state_file_is_learned_around_it(void **state)
{
    struct workshop *shop = *state;
    char *file = hf_scratch_path(&shop->scratch, "app.db-holdfast");
    workshop_fill(shop, 60);
    workshop_backup(shop);
    hf_scratch_remove(file);
    workshop_sql(shop, "UPDATE film SET title = 'other' WHERE id = 3");
    struct hf_backup_result result = workshop_backup(shop);
    assert_int_equal(result.kind, HF_BACKUP_INCREMENTAL);
    assert_in_range(result.pages_stored, 1, 3);
    workshop_assert_restores(shop, 2);
    free(file);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_database_over_the_lock_byte_page_restores),
        TEST(growing_and_shrinking_over_it_restores_in_every_manner),
        TEST(a_lost_state_file_is_learned_around_it),
    };
    sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, PENDING_BYTE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
