#include "sqlite/log_frames.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "sqlite/scene.h"
#include "support/scratch.h"

enum { PAGE_SIZE = 512, FRAME = HF_FRAME_HEADER_BYTES + PAGE_SIZE };

/* A log in memory behind SQLite's file object. */
struct memory_log {
    sqlite3_file file;
    struct hf_buf bytes;
};

static int read_memory(sqlite3_file *file, void *out, int length, sqlite3_int64 offset)
{
    const struct memory_log *log = (const void *)file;
    if ((size_t)offset + (size_t)length > log->bytes.length)
        return SQLITE_IOERR_SHORT_READ;
    memcpy(out, log->bytes.data + offset, (size_t)length);
    return SQLITE_OK;
}

static const sqlite3_io_methods memory_methods = {.iVersion = 1, .xRead = read_memory};

/* A real log and what SQLite has published about it: its own last checksum. */
static void make_log(const struct scene *scene, struct memory_log *log, struct hf_wal_index *index)
{
    sqlite3 *db = open_db(scene->db);
    run_sql(db, "PRAGMA page_size = 512; PRAGMA journal_mode = WAL; CREATE TABLE t(a);"
                "INSERT INTO t VALUES(randomblob(2000)); DELETE FROM t");
    *log = (struct memory_log){.file = {.pMethods = &memory_methods}};
    hf_scratch_read(in_scene(scene, "app.db-wal"), &log->bytes);
    sqlite3_close(db);
    const uint8_t *bytes = log->bytes.data;
    uint32_t frames = (uint32_t)((log->bytes.length - HF_LOG_HEADER_BYTES) / FRAME);
    const uint8_t *last = bytes + HF_LOG_HEADER_BYTES + (size_t)(frames - 1) * FRAME;
    *index = (struct hf_wal_index){
        .page_size = PAGE_SIZE,
        .max_frame = frames,
        .big_endian = bytes[3] & 1,
        .checksum = {hf_get_be32(last + 16), hf_get_be32(last + 20)},
    };
    memcpy(index->salt, bytes + 16, sizeof index->salt);
    assert_true(frames > 5);
}

struct visited {
    uint32_t count, commits;
    int stop_at;
};

static int count_frame(void *context, const struct hf_log_frame *frame, struct hf_error *err)
{
    struct visited *visited = context;
    assert_int_equal(frame->number, ++visited->count);
    visited->commits += frame->commit_pages > 0;
    if (visited->count == (uint32_t)visited->stop_at)
        return hf_error_set(err, HF_REFUSED, "enough");
    return 0;
}

static void refuse(struct memory_log *log, const struct hf_wal_index *index, const char *what)
{
    struct hf_error err = {0};
    struct visited visited = {0};
    if (hf_log_frames_visit(&log->file, index, &(struct hf_log_position){0}, count_frame, &visited,
                            &err) == 0)
        fail_msg("%s: not seen", what);
    assert_code(&err, HF_CORRUPT);
}

static void all_frames_are_visited_in_order(void **state)
{
    struct memory_log log;
    struct hf_wal_index index;
    struct visited visited = {0};
    struct hf_error err = {0};
    make_log(*state, &log, &index);
    if (hf_log_frames_visit(&log.file, &index, &(struct hf_log_position){0}, count_frame, &visited,
                            &err))
        fail_msg("%s", err.text);
    assert_int_equal(visited.count, index.max_frame);
    assert_int_equal(visited.commits, 3);
    hf_buf_release(&log.bytes);
}

static void a_flipped_bit_in_any_byte_is_found(void **state)
{
    struct memory_log log;
    struct hf_wal_index index;
    make_log(*state, &log, &index);
    for (size_t i = 0; i < log.bytes.length; i++) {
        char what[40];
        /* The checkpoint count says nothing, the header's checksum covers it all the same. */
        snprintf(what, sizeof what, "byte %zu", i);
        log.bytes.data[i] ^= 4;
        refuse(&log, &index, what);
        log.bytes.data[i] ^= 4;
    }
    hf_buf_release(&log.bytes);
}

static void a_log_other_than_the_published_one_is_found(void **state)
{
    struct memory_log log;
    struct hf_wal_index index, other;
    make_log(*state, &log, &index);
    other = index;
    other.checksum[1]++;
    refuse(&log, &other, "checksum");
    other = index;
    other.max_frame--;
    refuse(&log, &other, "an end before the published one");
    other = index;
    other.max_frame++;
    refuse(&log, &other, "a log that is too short");
    other = index;
    other.page_size = 1024;
    refuse(&log, &other, "page size");
    other = index;
    other.big_endian = !other.big_endian;
    refuse(&log, &other, "byte order");
    hf_buf_release(&log.bytes);
}

static void checksums_of_either_byte_order_are_understood(void **state)
{
    struct memory_log log;
    struct hf_wal_index index;
    struct visited visited = {0};
    struct hf_error err = {0};
    uint32_t sum[2] = {0, 0};
    make_log(*state, &log, &index);
    /* The same log as a machine of the other kind would have written it. */
    index.big_endian = !index.big_endian;
    log.bytes.data[3] ^= 1;
    hf_wal_checksum(index.big_endian, log.bytes.data, 24, sum);
    hf_put_be32(log.bytes.data + 24, sum[0]);
    hf_put_be32(log.bytes.data + 28, sum[1]);
    for (uint32_t i = 0; i < index.max_frame; i++) {
        uint8_t *frame = log.bytes.data + HF_LOG_HEADER_BYTES + (size_t)i * FRAME;
        hf_wal_checksum(index.big_endian, frame, 8, sum);
        hf_wal_checksum(index.big_endian, frame + HF_FRAME_HEADER_BYTES, PAGE_SIZE, sum);
        hf_put_be32(frame + 16, sum[0]);
        hf_put_be32(frame + 20, sum[1]);
    }
    memcpy(index.checksum, sum, sizeof sum);
    if (hf_log_frames_visit(&log.file, &index, &(struct hf_log_position){0}, count_frame, &visited,
                            &err))
        fail_msg("%s", err.text);
    hf_buf_release(&log.bytes);
}

static void a_visitor_can_end_the_reading(void **state)
{
    struct memory_log log;
    struct hf_wal_index index;
    struct visited visited = {.stop_at = 2};
    struct hf_error err = {0};
    make_log(*state, &log, &index);
    assert_int_equal(hf_log_frames_visit(&log.file, &index, &(struct hf_log_position){0},
                                         count_frame, &visited, &err),
                     -1);
    assert_code(&err, HF_REFUSED);
    assert_int_equal(visited.count, 2);
    hf_buf_release(&log.bytes);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(all_frames_are_visited_in_order),
        SCENE_TEST(a_flipped_bit_in_any_byte_is_found),
        SCENE_TEST(a_log_other_than_the_published_one_is_found),
        SCENE_TEST(checksums_of_either_byte_order_are_understood),
        SCENE_TEST(a_visitor_can_end_the_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
