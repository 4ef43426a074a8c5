#include "sqlite/hot_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/file.h"
#include "sqlite/scene.h"
#include "support/crash_env.h"
#include "support/fault_env.h"
#include "support/scratch.h"

/* A database that is rewritten page by page into another one. */
struct rewrite {
    const char *mode;
    uint32_t page_size;
    int old_rows, new_rows;
    char path[400];
    struct hf_buf old, new;
    uint64_t commit_began, commit_ended; /* operations until then */
};

static const struct rewrite cases[] = {
    {.mode = "DELETE", .page_size = 512, .old_rows = 8, .new_rows = 8},
    {.mode = "WAL", .page_size = 512, .old_rows = 4, .new_rows = 12},
    {.mode = "DELETE", .page_size = 4096, .old_rows = 30, .new_rows = 5},
    {.mode = "WAL", .page_size = 4096, .old_rows = 30, .new_rows = 30},
    {.mode = "WAL", .page_size = 65536, .old_rows = 300, .new_rows = 100},
    {.mode = "DELETE", .page_size = 65536, .old_rows = 100, .new_rows = 300},
};
enum { CASES = sizeof cases / sizeof *cases };

static void make(const char *path, const struct rewrite *rewrite, int rows)
{
    sql_in(path,
           "PRAGMA synchronous = OFF; PRAGMA page_size = %u; PRAGMA journal_mode = %s;"
           "CREATE TABLE t(a, b);"
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
           "INSERT INTO t SELECT i, randomblob(450) FROM n",
           rewrite->page_size, rewrite->mode, rows);
}

static void prepare(const struct scene *scene, struct rewrite *rewrite)
{
    shell("rm -rf '%s'/*; mkdir '%s'", scene->dir, in_scene(scene, "disk"));
    snprintf(rewrite->path, sizeof rewrite->path, "%s", in_scene(scene, "disk/app.db"));
    make(rewrite->path, rewrite, rewrite->old_rows);
    make(in_scene(scene, "new.db"), rewrite, rewrite->new_rows);
    hf_scratch_read(rewrite->path, &rewrite->old);
    hf_scratch_read(in_scene(scene, "new.db"), &rewrite->new);
}

static void finish(struct rewrite *rewrite)
{
    hf_buf_release(&rewrite->old);
    hf_buf_release(&rewrite->new);
}

static bool differs(const struct rewrite *rewrite, size_t offset)
{
    return offset >= rewrite->new.length || offset >= rewrite->old.length ||
           memcmp(rewrite->old.data + offset, rewrite->new.data + offset, rewrite->page_size) != 0;
}

static int keep_old_pages(struct hf_hot_journal *journal, const struct rewrite *rewrite,
                          struct hf_error *err)
{
    uint32_t page = 1;
    for (size_t at = 0; at < rewrite->old.length; at += rewrite->page_size, page++)
        if (differs(rewrite, at) && hf_hot_journal_add(journal, page, rewrite->old.data + at, err))
            return -1;
    return 0;
}

static int write_new_pages(const struct hf_env *env, int fd, const struct rewrite *rewrite,
                           struct hf_error *err)
{
    for (size_t at = 0; at < rewrite->new.length; at += rewrite->page_size)
        if (differs(rewrite, at) && hf_file_write(env, fd, rewrite->path, rewrite->new.data + at,
                                                  rewrite->page_size, at, err))
            return -1;
    if (env->fs.truncate(env->fs.context, fd, (off_t)rewrite->new.length) ||
        env->fs.sync(env->fs.context, fd))
        return hf_error_set(err, HF_IO, "truncate or sync");
    return 0;
}

/* In the order that the header prescribes. */
static int perform(const struct hf_env *env, struct rewrite *rewrite,
                   uint64_t (*operations)(void *), void *counter, struct hf_error *err)
{
    int fd = hf_file_open(env, rewrite->path, O_RDWR, 0, err);
    if (fd < 0)
        return -1;
    hf_auto_ptr(hf_hot_journal) struct hf_hot_journal *journal =
        hf_hot_journal_begin(env, rewrite->path, rewrite->page_size,
                             (uint32_t)(rewrite->old.length / rewrite->page_size), err);
    int result = -1;
    if (journal && keep_old_pages(journal, rewrite, err) == 0 &&
        hf_hot_journal_arm(journal, err) == 0 && write_new_pages(env, fd, rewrite, err) == 0) {
        rewrite->commit_began = operations ? operations(counter) : 0;
        result = hf_hot_journal_commit(journal, err);
        rewrite->commit_ended = operations ? operations(counter) : 0;
    }
    env->fs.close(env->fs.context, fd);
    return result;
}

