/*
 * What a host remembers against what the repository says: neither is believed alone.
 */
#include "engine/workshop.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/state_file.h"

static enum hf_code backup_code(struct workshop *shop, const char *path,
                                enum hf_claim_manner manner, struct hf_backup_result *result)
{
    const struct hf_backup_options options = {
        .path = path, .claim = manner, .events = &shop->events};
    struct hf_error err = {0};
    hf_backup(&shop->database, &options, result, &err);
    return err.code;
}

static void remember_repository(struct workshop *shop)
{
    char *earlier = hf_scratch_path(&shop->scratch, "earlier");
    hf_scratch_copy(shop->place, earlier);
    free(earlier);
}

static void roll_back_repository(struct workshop *shop)
{
    char *earlier = hf_scratch_path(&shop->scratch, "earlier");
    hf_scratch_remove(shop->place);
    hf_scratch_copy(earlier, shop->place);
    free(earlier);
}

static void change(struct workshop *shop, int id)
{
    workshop_sql(shop, "UPDATE film SET title = 'changed' || random() WHERE id = %d", id);
}

static void a_repository_that_was_rolled_back_is_told_and_begun_anew(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 50);
    workshop_backup(shop);
    remember_repository(shop);
    for (int i = 0; i < 3; i++) {
        change(shop, i + 1);
        workshop_backup(shop);
    }
    roll_back_repository(shop);
    shop->notice[0] = 0;
    change(shop, 9);
    struct hf_backup_result result = workshop_backup(shop);
    assert_int_equal(result.kind, HF_BACKUP_FULL);
    assert_int_equal(result.seq, 5);
    assert_non_null(strstr(shop->notice, "lost restore points"));
    workshop_assert_restores(shop, 5);
    workshop_assert_restores(shop, 1);
    change(shop, 10);
    result = workshop_backup(shop);
    assert_int_equal(result.kind, HF_BACKUP_INCREMENTAL);
    assert_int_equal(result.seq, 6);
    workshop_assert_restores(shop, 6);
}

static void a_rollback_is_noticed_though_the_database_did_not_change(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 20);
    workshop_backup(shop);
    remember_repository(shop);
    change(shop, 1);
    workshop_backup(shop);
    roll_back_repository(shop);
    struct hf_backup_result result = workshop_backup(shop);
    assert_int_equal(result.kind, HF_BACKUP_FULL);
    assert_int_equal(result.seq, 3);
    workshop_assert_restores(shop, 3);
}

static void lost_claims_lose_no_points(void **state)
{
    struct workshop *shop = *state;
    char key[HF_OBJECT_NAME_TEXT], relative[HF_OBJECT_NAME_TEXT + 16];
    workshop_fill(shop, 20);
    workshop_backup(shop);
    struct hf_backup_result result;
    /* A second epoch, so that one that began at 1 again would be below it. */
    char *file = hf_scratch_path(&shop->scratch, "app.db-holdfast");
    hf_scratch_remove(file);
    free(file);
    change(shop, 1);
    workshop_backup(shop);
    hf_database_object(key, &shop->database, "writers");
    snprintf(relative, sizeof relative, "repository/%s", key);
    char *writers = hf_scratch_path(&shop->scratch, relative);
    assert_int_equal(hf_scratch_count(writers), 2);
    hf_scratch_remove(writers);
    free(writers);
    change(shop, 2);
    result = workshop_backup(shop);
    assert_int_equal(result.seq, 3);
    workshop_assert_restores(shop, 3);
    workshop_assert_restores(shop, 2);
}

static void another_file_under_the_same_name_is_refused_until_it_takes_over(void **state)
{
    struct workshop *shop = *state;
    struct hf_backup_result result;
    char *first = shop->db;
    workshop_fill(shop, 60);
    workshop_backup(shop);
    shop->db = hf_scratch_path(&shop->scratch, "other.db");
    workshop_fill(shop, 10);
    assert_int_equal(backup_code(shop, shop->db, HF_CLAIM_POLITE, &result), HF_REFUSED);
    assert_int_equal(backup_code(shop, shop->db, HF_CLAIM_TAKE_OVER, &result), HF_OK);
    assert_int_equal(result.seq, 2);
    workshop_sql(shop, "UPDATE film SET title = 'x'");
    result = workshop_backup(shop);
    workshop_assert_restores(shop, 3);
    workshop_assert_restores(shop, 1);
    assert_int_equal(backup_code(shop, first, HF_CLAIM_POLITE, &result), HF_REFUSED);
    free(first);
}

static void a_damaged_map_over_damaged_history_gives_a_full_backup(void **state)
{
    struct workshop *shop = *state;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    char name[HF_SEGMENT_NAME_TEXT], key[HF_OBJECT_NAME_TEXT], relative[HF_OBJECT_NAME_TEXT + 16];
    char *file = hf_scratch_path(&shop->scratch, "app.db-holdfast");
    workshop_fill(shop, 60);
    workshop_backup(shop);
    assert_int_equal(hf_timeline_load(&timeline, &shop->database, NULL), 0);
    hf_segment_name_format(name, &timeline.entries[0].name);
    hf_database_object(key, &shop->database, "segments/%s", name);
    snprintf(relative, sizeof relative, "repository/%s", key);
    char *segment = hf_scratch_path(&shop->scratch, relative);
    hf_scratch_flip(segment, hf_scratch_size(segment) - 150, 1); /* in the trailer */
    hf_scratch_flip(file, 4096 + 8 * 20, 5);
    change(shop, 1);
    struct hf_backup_result result = workshop_backup(shop);
    assert_int_equal(result.kind, HF_BACKUP_FULL);
    assert_int_equal(result.seq, 2);
    workshop_assert_restores(shop, 2);
    free(segment);
    free(file);
}

