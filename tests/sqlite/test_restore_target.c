#include "sqlite/restore_target.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sqlite/hot_journal.h"
#include "sqlite/scene.h"
#include "support/fault_env.h"

static struct hf_restore_target *take(const struct scene *scene)
{
    struct hf_error err = {0};
    struct hf_restore_target *target = hf_restore_target_take(hf_env_system(), scene->db, 0, &err);
    if (!target)
        fail_msg("%s", err.text);
    return target;
}

static void refuse(const struct scene *scene, enum hf_code code, const char *text)
{
    struct hf_error err = {0};
    assert_null(hf_restore_target_take(hf_env_system(), scene->db, 0, &err));
    assert_code(&err, code);
    if (!strstr(err.text, text))
        fail_msg("'%s' is not in '%s'", text, err.text);
    assert_true(err.hint[0]);
}

static void make(const struct scene *scene, const char *mode)
{
    sql_in(scene->db,
           "PRAGMA synchronous = OFF; PRAGMA page_size = 1024; PRAGMA journal_mode = %s;"
           "CREATE TABLE t(a, b);"
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) "
           "INSERT INTO t SELECT i, randomblob(300) FROM n",
           mode);
}

static void assert_alone(const struct scene *scene)
{
    assert_false(exists(in_scene(scene, "app.db-wal")));
    assert_false(exists(in_scene(scene, "app.db-shm")));
    assert_false(exists(in_scene(scene, "app.db-journal")));
}

/* A process that dies in the middle of a transaction whose pages are partly on disk. */
static void kill_a_writer(const struct scene *scene)
{
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "PRAGMA wal_autocheckpoint = 0");
    actor_do(&actor, "DELETE FROM t WHERE a > 90");
    actor_do(&actor, "PRAGMA cache_size = 3");
    actor_do(&actor, "BEGIN");
    actor_do(&actor, "UPDATE t SET b = zeroblob(350)");
    actor_kill(&actor);
}

static void a_log_left_behind_is_folded_into_the_file(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL");
    kill_a_writer(scene);
    assert_true(size_of(in_scene(scene, "app.db-wal")) > 0);
    struct hf_restore_target *target = take(scene);
    assert_int_equal(hf_restore_target_state(target), HF_TARGET_DATABASE);
    assert_alone(scene);
    assert_int_equal(hf_restore_target_page_size(target), 1024);
    assert_int_equal(hf_restore_target_page_count(target), size_of(scene->db) / 1024);
    copy_files(scene->db, in_scene(scene, "taken.db"));
    hf_restore_target_free(target);
    assert_alone(scene);
    assert_int_equal(ask_in(in_scene(scene, "taken.db"), "SELECT count(*) FROM t"), 90);
    assert_int_equal(ask_in(in_scene(scene, "taken.db"), "SELECT sum(b = zeroblob(350)) FROM t"),
                     0);
    assert_sound(in_scene(scene, "taken.db"));
}