/* What the next SQLite to open the file finds: 'o'ld, 'n'ew, or '?'. */
static char state_after_opening(const struct rewrite *rewrite, const char *path)
{
    ask_in(path, "SELECT count(*) FROM t");
    hf_auto(hf_buf) struct hf_buf now = {0};
    hf_scratch_read(path, &now);
    if (now.length == rewrite->old.length && !memcmp(now.data, rewrite->old.data, now.length))
        return 'o';
    if (now.length == rewrite->new.length && !memcmp(now.data, rewrite->new.data, now.length))
        return 'n';
    return '?';
}

static void a_committed_rewrite_is_the_new_state(void **state)
{
    for (int i = 0; i < CASES; i++) {
        struct rewrite rewrite = cases[i];
        struct hf_error err = {0};
        prepare(*state, &rewrite);
        if (perform(hf_env_system(), &rewrite, NULL, NULL, &err))
            fail_msg("%s", err.text);
        assert_false(exists(in_scene(*state, "disk/app.db-journal")));
        assert_int_equal(state_after_opening(&rewrite, rewrite.path), 'n');
        assert_sound(rewrite.path);
        finish(&rewrite);
    }
}

static void stopped_at_any_operation_the_old_state_comes_back(void **state)
{
    static const enum hf_fault_effect effects[] = {HF_FAULT_NOTHING, HF_FAULT_SHORT};
    int tried = 0;
    for (int i = 0; i < CASES * 2; i++) {
        for (uint64_t at = 1;; at++, tried++) {
            struct rewrite rewrite = cases[i / 2];
            struct hf_error err = {0};
            hf_auto_ptr(hf_fault_env) struct hf_fault_env *faulty =
                hf_fault_env_new(hf_env_system());
            struct hf_env_faults faults = {.at = at, .lasting = true, .effect = effects[i % 2]};
            prepare(*state, &rewrite);
            hf_fault_env_set(faulty, &faults);
            int result = perform(hf_fault_env_get(faulty), &rewrite, NULL, NULL, &err);
            bool over = !hf_fault_env_failures(faulty);
            /* Only the sync of the directory after the removal may fail with the change made. */
            bool removed = !exists(in_scene(*state, "disk/app.db-journal"));
            char found = state_after_opening(&rewrite, rewrite.path);
            if (result == 0)
                assert_int_equal(found, 'n');
            else if (found != 'o' && !(found == 'n' && removed))
                fail_msg("case %d, operation %" PRIu64 ": state '%c'", i, at, found);
            finish(&rewrite);
            if (over)
                break;
        }
    }
    assert_true(tried > 100);
}

static uint64_t recorded(void *crash)
{
    return hf_crash_env_operations(crash);
}

static int check_image(void *arg, const struct hf_crash *how, const char *directory)
{
    char path[600];
    const struct rewrite *rewrite = arg;
    snprintf(path, sizeof path, "%s/app.db", directory);
    char found = state_after_opening(rewrite, path);
    bool may_be_old = how->operation < rewrite->commit_ended;
    bool may_be_new = how->operation > rewrite->commit_began;
    return !((found == 'o' && may_be_old) || (found == 'n' && may_be_new));
}

static void losing_power_at_any_moment_gives_the_old_state_or_the_committed_one(void **state)
{
    int64_t images = 0;
    for (int i = 0; i < CASES; i++) {
        struct rewrite rewrite = cases[i];
        struct hf_error err = {0};
        prepare(*state, &rewrite);
        hf_auto_ptr(hf_crash_env) struct hf_crash_env *crash =
            hf_crash_env_new(hf_env_system(), in_scene(*state, "disk"), &err);
        assert_non_null(crash);
        assert_int_equal(perform(hf_crash_env_get(crash), &rewrite, recorded, crash, &err), 0);
        int64_t accepted =
            hf_crash_images(crash, 40, in_scene(*state, "image"), check_image, &rewrite, &err);
        if (accepted < 0)
            fail_msg("case %d: %s", i, err.text);
        images += accepted;
        finish(&rewrite);
    }
    print_message("%" PRId64 " disks after a loss of power\n", images);
    assert_true(images > 100);
}

