/* Who holds which lock of a wal-index, as the kernel says. */
#include "sqlite/lock_table.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sqlite/scene.h"

static struct stat make(const struct scene *scene, struct actor *actor)
{
    struct stat shm;
    sql_in(scene->db, "PRAGMA journal_mode = WAL; CREATE TABLE t(a)");
    *actor = actor_start(scene->db);
    actor_do(actor, "SELECT count(*) FROM t");
    assert_int_equal(stat(in_scene(scene, "app.db-shm"), &shm), 0);
    return shm;
}

static pid_t holder(const struct stat *shm, int lock)
{
    hf_auto(hf_lock_table) struct hf_lock_table table = {0};
    hf_lock_table_load(&table);
    return hf_lock_table_holder(&table, shm, lock);
}

static bool has(const struct stat *shm, int lock, pid_t pid)
{
    hf_auto(hf_lock_table) struct hf_lock_table table = {0};
    hf_lock_table_load(&table);
    return hf_lock_table_has(&table, shm, lock, pid);
}

static void a_writer_is_named(void **state)
{
    struct actor actor;
    struct stat shm = make(*state, &actor);
    assert_int_equal(holder(&shm, HF_LOCK_WRITE), 0);
    actor_do(&actor, "BEGIN IMMEDIATE");
    assert_int_equal(holder(&shm, HF_LOCK_WRITE), actor.pid);
    assert_true(has(&shm, HF_LOCK_WRITE, actor.pid));
    assert_false(has(&shm, HF_LOCK_WRITE, getpid()));
    assert_int_equal(holder(&shm, HF_LOCK_CHECKPOINT), 0);
    actor_do(&actor, "COMMIT");
    assert_int_equal(holder(&shm, HF_LOCK_WRITE), 0);
    actor_end(&actor);
}

static void a_reader_shares_and_holds_nothing_alone(void **state)
{
    struct actor actor;
    struct stat shm = make(*state, &actor);
    actor_do(&actor, "PRAGMA wal_checkpoint(PASSIVE)"); /* so that it reads on slot 0 */
    actor_do(&actor, "BEGIN; SELECT count(*) FROM t");
    assert_true(has(&shm, HF_LOCK_READ_0, actor.pid));
    assert_int_equal(holder(&shm, HF_LOCK_READ_0), 0);
    actor_end(&actor);
}

static void locks_of_another_file_do_not_count(void **state)
{
    struct actor actor;
    struct stat shm = make(*state, &actor);
    actor_do(&actor, "BEGIN IMMEDIATE");
    struct stat other = shm;
    other.st_ino++;
    assert_int_equal(holder(&other, HF_LOCK_WRITE), 0);
    other = shm;
    other.st_dev += 1 << 8;
    assert_int_equal(holder(&other, HF_LOCK_WRITE), 0);
    actor_end(&actor);
}

static struct hf_lock_table table_of(const char *text)
{
    struct hf_lock_table table = {0};
    assert_int_equal(hf_buf_append(&table.text, text, strlen(text) + 1, NULL), 0);
    table.text.length--;
    return table;
}

/* Device 08:01, inode 77. */
static const struct stat file_77 = {.st_dev = 0x801, .st_ino = 77};

static void every_form_of_a_row_is_understood(void **state)
{
    hf_auto(hf_lock_table) struct hf_lock_table table =
        table_of("1: FLOCK  ADVISORY  WRITE 11 08:01:77 0 EOF\n"
                 "2: POSIX  ADVISORY  READ 12 08:01:77 123 127\n"
                 "3: POSIX  ADVISORY  WRITE 13 08:01:77 121 121\n"
                 "3: -> POSIX  ADVISORY  WRITE 14 08:01:77 120 120\n"
                 "4: POSIX  ADVISORY  WRITE 15 08:01:777 120 120\n"
                 "not a row :77 at all\n");
    (void)state;
    assert_int_equal(hf_lock_table_holder(&table, &file_77, HF_LOCK_WRITE), 0);
    assert_int_equal(hf_lock_table_holder(&table, &file_77, HF_LOCK_CHECKPOINT), 13);
    assert_true(hf_lock_table_has(&table, &file_77, HF_LOCK_READ_0, 12));
    assert_true(hf_lock_table_has(&table, &file_77, HF_LOCK_READ_0 + 4, 12));
    assert_false(hf_lock_table_has(&table, &file_77, HF_LOCK_CHECKPOINT, 12));
}

static void a_lock_to_the_end_covers_all(void **state)
{
    hf_auto(hf_lock_table) struct hf_lock_table table =
        table_of("1: POSIX  ADVISORY  WRITE 11 08:01:77 0 EOF\n");
    (void)state;
    assert_int_equal(hf_lock_table_holder(&table, &file_77, HF_LOCK_READ_0), 11);
}

static void an_empty_table_knows_of_no_lock(void **state)
{
    const struct hf_lock_table none = {0};
    (void)state;
    assert_int_equal(hf_lock_table_holder(&none, &file_77, HF_LOCK_WRITE), 0);
    assert_false(hf_lock_table_has(&none, &file_77, HF_LOCK_WRITE, 1));
}

/* Other locks by the hundred do not hide one: the list is longer than a piece of it. */
static void a_long_list_is_read_to_its_end(void **state)
{
    enum { MANY = 400 };
    const struct scene *scene = *state;
    struct actor actor;
    struct stat shm = make(scene, &actor);
    int fd = open(in_scene(scene, "many"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    for (int i = 0; i < MANY; i++) {
        struct flock lock = {.l_type = F_WRLCK, .l_start = 2 * i, .l_len = 1};
        assert_int_equal(fcntl(fd, F_SETLK, &lock), 0);
    }
    actor_do(&actor, "BEGIN IMMEDIATE");
    hf_auto(hf_lock_table) struct hf_lock_table table = {0};
    hf_lock_table_load(&table);
    assert_true(table.text.length > 16384);
    assert_int_equal(hf_lock_table_holder(&table, &shm, HF_LOCK_WRITE), actor.pid);
    close(fd);
    actor_end(&actor);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_writer_is_named),
        SCENE_TEST(a_reader_shares_and_holds_nothing_alone),
        SCENE_TEST(locks_of_another_file_do_not_count),
        cmocka_unit_test(every_form_of_a_row_is_understood),
        cmocka_unit_test(a_lock_to_the_end_covers_all),
        cmocka_unit_test(an_empty_table_knows_of_no_lock),
        SCENE_TEST(a_long_list_is_read_to_its_end),
    };
    return cmocka_run_group_tests_name("sqlite/lock_table", tests, NULL, NULL);
}
