#include "history/archive.h"

#include "history/segment_reader.h"
#include "support/fault_store.h"
#include "support/scratch.h"

/* Opens the segment and compares every page of it with what was written. */
static void assert_reads_back(struct archive *archive, const struct hf_segment_name *name,
                              const struct archive_segment *made, uint32_t objects)
{
    static struct hf_index_block block;
    static uint8_t expected[65536];
    uint32_t page_size = made->page_size ? made->page_size : 4096, at = 0;
    uint32_t count = made->pages ? made->count : made->last - made->first + (made->last > 0);
    struct hf_error err = {0};
    struct hf_segment *segment = hf_segment_open(&archive->database, name, &err);
    hf_auto_ptr(hf_frame_reader) struct hf_frame_reader *reader = hf_frame_reader_new(&err);
    if (!segment)
        fail_msg("%s", err.text);
    assert_int_equal(segment->objects, objects);
    assert_int_equal(segment->trailer.pages_stored, count);
    for (uint32_t i = 0; i < segment->objects; i++) {
        const struct hf_segment_object *object = &segment->object[i];
        assert_int_equal(hf_segment_verify_digest(object, &err), 0);
        for (uint32_t number = 0; number < object->root.blocks; number++) {
            assert_int_equal(hf_segment_read_block(object, number, &block, &err), 0);
            for (uint32_t frame = 0; frame < block.frames; frame++) {
                if (hf_segment_read_frame(reader, object, &block, frame, &err))
                    fail_msg("%s", err.text);
                for (uint32_t k = 0; k < block.frame[frame].count; k++, at++) {
                    uint32_t page = made->pages ? made->pages[at] : made->first + at;
                    assert_int_equal(block.pages[block.frame[frame].first + k], page);
                    archive_page(expected, page_size, page, made->version);
                    assert_memory_equal(reader->images + (size_t)k * page_size, expected,
                                        page_size);
                }
            }
        }
    }
    assert_int_equal(at, count);
    hf_segment_release(segment);
}

static enum hf_code open_code(struct archive *archive, const struct hf_segment_name *name)
{
    struct hf_error err = {0};
    struct hf_segment *segment = hf_segment_open(&archive->database, name, &err);
    assert_true(!segment == (err.code != HF_OK));
    hf_segment_release(segment);
    return err.code;
}

static void pages_of_every_size_come_back(void **state)
{
    struct archive *archive = *state;
    struct hf_segment_name name;
    uint64_t seq = 1;
    for (uint32_t size = 512; size <= 65536; size *= 2, seq++) {
        const struct archive_segment made = {.from = seq,
                                             .to = seq,
                                             .page_size = size,
                                             .page_count = 700,
                                             .first = 1,
                                             .last = size > 8192 ? 40 : 700,
                                             .version = (uint32_t)seq};
        archive_write(archive, &made, &name);
        assert_reads_back(archive, &name, &made, 1);
    }
}

static void several_blocks_of_scattered_pages_come_back(void **state)
{
    struct archive *archive = *state;
    struct hf_segment_name name;
    static uint32_t pages[3000];
    for (uint32_t i = 0; i < 3000; i++)
        pages[i] = 1 + i * 3 + (i % 7 == 0);
    const struct archive_segment made = {.from = 5,
                                         .to = 7,
                                         .page_size = 1024,
                                         .page_count = 10000,
                                         .pages = pages,
                                         .count = 3000,
                                         .version = 3};
    archive_write(archive, &made, &name);
    assert_reads_back(archive, &name, &made, 1);
}

static void a_segment_without_pages_is_one(void **state)
{
    struct archive *archive = *state;
    struct hf_segment_name name;
    const struct archive_segment made = {.from = 2, .to = 2, .page_count = 9, .label = "noon"};
    hf_auto(hf_trailer) struct hf_trailer trailer = {0};
    archive_write(archive, &made, &name);
    assert_reads_back(archive, &name, &made, 1);
    assert_int_equal(hf_segment_read_trailer(&archive->database, &name, &trailer, NULL), 0);
    assert_string_equal(trailer.label, "noon");
    assert_int_equal(trailer.page_count, 9);
}

static void parts_come_back_in_page_order(void **state)
{
    struct archive *archive = *state;
    struct hf_segment_name name;
    /* Exactly full parts, one page more, one page less. */
    for (uint32_t pages = 127; pages <= 129; pages++) {
        const struct archive_segment made = {.from = pages,
                                             .to = pages,
                                             .page_count = 200,
                                             .first = 10,
                                             .last = 9 + pages,
                                             .version = pages,
                                             .part_bytes = 2 * HF_FRAME_BYTES};
        uint64_t bytes = archive_write(archive, &made, &name), found = 0;
        assert_reads_back(archive, &name, &made, pages <= 128 ? 2 : 3);
        for (uint16_t part = 0; part < (pages <= 128 ? 2 : 3); part++) {
            hf_auto(hf_buf) struct hf_buf object = {0};
            char key[HF_OBJECT_NAME_TEXT];
            archive_key(archive, key, &name, part);
            archive_get(archive, key, &object);
            found += object.length;
        }
        assert_int_equal(found, bytes);
    }
}

