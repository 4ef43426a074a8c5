#include "history/archive.h"

#include <string.h>

#include "history/check.h"
#include "history/point.h"

struct seen {
    int losses, notes;
    struct hf_finding last;
};

static int see(void *arg, const struct hf_finding *finding, struct hf_error *err)
{
    struct seen *seen = arg;
    (void)err;
    if (finding->severity == HF_CHECK_LOSS)
        seen->losses++;
    else
        seen->notes++;
    seen->last = *finding;
    return 0;
}

static struct seen check(struct archive *archive, enum hf_check_depth depth,
                         struct hf_check_result *result)
{
    const struct hf_check_options options = {.depth = depth};
    struct seen seen = {0};
    struct hf_error err = {0};
    if (hf_check(archive->repository, &options, see, &seen, result, &err))
        fail_msg("%s", err.text);
    return seen;
}

static void nothing_is_found_in_a_whole_repository(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    archive_points(archive, 5);
    struct seen seen = check(archive, HF_CHECK_DATA, &result);
    assert_int_equal(seen.losses + seen.notes, 0);
    assert_int_equal(result.points, 5);
    assert_int_equal(result.points_lost, 0);
    assert_int_equal(result.segments, 5);
}

/* holdfast.json is proven when the repository is opened. */
static void a_flipped_bit_in_any_object_is_found(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    const struct hf_point_change change = {.pin = 1, .label = "kept"};
    archive_points(archive, 3);
    assert_int_equal(hf_point_change(&archive->database, 2, &change, NULL), 0);
    char **keys = archive_keys(archive);
    for (char **key = keys; *key; key++) {
        hf_auto(hf_buf) struct hf_buf object = {0};
        archive_get(archive, *key, &object);
        if (!strcmp(*key, "holdfast.json"))
            continue;
        for (size_t byte = 0; byte < object.length; byte += object.length / 40 + 1) {
            int bit = (int)(byte * 5 % 8);
            archive_flip(archive, *key, byte, bit);
            if (!check(archive, HF_CHECK_DATA, &result).losses)
                fail_msg("%s: bit %d of byte %zu is not found", *key, bit, byte);
            archive_flip(archive, *key, byte, bit);
        }
    }
    archive_keys_free(keys);
    assert_int_equal(check(archive, HF_CHECK_DATA, &result).losses, 0);
}

static void a_damaged_segment_costs_the_points_that_need_it(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 6);
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    archive_key(archive, key, &hf_timeline_at(&timeline, 4)->name, 0);
    archive_flip(archive, key, 3, 1);
    struct seen seen = check(archive, HF_CHECK_STRUCTURE, &result);
    assert_int_equal(seen.losses, 1);
    assert_string_equal(seen.last.object, key);
    assert_int_equal(seen.last.remedy, HF_REMEDY_REMOVE);
    assert_int_equal(result.points, 6);
    assert_int_equal(result.points_lost, 3);
}

static void removing_what_is_damaged_leaves_a_repository_that_is_sound(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct hf_error err = {0};
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 6);
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    archive_key(archive, key, &hf_timeline_at(&timeline, 6)->name, 0);
    archive_flip(archive, key, 3, 1);
    struct seen seen = check(archive, HF_CHECK_STRUCTURE, &result);
    assert_int_equal(hf_check_apply(archive->repository, &seen.last, &err), 0);
    assert_false(archive_has(archive, key));
    assert_int_equal(check(archive, HF_CHECK_DATA, &result).losses, 0);
    assert_int_equal(result.points, 5);
}

static void a_missing_segment_is_found_by_the_names_alone(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 4);
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    archive_key(archive, key, &hf_timeline_at(&timeline, 2)->name, 0);
    archive_remove(archive, key);
    struct seen seen = check(archive, HF_CHECK_STRUCTURE, &result);
    assert_int_equal(seen.losses, 2); /* 3 and 4 */
    assert_int_equal(result.points, 1);
}

static void a_damaged_about_is_written_again_from_a_full_segment(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    struct hf_database again;
    struct hf_error err = {0};
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 3);
    hf_database_object(key, &archive->database, "about/%08x", 1);
    archive_flip(archive, key, 60, 2);
    assert_int_equal(
        hf_database_open(&again, archive->repository, "app", HF_DATABASE_EXISTING, &err), -1);
    struct seen seen = check(archive, HF_CHECK_STRUCTURE, &result);
    assert_int_equal(seen.last.remedy, HF_REMEDY_REWRITE);
    assert_int_equal(hf_check_apply(archive->repository, &seen.last, &err), 0);
    if (hf_database_open(&again, archive->repository, "app", HF_DATABASE_EXISTING, &err))
        fail_msg("%s", err.text);
    assert_memory_equal(again.fingerprints.secret, archive->database.fingerprints.secret,
                        HF_FINGERPRINT_SECRET);
}

static void what_is_no_object_is_noted_and_left_alone(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    archive_points(archive, 1);
    archive_replace(archive, "holiday/photo.jpg", "not ours", 8);
    struct seen seen = check(archive, HF_CHECK_STRUCTURE, &result);
    assert_int_equal(seen.losses, 0);
    assert_int_equal(seen.notes, 1);
    assert_int_equal(seen.last.remedy, HF_REMEDY_NONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, archive_setup, archive_teardown)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_found_in_a_whole_repository),
        TEST(a_flipped_bit_in_any_object_is_found),
        TEST(a_damaged_segment_costs_the_points_that_need_it),
        TEST(removing_what_is_damaged_leaves_a_repository_that_is_sound),
        TEST(a_missing_segment_is_found_by_the_names_alone),
        TEST(a_damaged_about_is_written_again_from_a_full_segment),
        TEST(what_is_no_object_is_noted_and_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
