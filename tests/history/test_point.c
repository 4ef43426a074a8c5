#include "history/archive.h"

#include <string.h>

#include "history/catalog.h"
#include "history/point.h"

static void load(struct archive *archive, struct hf_points *points)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct hf_error err = {0};
    if (hf_timeline_load(&timeline, &archive->database, &err) ||
        hf_points_load(points, &archive->database, &timeline, &err))
        fail_msg("%s", err.text);
}

static void put_catalog(struct archive *archive)
{
    hf_auto(hf_points) struct hf_points points = {0};
    struct hf_error err = {0};
    load(archive, &points);
    if (hf_catalog_put(&archive->database, &points, 1, &err))
        fail_msg("%s", err.text);
}

static void labels_and_pins_may_change_later(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_points) struct hf_points points = {0};
    const struct hf_point_change pin = {.pin = 1, .label = "before the upgrade"};
    const struct hf_point_change unpin = {.pin = 0};
    archive_points(archive, 3);
    assert_int_equal(hf_point_change(&archive->database, 2, &pin, NULL), 0);
    load(archive, &points);
    assert_true(points.list[1].pinned);
    assert_ptr_equal(hf_points_find(&points, "before the upgrade"), &points.list[1]);
    assert_int_equal(hf_point_change(&archive->database, 2, &unpin, NULL), 0);
    hf_points_release(&points);
    load(archive, &points);
    assert_false(points.list[1].pinned);
    assert_string_equal(points.list[1].label, "before the upgrade");
}

static void the_last_proof_counts(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_points) struct hf_points points = {0};
    struct hf_point_change proof = {.pin = -1, .proof = HF_PROOF_FAILED, .proof_time = 5};
    archive_points(archive, 1);
    assert_int_equal(hf_point_change(&archive->database, 1, &proof, NULL), 0);
    proof.proof = HF_PROOF_PASSED;
    proof.proof_time = 6;
    proof.proof_duration = 250;
    assert_int_equal(hf_point_change(&archive->database, 1, &proof, NULL), 0);
    load(archive, &points);
    assert_int_equal(points.list[0].proof, HF_PROOF_PASSED);
    assert_int_equal(points.list[0].proof_time, 6);
    assert_int_equal(points.list[0].proof_duration, 250);
}

static void a_damaged_change_loses_the_change_and_not_the_point(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_points) struct hf_points points = {0};
    const struct hf_point_change pin = {.pin = 1};
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 2);
    assert_int_equal(hf_point_change(&archive->database, 1, &pin, NULL), 0);
    hf_database_object(key, &archive->database, "points/%016x.%08x", 1, 1);
    archive_flip(archive, key, 70, 3);
    load(archive, &points);
    assert_int_equal(points.count, 2);
    assert_false(points.list[0].pinned);
}

static void a_damaged_trailer_hides_no_other_point(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_points) struct hf_points points = {0};
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 3);
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    archive_key(archive, key, &hf_timeline_at(&timeline, 2)->name, 0);
    archive_flip(archive, key, 3, 0);
    load(archive, &points);
    assert_int_equal(points.count, 3);
    assert_true(points.list[1].damaged);
    assert_false(points.list[2].damaged);
}

static void a_number_finds_a_point_before_a_label_does(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_points) struct hf_points points = {0};
    const struct hf_point_change label = {.pin = -1, .label = "3"};
    const struct hf_point_change other = {.pin = -1, .label = "2026"};
    archive_points(archive, 3);
    assert_int_equal(hf_point_change(&archive->database, 1, &label, NULL), 0);
    assert_int_equal(hf_point_change(&archive->database, 2, &other, NULL), 0);
    load(archive, &points);
    assert_int_equal(hf_points_find(&points, "3")->seq, 3);
    assert_int_equal(hf_points_find(&points, "2026")->seq, 2);
    assert_null(hf_points_find(&points, "4"));
    assert_null(hf_points_find(&points, ""));
}

static bool is_due(struct archive *archive)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    bool due = false;
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    assert_int_equal(hf_catalog_is_due(&archive->database, &timeline, &due, NULL), 0);
    return due;
}

static void a_catalog_is_due_when_many_points_have_come(void **state)
{
    struct archive *archive = *state;
    archive_points(archive, HF_CATALOG_EVERY - 1);
    assert_false(is_due(archive));
    put_catalog(archive);
    assert_false(is_due(archive));
}