static void a_dictionary_serves_every_part(void **state)
{
    struct archive *archive = *state;
    struct hf_segment_name name;
    hf_auto(hf_buf) struct hf_buf samples = {0};
    hf_auto(hf_buf) struct hf_buf dictionary = {0};
    struct hf_error err = {0};
    hf_buf_reserve(&samples, 4 << 20, &err);
    for (uint32_t i = 0; i < 1024; i++) { /* pages that are alike, as rows of a table are */
        archive_page(samples.data + samples.length, 4096, i % 50 + 1, 1);
        samples.length += 4096;
    }
    assert_int_equal(hf_dictionary_train(&dictionary, samples.data, 1024, 4096, &err), 0);
    assert_true(dictionary.length > 0);
    const struct archive_segment made = {.from = 1,
                                         .to = 1,
                                         .page_count = 100,
                                         .first = 1,
                                         .last = 100,
                                         .version = 1,
                                         .part_bytes = HF_FRAME_BYTES,
                                         .dictionary = &dictionary};
    archive_write(archive, &made, &name);
    assert_reads_back(archive, &name, &made, 4);
}

static void a_missing_or_swapped_part_is_noticed(void **state)
{
    struct archive *archive = *state;
    struct hf_segment_name name;
    hf_auto(hf_buf) struct hf_buf first = {0};
    hf_auto(hf_buf) struct hf_buf second = {0};
    char key[HF_OBJECT_NAME_TEXT], other[HF_OBJECT_NAME_TEXT];
    const struct archive_segment made = {.from = 1,
                                         .to = 1,
                                         .page_count = 100,
                                         .first = 1,
                                         .last = 100,
                                         .version = 1,
                                         .part_bytes = HF_FRAME_BYTES};
    archive_write(archive, &made, &name);
    archive_key(archive, key, &name, 1);
    archive_key(archive, other, &name, 2);
    archive_get(archive, key, &first);
    archive_get(archive, other, &second);
    archive_replace(archive, key, second.data, second.length);
    assert_int_equal(open_code(archive, &name), HF_CORRUPT);
    archive_remove(archive, key);
    assert_int_equal(open_code(archive, &name), HF_NOT_FOUND);
    archive_replace(archive, key, first.data, first.length);
    assert_int_equal(open_code(archive, &name), HF_OK);
}

static void a_segment_under_another_name_is_corrupt(void **state)
{
    struct archive *archive = *state;
    struct hf_segment_name name, other;
    hf_auto(hf_buf) struct hf_buf object = {0};
    char key[HF_OBJECT_NAME_TEXT];
    archive_points(archive, 1);
    archive_write(archive, &(struct archive_segment){.from = 2, .to = 2, .page_count = 6}, &name);
    archive_key(archive, key, &name, 0);
    archive_get(archive, key, &object);
    for (int i = 0; i < 6; i++) {
        other = name;
        other.level += i == 0;
        other.from -= i == 1;
        other.to += i == 2;
        other.epoch += i == 3;
        other.time += i == 4;
        archive_key(archive, key, &other, i == 5);
        other.part = i == 5;
        archive_replace(archive, key, object.data, object.length);
        if (i < 5)
            assert_int_equal(open_code(archive, &other), HF_CORRUPT);
        archive_remove(archive, key);
    }
}

static void a_segment_of_another_database_is_corrupt(void **state)
{
    struct archive *archive = *state;
    struct archive other = *archive;
    struct hf_segment_name name;
    hf_auto(hf_buf) struct hf_buf object = {0};
    char key[HF_OBJECT_NAME_TEXT];
    assert_int_equal(
        hf_database_open(&other.database, archive->repository, "other", HF_DATABASE_CREATE, NULL),
        0);
    archive_write(archive, &(struct archive_segment){.from = 1, .to = 1, .page_count = 6}, &name);
    archive_key(archive, key, &name, 0);
    archive_get(archive, key, &object);
    archive_key(&other, key, &name, 0);
    archive_replace(archive, key, object.data, object.length);
    assert_int_equal(open_code(&other, &name), HF_CORRUPT);
    assert_int_equal(open_code(archive, &name), HF_OK);
}

static void a_segment_cut_at_any_length_is_corrupt(void **state)
{
    struct archive *archive = *state;
    struct hf_segment_name name;
    hf_auto(hf_buf) struct hf_buf object = {0};
    char key[HF_OBJECT_NAME_TEXT];
    const struct archive_segment made = {
        .from = 1, .to = 1, .page_size = 512, .page_count = 2, .first = 1, .last = 2, .version = 1};
    archive_write(archive, &made, &name);
    archive_key(archive, key, &name, 0);
    archive_get(archive, key, &object);
    for (size_t length = 0; length < object.length; length++) {
        archive_replace(archive, key, object.data, length);
        assert_int_equal(open_code(archive, &name), HF_CORRUPT);
    }
}

