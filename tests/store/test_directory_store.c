#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include <cmocka.h>

#include "os/file.h"
#include "store/kinds.h"
#include "support/fault_env.h"
#include "support/scratch.h"

struct fixture {
    struct hf_scratch scratch;
    char *root;
    struct hf_fault_env *faulty;
    struct hf_store *store;
};

static int begin(void **state)
{
    struct fixture *self = calloc(1, sizeof *self);
    assert_non_null(self);
    hf_scratch_init(&self->scratch);
    self->root = hf_scratch_path(&self->scratch, "repository");
    self->faulty = hf_fault_env_new(hf_env_system());
    assert_non_null(self->faulty);
    self->store = hf_store_directory_new(hf_fault_env_get(self->faulty), self->root, NULL);
    assert_non_null(self->store);
    *state = self;
    return 0;
}

static int end(void **state)
{
    struct fixture *self = *state;
    hf_store_free(self->store);
    hf_fault_env_free(self->faulty);
    hf_scratch_release(&self->scratch);
    free(self->root);
    free(self);
    return 0;
}

static int put(struct fixture *self, const char *key, struct hf_error *err)
{
    return hf_store_put(self->store, key, "x", 1, err);
}

static mode_t mode_of(struct fixture *self, const char *name)
{
    struct stat status;
    hf_auto_free char *path = hf_path_join(self->root, name);
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static int count(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    (void)object, (void)err;
    ++*(int *)arg;
    return 0;
}

static int count_all(struct fixture *self)
{
    int objects = 0;
    assert_int_equal(hf_store_list(self->store, "", "", count, &objects, NULL), 0);
    return objects;
}

static void nobody_else_may_read_it(void **state)
{
    struct fixture *self = *state;
    mode_t before = umask(0);
    assert_int_equal(put(self, "keys/a", NULL), 0);
    hf_auto_ptr(hf_upload) struct hf_upload *upload = hf_store_upload(self->store, "keys/b", NULL);
    assert_int_equal(hf_upload_commit(upload, NULL), 0);
    umask(before);
    assert_int_equal(mode_of(self, ""), 0700);
    assert_int_equal(mode_of(self, "keys"), 0700);
    assert_int_equal(mode_of(self, "keys/a"), 0600);
    assert_int_equal(mode_of(self, "keys/b"), 0600);
}

static void looking_makes_nothing(void **state)
{
    struct fixture *self = *state;
    struct hf_error err = {0};
    char byte;
    assert_int_equal(count_all(self), 0);
    assert_int_equal(hf_store_read(self->store, "a", 0, &byte, 1, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
    assert_int_equal(hf_store_remove(self->store, "a", NULL), 0);
    assert_false(hf_scratch_exists(self->root));
}

static void foreign_names_are_not_seen(void **state)
{
    struct fixture *self = *state;
    static const char *const foreign[] = {".a.01234567.tmp", ".DS_Store", "Thumbs.db", "a b", "a~"};
    assert_int_equal(put(self, "a", NULL), 0);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        hf_auto_free char *path = hf_path_join(self->root, foreign[i]);
        hf_scratch_write(path, "x", 1);
    }
    hf_auto_free char *fifo = hf_path_join(self->root, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    hf_auto_free char *lost = hf_path_join(self->root, "lost+found");
    assert_int_equal(mkdir(lost, 0700), 0);
    assert_int_equal(count_all(self), 1);
}

static void an_upload_in_progress_is_not_seen(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(put(self, "a", NULL), 0);
    hf_auto_ptr(hf_upload) struct hf_upload *upload = hf_store_upload(self->store, "b", NULL);
    assert_int_equal(count_all(self), 1);
    assert_int_equal(hf_scratch_count(self->root), 2);
}

static void nobody_can_make_an_object_look_older(void **state)
{
    struct fixture *self = *state;
    struct hf_stored before, after;
    assert_int_equal(put(self, "a", NULL), 0);
    assert_int_equal(hf_store_stat(self->store, "a", &before, NULL), 0);
    hf_auto_free char *path = hf_path_join(self->root, "a");
    assert_int_equal(utime(path, &(struct utimbuf){.actime = 1, .modtime = 1}), 0);
    assert_int_equal(hf_store_stat(self->store, "a", &after, NULL), 0);
    assert_true(after.received >= before.received);
}

static void a_path_that_is_no_directory_is_unreachable(void **state)
{
    struct fixture *self = *state;
    struct hf_stored stored;
    struct hf_error errs[4] = {{0}};
    int objects = 0;
    hf_scratch_write(self->root, "x", 1);
    assert_int_equal(put(self, "a/b", &errs[0]), -1);
    assert_int_equal(hf_store_stat(self->store, "a", &stored, &errs[1]), -1);
    assert_int_equal(hf_store_list(self->store, "", "", count, &objects, &errs[2]), -1);
    assert_int_equal(hf_store_remove(self->store, "a", &errs[3]), -1);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(errs[i].code, HF_UNREACHABLE);
        assert_non_null(strstr(errs[i].text, "not a directory"));
        assert_true(errs[i].hint[0]);
    }
}

static void a_directory_that_vanishes_is_unreachable_and_not_empty(void **state)
{
    struct fixture *self = *state;
    struct hf_error errs[4] = {{0}};
    int objects = 0;
    char byte;
    assert_int_equal(put(self, "a", NULL), 0);
    hf_scratch_remove(self->root);
    assert_int_equal(hf_store_list(self->store, "", "", count, &objects, &errs[0]), -1);
    assert_int_equal(hf_store_read(self->store, "a", 0, &byte, 1, &errs[1]), -1);
    assert_int_equal(hf_store_remove(self->store, "a", &errs[2]), -1);
    assert_int_equal(put(self, "b", &errs[3]), -1);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(errs[i].code, HF_UNREACHABLE);
        assert_true(errs[i].hint[0]);
    }
    assert_false(hf_scratch_exists(self->root));
}

/* A mount point whose disk is gone: what was mounted there is used again once it is back. */
static void an_empty_directory_in_its_place_is_unreachable_and_stays_empty(void **state)
{
    struct fixture *self = *state;
    hf_auto_free char *away = hf_scratch_path(&self->scratch, "away");
    struct hf_error err = {0};
    int objects = 0;
    char byte;
    assert_int_equal(put(self, "a/b/1", NULL), 0);
    assert_int_equal(rename(self->root, away), 0);
    assert_int_equal(mkdir(self->root, 0700), 0);
    assert_int_equal(put(self, "a/b/2", &err), -1);
    assert_int_equal(err.code, HF_UNREACHABLE);
    assert_non_null(strstr(err.hint, "mounted"));
    assert_int_equal(put(self, "c/1", &err), -1);
    assert_int_equal(hf_store_read(self->store, "a/b/1", 0, &byte, 1, &err), -1);
    assert_int_equal(err.code, HF_UNREACHABLE);
    assert_int_equal(hf_store_list(self->store, "", "", count, &objects, &err), -1);
    assert_int_equal(err.code, HF_UNREACHABLE);
    assert_int_equal(rmdir(self->root), 0);
    assert_int_equal(rename(away, self->root), 0);
    assert_int_equal(put(self, "a/b/2", NULL), 0);
}

static void a_directory_inside_that_vanishes_is_made_again(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(put(self, "a/b/c", NULL), 0);
    hf_auto_free char *inside = hf_path_join(self->root, "a");
    hf_scratch_remove(inside);
    assert_int_equal(put(self, "a/b/d", NULL), 0);
    assert_int_equal(count_all(self), 1);
}

static void slashes_after_the_path_do_not_matter(void **state)
{
    struct fixture *self = *state;
    hf_auto_free char *path = hf_scratch_path(&self->scratch, "repository///");
    hf_auto_ptr(hf_store) struct hf_store *store =
        hf_store_directory_new(hf_env_system(), path, NULL);
    assert_int_equal(hf_store_put(store, "a/b", "x", 1, NULL), 0);
    assert_int_equal(count_all(self), 1);
}

static void an_empty_path_is_refused(void **state)
{
    (void)state;
    struct hf_error err = {0};
    assert_null(hf_store_directory_new(hf_env_system(), "", &err));
    assert_int_equal(err.code, HF_CONFIG);
}

static void an_error_says_what_to_do(void **state)
{
    struct fixture *self = *state;
    static const struct {
        int sys;
        enum hf_code code;
        const char *hint;
    } cases[] = {{ENOSPC, HF_NO_SPACE, "make room"},
                 {EDQUOT, HF_NO_SPACE, "make room"},
                 {EACCES, HF_IO, "belong to the user"},
                 {EROFS, HF_IO, "read-only"}};
    assert_int_equal(put(self, "a", NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hf_error err = {0};
        hf_fault_env_set(self->faulty, &(struct hf_env_faults){
                                           .at = 1, .kinds = HF_OP_PWRITE, .error = cases[i].sys});
        assert_int_equal(put(self, "b", &err), -1);
        assert_int_equal(err.code, cases[i].code);
        assert_non_null(strstr(err.hint, cases[i].hint));
    }
}

static void a_root_that_may_not_be_read_is_unreachable(void **state)
{
    struct fixture *self = *state;
    struct hf_error err = {0};
    int objects = 0;
    hf_fault_env_set(self->faulty,
                     &(struct hf_env_faults){.at = 1, .kinds = HF_OP_STAT, .error = EACCES});
    assert_int_equal(hf_store_list(self->store, "", "", count, &objects, &err), -1);
    assert_int_equal(err.code, HF_UNREACHABLE);
}

/* Runs `act` with every operation failing in turn, in every way; `look` says whether what is left
 * is right. */
static void fail_everywhere(struct fixture *self,
                            int (*act)(struct hf_store *store, int attempt, struct hf_error *err))
{
    int tried = 0;
    for (int effect = HF_FAULT_NOTHING; effect <= HF_FAULT_SHORT; effect++) {
        bool reached = true;
        for (uint64_t n = 1; reached; n++) {
            hf_auto_free char *root = hf_scratch_path(&self->scratch, "attempt");
            hf_auto_ptr(hf_store) struct hf_store *store =
                hf_store_directory_new(hf_fault_env_get(self->faulty), root, NULL);
            struct hf_error err = {0};
            hf_fault_env_set(self->faulty,
                             &(struct hf_env_faults){
                                 .at = n, .error = EIO, .effect = (enum hf_fault_effect)effect});
            int result = act(store, 1, &err);
            reached = hf_fault_env_failures(self->faulty) > 0;
            hf_fault_env_set(self->faulty, NULL);
            if (result) {
                assert_int_not_equal(err.code, HF_OK);
                assert_true(err.text[0]);
            }
            /* Whatever happened, trying again ends well: it is there, whole, once. */
            int again = act(store, 2, &err);
            assert_true(again == 0 || err.code == HF_EXISTS);
            assert_true(result != 0 || again != 0);
            hf_auto(hf_buf) struct hf_buf got = {0};
            int objects = 0;
            assert_int_equal(hf_store_get(store, "a/b/c", 700000, &got, NULL), 0);
            assert_int_equal(got.length, 600000);
            assert_int_equal(hf_store_list(store, "", "", count, &objects, NULL), 0);
            assert_int_equal(objects, 1);
            hf_scratch_remove(root);
            tried++;
        }
    }
    print_message("%d faults\n", tried);
}

static const uint8_t content[600000];

static int put_content(struct hf_store *store, int attempt, struct hf_error *err)
{
    (void)attempt;
    return hf_store_put(store, "a/b/c", content, sizeof content, err);
}

static int upload_content(struct hf_store *store, int attempt, struct hf_error *err)
{
    (void)attempt;
    hf_auto_ptr(hf_upload) struct hf_upload *upload = hf_store_upload(store, "a/b/c", err);
    if (!upload || hf_upload_write(upload, content, 100000, err) ||
        hf_upload_write(upload, content + 100000, 500000, err))
        return -1;
    return hf_upload_commit(upload, err);
}

static void a_put_that_fails_anywhere_is_whole_or_nothing(void **state)
{
    fail_everywhere(*state, put_content);
}

static void an_upload_that_fails_anywhere_is_whole_or_nothing(void **state)
{
    fail_everywhere(*state, upload_content);
}

static void a_put_that_failed_leaves_no_temporary(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(put(self, "a", NULL), 0);
    hf_fault_env_set(self->faulty,
                     &(struct hf_env_faults){.at = 1, .kinds = HF_OP_PWRITE, .error = ENOSPC});
    assert_int_equal(put(self, "b", NULL), -1);
    hf_fault_env_set(self->faulty, &(struct hf_env_faults){.at = 1, .kinds = HF_OP_SYNC});
    assert_int_equal(put(self, "b", NULL), -1);
    assert_int_equal(hf_scratch_count(self->root), 1);
}

static void uploads_that_died_long_ago_are_removed(void **state)
{
    struct fixture *self = *state;
    hf_auto_free char *directory = hf_path_join(self->root, "a");
    hf_auto_free char *dead = hf_path_join(directory, ".big.0123abcd.tmp");
    hf_auto_free char *alive = hf_path_join(directory, ".big.0123abce.tmp");
    const struct timespec yesterday[2] = {{.tv_sec = time(NULL) - 25 * 60 * 60},
                                          {.tv_sec = time(NULL) - 25 * 60 * 60}};
    assert_int_equal(put(self, "a/x", NULL), 0);
    hf_scratch_write(dead, "part", 4);
    hf_scratch_write(alive, "part", 4);
    assert_int_equal(utimensat(AT_FDCWD, dead, yesterday, 0), 0);
    hf_auto_ptr(hf_store) struct hf_store *next =
        hf_store_directory_new(hf_env_system(), self->root, NULL);
    assert_int_equal(hf_store_put(next, "a/y", "y", 1, NULL), 0);
    assert_false(hf_scratch_exists(dead));
    assert_true(hf_scratch_exists(alive));
}

static void nobody_needs_to_ask_what_went_wrong(void **state)
{
    struct fixture *self = *state;
    struct hf_stored stored;
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    char byte;
    assert_int_equal(put(self, "a", NULL), 0);
    assert_int_equal(put(self, "a", NULL), -1);
    assert_int_equal(put(self, "a/b", NULL), -1);
    assert_int_equal(put(self, "No key", NULL), -1);
    assert_null(hf_store_upload(self->store, "a/b", NULL));
    assert_int_equal(hf_store_stat(self->store, "none", &stored, NULL), -1);
    assert_int_equal(hf_store_get(self->store, "none", 1, &bytes, NULL), -1);
    assert_int_equal(hf_store_get(self->store, "a", 0, &bytes, NULL), -1);
    assert_int_equal(hf_store_read(self->store, "a", 1, &byte, 1, NULL), -1);
    assert_int_equal(hf_store_list(self->store, "/", "", count, &byte, NULL), -1);
    hf_auto_ptr(hf_upload) struct hf_upload *upload = hf_store_upload(self->store, "b", NULL);
    hf_fault_env_set(self->faulty, &(struct hf_env_faults){.at = 1, .lasting = true});
    assert_int_equal(hf_upload_write(upload, "x", 1, NULL), 0);
    assert_int_equal(hf_upload_commit(upload, NULL), -1);
    assert_int_equal(hf_store_remove(self->store, "a", NULL), -1);
}

static void what_exists_is_reported_only_once_it_is_durable(void **state)
{
    struct fixture *self = *state;
    struct hf_error err = {0};
    assert_int_equal(put(self, "a", NULL), 0);
    hf_fault_env_set(self->faulty, &(struct hf_env_faults){.at = 1, .kinds = HF_OP_SYNC_DIR});
    assert_int_equal(put(self, "a", &err), -1);
    assert_int_equal(err.code, HF_IO);
    assert_int_equal(put(self, "a", &err), -1);
    assert_int_equal(err.code, HF_EXISTS);
}

static void a_removal_whose_sync_failed_is_synced_by_the_next(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(put(self, "a", NULL), 0);
    hf_fault_env_set(self->faulty, &(struct hf_env_faults){.at = 1, .kinds = HF_OP_SYNC_DIR});
    assert_int_equal(hf_store_remove(self->store, "a", NULL), -1);
    assert_int_equal(hf_store_remove(self->store, "a", NULL), 0);
    assert_int_equal(hf_fault_env_operations(self->faulty), 2);
}

static void a_listing_that_fails_says_so(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(put(self, "a/b/c", NULL), 0);
    assert_int_equal(put(self, "d", NULL), 0);
    hf_fault_env_set(self->faulty, NULL);
    int objects = 0;
    assert_int_equal(count_all(self), 2);
    uint64_t operations = hf_fault_env_operations(self->faulty);
    for (uint64_t n = 1; n <= operations; n++) {
        struct hf_error err = {0};
        hf_fault_env_set(self->faulty, &(struct hf_env_faults){.at = n});
        assert_int_equal(hf_store_list(self->store, "", "", count, &objects, &err), -1);
        assert_true(err.code == HF_IO || err.code == HF_UNREACHABLE);
    }
}

static void a_listing_after_a_key_does_not_look_at_those_before(void **state)
{
    struct fixture *self = *state;
    for (int i = 0; i < 50; i++) {
        char key[16];
        snprintf(key, sizeof key, "many/%02d", i);
        assert_int_equal(put(self, key, NULL), 0);
    }
    int objects = 0;
    hf_fault_env_set(self->faulty, NULL);
    assert_int_equal(hf_store_list(self->store, "many/", "many/47", count, &objects, NULL), 0);
    assert_int_equal(objects, 2);
    /* The root; the directory's names; the two that are left, and the last one before them. */
    assert_in_range(hf_fault_env_operations(self->faulty), 4, 5);
}

static bool knows_all_but_one(void *arg, struct hf_stored *object)
{
    (void)arg;
    object->size = 1000;
    object->received = 1;
    return strcmp(object->key, "many/31") != 0;
}

static int add_sizes(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    (void)err;
    *(uint64_t *)arg += object->size;
    return 0;
}

static void a_listing_looks_only_at_what_is_not_known(void **state)
{
    struct fixture *self = *state;
    const struct hf_store_known known = {.find = knows_all_but_one};
    for (int i = 0; i < 50; i++) {
        char key[16];
        snprintf(key, sizeof key, "many/%02d", i);
        assert_int_equal(put(self, key, NULL), 0);
    }
    assert_int_equal(hf_store_remove(self->store, "many/07", NULL), 0);
    uint64_t bytes = 0;
    hf_fault_env_set(self->faulty, NULL);
    assert_int_equal(hf_store_list_again(self->store, "many/", &known, add_sizes, &bytes, NULL), 0);
    assert_in_range(bytes, 48 * 1000 + 1, 48 * 1000 + 100);
    /* The root, the directory's names, and the one. */
    assert_in_range(hf_fault_env_operations(self->faulty), 3, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_else_may_read_it),
        TEST(looking_makes_nothing),
        TEST(foreign_names_are_not_seen),
        TEST(an_upload_in_progress_is_not_seen),
        TEST(nobody_can_make_an_object_look_older),
        TEST(a_path_that_is_no_directory_is_unreachable),
        TEST(a_directory_that_vanishes_is_unreachable_and_not_empty),
        TEST(an_empty_directory_in_its_place_is_unreachable_and_stays_empty),
        TEST(a_directory_inside_that_vanishes_is_made_again),
        TEST(slashes_after_the_path_do_not_matter),
        TEST(an_empty_path_is_refused),
        TEST(an_error_says_what_to_do),
        TEST(a_root_that_may_not_be_read_is_unreachable),
        TEST(a_put_that_fails_anywhere_is_whole_or_nothing),
        TEST(an_upload_that_fails_anywhere_is_whole_or_nothing),
        TEST(a_put_that_failed_leaves_no_temporary),
        TEST(uploads_that_died_long_ago_are_removed),
        TEST(nobody_needs_to_ask_what_went_wrong),
        TEST(what_exists_is_reported_only_once_it_is_durable),
        TEST(a_removal_whose_sync_failed_is_synced_by_the_next),
        TEST(a_listing_that_fails_says_so),
        TEST(a_listing_after_a_key_does_not_look_at_those_before),
        TEST(a_listing_looks_only_at_what_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
