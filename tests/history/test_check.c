#include "history/archive.h"

#include <string.h>

#include "history/check.h"
#include "history/point.h"
#include "history/segment_reader.h"

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

/* Page 3 of point 1, which point 2 replaced; and of point 2, which all later points need. */
static void damaged_data_is_kept_while_the_newest_point_does_not_need_it(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct hf_segment_name name;
    static const uint32_t replaced[] = {3};
    char key[HF_OBJECT_NAME_TEXT];
    uint64_t first = 0, last;
    for (uint32_t page = 1; page <= 200; page++)
        first += archive_term(archive, 65536, page, page == 3);
    last = first - archive_term(archive, 65536, 3, 1) + archive_term(archive, 65536, 3, 2);
    archive_write(archive,
                  &(struct archive_segment){.from = 1,
                                            .to = 1,
                                            .page_size = 65536,
                                            .page_count = 200,
                                            .pages = replaced,
                                            .count = 1,
                                            .version = 1,
                                            .state_after = first},
                  &name);
    archive_write(archive,
                  &(struct archive_segment){.from = 2,
                                            .to = 2,
                                            .page_size = 65536,
                                            .page_count = 200,
                                            .pages = replaced,
                                            .count = 1,
                                            .version = 2,
                                            .state_before = first,
                                            .state_after = last},
                  NULL);
    archive_key(archive, key, &name, 0);
    archive_flip(archive, key, 2000, 1);
    struct seen seen = check(archive, HF_CHECK_DATA, &result);
    assert_int_equal(seen.losses, 1);
    assert_string_equal(seen.last.object, key);
    assert_int_equal(seen.last.remedy, HF_REMEDY_NONE);
    assert_non_null(strstr(seen.last.consequence, "the newest one restores"));
    archive_flip(archive, key, 2000, 1);
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    archive_key(archive, key, &hf_timeline_at(&timeline, 2)->name, 0);
    archive_flip(archive, key, 2000, 1);
    seen = check(archive, HF_CHECK_DATA, &result);
    assert_int_equal(seen.losses, 1);
    assert_int_equal(seen.last.remedy, HF_REMEDY_REMOVE);
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
    /* The damaged one is still there, and no loss any more. */
    seen = check(archive, HF_CHECK_DATA, &result);
    assert_int_equal(seen.losses, 0);
    assert_int_equal(seen.notes, 1);
    assert_int_equal(hf_check_apply(archive->repository, &seen.last, &err), 0);
    seen = check(archive, HF_CHECK_DATA, &result);
    assert_int_equal(seen.losses + seen.notes, 0);
}

static void a_missing_about_is_written_again_too(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    struct hf_error err = {0};
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 2);
    hf_database_object(key, &archive->database, "about/%08x", 1);
    archive_remove(archive, key);
    struct seen seen = check(archive, HF_CHECK_STRUCTURE, &result);
    assert_int_equal(seen.losses, 1);
    assert_int_equal(hf_check_apply(archive->repository, &seen.last, &err), 0);
    assert_int_equal(check(archive, HF_CHECK_DATA, &result).losses, 0);
    assert_int_equal(result.points, 2);
}

/* An older Holdfast must not mend away what a newer one wrote. */
static void what_is_newer_is_told_and_not_removed(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_buf) struct hf_buf object = {0};
    char key[HF_OBJECT_NAME_TEXT], change[HF_OBJECT_NAME_TEXT];
    const struct hf_point_change pin = {.pin = 1};
    archive_points(archive, 2);
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    archive_key(archive, key, &hf_timeline_at(&timeline, 2)->name, 0);
    archive_flip(archive, key, 16, 0); /* a required feature */
    assert_int_equal(check(archive, HF_CHECK_STRUCTURE, &result).last.remedy, HF_REMEDY_NONE);
    archive_flip(archive, key, 16, 0);
    assert_int_equal(hf_point_change(&archive->database, 2, &pin, NULL), 0);
    hf_database_object(change, &archive->database, "points/%016x.%08x", 2, 1);
    archive_get(archive, change, &object);
    object.data[10] = 2; /* its version */
    object.length -= 32;
    assert_int_equal(hf_object_finish(&object, NULL), 0);
    archive_replace(archive, change, object.data, object.length);
    struct seen seen = check(archive, HF_CHECK_STRUCTURE, &result);
    assert_string_equal(seen.last.object, change);
    assert_int_equal(seen.last.remedy, HF_REMEDY_NONE);
}

static void write_parts(struct archive *archive, struct hf_segment_name *name)
{
    uint64_t state = 0;
    for (uint32_t page = 1; page <= 100; page++)
        state += archive_term(archive, 4096, page, 1);
    archive_write(archive,
                  &(struct archive_segment){.from = 1,
                                            .to = 1,
                                            .page_count = 100,
                                            .first = 1,
                                            .last = 100,
                                            .version = 1,
                                            .part_bytes = HF_FRAME_BYTES,
                                            .state_after = state},
                  name);
}