static void a_rewrite_that_only_adds_pages_is_undone(void **state)
{
    struct rewrite rewrite = cases[0];
    struct hf_error err = {0};
    prepare(*state, &rewrite);
    hf_auto_ptr(hf_hot_journal) struct hf_hot_journal *journal = hf_hot_journal_begin(
        hf_env_system(), rewrite.path, 512, (uint32_t)(rewrite.old.length / 512), &err);
    assert_int_equal(hf_hot_journal_arm(journal, &err), 0);
    shell("head -c 5120 /dev/urandom >> '%s'", rewrite.path);
    hf_hot_journal_free(journal);
    journal = NULL;
    assert_int_equal(state_after_opening(&rewrite, rewrite.path), 'o');
    finish(&rewrite);
}

static void another_process_rolls_back_too(void **state)
{
    struct rewrite rewrite = cases[3];
    struct hf_error err = {0};
    prepare(*state, &rewrite);
    struct hf_hot_journal *journal =
        hf_hot_journal_begin(hf_env_system(), rewrite.path, rewrite.page_size,
                             (uint32_t)(rewrite.old.length / rewrite.page_size), &err);
    for (uint32_t page = 1; page <= 3; page++)
        assert_int_equal(hf_hot_journal_add(journal, page,
                                            rewrite.old.data + (page - 1) * rewrite.page_size,
                                            &err),
                         0);
    assert_int_equal(hf_hot_journal_arm(journal, &err), 0);
    hf_hot_journal_free(journal);
    shell("head -c 9000 /dev/urandom | dd of='%s' conv=notrunc status=none", rewrite.path);
    struct actor actor = actor_start(rewrite.path);
    actor_do(&actor, "SELECT count(*) FROM t");
    assert_string_equal(actor.value, "30");
    actor_end(&actor);
    assert_int_equal(state_after_opening(&rewrite, rewrite.path), 'o');
    finish(&rewrite);
}

static struct hf_hot_journal *begin(const struct hf_env *env, const struct rewrite *rewrite,
                                    const char *path)
{
    struct hf_error err = {0};
    struct hf_hot_journal *journal = hf_hot_journal_begin(
        env, path, rewrite->page_size, (uint32_t)(rewrite->old.length / rewrite->page_size), &err);
    if (!journal)
        fail_msg("%s", err.text);
    return journal;
}

/* Wrong ones, when `images` is not what the database holds. */
static int add_all(struct hf_hot_journal *journal, const struct rewrite *rewrite,
                   const uint8_t *images, struct hf_error *err)
{
    uint32_t page = 1;
    for (size_t at = 0; at < rewrite->old.length; at += rewrite->page_size, page++)
        if (hf_hot_journal_add(journal, page, images + at, err))
            return -1;
    return 0;
}

static void a_journal_of_many_pages_is_played_back_whole(void **state)
{
    struct rewrite rewrite = {.mode = "WAL", .page_size = 512, .old_rows = 6000, .new_rows = 1};
    struct hf_error err = {0};
    prepare(*state, &rewrite);
    assert_true(rewrite.old.length > 2000000); /* several times what is written at once */
    struct hf_hot_journal *journal = begin(hf_env_system(), &rewrite, rewrite.path);
    assert_int_equal(add_all(journal, &rewrite, rewrite.old.data, &err), 0);
    assert_int_equal(hf_hot_journal_arm(journal, &err), 0);
    hf_hot_journal_free(journal);
    shell("head -c %zu /dev/urandom > '%s'", rewrite.old.length / 2, rewrite.path);
    assert_int_equal(state_after_opening(&rewrite, rewrite.path), 'o');
    assert_sound(rewrite.path);
    finish(&rewrite);
}

