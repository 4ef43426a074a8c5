/*
 * The lock-byte page in the middle of a small database: SQLite's pending byte is moved for this
 * whole program before any database is opened.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite/db_header.h"
#include "sqlite/hot_journal.h"
#include "sqlite/restore_target.h"
#include "sqlite/scene.h"
#include "support/scratch.h"

enum { PENDING_BYTE = 65536, PAGE_SIZE = 1024, LOCK_PAGE = PENDING_BYTE / PAGE_SIZE + 1 };

static void fill(const char *path, const char *mode, int rows)
{
    sql_in(path,
           "PRAGMA page_size = 1024; PRAGMA journal_mode = %s; PRAGMA wal_autocheckpoint = 0;"
           "CREATE TABLE t(id INTEGER PRIMARY KEY, b);"
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
           "INSERT INTO t SELECT i, randomblob(800) FROM n",
           mode, rows);
}

static struct hf_page_source *open_source(const char *path)
{
    struct hf_error err = {0};
    struct hf_page_source *source = hf_page_source_open(path, 0, &err);
    if (!source)
        fail_msg("%s", err.text);
    return source;
}

static void the_moved_page_is_known(void **state)
{
    (void)state;
    assert_int_equal(hf_lock_byte_page(PAGE_SIZE), LOCK_PAGE);
}

static void it_is_read_as_zeros_whatever_the_file_holds(void **state)
{
    struct scene *scene = *state;
    static const uint8_t zeros[PAGE_SIZE];
    static uint8_t pages[3 * PAGE_SIZE];
    struct hf_error err = {0};
    fill(scene->db, "DELETE", 100);
    shell("head -c 1024 /dev/urandom | dd of='%s' bs=1024 seek=%d conv=notrunc status=none",
          scene->db, LOCK_PAGE - 1);
    struct hf_page_source *source = open_source(scene->db);
    assert_int_equal(hf_page_source_info(source)->lock_byte_page, LOCK_PAGE);
    assert_int_equal(hf_page_source_read(source, LOCK_PAGE - 1, 3, pages, &err), 0);
    assert_memory_equal(pages + PAGE_SIZE, zeros, PAGE_SIZE);
    assert_memory_not_equal(pages, zeros, PAGE_SIZE);
    assert_memory_not_equal(pages + 2 * PAGE_SIZE, zeros, PAGE_SIZE);
    hf_page_source_free(source);
}

/* Every size from just before the page to just after it, in both kinds of mode. */
static void databases_that_end_around_it_are_read(void **state)
{
    static const char *const modes[] = {"DELETE", "WAL"};
    struct scene *scene = *state;
    bool before = false, after = false;
    for (int i = 0; i < 2; i++) {
        for (int rows = 58; rows < 68; rows++) {
            shell("rm -f '%s'*", scene->db);
            sqlite3 *db = open_db(scene->db);
            fill(scene->db, modes[i], rows);
            struct hf_page_source *source = open_source(scene->db);
            uint32_t count = hf_page_source_info(source)->page_count;
            assert_int_not_equal(count, LOCK_PAGE);
            before |= count == LOCK_PAGE - 1;
            after |= count == LOCK_PAGE + 1;
            assert_source_is(scene, source);
            hf_page_source_free(source);
            sqlite3_close(db);
        }
    }
    assert_true(before && after);
}

static void playing_back_passes_over_it(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0};
    hf_auto(hf_buf) struct hf_buf old = {0};
    fill(scene->db, "DELETE", 100);
    copy_files(scene->db, in_scene(scene, "before.db"));
    hf_scratch_read(in_scene(scene, "before.db"), &old);
    struct hf_hot_journal *journal = hf_hot_journal_begin(hf_env_system(), scene->db, PAGE_SIZE,
                                                          (uint32_t)(old.length / PAGE_SIZE), &err);
    assert_non_null(journal);
    for (uint32_t page = 1; page <= old.length / PAGE_SIZE; page++)
        assert_int_equal(hf_hot_journal_add(journal, page, old.data + (page - 1) * PAGE_SIZE, &err),
                         0);
    assert_int_equal(hf_hot_journal_arm(journal, &err), 0);
    hf_hot_journal_free(journal);
    shell(
        "head -c %zu /dev/zero | tr '\\0' x | dd of='%s' bs=1024 seek=70 conv=notrunc status=none",
        old.length - 70 * PAGE_SIZE, scene->db);
    assert_int_equal(ask_in(scene->db, "SELECT count(*) FROM t"), 100);
    assert_same_bytes(scene->db, in_scene(scene, "before.db"));
}

static void a_target_around_it_is_whole(void **state)
{
    struct scene *scene = *state;
    for (int rows = 58; rows < 68; rows++) {
        struct hf_error err = {0};
        shell("rm -f '%s'*", scene->db);
        fill(scene->db, "DELETE", rows);
        struct hf_restore_target *target =
            hf_restore_target_take(hf_env_system(), scene->db, 0, &err);
        assert_non_null(target);
        assert_int_equal(hf_restore_target_state(target), HF_TARGET_DATABASE);
        hf_restore_target_free(target);
    }
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, PENDING_BYTE);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_moved_page_is_known),
        SCENE_TEST(it_is_read_as_zeros_whatever_the_file_holds),
        SCENE_TEST(databases_that_end_around_it_are_read),
        SCENE_TEST(playing_back_passes_over_it),
        SCENE_TEST(a_target_around_it_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