static void what_a_catalog_lists_needs_no_trailer(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_points) struct hf_points points = {0};
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 4);
    put_catalog(archive);
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    archive_key(archive, key, &hf_timeline_at(&timeline, 2)->name, 0);
    archive_flip(archive, key, 3, 0); /* were it read, it would be seen */
    load(archive, &points);
    assert_int_equal(points.count, 4);
    assert_false(points.list[1].damaged);
    assert_int_not_equal(points.list[1].size, 0);
}

static void a_damaged_catalog_is_as_good_as_none(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_points) struct hf_points points = {0};
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 4);
    put_catalog(archive);
    hf_database_object(key, &archive->database, "catalog/%016x.%08x", 4, 1);
    assert_true(archive_has(archive, key));
    archive_flip(archive, key, 80, 0);
    load(archive, &points);
    assert_int_equal(points.count, 4);
}

/* A segment that cannot be read any more: who knows its point already does not notice. */
static void loading_again_reads_only_what_is_new(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_points) struct hf_points before = {0}, again = {0};
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_point_change pin = {.pin = 1, .label = "later"};
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 4);
    load(archive, &before);
    before.count = 3; /* the last one came later */
    assert_int_equal(hf_point_change(&archive->database, 2, &pin, NULL), 0);
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    archive_key(archive, key, &hf_timeline_at(&timeline, 1)->name, 0);
    archive_flip(archive, key, 3, 0);
    assert_int_equal(hf_points_load_again(&again, &before, &archive->database, &timeline, NULL), 0);
    assert_int_equal(again.count, 4);
    assert_false(again.list[0].damaged);
    assert_true(again.list[1].pinned);
    assert_string_equal(again.list[1].label, "later");
    assert_int_equal(again.list[3].seq, 4);
    assert_int_not_equal(again.list[3].size, 0);
}

/* A change that cannot be read any more: what it said is known, and one that came since is read. */
static void loading_again_reads_only_new_changes(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_points) struct hf_points before = {0}, again = {0};
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_point_change pin = {.pin = 1, .label = "first"},
                                 name = {.pin = -1, .label = "second"};
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 4);
    assert_int_equal(hf_point_change(&archive->database, 2, &pin, NULL), 0);
    load(archive, &before);
    assert_true(before.list[1].pinned);
    hf_database_object(key, &archive->database, "points/%016x.%08x", 2, 1);
    archive_flip(archive, key, 80, 0);
    assert_int_equal(hf_point_change(&archive->database, 2, &name, NULL), 0);
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    assert_int_equal(hf_points_load_again(&again, &before, &archive->database, &timeline, NULL), 0);
    assert_true(again.list[1].pinned);
    assert_string_equal(again.list[1].label, "second");
}

static void a_point_is_found_by_its_place_in_the_order(void **state)
{
    struct hf_point list[] = {{.seq = 2}, {.seq = 5}, {.seq = 9}};
    const struct hf_points points = {list, 3};
    (void)state;
    assert_int_equal(hf_points_below(&points, 1), 0);
    assert_int_equal(hf_points_below(&points, 5), 1);
    assert_int_equal(hf_points_below(&points, 6), 2);
    assert_int_equal(hf_points_below(&points, UINT64_MAX), 3);
    assert_ptr_equal(hf_points_by_seq(&points, 9), &list[2]);
    assert_null(hf_points_by_seq(&points, 10));
    assert_null(hf_points_by_seq(&points, 3));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, archive_setup, archive_teardown)
    const struct CMUnitTest tests[] = {
        TEST(labels_and_pins_may_change_later),
        TEST(the_last_proof_counts),
        TEST(a_damaged_change_loses_the_change_and_not_the_point),
        TEST(a_damaged_trailer_hides_no_other_point),
        TEST(a_number_finds_a_point_before_a_label_does),
        TEST(a_catalog_is_due_when_many_points_have_come),
        TEST(what_a_catalog_lists_needs_no_trailer),
        TEST(a_damaged_catalog_is_as_good_as_none),
        TEST(loading_again_reads_only_what_is_new),
        TEST(loading_again_reads_only_new_changes),
        cmocka_unit_test(a_point_is_found_by_its_place_in_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