static void the_file_stays_in_wal_mode(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL");
    hf_restore_target_free(take(scene));
    assert_int_equal(ask_in(scene->db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

static void a_hot_journal_left_behind_is_rolled_back(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE");
    kill_a_writer(scene);
    assert_true(size_of(in_scene(scene, "app.db-journal")) > 0);
    struct hf_restore_target *target = take(scene);
    assert_int_equal(hf_restore_target_state(target), HF_TARGET_DATABASE);
    assert_alone(scene);
    hf_restore_target_free(target);
    assert_int_equal(ask_in(scene->db, "SELECT count(*) FROM t"), 90);
    assert_int_equal(ask_in(scene->db, "SELECT sum(b = zeroblob(350)) FROM t"), 0);
}

static void a_journal_kept_by_its_application_is_removed(void **state)
{
    struct scene *scene = *state;
    make(scene, "PERSIST");
    assert_true(size_of(in_scene(scene, "app.db-journal")) > 0);
    struct hf_restore_target *target = take(scene);
    assert_alone(scene);
    hf_restore_target_free(target);
    assert_int_equal(ask_in(scene->db, "SELECT count(*) FROM t"), 100);
}

static void nobody_else_gets_in_while_it_is_taken(void **state)
{
    static const char *const modes[] = {"DELETE", "WAL"};
    struct scene *scene = *state;
    for (int i = 0; i < 2; i++) {
        struct hf_error err = {0};
        uint8_t byte;
        shell("rm -f '%s'*", scene->db);
        make(scene, modes[i]);
        struct hf_restore_target *target = take(scene);
        int fd = hf_restore_target_fd(target, &err);
        assert_true(fd >= 0);
        assert_int_equal(hf_restore_target_fd(target, &err), fd);
        assert_int_equal(pread(fd, &byte, 1, 0), 1);
        struct actor actor = actor_start(scene->db);
        assert_int_equal(actor_try(&actor, "SELECT count(*) FROM t"), SQLITE_BUSY);
        hf_restore_target_free(target);
        actor_do(&actor, "SELECT count(*) FROM t");
        actor_end(&actor);
    }
}

static void letting_go_touches_nothing_at_the_path(void **state)
{
    static const char *const modes[] = {"DELETE", "PERSIST", "TRUNCATE", "WAL"};
    struct scene *scene = *state;
    for (int i = 0; i < 16; i++) {
        bool after_crash = i & 1, replaced = i & 2;
        shell("rm -f '%s'*", scene->db);
        make(scene, modes[i / 4]);
        if (after_crash)
            kill_a_writer(scene);
        struct hf_restore_target *target = take(scene);
        shell("for s in -wal -shm -journal; do echo \"new $s\" > '%s'$s; done", scene->db);
        if (replaced)
            shell("echo new > '%s/n'; mv '%s/n' '%s'", scene->dir, scene->dir, scene->db);
        copy_files(scene->db, in_scene(scene, "then.db"));
        hf_restore_target_free(target);
        shell("for s in -wal -shm -journal; do test \"$(cat '%s'$s)\" = \"new $s\" || exit 1; done",
              scene->db);
        assert_same_bytes(scene->db, in_scene(scene, "then.db"));
    }
}

/* At any operation, and at all after it: what was committed is there, the rest is not. */
static void a_failure_while_taking_loses_nothing(void **state)
{
    static const char *const modes[] = {"DELETE", "PERSIST", "WAL"};
    struct scene *scene = *state;
    int tried = 0;
    for (int i = 0; i < 6; i++) {
        bool failed = true;
        for (uint64_t at = 1; failed; at++, tried++) {
            struct hf_error err = {0};
            struct hf_env_faults faults = {.at = at, .lasting = i % 2};
            hf_auto_ptr(hf_fault_env) struct hf_fault_env *faulty =
                hf_fault_env_new(hf_env_system());
            shell("rm -f '%s'*", scene->db);
            make(scene, modes[i / 2]);
            kill_a_writer(scene);
            hf_fault_env_set(faulty, &faults);
            struct hf_restore_target *target =
                hf_restore_target_take(hf_fault_env_get(faulty), scene->db, 0, &err);
            failed = hf_fault_env_failures(faulty) > 0;
            if (failed)
                assert_true(!target && err.text[0]);
            hf_restore_target_free(target);
            assert_int_equal(ask_in(scene->db, "SELECT count(*) FROM t"), 90);
            assert_int_equal(ask_in(scene->db, "SELECT sum(b = zeroblob(350)) FROM t"), 0);
            assert_sound(scene->db);
        }
    }
    assert_true(tried > 30);
}

/* As after a rewriting that failed: its hot journal must outlive the target. */
static void a_hot_journal_of_ours_outlives_the_target(void **state)
{
    static const char *const modes[] = {"DELETE", "PERSIST", "TRUNCATE", "WAL"};
    struct scene *scene = *state;
    for (int i = 0; i < 8; i++) {
        struct hf_error err = {0};
        uint8_t page[1024], noise[1024];
        shell("rm -f '%s'*", scene->db);
        make(scene, modes[i / 2]);
        if (i % 2)
            kill_a_writer(scene);
        struct hf_restore_target *target = take(scene);
        copy_files(scene->db, in_scene(scene, "taken.db"));
        int fd = hf_restore_target_fd(target, &err);
        assert_int_equal(pread(fd, page, sizeof page, 1024), sizeof page);
        struct hf_hot_journal *journal =
            hf_hot_journal_begin(hf_env_system(), hf_restore_target_path(target), 1024,
                                 hf_restore_target_page_count(target), &err);
        assert_non_null(journal);
        assert_int_equal(hf_hot_journal_add(journal, 2, page, &err), 0);
        assert_int_equal(hf_hot_journal_arm(journal, &err), 0);
        memset(noise, 'x', sizeof noise);
        assert_int_equal(pwrite(fd, noise, sizeof noise, 1024), sizeof noise);
        hf_hot_journal_free(journal);
        hf_restore_target_free(target);
        assert_int_equal(ask_in(scene->db, "SELECT count(*) FROM t"), i % 2 ? 90 : 100);
        assert_same_bytes(scene->db, in_scene(scene, "taken.db"));
    }
}

static void an_idle_connection_of_another_process_is_named(void **state)
{
    static const char *const modes[] = {"DELETE", "WAL"};
    struct scene *scene = *state;
    for (int i = 0; i < 2; i++) {
        char text[60];
        shell("rm -f '%s'*", scene->db);
        make(scene, modes[i]);
        struct actor actor = actor_start(scene->db);
        actor_do(&actor, "SELECT count(*) FROM t");
        snprintf(text, sizeof text, "open in process %d (sql_actor)", actor.pid);
        refuse(scene, HF_LOCKED, text);
        actor_do(&actor, "INSERT INTO t VALUES(1, 2)"); /* and nothing was taken from it */
        actor_end(&actor);
        hf_restore_target_free(take(scene));
    }
}

static void a_connection_of_this_process_is_a_lock_too(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE");
    sqlite3 *db = open_db(scene->db);
    run_sql(db, "BEGIN; SELECT count(*) FROM t");
    refuse(scene, HF_LOCKED, "in use");
    run_sql(db, "COMMIT");
    hf_restore_target_free(take(scene));
    sqlite3_close(db);
}

static void a_missing_file_is_absent_and_its_log_is_kept(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0};
    char kept[400] = "x";
    shell("echo log > '%s-wal'; echo journal > '%s-journal'", scene->db, scene->db);
    struct hf_restore_target *target = take(scene);
    assert_int_equal(hf_restore_target_state(target), HF_TARGET_ABSENT);
    assert_int_equal(hf_restore_target_set_aside(target, kept, sizeof kept, &err), 0);
    assert_string_equal(kept, "");
    assert_alone(scene);
    shell("test \"$(cat '%s'.replaced-*-wal)\" = log; test \"$(cat '%s'.replaced-*-journal)\" = "
          "journal",
          scene->db, scene->db);
    hf_restore_target_free(target);
}

static void an_empty_file_is_absent_and_its_log_survives_the_taking(void **state)
{
    struct scene *scene = *state;
    shell("> '%s'; echo log > '%s-wal'", scene->db, scene->db);
    struct hf_restore_target *target = take(scene);
    assert_int_equal(hf_restore_target_state(target), HF_TARGET_ABSENT);
    assert_true(exists(in_scene(scene, "app.db-wal")));
    hf_restore_target_free(target);
}

static void a_damaged_file_is_kept_with_its_log(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0};
    char kept[400];
    shell("head -c 5000 /dev/urandom > '%s'; echo log > '%s-wal'; cp '%s' '%s'", scene->db,
          scene->db, scene->db, in_scene(scene, "before.db"));
    for (int i = 0; i < 2; i++) {
        struct hf_restore_target *target = take(scene);
        assert_int_equal(hf_restore_target_state(target), HF_TARGET_DAMAGED);
        assert_int_equal(hf_restore_target_set_aside(target, kept, sizeof kept, &err), 0);
        hf_restore_target_free(target);
        assert_false(exists(scene->db));
        assert_alone(scene);
        assert_same_bytes(kept, in_scene(scene, "before.db"));
        assert_memory_equal(kept, scene->db, strlen(scene->db));
        /* And again at once: a second one never replaces the first. */
        shell("cp '%s' '%s'", kept, scene->db);
    }
    shell("test $(ls '%s'.replaced-* | grep -vc wal) = 2", scene->db);
}

static void a_truncated_file_is_damaged(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE");
    shell("truncate -s -1024 '%s'", scene->db);
    struct hf_restore_target *target = take(scene);
    assert_int_equal(hf_restore_target_state(target), HF_TARGET_DAMAGED);
    hf_restore_target_free(target);
}

static void a_damaged_schema_can_be_taken(void **state)
{
    static const char *const modes[] = {"DELETE", "WAL"};
    struct scene *scene = *state;
    for (int i = 0; i < 2; i++) {
        shell("rm -f '%s'*", scene->db);
        make(scene, modes[i]);
        sql_in(scene->db, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'nonsense'");
        struct hf_restore_target *target = take(scene);
        assert_int_equal(hf_restore_target_state(target), HF_TARGET_DATABASE);
        hf_restore_target_free(target);
    }
}

static void a_taken_database_is_not_set_aside(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0};
    char kept[400] = "x";
    make(scene, "DELETE");
    struct hf_restore_target *target = take(scene);
    assert_int_equal(hf_restore_target_set_aside(target, kept, sizeof kept, &err), 0);
    assert_string_equal(kept, "");
    assert_true(exists(scene->db));
    hf_restore_target_free(target);
}

static void a_link_leads_to_the_file_itself(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0};
    make(scene, "WAL");
    kill_a_writer(scene);
    shell("mkdir '%s/x'; ln -s '%s' '%s/x/link.db'", scene->dir, scene->db, scene->dir);
    struct hf_restore_target *target =
        hf_restore_target_take(hf_env_system(), in_scene(scene, "x/link.db"), 0, &err);
    assert_non_null(target);
    assert_string_equal(hf_restore_target_path(target), scene->db);
    assert_alone(scene);
    hf_restore_target_free(target);
}