static void a_journal_made_by_a_links_name_is_found_beside_the_file(void **state)
{
    struct rewrite rewrite = cases[3];
    struct hf_error err = {0};
    prepare(*state, &rewrite);
    const char *link = in_scene(*state, "links/app.db");
    shell("mkdir '%s'; ln -s '%s' '%s'", in_scene(*state, "links"), rewrite.path, link);
    struct hf_hot_journal *journal = begin(hf_env_system(), &rewrite, link);
    assert_true(exists(in_scene(*state, "disk/app.db-journal")));
    assert_int_equal(add_all(journal, &rewrite, rewrite.old.data, &err), 0);
    assert_int_equal(hf_hot_journal_arm(journal, &err), 0);
    hf_hot_journal_free(journal);
    shell("head -c 9000 /dev/urandom | dd of='%s' conv=notrunc status=none", rewrite.path);
    assert_int_equal(state_after_opening(&rewrite, link), 'o');
    finish(&rewrite);
}

/* Writes a journal with wrong images, so that playing back any of them would be seen, in a process
 * that dies at one of its writes. False: that write never came, and the journal was armed. */
static bool die_arming(const struct rewrite *rewrite, const uint8_t *wrong, uint64_t write)
{
    struct hf_error err = {0};
    struct hf_env_faults faults = {
        .at = write, .kinds = HF_OP_PWRITE | HF_OP_UNLINK, .lasting = true};
    hf_auto_ptr(hf_fault_env) struct hf_fault_env *faulty = hf_fault_env_new(hf_env_system());
    hf_fault_env_set(faulty, &faults);
    struct hf_hot_journal *journal = begin(hf_fault_env_get(faulty), rewrite, rewrite->path);
    bool died = add_all(journal, rewrite, wrong, &err) || hf_hot_journal_arm(journal, &err);
    hf_hot_journal_free(journal);
    return died;
}

static void what_a_killed_process_had_not_armed_rolls_nothing_back(void **state)
{
    for (int i = 0; i < CASES; i++) {
        struct rewrite rewrite = cases[i];
        prepare(*state, &rewrite);
        hf_auto_free uint8_t *wrong = calloc(1, rewrite.old.length);
        assert_non_null(wrong);
        uint64_t write = 1;
        for (; die_arming(&rewrite, wrong, write); write++) {
            assert_true(size_of(in_scene(*state, "disk/app.db-journal")) > 0 || write == 1);
            assert_int_equal(state_after_opening(&rewrite, rewrite.path), 'o');
            shell("rm -f '%s-journal'", rewrite.path);
        }
        assert_true(write > 2);              /* content, count */
        sqlite3 *db = open_db(rewrite.path); /* armed, it does show */
        assert_int_not_equal(sqlite3_exec(db, "SELECT count(*) FROM t", NULL, NULL, NULL), 0);
        sqlite3_close(db);
        finish(&rewrite);
    }
}

static int has_no_journal(void *arg, const struct hf_crash *how, const char *directory)
{
    char path[600];
    snprintf(path, sizeof path, "%s/app.db-journal", directory);
    return how->operation >= *(const uint64_t *)arg && exists(path);
}

/* Else a loss of power long after could bring it back, beside a database that has gone on. */
static void a_journal_given_up_does_not_come_back(void **state)
{
    struct rewrite rewrite = cases[0];
    struct hf_error err = {0};
    prepare(*state, &rewrite);
    hf_auto_ptr(hf_crash_env) struct hf_crash_env *crash =
        hf_crash_env_new(hf_env_system(), in_scene(*state, "disk"), &err);
    assert_non_null(crash);
    struct hf_hot_journal *journal = begin(hf_crash_env_get(crash), &rewrite, rewrite.path);
    assert_int_equal(add_all(journal, &rewrite, rewrite.old.data, &err), 0);
    hf_hot_journal_free(journal);
    uint64_t given_up = hf_crash_env_operations(crash);
    if (hf_crash_images(crash, 8, in_scene(*state, "image"), has_no_journal, &given_up, &err) < 0)
        fail_msg("it is there again: %s", err.text);
    finish(&rewrite);
}

