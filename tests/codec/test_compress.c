#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "codec/compress.h"

enum { PAGE = 4096, FRAME = HF_COMPRESSION_FRAME, SAMPLES = 1024 };

static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005 + 1442695040888963407;
    return *seed >> 33;
}

/* Rows of a few words out of 3,000: repeats are within reach of a dictionary, not of a frame. */
static void fill_with_rows(uint8_t *out, size_t length, uint64_t seed)
{
    size_t used = 0;
    while (used < length) {
        char row[96];
        uint64_t word = draw(&seed) % 3000;
        int made =
            snprintf(row, sizeof row, "%05u|customer-%llx-%llx|", (unsigned)draw(&seed) % 65536,
                     (unsigned long long)(word * 0x9e3779b97f4a7c15),
                     (unsigned long long)(word * 0xbf58476d1ce4e5b9));
        size_t room = length - used;
        memcpy(out + used, row, (size_t)made < room ? (size_t)made : room);
        used += (size_t)made;
    }
}

static uint8_t *frame, *packed, *back;
static size_t capacity;
static struct hf_buf trained;
static struct hf_dictionary *writer, *reader;
static struct hf_compressor *compressor;

static int start(void **state)
{
    (void)state;
    capacity = hf_compress_bound(FRAME);
    frame = malloc(FRAME);
    packed = malloc(capacity);
    back = malloc(FRAME);
    hf_auto_free uint8_t *samples = malloc(SAMPLES * PAGE);
    fill_with_rows(samples, SAMPLES * PAGE, 1);
    fill_with_rows(frame, FRAME, 2);
    if (hf_dictionary_train(&trained, samples, SAMPLES, PAGE, NULL) || !trained.length)
        return -1;
    writer = hf_dictionary_new_writer(trained.data, trained.length, HF_COMPRESSION_LEVEL, NULL);
    reader = hf_dictionary_new_reader(trained.data, trained.length, NULL);
    compressor = hf_compressor_new(HF_COMPRESSION_LEVEL, NULL);
    return writer && reader && compressor ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    free(frame);
    free(packed);
    free(back);
    hf_buf_release(&trained);
    hf_dictionary_free(writer);
    hf_dictionary_free(reader);
    hf_compressor_free(compressor);
    return 0;
}

static size_t compress(const struct hf_dictionary *dictionary, const void *in, size_t length)
{
    size_t made = 0;
    struct hf_error err = {0};
    assert_int_equal(hf_compress(compressor, dictionary, in, length, packed, capacity, &made, &err),
                     0);
    return made;
}

static void assert_comes_back(const struct hf_dictionary *dictionary, const void *in, size_t length,
                              size_t made)
{
    struct hf_error err = {0};
    memset(back, 0xaa, FRAME);
    assert_int_equal(hf_decompress(compressor, dictionary, packed, made, back, length, &err), 0);
    assert_memory_equal(back, in, length);
}

static void assert_corrupt(const struct hf_dictionary *dictionary, size_t made, size_t expected)
{
    struct hf_error err = {0};
    assert_int_equal(hf_decompress(compressor, dictionary, packed, made, back, expected, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
}

static void frames_come_back_with_and_without_a_dictionary(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 512, PAGE, 5 * PAGE, FRAME - 1, FRAME};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t made = compress(NULL, frame, lengths[i]);
        assert_comes_back(NULL, frame, lengths[i], made);
        made = compress(writer, frame, lengths[i]);
        assert_comes_back(reader, frame, lengths[i], made);
    }
}

static void bytes_without_pattern_fit_the_bound(void **state)
{
    (void)state;
    uint8_t *noise = malloc(FRAME);
    uint64_t seed = 3;
    for (size_t i = 0; i < FRAME; i++)
        noise[i] = (uint8_t)draw(&seed);
    size_t made = compress(writer, noise, FRAME);
    assert_true(made >= FRAME && made <= capacity);
    assert_comes_back(reader, noise, FRAME, made);
    free(noise);
}

static void a_dictionary_makes_frames_smaller(void **state)
{
    (void)state;
    size_t alone = compress(NULL, frame, FRAME), with = compress(writer, frame, FRAME);
    if (with * 10 > alone * 9)
        fail_msg("%zu bytes with the dictionary, %zu without", with, alone);
}

