#include "sqlite/scene.h"

#include <string.h>

#include "sqlite/hot_journal.h"
#include "sqlite/shared_file.h"

static struct hf_shared_file *open_shared(const struct scene *scene, int busy_ms)
{
    struct hf_error err = {0};
    struct hf_shared_file *file = hf_shared_file_open(hf_env_system(), scene->db, busy_ms, &err);
    if (!file)
        fail_msg("%s", err.text);
    return file;
}

static void make(const struct scene *scene)
{
    sql_in(scene->db, "CREATE TABLE t(a); INSERT INTO t VALUES (1)");
}

static void readers_go_on_until_it_is_entered(void **state)
{
    struct scene *scene = *state;
    struct hf_shared_look look;
    make(scene);
    struct actor reader = actor_start(scene->db);
    hf_auto_ptr(hf_shared_file) struct hf_shared_file *file = open_shared(scene, 0);
    assert_int_equal(hf_shared_file_begin(file, &look, NULL), 0);
    assert_int_equal(look.size, (uint64_t)size_of(scene->db));
    actor_do(&reader, "SELECT a FROM t");
    assert_int_equal(actor_try(&reader, "UPDATE t SET a = 2"), SQLITE_BUSY);
    assert_int_equal(hf_shared_file_enter(file, 0, NULL), 0);
    assert_int_equal(actor_try(&reader, "SELECT a FROM t"), SQLITE_BUSY);
    hf_shared_file_end(file);
    actor_do(&reader, "UPDATE t SET a = 2");
    actor_end(&reader);
}

static void a_long_reader_is_not_waited_for_long(void **state)
{
    struct scene *scene = *state;
    struct hf_shared_look look;
    struct hf_error err = {0};
    make(scene);
    struct actor reader = actor_start(scene->db), other = actor_start(scene->db);
    hf_auto_ptr(hf_shared_file) struct hf_shared_file *file = open_shared(scene, 0);
    actor_do(&reader, "BEGIN; SELECT a FROM t");
    assert_int_equal(hf_shared_file_begin(file, &look, NULL), 0);
    assert_int_equal(hf_shared_file_enter(file, 20, &err), -1);
    assert_code(&err, HF_LOCKED);
    /* Whoever comes now waits for the one that is there, until it is given up. */
    assert_int_equal(actor_try(&other, "SELECT a FROM t"), SQLITE_BUSY);
    hf_shared_file_end(file);
    actor_do(&other, "SELECT a FROM t");
    actor_do(&reader, "COMMIT");
    assert_int_equal(hf_shared_file_begin(file, &look, NULL), 0);
    assert_int_equal(hf_shared_file_enter(file, 0, NULL), 0);
    hf_shared_file_end(file);
    actor_end(&reader);
    actor_end(&other);
}

static void who_writes_keeps_it_out(void **state)
{
    struct scene *scene = *state;
    struct hf_shared_look look;
    struct hf_error err = {0};
    make(scene);
    struct actor writer = actor_start(scene->db);
    hf_auto_ptr(hf_shared_file) struct hf_shared_file *file = open_shared(scene, 0);
    actor_do(&writer, "BEGIN IMMEDIATE");
    assert_int_equal(hf_shared_file_begin(file, &look, &err), -1);
    assert_code(&err, HF_LOCKED);
    assert_int_equal(hf_shared_file_look(file, &look, NULL), 0);
    actor_do(&writer, "COMMIT");
    assert_int_equal(hf_shared_file_begin(file, &look, NULL), 0);
    actor_end(&writer);
}

static void what_was_left_half_done_is_rolled_back_first(void **state)
{
    struct scene *scene = *state;
    struct hf_shared_look before, after;
    uint8_t page[4096];
    const struct hf_env *env = hf_env_system();
    make(scene);
    struct hf_shared_file *file = open_shared(scene, 0);
    assert_int_equal(hf_shared_file_begin(file, &before, NULL), 0);
    struct hf_hot_journal *journal = hf_hot_journal_begin(env, scene->db, 4096, 2, NULL);
    int fd = hf_shared_file_fd(file);
    assert_int_equal(env->fs.pread(env->fs.context, fd, page, sizeof page, 0), sizeof page);
    assert_int_equal(hf_hot_journal_add(journal, 1, page, NULL), 0);
    assert_int_equal(hf_hot_journal_arm(journal, NULL), 0);
    assert_int_equal(hf_shared_file_enter(file, 0, NULL), 0);
    memset(page + 24, 0x77, 4);
    assert_int_equal(env->fs.pwrite(env->fs.context, fd, page, sizeof page, 0), sizeof page);
    hf_hot_journal_free(journal); /* as a failure leaves it */
    hf_shared_file_end(file);
    assert_int_equal(hf_shared_file_look(file, &after, NULL), 0);
    assert_memory_equal(&before, &after, sizeof before);
    assert_false(exists(in_scene(scene, "app.db-journal")));
    hf_shared_file_free(file);
    assert_int_equal(ask_in(scene->db, "SELECT a FROM t"), 1);
}

static void wal_mode_is_left_when_nobody_is_in_it(void **state)
{
    struct scene *scene = *state;
    struct hf_shared_look look;
    struct hf_error err = {0};
    make(scene);
    struct actor other = actor_start(scene->db);
    actor_do(&other, "PRAGMA journal_mode = WAL; INSERT INTO t VALUES (2)");
    hf_auto_ptr(hf_shared_file) struct hf_shared_file *file = open_shared(scene, 0);
    assert_int_equal(hf_shared_file_look(file, &look, NULL), 0);
    assert_int_equal(look.header[18], 2);
    assert_int_equal(hf_shared_file_leave_log(file, &err), -1);
    assert_code(&err, HF_LOCKED);
    actor_kill(&other);
    assert_int_equal(hf_shared_file_leave_log(file, NULL), 0);
    assert_int_equal(hf_shared_file_look(file, &look, NULL), 0);
    assert_int_equal(look.header[18], 1);
    assert_false(exists(in_scene(scene, "app.db-wal")));
    assert_int_equal(ask_in(scene->db, "SELECT count(*) FROM t"), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
    const struct CMUnitTest tests[] = {
        TEST(readers_go_on_until_it_is_entered),
        TEST(a_long_reader_is_not_waited_for_long),
        TEST(who_writes_keeps_it_out),
        TEST(what_was_left_half_done_is_rolled_back_first),
        TEST(wal_mode_is_left_when_nobody_is_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