static void a_journal_that_is_not_armed_is_removed(void **state)
{
    struct rewrite rewrite = cases[0];
    struct hf_error err = {0};
    prepare(*state, &rewrite);
    struct hf_hot_journal *journal =
        hf_hot_journal_begin(hf_env_system(), rewrite.path, 512, 5, &err);
    assert_true(exists(in_scene(*state, "disk/app.db-journal")));
    hf_hot_journal_free(journal);
    assert_false(exists(in_scene(*state, "disk/app.db-journal")));
    finish(&rewrite);
}

static void a_journal_that_is_there_is_not_replaced(void **state)
{
    struct rewrite rewrite = cases[0];
    struct hf_error err = {0};
    prepare(*state, &rewrite);
    shell("echo mine > '%s-journal'", rewrite.path);
    assert_null(hf_hot_journal_begin(hf_env_system(), rewrite.path, 512, 5, &err));
    assert_code(&err, HF_EXISTS);
    shell("test \"$(cat '%s-journal')\" = mine", rewrite.path);
    finish(&rewrite);
}

/* Without descriptors open(2) fails before it looks whether there is one. It may be hot. */
static void a_journal_that_is_there_survives_a_failure_to_open_it(void **state)
{
    static const int errors[] = {EMFILE, ENFILE, ENOMEM, EIO, EINTR};
    struct rewrite rewrite = cases[0];
    prepare(*state, &rewrite);
    shell("echo mine > '%s-journal'", rewrite.path);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct hf_error err = {0};
        struct hf_env_faults faults = {.at = 1, .kinds = HF_OP_OPEN, .error = errors[i]};
        hf_auto_ptr(hf_fault_env) struct hf_fault_env *faulty = hf_fault_env_new(hf_env_system());
        hf_fault_env_set(faulty, &faults);
        assert_null(hf_hot_journal_begin(hf_fault_env_get(faulty), rewrite.path, 512, 5, &err));
        assert_int_equal(hf_fault_env_failures(faulty), 1);
        shell("test \"$(cat '%s-journal')\" = mine", rewrite.path);
    }
    finish(&rewrite);
}

static void the_journal_gets_the_databases_mode(void **state)
{
    struct rewrite rewrite = cases[0];
    struct hf_error err = {0};
    prepare(*state, &rewrite);
    shell("chmod 664 '%s'", rewrite.path);
    struct hf_hot_journal *journal =
        hf_hot_journal_begin(hf_env_system(), rewrite.path, 512, 5, &err);
    shell("test $(stat -c %%a '%s-journal') = 664", rewrite.path);
    hf_hot_journal_free(journal);
    finish(&rewrite);
}

static void the_journal_of_root_gets_the_databases_owner(void **state)
{
    struct rewrite rewrite = cases[0];
    if (geteuid() != 0)
        skip();
    prepare(*state, &rewrite);
    shell("chown 65534:65533 '%s'", rewrite.path);
    struct hf_hot_journal *journal = begin(hf_env_system(), &rewrite, rewrite.path);
    shell("test $(stat -c %%u:%%g '%s-journal') = 65534:65533", rewrite.path);
    hf_hot_journal_free(journal);
    finish(&rewrite);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_committed_rewrite_is_the_new_state),
        SCENE_TEST(stopped_at_any_operation_the_old_state_comes_back),
        SCENE_TEST(losing_power_at_any_moment_gives_the_old_state_or_the_committed_one),
        SCENE_TEST(a_rewrite_that_only_adds_pages_is_undone),
        SCENE_TEST(another_process_rolls_back_too),
        SCENE_TEST(a_journal_of_many_pages_is_played_back_whole),
        SCENE_TEST(a_journal_made_by_a_links_name_is_found_beside_the_file),
        SCENE_TEST(what_a_killed_process_had_not_armed_rolls_nothing_back),
        SCENE_TEST(a_journal_given_up_does_not_come_back),
        SCENE_TEST(a_journal_that_is_not_armed_is_removed),
        SCENE_TEST(a_journal_that_is_there_is_not_replaced),
        SCENE_TEST(a_journal_that_is_there_survives_a_failure_to_open_it),
        SCENE_TEST(the_journal_gets_the_databases_mode),
        SCENE_TEST(the_journal_of_root_gets_the_databases_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