static void more_or_fewer_pages_than_announced_are_refused(void **state)
{
    struct archive *archive = *state;
    const struct hf_segment_spec spec = {
        .name = {.epoch = 1, .from = 1, .to = 1, .time = 5}, .page_size = 4096, .pages = 1};
    struct hf_trailer trailer = {.page_size = 4096};
    struct hf_error err = {0};
    uint64_t bytes;
    uint32_t room;
    struct hf_segment_writer *writer =
        hf_segment_writer_new(&archive->database, archive->pool, &spec, &err);
    assert_non_null(hf_segment_writer_space(writer, &room, &err));
    assert_int_equal(hf_segment_writer_filled(writer, 1, 2, &err), -1);
    assert_int_equal(hf_segment_writer_finish(writer, &trailer, &bytes, &err), -1);
    hf_segment_writer_free(writer);
    assert_int_equal(archive_count(archive, "databases/"), 1);
}

static void an_unfinished_segment_leaves_no_parts(void **state)
{
    struct archive *archive = *state;
    const struct hf_segment_spec spec = {.name = {.epoch = 1, .from = 1, .to = 1, .time = 5},
                                         .page_size = 4096,
                                         .pages = 100,
                                         .part_bytes = HF_FRAME_BYTES};
    struct hf_error err = {0};
    struct hf_segment_writer *writer =
        hf_segment_writer_new(&archive->database, archive->pool, &spec, &err);
    for (uint32_t page = 1; page <= 90; page++) {
        uint32_t room;
        uint8_t *space = hf_segment_writer_space(writer, &room, &err);
        assert_non_null(space);
        archive_page(space, 4096, page, 1);
        assert_int_equal(hf_segment_writer_filled(writer, page, 1, &err), 0);
    }
    assert_true(archive_count(archive, "databases/") > 1);
    hf_segment_writer_free(writer);
    assert_int_equal(archive_count(archive, "databases/"), 1);
}

static int try_segment(struct archive *archive, uint64_t seq, struct hf_error *err)
{
    const struct hf_segment_spec spec = {
        .name = {.epoch = 1, .from = 1, .to = seq, .time = 1000000000000},
        .page_size = 4096,
        .pages = 100,
        .part_bytes = HF_FRAME_BYTES};
    struct hf_trailer trailer = {
        .page_size = 4096, .page_count = 100, .page_min = 100, .lock_byte_page = 262145};
    uint64_t bytes;
    hf_auto_ptr(hf_segment_writer) struct hf_segment_writer *writer =
        hf_segment_writer_new(&archive->database, archive->pool, &spec, err);
    for (uint32_t page = 1; page <= 100; page++) {
        uint32_t room;
        uint8_t *space = hf_segment_writer_space(writer, &room, err);
        if (!space)
            return -1;
        archive_page(space, 4096, page, 1);
        assert_int_equal(hf_segment_writer_filled(writer, page, 1, err), 0);
    }
    return hf_segment_writer_finish(writer, &trailer, &bytes, err);
}

static void a_lost_reply_to_the_last_commit_takes_no_parts_away(void **state)
{
    struct archive *archive = *state;
    struct hf_error err = {0};
    struct hf_store *faulty = hf_fault_store_new(archive->memory, &err);
    archive->memory = faulty;
    hf_fault_store_set(faulty, &(struct hf_store_faults){0});
    assert_int_equal(try_segment(archive, 1, &err), 0);
    uint64_t last = hf_fault_store_operations(faulty);
    for (int done = 0; done < 2; done++) {
        const struct hf_segment_name name = {
            .epoch = 1, .from = 1, .to = 2 + (uint64_t)done, .time = 1000000000000};
        const struct hf_store_faults faults = {.at = last,
                                               .moment = done ? HF_FAULT_AFTER : HF_FAULT_BEFORE};
        int before = archive_count(archive, "databases/");
        hf_fault_store_set(faulty, &faults);
        assert_int_equal(try_segment(archive, name.to, &err), -1);
        assert_int_equal(hf_fault_store_failures(faulty), 1);
        hf_fault_store_set(faulty, &(struct hf_store_faults){0});
        assert_int_equal(archive_count(archive, "databases/"), before + (done ? 4 : 0));
        assert_int_equal(open_code(archive, &name), done ? HF_OK : HF_NOT_FOUND);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, archive_setup, archive_teardown)
    const struct CMUnitTest tests[] = {
        TEST(pages_of_every_size_come_back),
        TEST(several_blocks_of_scattered_pages_come_back),
        TEST(a_segment_without_pages_is_one),
        TEST(parts_come_back_in_page_order),
        TEST(a_dictionary_serves_every_part),
        TEST(a_missing_or_swapped_part_is_noticed),
        TEST(a_segment_under_another_name_is_corrupt),
        TEST(a_segment_of_another_database_is_corrupt),
        TEST(a_segment_cut_at_any_length_is_corrupt),
        TEST(more_or_fewer_pages_than_announced_are_refused),
        TEST(an_unfinished_segment_leaves_no_parts),
        TEST(a_lost_reply_to_the_last_commit_takes_no_parts_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