static void a_missing_part_is_a_loss_and_its_segment_goes_with_all_its_parts(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    struct hf_segment_name name;
    struct hf_error err = {0};
    char key[HF_OBJECT_NAME_TEXT];
    write_parts(archive, &name);
    assert_int_equal(check(archive, HF_CHECK_DATA, &result).losses, 0);
    archive_key(archive, key, &name, 2);
    archive_remove(archive, key);
    struct seen seen = check(archive, HF_CHECK_STRUCTURE, &result);
    assert_int_equal(seen.losses, 1);
    assert_int_equal(result.points_lost, 1);
    assert_int_equal(hf_check_apply(archive->repository, &seen.last, &err), 0);
    hf_database_object(key, &archive->database, "segments/");
    assert_int_equal(archive_count(archive, key), 0);
}

static void parts_without_their_closing_part_are_removed_when_they_are_old(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    struct hf_segment_name name;
    char key[HF_OBJECT_NAME_TEXT];
    write_parts(archive, &name);
    archive_key(archive, key, &name, 0);
    archive_remove(archive, key);
    struct seen seen = check(archive, HF_CHECK_DATA, &result);
    assert_int_equal(seen.losses, 0);
    assert_int_equal(seen.notes, 3);
    assert_int_equal(seen.last.remedy, HF_REMEDY_NONE);
    hf_fault_env_set_clock(archive->world, ((int64_t)ARCHIVE_TIME + 25 * 3600) * 1000);
    seen = check(archive, HF_CHECK_DATA, &result);
    assert_int_equal(seen.notes, 3);
    assert_int_equal(seen.last.remedy, HF_REMEDY_REMOVE);
}

static void an_orphan_is_noted_and_loses_nothing(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    const struct archive_segment taken = {.from = 3, .to = 3, .epoch = 2, .page_count = 6};
    struct hf_segment_name name;
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 3); /* the third in epoch 1 as well */
    struct archive_segment again = taken;
    hf_auto(hf_trailer) struct hf_trailer before = {0};
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    assert_int_equal(hf_timeline_load(&timeline, &archive->database, NULL), 0);
    assert_int_equal(hf_segment_read_trailer(&archive->database,
                                             &hf_timeline_at(&timeline, 2)->name, &before, NULL),
                     0);
    again.state_before = again.state_after = before.state_after;
    archive_write(archive, &again, &name);
    struct seen seen = check(archive, HF_CHECK_DATA, &result);
    assert_int_equal(seen.losses, 0);
    assert_int_equal(seen.notes, 1);
    archive_key(archive, key, &hf_timeline_at(&timeline, 3)->name, 0);
    assert_string_equal(seen.last.object, key);
    assert_int_equal(result.points, 3);
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

static void put_claim(struct archive *archive, const char *name)
{
    const struct hf_repository *repository = archive->database.repository;
    static const uint8_t id[HF_ID_BYTES] = {1};
    hf_auto(hf_buf) struct hf_buf body = {0};
    char key[HF_OBJECT_NAME_TEXT];
    hf_database_object(key, &archive->database, "writers/%s", name);
    assert_int_equal(hf_field_bytes(&body, HF_TAG_WRITER_ID, id, sizeof id, NULL), 0);
    assert_int_equal(
        hf_record_put(repository->store, key, HF_OBJECT_WRITER, &repository->keys, &body, NULL), 0);
}

/* Of stores without put-if-absent: two of one epoch may be there, and both count. */
static void claims_count_by_their_epoch(void **state)
{
    struct archive *archive = *state;
    struct hf_check_result result;
    static const char *const names[] = {"00000002", "00000002.0123456789abcdef",
                                        "00000002.fedcba9876543210"};
    for (size_t i = 0; i < 3; i++)
        put_claim(archive, names[i]);
    archive_points(archive, 1);
    struct seen seen = check(archive, HF_CHECK_DATA, &result);
    assert_int_equal(seen.losses + seen.notes, 0);
    char key[HF_OBJECT_NAME_TEXT];
    hf_database_object(key, &archive->database, "writers/%s", names[0]);
    archive_flip(archive, key, 40, 1);
    seen = check(archive, HF_CHECK_DATA, &result);
    assert_int_equal(seen.losses, 1);
    assert_string_equal(seen.last.object, key);
    put_claim(archive, "00000003.0123456789abcdef");
    seen = check(archive, HF_CHECK_DATA, &result);
    assert_int_equal(seen.losses, 0);
    assert_int_equal(seen.last.remedy, HF_REMEDY_REMOVE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, archive_setup, archive_teardown)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_found_in_a_whole_repository),
        TEST(a_flipped_bit_in_any_object_is_found),
        TEST(a_damaged_segment_costs_the_points_that_need_it),
        TEST(removing_what_is_damaged_leaves_a_repository_that_is_sound),
        TEST(damaged_data_is_kept_while_the_newest_point_does_not_need_it),
        TEST(a_missing_segment_is_found_by_the_names_alone),
        TEST(a_damaged_about_is_written_again_from_a_full_segment),
        TEST(a_missing_about_is_written_again_too),
        TEST(what_is_newer_is_told_and_not_removed),
        TEST(a_missing_part_is_a_loss_and_its_segment_goes_with_all_its_parts),
        TEST(parts_without_their_closing_part_are_removed_when_they_are_old),
        TEST(an_orphan_is_noted_and_loses_nothing),
        TEST(what_is_no_object_is_noted_and_left_alone),
        TEST(claims_count_by_their_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