static void a_second_holdfast_on_one_database_is_locked_out(void **state)
{
    struct workshop *shop = *state;
    char *path = hf_scratch_path(&shop->scratch, "app.db-holdfast");
    struct hf_state_file first, second;
    struct hf_backup_result result;
    struct hf_error err = {0};
    workshop_fill(shop, 10);
    assert_int_equal(hf_state_file_open(&first, hf_env_system(), path, &err), 0);
    assert_int_equal(hf_state_file_open(&second, hf_env_system(), path, &err), -1);
    assert_int_equal(err.code, HF_LOCKED);
    assert_int_equal(backup_code(shop, shop->db, HF_CLAIM_POLITE, &result), HF_LOCKED);
    hf_state_file_release(&first);
    assert_int_equal(backup_code(shop, shop->db, HF_CLAIM_POLITE, &result), HF_OK);
    free(path);
}

static void a_new_map_keeps_the_lock(void **state)
{
    struct workshop *shop = *state;
    char *path = hf_scratch_path(&shop->scratch, "state");
    struct hf_state_file first, second;
    struct hf_map_writer *map = calloc(1, sizeof *map);
    struct hf_error err = {0};
    const struct hf_known_state known = {
        .segment = {.epoch = 1, .from = 1, .to = 4, .time = 9}, .page_size = 512, .page_count = 1};
    uint8_t writer[HF_ID_BYTES];
    assert_int_equal(hf_state_file_open(&first, hf_env_system(), path, &err), 0);
    assert_int_equal(hf_map_writer_begin(map, &first, &err), 0);
    assert_int_equal(hf_map_writer_append(map, 77, &err), 0);
    assert_int_equal(hf_map_writer_commit(map, &first, &known, &err), 0);
    assert_int_equal(hf_state_file_open(&second, hf_env_system(), path, &err), -1);
    assert_int_equal(err.code, HF_LOCKED);
    memcpy(writer, first.writer, sizeof writer);
    hf_state_file_release(&first);
    hf_map_writer_release(map);
    free(map);
    assert_int_equal(hf_state_file_open(&second, hf_env_system(), path, &err), 0);
    assert_memory_equal(second.writer, writer, sizeof writer);
    assert_int_equal(second.known.segment.to, 4);
    hf_state_file_release(&second);
    free(path);
}

static void a_flip_of_any_bit_of_the_state_makes_it_unknown(void **state)
{
    struct workshop *shop = *state;
    char *path = hf_scratch_path(&shop->scratch, "state");
    struct hf_state_file file;
    struct hf_error err = {0};
    const struct hf_known_state known = {
        .segment = {.epoch = 1, .from = 1, .to = 4, .time = 9}, .page_size = 512, .page_count = 1};
    assert_int_equal(hf_state_file_open(&file, hf_env_system(), path, &err), 0);
    assert_int_equal(hf_state_file_update(&file, &known, &err), 0);
    hf_state_file_release(&file);
    for (uint64_t byte = 0; byte < 4096; byte += 7) {
        hf_scratch_flip(path, byte, (int)(byte % 8));
        assert_int_equal(hf_state_file_open(&file, hf_env_system(), path, &err), 0);
        assert_int_equal(file.known.segment.to, 0);
        hf_state_file_release(&file);
        hf_scratch_flip(path, byte, (int)(byte % 8));
    }
    assert_int_equal(hf_state_file_open(&file, hf_env_system(), path, &err), 0);
    assert_int_equal(file.known.segment.to, 4);
    hf_state_file_release(&file);
    free(path);
}

static void a_repository_whose_master_key_was_replaced_gets_no_backup(void **state)
{
    struct workshop *shop = *state;
    struct hf_backup_result result;
    workshop_fill(shop, 20);
    workshop_backup(shop);
    change(shop, 1);
    shop->repository->key_id[0] ^= 1;
    assert_int_equal(backup_code(shop, shop->db, HF_CLAIM_TAKE_OVER, &result), HF_REFUSED);
    shop->repository->key_id[0] ^= 1;
    workshop_backup(shop);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_repository_whose_master_key_was_replaced_gets_no_backup),
        TEST(a_repository_that_was_rolled_back_is_told_and_begun_anew),
        TEST(a_rollback_is_noticed_though_the_database_did_not_change),
        TEST(lost_claims_lose_no_points),
        TEST(another_file_under_the_same_name_is_refused_until_it_takes_over),
        TEST(a_damaged_map_over_damaged_history_gives_a_full_backup),
        TEST(a_second_holdfast_on_one_database_is_locked_out),
        TEST(a_new_map_keeps_the_lock),
        TEST(a_flip_of_any_bit_of_the_state_makes_it_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