static void the_same_input_gives_the_same_bytes(void **state)
{
    (void)state;
    size_t made = compress(writer, frame, FRAME);
    hf_auto_free uint8_t *first = malloc(made);
    memcpy(first, packed, made);
    compress(NULL, frame, 77);
    assert_int_equal(compress(writer, frame, FRAME), made);
    assert_memory_equal(packed, first, made);
}

static void another_level_opens_with_the_same_reader(void **state)
{
    (void)state;
    hf_auto_ptr(hf_dictionary) struct hf_dictionary *thorough =
        hf_dictionary_new_writer(trained.data, trained.length, 19, NULL);
    assert_non_null(thorough);
    size_t made = compress(thorough, frame, FRAME);
    assert_true(made < compress(writer, frame, FRAME));
    made = compress(thorough, frame, FRAME);
    assert_comes_back(reader, frame, FRAME, made);
}

/* Two dictionaries in turn, in the room and out of it; the first is freed, and another one made
 * that may well get its address. */
static void the_room_follows_the_dictionary(void **state)
{
    (void)state;
    uint8_t *room = hf_compressor_room(compressor, NULL);
    assert_non_null(room);
    assert_ptr_equal(hf_compressor_room(compressor, NULL), room);
    for (unsigned seed = 11; seed < 15; seed++) {
        hf_auto(hf_buf) struct hf_buf bytes = {0};
        hf_auto_free uint8_t *samples = malloc(SAMPLES * PAGE);
        fill_with_rows(samples, SAMPLES * PAGE, seed);
        assert_int_equal(hf_dictionary_train(&bytes, samples, SAMPLES, PAGE, NULL), 0);
        hf_auto_ptr(hf_dictionary) struct hf_dictionary *other_writer =
            hf_dictionary_new_writer(bytes.data, bytes.length, HF_COMPRESSION_LEVEL, NULL);
        hf_auto_ptr(hf_dictionary) struct hf_dictionary *other =
            hf_dictionary_new_reader(bytes.data, bytes.length, NULL);
        size_t made = compress(other_writer, frame, FRAME);
        assert_comes_back(other, frame, FRAME, made);
        memset(room, 0xaa, FRAME);
        assert_int_equal(hf_decompress(compressor, other, packed, made, room, FRAME, NULL), 0);
        assert_memory_equal(room, frame, FRAME);
        made = compress(writer, frame, 3 * PAGE);
        memset(room, 0xaa, FRAME);
        assert_int_equal(hf_decompress(compressor, reader, packed, made, room, 3 * PAGE, NULL), 0);
        assert_memory_equal(room, frame, 3 * PAGE);
        made = compress(NULL, frame, FRAME);
        assert_int_equal(hf_decompress(compressor, NULL, packed, made, room, FRAME, NULL), 0);
        assert_memory_equal(room, frame, FRAME);
    }
}

static void damage_in_the_room_is_corrupt_too(void **state)
{
    (void)state;
    uint8_t *room = hf_compressor_room(compressor, NULL);
    size_t made = compress(writer, frame, PAGE);
    for (size_t length = 0; length < made; length++) {
        struct hf_error err = {0};
        assert_int_equal(hf_decompress(compressor, reader, packed, length, room, PAGE, &err), -1);
        assert_int_equal(err.code, HF_CORRUPT);
    }
    uint64_t seed = 21;
    for (int i = 0; i < 2000; i++) {
        uint8_t *byte = &packed[draw(&seed) % made], was = *byte;
        *byte ^= (uint8_t)(1 << draw(&seed) % 8);
        hf_decompress(compressor, reader, packed, made, room, PAGE, NULL);
        *byte = was;
    }
    assert_int_equal(hf_decompress(compressor, reader, packed, made, room, PAGE, NULL), 0);
    assert_memory_equal(room, frame, PAGE);
}

static void a_frame_of_another_length_is_corrupt(void **state)
{
    (void)state;
    size_t made = compress(writer, frame, PAGE);
    assert_corrupt(reader, made, PAGE - 1);
    assert_corrupt(reader, made, PAGE + 1);
    assert_corrupt(reader, made, 0);
}

static void a_truncated_frame_is_corrupt(void **state)
{
    (void)state;
    size_t made = compress(writer, frame, PAGE);
    for (size_t length = 0; length < made; length++)
        assert_corrupt(reader, length, PAGE);
}

static void a_frame_without_its_dictionary_is_not_what_it_was(void **state)
{
    (void)state;
    size_t made = compress(writer, frame, FRAME);
    if (hf_decompress(compressor, NULL, packed, made, back, FRAME, NULL) == 0)
        assert_memory_not_equal(back, frame, FRAME);
}

