#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>
#include <stdlib.h>

#include "history/segment_format.h"

static const struct hf_segment_name name = {1, 2, 3, 4, 1795000000000, 5};
static const uint8_t database[HF_ID_BYTES] = "database........",
                     key_id[HF_ID_BYTES] = "key id..........", salt[HF_SEGMENT_SALT_BYTES] = "salt";

static void make_header(struct hf_buf *out)
{
    assert_int_equal(hf_segment_header_encode(out, &name, database, key_id, salt, NULL), 0);
}

static enum hf_code check_header(const struct hf_buf *header, const struct hf_segment_name *as)
{
    struct hf_error err = {0};
    size_t length = 0;
    if (!hf_segment_header_check(header->data, header->length, as, database, key_id, &length, &err))
        assert_int_equal(length, header->length);
    return err.code;
}

static void a_header_must_say_what_the_name_says(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf header = {0};
    make_header(&header);
    assert_int_equal(check_header(&header, &name), HF_OK);
    for (int i = 0; i < 6; i++) {
        struct hf_segment_name other = name;
        other.level += i == 0;
        other.epoch += i == 1;
        other.from -= i == 2;
        other.to += i == 3;
        other.time += i == 4;
        other.part += i == 5;
        assert_int_equal(check_header(&header, &other), HF_CORRUPT);
    }
}