static void a_directory_is_refused(void **state)
{
    struct scene *scene = *state;
    shell("mkdir '%s'", scene->db);
    refuse(scene, HF_IO, "not a regular file");
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_log_left_behind_is_folded_into_the_file),
        SCENE_TEST(the_file_stays_in_wal_mode),
        SCENE_TEST(a_hot_journal_left_behind_is_rolled_back),
        SCENE_TEST(a_journal_kept_by_its_application_is_removed),
        SCENE_TEST(nobody_else_gets_in_while_it_is_taken),
        SCENE_TEST(letting_go_touches_nothing_at_the_path),
        SCENE_TEST(a_failure_while_taking_loses_nothing),
        SCENE_TEST(a_hot_journal_of_ours_outlives_the_target),
        SCENE_TEST(an_idle_connection_of_another_process_is_named),
        SCENE_TEST(a_connection_of_this_process_is_a_lock_too),
        SCENE_TEST(a_missing_file_is_absent_and_its_log_is_kept),
        SCENE_TEST(an_empty_file_is_absent_and_its_log_survives_the_taking),
        SCENE_TEST(a_damaged_file_is_kept_with_its_log),
        SCENE_TEST(a_truncated_file_is_damaged),
        SCENE_TEST(a_damaged_schema_can_be_taken),
        SCENE_TEST(a_taken_database_is_not_set_aside),
        SCENE_TEST(a_link_leads_to_the_file_itself),
        SCENE_TEST(a_directory_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