/* A frame that says it holds more than fits must end at the buffer: memory beyond it is watched by
 * the sanitizer and valgrind, and by the byte behind. */
static void a_frame_that_is_too_long_writes_nothing_behind_its_place(void **state)
{
    (void)state;
    size_t made = compress(writer, frame, FRAME);
    hf_auto_free uint8_t *small = malloc(PAGE + 1);
    small[PAGE] = 0x77;
    struct hf_error err = {0};
    assert_int_equal(hf_decompress(compressor, reader, packed, made, small, PAGE, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
    assert_int_equal(small[PAGE], 0x77);
}

static void bytes_that_are_no_dictionary_are_corrupt(void **state)
{
    (void)state;
    for (size_t length = 0; length < 64; length++) {
        struct hf_error err = {0};
        assert_null(hf_dictionary_new_reader(trained.data, length, &err));
        assert_int_equal(err.code, HF_CORRUPT);
    }
    struct hf_error err = {0};
    assert_null(hf_dictionary_new_reader(frame, FRAME, &err));
    assert_int_equal(err.code, HF_CORRUPT);
    assert_null(hf_dictionary_new_writer(frame, FRAME, HF_COMPRESSION_LEVEL, &err));
}

static void too_few_samples_make_no_dictionary(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf out = {0};
    assert_int_equal(hf_dictionary_train(&out, NULL, 0, PAGE, NULL), 0);
    assert_int_equal(hf_dictionary_train(&out, frame, FRAME / PAGE, PAGE, NULL), 0);
    assert_int_equal(out.length, 0);
}

static void a_dictionary_is_appended_and_within_its_limit(void **state)
{
    (void)state;
    hf_auto_free uint8_t *samples = malloc(HF_DICTIONARY_SAMPLES + FRAME);
    fill_with_rows(samples, HF_DICTIONARY_SAMPLES + FRAME, 4);
    hf_auto(hf_buf) struct hf_buf out = {0};
    assert_int_equal(hf_buf_append(&out, "head", 4, NULL), 0);
    assert_int_equal(
        hf_dictionary_train(&out, samples, HF_DICTIONARY_SAMPLES / 512 + 256, 512, NULL), 0);
    assert_memory_equal(out.data, "head", 4);
    assert_in_range(out.length, 64 << 10, (256 << 10) + 4);
    hf_auto_ptr(hf_dictionary) struct hf_dictionary *taken =
        hf_dictionary_new_reader(out.data + 4, out.length - 4, NULL);
    assert_non_null(taken);
}

static void samples_without_anything_in_common_are_no_failure(void **state)
{
    (void)state;
    hf_auto_free uint8_t *samples = calloc(SAMPLES, PAGE);
    hf_auto(hf_buf) struct hf_buf out = {0};
    assert_int_equal(hf_dictionary_train(&out, samples, SAMPLES, PAGE, NULL), 0);
    uint64_t seed = 5;
    for (size_t i = 0; i < SAMPLES * PAGE; i++)
        samples[i] = (uint8_t)draw(&seed);
    assert_int_equal(hf_dictionary_train(&out, samples, SAMPLES, PAGE, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_back_with_and_without_a_dictionary),
        cmocka_unit_test(bytes_without_pattern_fit_the_bound),
        cmocka_unit_test(a_dictionary_makes_frames_smaller),
        cmocka_unit_test(the_same_input_gives_the_same_bytes),
        cmocka_unit_test(another_level_opens_with_the_same_reader),
        cmocka_unit_test(the_room_follows_the_dictionary),
        cmocka_unit_test(damage_in_the_room_is_corrupt_too),
        cmocka_unit_test(a_frame_of_another_length_is_corrupt),
        cmocka_unit_test(a_truncated_frame_is_corrupt),
        cmocka_unit_test(a_frame_without_its_dictionary_is_not_what_it_was),
        cmocka_unit_test(a_frame_that_is_too_long_writes_nothing_behind_its_place),
        cmocka_unit_test(bytes_that_are_no_dictionary_are_corrupt),
        cmocka_unit_test(too_few_samples_make_no_dictionary),
        cmocka_unit_test(a_dictionary_is_appended_and_within_its_limit),
        cmocka_unit_test(samples_without_anything_in_common_are_no_failure),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