/* Bits that only the keys see: the salt, and optional features. */
static void a_flip_in_a_header_is_found_or_gives_other_keys(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf header = {0};
    struct hf_segment_keys right, wrong;
    const struct hf_key master = {{1, 2, 3}};
    make_header(&header);
    hf_segment_keys_derive(&right, &master, header.data, header.length);
    for (size_t bit = 0; bit < header.length * 8; bit++) {
        header.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum hf_code code = check_header(&header, &name);
        assert_true(code == HF_OK || code == HF_CORRUPT || code == HF_UNSUPPORTED);
        hf_segment_keys_derive(&wrong, &master, header.data, header.length);
        assert_memory_not_equal(&right.frames, &wrong.frames, HF_KEY_BYTES);
        assert_memory_not_equal(&right.trailer, &wrong.trailer, HF_KEY_BYTES);
        header.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void each_piece_of_an_object_has_a_key_of_its_own(void **state)
{
    (void)state;
    struct hf_segment_keys keys;
    const struct hf_key master = {{7}};
    hf_segment_keys_derive(&keys, &master, (const uint8_t *)"header", 6);
    const struct hf_key *all[] = {&keys.frames, &keys.index, &keys.root, &keys.trailer,
                                  &keys.dictionary};
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(all[i], all[j], HF_KEY_BYTES);
}

static struct hf_trailer some_trailer(struct hf_part *parts)
{
    return (struct hf_trailer){.page_size = 4096,
                               .page_count = 1000,
                               .page_min = 900,
                               .lock_byte_page = 262145,
                               .first_commit = 1795000000000,
                               .last_commit = 1795000000001,
                               .state_before = UINT64_MAX,
                               .state_after = 1,
                               .flags = HF_SEGMENT_PINNED,
                               .label = "before the upgrade",
                               .reason = "manual",
                               .pages_stored = 17,
                               .parts = 2,
                               .part = parts};
}

static void a_trailer_comes_back(void **state)
{
    (void)state;
    struct hf_part parts[2] = {{1, 1000, {1}}, {2, UINT64_C(1) << 40, {2}}};
    const struct hf_trailer made = some_trailer(parts);
    hf_auto(hf_trailer) struct hf_trailer again = {0};
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    assert_int_equal(hf_trailer_encode(&bytes, &made, NULL), 0);
    assert_int_equal(hf_trailer_decode(&again, bytes.data, bytes.length, NULL), 0);
    assert_int_equal(again.page_size, 4096);
    assert_int_equal(again.page_count, 1000);
    assert_int_equal(again.page_min, 900);
    assert_int_equal(again.lock_byte_page, 262145);
    assert_true(again.first_commit == 1795000000000 && again.last_commit == 1795000000001);
    assert_true(again.state_before == UINT64_MAX && again.state_after == 1);
    assert_int_equal(again.flags, HF_SEGMENT_PINNED);
    assert_string_equal(again.label, "before the upgrade");
    assert_string_equal(again.reason, "manual");
    assert_int_equal(again.pages_stored, 17);
    assert_int_equal(again.parts, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(again.part[i].part, parts[i].part);
        assert_true(again.part[i].length == parts[i].length);
        assert_memory_equal(again.part[i].digest, parts[i].digest, HF_DIGEST_BYTES);
    }
}

static void a_trailer_cut_at_any_length_is_corrupt_or_lacks_its_end(void **state)
{
    (void)state;
    struct hf_part parts[2] = {{1, 1, {1}}, {2, 2, {2}}};
    const struct hf_trailer made = some_trailer(parts);
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    assert_int_equal(hf_trailer_encode(&bytes, &made, NULL), 0);
    for (size_t length = 0; length < bytes.length; length++) {
        hf_auto(hf_trailer) struct hf_trailer again = {0};
        struct hf_error err = {0};
        uint8_t *exact = malloc(length ? length : 1);
        memcpy(exact, bytes.data, length);
        if (hf_trailer_decode(&again, exact, length, &err))
            assert_int_equal(err.code, HF_CORRUPT);
        else
            assert_int_equal(again.parts, 0);
        free(exact);
    }
}

static void a_trailer_that_cannot_be_true_is_corrupt(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct hf_trailer wrong = some_trailer(NULL), again = {0};
        hf_auto(hf_buf) struct hf_buf bytes = {0};
        struct hf_error err = {0};
        static const uint32_t sizes[] = {0, 256, 4095, 131072};
        wrong.parts = 0;
        if (i < 4)
            wrong.page_size = sizes[i];
        wrong.page_min += i == 4 ? 101 : 0;
        if (i == 5)
            wrong.lock_byte_page = 0;
        assert_int_equal(hf_trailer_encode(&bytes, &wrong, NULL), 0);
        assert_int_equal(hf_trailer_decode(&again, bytes.data, bytes.length, &err), -1);
        assert_int_equal(err.code, HF_CORRUPT);
    }
}

static void a_footer_comes_back_and_any_flip_of_it_is_found_or_stays_within(void **state)
{
    (void)state;
    const struct hf_footer made = {300, 50, 10000, 12000, 500, 404};
    const uint64_t length = 12000 + 500 + 404 + HF_FOOTER_BYTES;
    uint8_t bytes[HF_FOOTER_BYTES] = {0};
    struct hf_footer again;
    hf_footer_encode(bytes, &made, length);
    assert_int_equal(hf_footer_decode(&again, bytes, length, NULL), 0);
    assert_memory_equal(&again, &made, sizeof made);
    assert_int_equal(hf_footer_decode(&again, bytes, length + 1, NULL), -1);
    for (size_t bit = 0; bit < 64 * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (!hf_footer_decode(&again, bytes, length, NULL)) {
            assert_true(again.root_offset + again.root_length + again.trailer_length ==
                        length - HF_FOOTER_BYTES);
            assert_true(again.index_offset <= again.root_offset);
            assert_true(again.dictionary_offset + again.dictionary_length <= again.index_offset);
        }
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

int main(void)
{
    if (hf_codec_init(NULL))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_must_say_what_the_name_says),
        cmocka_unit_test(a_flip_in_a_header_is_found_or_gives_other_keys),
        cmocka_unit_test(each_piece_of_an_object_has_a_key_of_its_own),
        cmocka_unit_test(a_trailer_comes_back),
        cmocka_unit_test(a_trailer_cut_at_any_length_is_corrupt_or_lacks_its_end),
        cmocka_unit_test(a_trailer_that_cannot_be_true_is_corrupt),
        cmocka_unit_test(a_footer_comes_back_and_any_flip_of_it_is_found_or_stays_within),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
