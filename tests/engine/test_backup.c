#include "engine/workshop.h"

#include <string.h>

static void every_point_restores_bit_for_bit(void **state)
{
    struct workshop *shop = *state;
    workshop_sql(shop, "PRAGMA journal_mode=WAL");
    workshop_fill(shop, 200);
    assert_int_equal(workshop_backup(shop).kind, HF_BACKUP_FULL);
    for (int i = 0; i < 12; i++) {
        workshop_sql(shop, "UPDATE film SET data = randomblob(1700) WHERE id %% 37 = %d", i);
        struct hf_backup_result result = workshop_backup(shop);
        assert_int_equal(result.kind, HF_BACKUP_INCREMENTAL);
        assert_int_equal(result.seq, i + 2);
    }
    for (uint64_t seq = 1; seq <= 13; seq++)
        workshop_assert_restores(shop, seq);
}

static void an_increment_holds_only_the_pages_that_changed(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 500);
    struct hf_backup_result first = workshop_backup(shop);
    workshop_sql(shop, "UPDATE film SET title = 'other' WHERE id = 77");
    struct hf_backup_result second = workshop_backup(shop);
    assert_in_range(second.pages_stored, 1, 4);
    assert_in_range(first.pages_stored, 500, 700);
}

static void nothing_changed_makes_no_point(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 20);
    struct hf_backup_result first = workshop_backup(shop);
    struct hf_backup_result second = workshop_backup(shop);
    assert_int_equal(second.kind, HF_BACKUP_UNCHANGED);
    assert_int_equal(second.seq, first.seq);
    assert_int_equal(second.bytes_added, 0);
}

static void a_label_makes_a_point_though_nothing_changed(void **state)
{
    struct workshop *shop = *state;
    const struct hf_backup_options options = {.path = shop->db, .label = "before the upgrade"};
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_points) struct hf_points points = {0};
    struct hf_error err = {0};
    workshop_fill(shop, 20);
    workshop_backup(shop);
    struct hf_backup_result labelled = workshop_backup_with(shop, &options);
    assert_int_equal(labelled.kind, HF_BACKUP_INCREMENTAL);
    assert_int_equal(labelled.pages_stored, 0);
    assert_int_equal(hf_timeline_load(&timeline, &shop->database, &err), 0);
    assert_int_equal(hf_points_load(&points, &shop->database, &timeline, &err), 0);
    const struct hf_point *point = hf_points_find(&points, "before the upgrade");
    assert_non_null(point);
    assert_int_equal(point->seq, labelled.seq);
    workshop_assert_restores(shop, labelled.seq);
}

static void a_database_that_shrinks_and_grows_restores_at_every_size(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 300);
    workshop_backup(shop);
    workshop_sql(shop, "DELETE FROM film WHERE id > 100");
    workshop_sql(shop, "VACUUM");
    uint64_t small = workshop_backup(shop).seq;
    workshop_fill(shop, 250);
    uint64_t large = workshop_backup(shop).seq;
    workshop_assert_restores(shop, 1);
    workshop_assert_restores(shop, small);
    workshop_assert_restores(shop, large);
}

static void another_page_size_begins_with_a_full_segment(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 50);
    workshop_backup(shop);
    workshop_sql(shop, "PRAGMA page_size=1024; VACUUM");
    struct hf_backup_result result = workshop_backup(shop);
    assert_int_equal(result.kind, HF_BACKUP_FULL);
    workshop_assert_restores(shop, 1);
    workshop_assert_restores(shop, result.seq);
}

static void a_lost_state_file_is_learned_again(void **state)
{
    struct workshop *shop = *state;
    char *file = hf_scratch_path(&shop->scratch, "app.db-holdfast");
    workshop_fill(shop, 100);
    workshop_backup(shop);
    hf_scratch_remove(file);
    workshop_sql(shop, "UPDATE film SET title = 'other' WHERE id = 3");
    struct hf_backup_result result = workshop_backup(shop);
    assert_int_equal(result.kind, HF_BACKUP_INCREMENTAL);
    assert_in_range(result.pages_stored, 1, 4);
    workshop_assert_restores(shop, result.seq);
    free(file);
}

static void a_damaged_map_is_noticed_and_learned_again(void **state)
{
    struct workshop *shop = *state;
    char *file = hf_scratch_path(&shop->scratch, "app.db-holdfast");
    workshop_fill(shop, 100);
    workshop_backup(shop);
    hf_scratch_flip(file, 4096 + 8 * 40 + 3, 5);
    workshop_sql(shop, "UPDATE film SET title = 'other' WHERE id = 3");
    struct hf_backup_result result = workshop_backup(shop);
    assert_in_range(result.pages_stored, 1, 4);
    workshop_assert_restores(shop, result.seq);
    free(file);
}

static void page_sizes_from_512_to_65536_restore(void **state)
{
    struct workshop *shop = *state;
    for (int size = 512; size <= 65536; size *= 2) {
        hf_scratch_remove(shop->db);
        workshop_sql(shop, "PRAGMA page_size=%d; PRAGMA auto_vacuum=FULL", size);
        workshop_fill(shop, 120);
        struct hf_backup_result full = workshop_backup(shop);
        workshop_sql(shop, "DELETE FROM film WHERE id %% 3 = 0");
        struct hf_backup_result next = workshop_backup(shop);
        workshop_assert_restores(shop, full.seq);
        workshop_assert_restores(shop, next.seq);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_point_restores_bit_for_bit),
        TEST(an_increment_holds_only_the_pages_that_changed),
        TEST(nothing_changed_makes_no_point),
        TEST(a_label_makes_a_point_though_nothing_changed),
        TEST(a_database_that_shrinks_and_grows_restores_at_every_size),
        TEST(another_page_size_begins_with_a_full_segment),
        TEST(a_lost_state_file_is_learned_again),
        TEST(a_damaged_map_is_noticed_and_learned_again),
        TEST(page_sizes_from_512_to_65536_restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
