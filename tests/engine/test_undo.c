#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/in_place.h"
#include "engine/undo.h"
#include "workshop.h"

/* Restores a point in the database's own place; returns what was recorded. */
static struct hf_in_place_result restore(struct workshop *shop, uint64_t seq)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_backup_options before = {.path = shop->db, .events = &shop->events};
    const struct hf_restore_options options = {.target = shop->db, .manner = HF_RESTORE_REPLACE};
    struct hf_in_place_result result = {0};
    struct hf_error err = {0};
    assert_int_equal(hf_timeline_load(&timeline, &shop->database, &err), 0);
    if (hf_restore_in_place(&shop->database, &timeline, seq, &before, &options, &result, &err))
        fail_msg("%s", err.text);
    return result;
}

static int find(struct workshop *shop, struct hf_undo *out, struct hf_error *err)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_points) struct hf_points points = {0};
    *err = (struct hf_error){0};
    assert_int_equal(hf_timeline_load(&timeline, &shop->database, NULL), 0);
    assert_int_equal(hf_points_load(&points, &shop->database, &timeline, NULL), 0);
    return hf_undo_find(out, &shop->database, &timeline, &points, err);
}

static struct hf_undo found(struct workshop *shop)
{
    struct hf_undo undo;
    struct hf_error err;
    if (find(shop, &undo, &err))
        fail_msg("%s", err.text);
    return undo;
}

static void a_restore_notes_what_it_replaced(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 50);
    workshop_backup(shop);
    workshop_sql(shop, "UPDATE film SET title = 'precious' WHERE id = 7");
    struct hf_in_place_result result = restore(shop, 1);
    assert_int_equal(result.before, 2);
    assert_int_equal(result.recorded, 3);
    workshop_sql(shop, "UPDATE film SET title = 'later' WHERE id = 8");
    workshop_backup(shop);
    struct hf_undo undo = found(shop);
    assert_int_equal(undo.recorded, 3);
    assert_int_equal(undo.restored, 1);
    assert_int_equal(undo.before, 2);
    assert_int_not_equal(undo.time, 0);
}

static void an_undo_can_be_undone(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 50);
    workshop_backup(shop);
    workshop_sql(shop, "UPDATE film SET title = 'precious' WHERE id = 7");
    restore(shop, 1);
    workshop_sql(shop, "UPDATE film SET title = 'later' WHERE id = 8");
    struct hf_in_place_result undone = restore(shop, found(shop).before);
    assert_int_equal(undone.restore.seq, 2);
    struct hf_undo again = found(shop);
    assert_int_equal(again.restored, 2);
    assert_int_equal(again.before, undone.before);
    assert_true(again.before > 2);
}

static void a_restore_that_changes_nothing_is_noted_all_the_same(void **state)
{
    struct workshop *shop = *state;
    workshop_fill(shop, 50);
    workshop_backup(shop);
    workshop_sql(shop, "UPDATE film SET title = 'precious' WHERE id = 7");
    restore(shop, 1);
    struct hf_in_place_result same = restore(shop, 3);
    assert_int_equal(same.before, 3);
    assert_int_equal(found(shop).before, 3);
}

static void without_a_restore_there_is_nothing_to_undo(void **state)
{
    struct workshop *shop = *state;
    struct hf_undo undo;
    struct hf_error err;
    workshop_fill(shop, 50);
    workshop_backup(shop);
    assert_int_equal(find(shop, &undo, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
}

static void a_restore_whose_end_nobody_knows_is_not_passed_over(void **state)
{
    struct workshop *shop = *state;
    struct hf_undo undo;
    struct hf_error err;
    workshop_fill(shop, 50);
    workshop_backup(shop);
    workshop_sql(shop, "UPDATE film SET title = 'precious' WHERE id = 7");
    restore(shop, 1);
    /* As a crash leaves it: what was there is a point, and no more is said. */
    const struct hf_backup_options before = {
        .path = shop->db, .reason = HF_BEFORE_RESTORE, .own = true};
    struct hf_backup_result point;
    assert_int_equal(hf_backup(&shop->database, &before, &point, NULL), 0);
    assert_int_equal(find(shop, &undo, &err), -1);
    assert_int_equal(err.code, HF_REFUSED);
    assert_non_null(strstr(err.hint, "point 4"));
    workshop_sql(shop, "UPDATE film SET title = 'the application goes on' WHERE id = 9");
    workshop_backup(shop);
    assert_int_equal(find(shop, &undo, &err), -1);
    assert_int_equal(err.code, HF_REFUSED);
}

static void over_a_damaged_database_there_is_no_way_back(void **state)
{
    struct workshop *shop = *state;
    struct hf_undo undo;
    struct hf_error err;
    workshop_fill(shop, 50);
    workshop_backup(shop);
    hf_scratch_write(shop->db, "this was a database once", 24);
    assert_int_equal(restore(shop, 1).before, 0);
    assert_int_equal(find(shop, &undo, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
    assert_non_null(strstr(err.text, "nothing that could be kept"));
}

/* Not what an older restore replaced: that was long ago. */
static void the_restore_of_a_missing_database_is_the_last_one_too(void **state)
{
    struct workshop *shop = *state;
    struct hf_undo undo;
    struct hf_error err;
    workshop_fill(shop, 50);
    workshop_backup(shop);
    workshop_sql(shop, "UPDATE film SET title = 'precious' WHERE id = 7");
    restore(shop, 1);
    assert_int_equal(unlink(shop->db), 0);
    struct hf_in_place_result result = restore(shop, 2);
    assert_int_equal(result.before, 0);
    assert_int_equal(result.recorded, 4);
    assert_int_equal(find(shop, &undo, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
    assert_non_null(strstr(err.text, "there was no database"));
    workshop_sql(shop, "UPDATE film SET title = 'later' WHERE id = 8");
    assert_int_equal(restore(shop, 1).before, 5);
    assert_int_equal(found(shop).before, 5);
}

static void numbers_of_any_length_have_a_reason(void **state)
{
    (void)state;
    char reason[HF_REASON_TEXT];
    const enum hf_replaced point = HF_REPLACED_POINT;
    assert_string_equal(hf_restore_reason(reason, 100, point, 122), "restore 100 over 122");
    assert_string_equal(hf_restore_reason(reason, 999999999, point, 999999998),
                        "restore 999999999 over 999999998");
    assert_string_equal(hf_restore_reason(reason, UINT64_MAX, point, 5),
                        "restore 18446744073709551615");
    assert_string_equal(hf_restore_reason(reason, 7, HF_REPLACED_FILE, 0), "restore 7");
    assert_string_equal(hf_restore_reason(reason, 7, HF_REPLACED_NOTHING, 0),
                        "restore 7 over nothing");
    assert_string_equal(hf_restore_reason(reason, UINT64_MAX, HF_REPLACED_NOTHING, 0),
                        "restore 18446744073709551615");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_restore_notes_what_it_replaced),
        TEST(an_undo_can_be_undone),
        TEST(a_restore_that_changes_nothing_is_noted_all_the_same),
        TEST(without_a_restore_there_is_nothing_to_undo),
        TEST(a_restore_whose_end_nobody_knows_is_not_passed_over),
        TEST(over_a_damaged_database_there_is_no_way_back),
        TEST(the_restore_of_a_missing_database_is_the_last_one_too),
        cmocka_unit_test(numbers_of_any_length_have_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
