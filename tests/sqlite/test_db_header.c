#include "sqlite/db_header.h"

#include <stdio.h>
#include <string.h>

#include "sqlite/scene.h"

static void read_header(const char *path, uint8_t bytes[HF_DB_HEADER_BYTES])
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, HF_DB_HEADER_BYTES, file), HF_DB_HEADER_BYTES);
    fclose(file);
}

static void every_page_size_is_understood(void **state)
{
    struct scene *scene = *state;
    for (uint32_t size = HF_PAGE_SIZE_MIN; size <= HF_PAGE_SIZE_MAX; size *= 2) {
        uint8_t bytes[HF_DB_HEADER_BYTES];
        struct hf_db_header header;
        shell("rm -f '%s'", scene->db);
        sql_in(scene->db, "PRAGMA page_size = %u; CREATE TABLE t(a); CREATE TABLE u(a)", size);
        read_header(scene->db, bytes);
        assert_true(hf_db_header_parse(&header, bytes));
        assert_int_equal(header.page_size, size);
        assert_int_equal(header.page_count, 3);
        assert_int_equal(header.change_counter, 2);
        assert_true(header.counters_agree);
        assert_false(header.wal);
    }
}

static void wal_mode_is_seen(void **state)
{
    struct scene *scene = *state;
    uint8_t bytes[HF_DB_HEADER_BYTES];
    struct hf_db_header header;
    sql_in(scene->db, "PRAGMA journal_mode = WAL; CREATE TABLE t(a)");
    read_header(scene->db, bytes);
    assert_true(hf_db_header_parse(&header, bytes));
    assert_true(header.wal);
}

static void a_count_by_an_old_sqlite_is_not_trusted(void **state)
{
    struct scene *scene = *state;
    uint8_t bytes[HF_DB_HEADER_BYTES];
    struct hf_db_header header;
    sql_in(scene->db, "CREATE TABLE t(a)");
    read_header(scene->db, bytes);
    bytes[27]++;
    assert_true(hf_db_header_parse(&header, bytes));
    assert_false(header.counters_agree);
}

static void other_bytes_are_no_database(void **state)
{
    struct scene *scene = *state;
    uint8_t bytes[HF_DB_HEADER_BYTES];
    struct hf_db_header header;
    sql_in(scene->db, "CREATE TABLE t(a)");
    read_header(scene->db, bytes);
    static const int fixed[] = {0, 6, 15, 16, 21, 22, 23};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        bytes[fixed[i]] ^= 0x80;
        assert_false(hf_db_header_parse(&header, bytes));
        bytes[fixed[i]] ^= 0x80;
    }
    memcpy(bytes + 16, "\x18", 2); /* 6144: no power of two */
    assert_false(hf_db_header_parse(&header, bytes));
    memcpy(bytes + 16, "\x00\x80", 2);
    assert_false(hf_db_header_parse(&header, bytes));
}

static void the_lock_byte_page_lies_at_one_gibibyte(void **state)
{
    (void)state;
    assert_int_equal(hf_lock_byte_page(512), 2097153);
    assert_int_equal(hf_lock_byte_page(4096), 262145);
    assert_int_equal(hf_lock_byte_page(65536), 16385);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_page_size_is_understood, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(wal_mode_is_seen, scene_setup, scene_teardown),
        cmocka_unit_test_setup_teardown(a_count_by_an_old_sqlite_is_not_trusted, scene_setup,
                                        scene_teardown),
        cmocka_unit_test_setup_teardown(other_bytes_are_no_database, scene_setup, scene_teardown),
        cmocka_unit_test(the_lock_byte_page_lies_at_one_gibibyte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
