#include "sqlite/wal_index.h"

#include <string.h>

#include "sqlite/connection.h"
#include "sqlite/scene.h"

/* A file object whose shared memory is the test's. */
struct shared_file {
    sqlite3_file file;
    int result; /* of xShmMap */
    uint32_t memory[8192];
};

static int map_memory(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    struct shared_file *shared = (void *)file;
    assert_int_equal(region, 0);
    assert_int_equal(size, sizeof shared->memory);
    assert_int_equal(extend, 0);
    *out = shared->result == SQLITE_READONLY_CANTINIT ? NULL : shared->memory;
    return shared->result;
}

static void barrier(sqlite3_file *file)
{
    (void)file;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, .xShmMap = map_memory, .xShmBarrier = barrier};

/* What SQLite itself has put there for a log with one commit. */
static void copy_real_index(const struct scene *scene, struct shared_file *shared)
{
    sqlite3 *db = open_db(scene->db);
    run_sql(db, "PRAGMA page_size = 65536; PRAGMA journal_mode = WAL; CREATE TABLE t(a)");
    sqlite3_file *file = hf_connection_file(db, SQLITE_FCNTL_FILE_POINTER);
    void volatile *region = NULL;
    assert_int_equal(file->pMethods->xShmMap(file, 0, sizeof shared->memory, 0, &region),
                     SQLITE_OK);
    memcpy(shared->memory, (void *)(uintptr_t)region, sizeof shared->memory);
    shared->file.pMethods = &methods;
    shared->result = SQLITE_OK;
    sqlite3_close(db);
}

static struct shared_file shared;

static void what_sqlite_published_is_read(void **state)
{
    struct hf_wal_index index;
    struct hf_error err = {0};
    copy_real_index(*state, &shared);
    shared.memory[24] = 1; /* as a checkpoint would note it */
    assert_int_equal(hf_wal_index_read(&shared.file, &index, &err), HF_WAL_INDEX_READ);
    assert_int_equal(index.page_size, 65536);
    assert_int_equal(index.max_frame, 2);
    assert_int_equal(index.page_count, 2);
    assert_int_equal(index.backfilled, 1);
}

static void a_read_only_mapping_will_do(void **state)
{
    struct hf_wal_index index;
    struct hf_error err = {0};
    copy_real_index(*state, &shared);
    shared.result = SQLITE_READONLY;
    assert_int_equal(hf_wal_index_read(&shared.file, &index, &err), HF_WAL_INDEX_READ);
}

static void an_index_that_is_not_shared_is_refused(void **state)
{
    struct hf_wal_index index;
    struct hf_error err = {0};
    copy_real_index(*state, &shared);
    shared.result = SQLITE_READONLY_CANTINIT;
    assert_int_equal(hf_wal_index_read(&shared.file, &index, &err), HF_WAL_INDEX_FAILED);
    assert_code(&err, HF_IO);
    assert_true(err.hint[0]);
}

static void a_half_written_header_is_torn_in_every_word(void **state)
{
    struct hf_wal_index index;
    struct hf_error err = {0};
    copy_real_index(*state, &shared);
    for (int word = 0; word < 24; word++) {
        shared.memory[word] ^= 0x10000;
        assert_int_equal(hf_wal_index_read(&shared.file, &index, &err), HF_WAL_INDEX_TORN);
        shared.memory[word] ^= 0x10000;
    }
    /* Both copies the same and wrong. */
    shared.memory[4]++;
    shared.memory[16]++;
    assert_int_equal(hf_wal_index_read(&shared.file, &index, &err), HF_WAL_INDEX_TORN);
    assert_int_equal(err.code, HF_OK);
}

static void an_index_of_another_version_is_refused(void **state)
{
    struct hf_wal_index index;
    struct hf_error err = {0};
    copy_real_index(*state, &shared);
    shared.memory[0]++;
    uint32_t sum[2] = {0, 0};
    hf_wal_checksum(false, (const uint8_t *)shared.memory, 40, sum);
    memcpy(shared.memory + 10, sum, sizeof sum);
    memcpy(shared.memory + 12, shared.memory, 48);
    assert_int_equal(hf_wal_index_read(&shared.file, &index, &err), HF_WAL_INDEX_FAILED);
    assert_code(&err, HF_UNSUPPORTED);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(what_sqlite_published_is_read),
        SCENE_TEST(a_read_only_mapping_will_do),
        SCENE_TEST(an_index_that_is_not_shared_is_refused),
        SCENE_TEST(a_half_written_header_is_torn_in_every_word),
        SCENE_TEST(an_index_of_another_version_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
