#include "history/archive.h"

static const char key_of_record[] = "databases/x/points/0000000000000001.00000001";

static void put_record(struct archive *archive, const char *name)
{
    hf_auto(hf_buf) struct hf_buf body = {0};
    struct hf_error err = {0};
    assert_int_equal(hf_field_text(&body, HF_TAG_LABEL, "before", &err), 0);
    if (hf_record_put(archive->repository->store, name, HF_OBJECT_POINT, &archive->repository->keys,
                      &body, &err))
        fail_msg("%s", err.text);
}

static enum hf_code get_record(struct archive *archive, const char *name, enum hf_object_kind kind,
                               const struct hf_record_keys *keys)
{
    hf_auto(hf_buf) struct hf_buf body = {0};
    struct hf_fields fields;
    struct hf_error err = {0};
    char label[16];
    if (hf_record_get(archive->repository->store, name, kind, keys, &body, &fields, &err))
        return err.code;
    hf_fields_text(&fields, HF_TAG_LABEL, label, sizeof label);
    assert_string_equal(label, "before");
    return HF_OK;
}

static void a_record_comes_back(void **state)
{
    struct archive *archive = *state;
    put_record(archive, key_of_record);
    assert_int_equal(
        get_record(archive, key_of_record, HF_OBJECT_POINT, &archive->repository->keys), HF_OK);
}

static void a_flip_of_any_bit_is_found(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_buf) struct hf_buf object = {0};
    put_record(archive, key_of_record);
    archive_get(archive, key_of_record, &object);
    for (size_t bit = 0; bit < object.length * 8; bit++) {
        archive_flip(archive, key_of_record, bit / 8, bit % 8);
        assert_int_equal(
            get_record(archive, key_of_record, HF_OBJECT_POINT, &archive->repository->keys),
            HF_CORRUPT);
        archive_replace(archive, key_of_record, object.data, object.length);
    }
}

static void a_flip_is_found_though_the_checksum_was_made_again(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_buf) struct hf_buf object = {0};
    put_record(archive, key_of_record);
    archive_get(archive, key_of_record, &object);
    for (size_t byte = 0; byte < object.length - 32; byte++) {
        hf_auto(hf_buf) struct hf_buf forged = {0};
        struct hf_error err = {0};
        hf_buf_append(&forged, object.data, object.length - 32, &err);
        forged.data[byte] ^= 0x10;
        hf_object_finish(&forged, &err);
        archive_replace(archive, key_of_record, forged.data, forged.length);
        enum hf_code code =
            get_record(archive, key_of_record, HF_OBJECT_POINT, &archive->repository->keys);
        assert_true(code == HF_CORRUPT || code == HF_UNSUPPORTED);
    }
}

static void a_record_cut_at_any_length_is_corrupt(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_buf) struct hf_buf object = {0};
    put_record(archive, key_of_record);
    archive_get(archive, key_of_record, &object);
    for (size_t length = 0; length < object.length; length++) {
        archive_replace(archive, key_of_record, object.data, length);
        assert_int_equal(
            get_record(archive, key_of_record, HF_OBJECT_POINT, &archive->repository->keys),
            HF_CORRUPT);
    }
}

static void a_record_under_another_name_is_corrupt(void **state)
{
    struct archive *archive = *state;
    static const char other[] = "databases/x/points/0000000000000002.00000001";
    hf_auto(hf_buf) struct hf_buf object = {0};
    put_record(archive, key_of_record);
    archive_get(archive, key_of_record, &object);
    archive_replace(archive, other, object.data, object.length);
    assert_int_equal(get_record(archive, other, HF_OBJECT_POINT, &archive->repository->keys),
                     HF_CORRUPT);
}

static void a_record_of_another_kind_or_repository_is_corrupt(void **state)
{
    struct archive *archive = *state;
    struct hf_record_keys keys = archive->repository->keys;
    put_record(archive, key_of_record);
    assert_int_equal(get_record(archive, key_of_record, HF_OBJECT_ABOUT, &keys), HF_CORRUPT);
    keys.repository[3] ^= 1;
    assert_int_equal(get_record(archive, key_of_record, HF_OBJECT_POINT, &keys), HF_CORRUPT);
    keys = archive->repository->keys;
    keys.master.bytes[31] ^= 1;
    assert_int_equal(get_record(archive, key_of_record, HF_OBJECT_POINT, &keys), HF_CORRUPT);
}

static void a_record_is_never_written_over(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_buf) struct hf_buf body = {0};
    struct hf_error err = {0};
    put_record(archive, key_of_record);
    assert_int_equal(hf_record_put(archive->repository->store, key_of_record, HF_OBJECT_POINT,
                                   &archive->repository->keys, &body, &err),
                     -1);
    assert_int_equal(err.code, HF_EXISTS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, archive_setup, archive_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_record_comes_back),
        TEST(a_flip_of_any_bit_is_found),
        TEST(a_flip_is_found_though_the_checksum_was_made_again),
        TEST(a_record_cut_at_any_length_is_corrupt),
        TEST(a_record_under_another_name_is_corrupt),
        TEST(a_record_of_another_kind_or_repository_is_corrupt),
        TEST(a_record_is_never_written_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
