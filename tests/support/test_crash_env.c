#include "support/crash_env.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/file.h"
#include "store/kinds.h"
#include "support/scratch.h"

enum { LENGTH = 2000 };

struct fixture {
    struct hf_scratch scratch;
    char *root, *image, *file;
    struct hf_crash_env *crash;
    const struct hf_env *env;
    uint8_t old[LENGTH], new[LENGTH];
    uint64_t acknowledged; /* the new content is durable from this operation on */
};

/* A root with a file "file" of old content. */
static int begin(void **state)
{
    struct fixture *self = calloc(1, sizeof *self);
    assert_non_null(self);
    hf_scratch_init(&self->scratch);
    self->root = hf_scratch_path(&self->scratch, "root");
    self->image = hf_scratch_path(&self->scratch, "image");
    self->file = hf_path_join(self->root, "file");
    hf_scratch_fill(self->old, LENGTH, 1);
    hf_scratch_fill(self->new, LENGTH, 2);
    struct hf_error err;
    assert_int_equal(hf_make_directories(hf_env_system(), self->root, 0700, &err), 0);
    hf_scratch_write(self->file, self->old, LENGTH);
    self->crash = hf_crash_env_new(hf_env_system(), self->root, &err);
    assert_non_null(self->crash);
    self->env = hf_crash_env_get(self->crash);
    *state = self;
    return 0;
}

static int end(void **state)
{
    struct fixture *self = *state;
    hf_crash_env_free(self->crash);
    hf_scratch_release(&self->scratch);
    free(self->root);
    free(self->image);
    free(self->file);
    free(self);
    return 0;
}

static bool image_has(struct fixture *self, const char *name, const void *bytes, size_t length)
{
    hf_auto_free char *path = hf_path_join(self->image, name);
    hf_auto(hf_buf) struct hf_buf got = {0};
    if (!hf_scratch_exists(path))
        return false;
    hf_scratch_read(path, &got);
    return got.length == length && (!length || !memcmp(got.data, bytes, length));
}

static void build(struct fixture *self, struct hf_crash how)
{
    struct hf_error err;
    hf_scratch_remove(self->image);
    if (hf_crash_image(self->crash, &how, self->image, &err))
        fail_msg("%s", err.text);
}

static struct hf_crash at_end(struct fixture *self, enum hf_crash_data data,
                              enum hf_crash_names names)
{
    return (struct hf_crash){
        .operation = hf_crash_env_operations(self->crash), .data = data, .names = names, .seed = 1};
}

/* Old or new, whole; new once it was acknowledged. */
static int old_or_new(void *arg, const struct hf_crash *how, const char *directory)
{
    (void)directory;
    struct fixture *self = arg;
    bool is_new = image_has(self, "file", self->new, LENGTH);
    bool is_old = image_has(self, "file", self->old, LENGTH);
    return how->operation >= self->acknowledged ? !is_new : !is_new && !is_old;
}

static int64_t try_all(struct fixture *self,
                       int (*check)(void *arg, const struct hf_crash *how, const char *directory),
                       struct hf_error *err)
{
    self->acknowledged = hf_crash_env_operations(self->crash);
    return hf_crash_images(self->crash, 4, self->image, check, self, err);
}

static void must_survive(struct fixture *self,
                         int (*check)(void *arg, const struct hf_crash *how, const char *directory))
{
    struct hf_error err = {0};
    int64_t images = try_all(self, check, &err);
    if (images <= 0)
        fail_msg("%s", err.text);
    print_message("%lld images\n", (long long)images);
}

static void must_be_caught(struct fixture *self, int (*check)(void *arg, const struct hf_crash *how,
                                                              const char *directory))
{
    struct hf_error err = {0};
    assert_int_equal(try_all(self, check, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
    print_message("caught: %s\n", err.text);
}

static int open_file(struct fixture *self, const char *name, int flags)
{
    hf_auto_free char *path = hf_path_join(self->root, name);
    int fd = self->env->fs.open(self->env->fs.context, path, flags, 0600);
    assert_true(fd >= 0);
    return fd;
}

static void write_file(struct fixture *self, int fd, const void *bytes, size_t length,
                       uint64_t offset)
{
    assert_int_equal(hf_file_write(self->env, fd, "x", bytes, length, offset, NULL), 0);
}

static void close_file(struct fixture *self, int fd)
{
    assert_int_equal(self->env->fs.close(self->env->fs.context, fd), 0);
}

static void move_file(struct fixture *self, const char *from, const char *to)
{
    hf_auto_free char *source = hf_path_join(self->root, from);
    hf_auto_free char *target = hf_path_join(self->root, to);
    assert_int_equal(self->env->fs.rename(self->env->fs.context, source, target), 0);
}

static void durable_replacement_survives_everything(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(hf_file_write_durable(self->env, self->file, self->new, LENGTH, 0600,
                                           HF_COMMIT_REPLACE, NULL),
                     0);
    must_survive(self, old_or_new);
}

static void rename_without_sync_is_caught(void **state)
{
    struct fixture *self = *state;
    int fd = open_file(self, "temporary", O_WRONLY | O_CREAT);
    write_file(self, fd, self->new, LENGTH, 0);
    close_file(self, fd);
    move_file(self, "temporary", "file");
    assert_int_equal(self->env->fs.sync_dir(self->env->fs.context, self->root), 0);
    must_be_caught(self, old_or_new);
}

static void rename_without_sync_of_the_directory_is_caught(void **state)
{
    struct fixture *self = *state;
    int fd = open_file(self, "temporary", O_WRONLY | O_CREAT);
    write_file(self, fd, self->new, LENGTH, 0);
    assert_int_equal(self->env->fs.sync(self->env->fs.context, fd), 0);
    close_file(self, fd);
    move_file(self, "temporary", "file");
    must_be_caught(self, old_or_new);
}

static void writing_in_place_is_caught(void **state)
{
    struct fixture *self = *state;
    int fd = open_file(self, "file", O_WRONLY);
    write_file(self, fd, self->new, LENGTH, 0);
    assert_int_equal(self->env->fs.sync(self->env->fs.context, fd), 0);
    close_file(self, fd);
    must_be_caught(self, old_or_new);
}

static int new_or_none(void *arg, const struct hf_crash *how, const char *directory)
{
    (void)directory;
    struct fixture *self = arg;
    hf_auto_free char *path = hf_path_join(self->image, "deep/down/new");
    if (image_has(self, "deep/down/new", self->new, LENGTH))
        return 0;
    return how->operation >= self->acknowledged || hf_scratch_exists(path);
}

static void a_new_file_in_new_directories_survives(void **state)
{
    struct fixture *self = *state;
    hf_auto_free char *directory = hf_path_join(self->root, "deep/down");
    hf_auto_free char *path = hf_path_join(directory, "new");
    assert_int_equal(hf_make_directories(self->env, directory, 0700, NULL), 0);
    assert_int_equal(
        hf_file_write_durable(self->env, path, self->new, LENGTH, 0600, HF_COMMIT_NEW, NULL), 0);
    must_survive(self, new_or_none);
}

static void a_directory_whose_parent_was_not_synced_is_caught(void **state)
{
    struct fixture *self = *state;
    hf_auto_free char *deep = hf_path_join(self->root, "deep");
    hf_auto_free char *down = hf_path_join(self->root, "deep/down");
    hf_auto_free char *path = hf_path_join(self->root, "deep/down/new");
    assert_int_equal(self->env->fs.mkdir(self->env->fs.context, deep, 0700), 0);
    assert_int_equal(self->env->fs.mkdir(self->env->fs.context, down, 0700), 0);
    assert_int_equal(
        hf_file_write_durable(self->env, path, self->new, LENGTH, 0600, HF_COMMIT_NEW, NULL), 0);
    must_be_caught(self, new_or_none);
}

static void unsynced_bytes_are_kept_dropped_or_torn(void **state)
{
    struct fixture *self = *state;
    int fd = open_file(self, "file", O_WRONLY);
    write_file(self, fd, self->new, LENGTH, 0);
    close_file(self, fd);
    build(self, at_end(self, HF_DATA_KEPT, HF_NAMES_KEPT));
    assert_true(image_has(self, "file", self->new, LENGTH));
    build(self, at_end(self, HF_DATA_DROPPED, HF_NAMES_KEPT));
    assert_true(image_has(self, "file", self->old, LENGTH));

    build(self, at_end(self, HF_DATA_TORN, HF_NAMES_KEPT));
    hf_auto_free char *path = hf_path_join(self->image, "file");
    hf_auto(hf_buf) struct hf_buf got = {0};
    hf_scratch_read(path, &got);
    assert_int_equal(got.length, LENGTH);
    for (size_t at = 0; at < LENGTH; at += 512) {
        size_t length = LENGTH - at < 512 ? LENGTH - at : 512;
        assert_true(!memcmp(got.data + at, self->old + at, length) ||
                    !memcmp(got.data + at, self->new + at, length));
    }
}

static void some_seed_tears_within_a_write_and_the_same_seed_does_the_same(void **state)
{
    struct fixture *self = *state;
    int fd = open_file(self, "file", O_WRONLY);
    write_file(self, fd, self->new, LENGTH, 0);
    close_file(self, fd);
    struct hf_crash how = at_end(self, HF_DATA_TORN, HF_NAMES_KEPT);
    int mixed = 0;
    for (how.seed = 1; how.seed <= 8; how.seed++) {
        build(self, how);
        hf_auto_free char *path = hf_path_join(self->image, "file");
        hf_auto(hf_buf) struct hf_buf first = {0};
        hf_scratch_read(path, &first);
        mixed += memcmp(first.data, self->old, LENGTH) && memcmp(first.data, self->new, LENGTH);
        build(self, how);
        assert_true(image_has(self, "file", first.data, first.length));
    }
    assert_true(mixed > 0);
}

static void a_torn_file_may_have_grown_over_zeros(void **state)
{
    struct fixture *self = *state;
    int fd = open_file(self, "grown", O_WRONLY | O_CREAT);
    write_file(self, fd, self->new, LENGTH, 0);
    close_file(self, fd);
    static const uint8_t zeros[LENGTH];
    struct hf_crash how = at_end(self, HF_DATA_TORN, HF_NAMES_KEPT);
    int holes = 0, shorter = 0;
    for (how.seed = 1; how.seed <= 16; how.seed++) {
        build(self, how);
        hf_auto_free char *path = hf_path_join(self->image, "grown");
        hf_auto(hf_buf) struct hf_buf got = {0};
        hf_scratch_read(path, &got);
        shorter += got.length < LENGTH;
        holes += got.length > 512 && !memcmp(got.data, zeros, 512);
    }
    assert_true(holes > 0);
    assert_true(shorter > 0);
}

static void synced_bytes_are_there(void **state)
{
    struct fixture *self = *state;
    int fd = open_file(self, "file", O_WRONLY);
    write_file(self, fd, self->new, LENGTH, 0);
    assert_int_equal(self->env->fs.sync(self->env->fs.context, fd), 0);
    write_file(self, fd, self->old, 512, 0);
    close_file(self, fd);
    build(self, at_end(self, HF_DATA_DROPPED, HF_NAMES_DROPPED));
    assert_true(image_has(self, "file", self->new, LENGTH));
}

static void truncations_are_kept_or_dropped(void **state)
{
    struct fixture *self = *state;
    int fd = open_file(self, "file", O_WRONLY);
    assert_int_equal(self->env->fs.truncate(self->env->fs.context, fd, 10), 0);
    close_file(self, fd);
    build(self, at_end(self, HF_DATA_KEPT, HF_NAMES_KEPT));
    assert_true(image_has(self, "file", self->old, 10));
    build(self, at_end(self, HF_DATA_DROPPED, HF_NAMES_KEPT));
    assert_true(image_has(self, "file", self->old, LENGTH));
}

static void unsynced_names_are_kept_or_dropped(void **state)
{
    struct fixture *self = *state;
    hf_auto_free char *other = hf_path_join(self->root, "other");
    assert_int_equal(self->env->fs.link(self->env->fs.context, self->file, other), 0);
    assert_int_equal(self->env->fs.unlink(self->env->fs.context, self->file), 0);
    build(self, at_end(self, HF_DATA_KEPT, HF_NAMES_KEPT));
    assert_false(image_has(self, "file", self->old, LENGTH));
    assert_true(image_has(self, "other", self->old, LENGTH));
    build(self, at_end(self, HF_DATA_KEPT, HF_NAMES_DROPPED));
    assert_true(image_has(self, "file", self->old, LENGTH));
    assert_false(image_has(self, "other", self->old, LENGTH));
}

/* Bits: 1 both names, 2 old only, 4 new only, 8 none. */
static int names_seen(struct fixture *self, enum hf_crash_names names)
{
    struct hf_crash how = at_end(self, HF_DATA_KEPT, names);
    int seen = 0;
    for (how.seed = 1; how.seed <= 24; how.seed++) {
        build(self, how);
        bool old_name = image_has(self, "file", self->old, LENGTH);
        bool new_name = image_has(self, "other", self->old, LENGTH);
        seen |= old_name ? (new_name ? 1 : 2) : (new_name ? 4 : 8);
    }
    return seen;
}

static void a_prefix_keeps_the_order_and_a_subset_does_not(void **state)
{
    struct fixture *self = *state;
    hf_auto_free char *other = hf_path_join(self->root, "other");
    assert_int_equal(self->env->fs.link(self->env->fs.context, self->file, other), 0);
    assert_int_equal(self->env->fs.unlink(self->env->fs.context, self->file), 0);
    assert_int_equal(names_seen(self, HF_NAMES_PREFIX), 1 | 2 | 4);
    assert_int_equal(names_seen(self, HF_NAMES_SUBSET), 1 | 2 | 4 | 8);
}

static void every_operation_can_be_the_last(void **state)
{
    struct fixture *self = *state;
    int fd = open_file(self, "new", O_WRONLY | O_CREAT);
    write_file(self, fd, self->new, 100, 0);
    write_file(self, fd, self->new + 100, 100, 100);
    close_file(self, fd);
    assert_int_equal(hf_crash_env_operations(self->crash), 3);
    struct hf_crash how = {.operation = 0};
    build(self, how);
    assert_int_equal(hf_scratch_count(self->image), 1);
    how.operation = 1;
    build(self, how);
    assert_true(image_has(self, "new", "", 0));
    how.operation = 2;
    build(self, how);
    assert_true(image_has(self, "new", self->new, 100));
    how.operation = 3;
    build(self, how);
    assert_true(image_has(self, "new", self->new, 200));
    struct hf_error err = {0};
    how.operation = 4;
    hf_scratch_remove(self->image);
    assert_int_equal(hf_crash_image(self->crash, &how, self->image, &err), -1);
}

static void the_end_of_one_file_alone_can_be_lost(void **state)
{
    struct fixture *self = *state;
    hf_auto_free char *log = hf_path_join(self->root, "log");
    struct hf_crash how = {.data = HF_DATA_CUT, .cut = "log"};
    hf_crash_env_note_create(self->crash, log);
    for (int i = 0; i < 3; i++) {
        hf_crash_env_note_write(self->crash, log, self->new + 100 * i, 100, 100 * (uint64_t)i);
        hf_crash_env_note_write(self->crash, self->file, self->new, LENGTH, 0);
        if (i == 0)
            hf_crash_env_note_sync(self->crash, log);
    }
    how.operation = hf_crash_env_operations(self->crash);
    for (how.seed = 0; how.seed < 4; how.seed++) {
        build(self, how);
        assert_true(image_has(self, "log", self->new, how.seed < 2 ? 300 - 100 * how.seed : 100));
        assert_true(image_has(self, "file", self->new, LENGTH));
    }
    hf_crash_env_note_truncate(self->crash, log, 50);
    hf_crash_env_note_unlink(self->crash, self->file);
    how = (struct hf_crash){.operation = hf_crash_env_operations(self->crash)};
    build(self, how);
    assert_true(image_has(self, "log", self->new, 50));
    assert_false(image_has(self, "file", self->new, LENGTH));
}

static void what_happens_elsewhere_is_not_recorded(void **state)
{
    struct fixture *self = *state;
    hf_auto_free char *beside = hf_scratch_path(&self->scratch, "root-beside");
    assert_int_equal(
        hf_file_write_durable(self->env, beside, "x", 1, 0600, HF_COMMIT_REPLACE, NULL), 0);
    assert_int_equal(hf_crash_env_operations(self->crash), 0);
    hf_auto(hf_buf) struct hf_buf got = {0};
    hf_scratch_read(beside, &got);
    assert_int_equal(got.length, 1);
}

static void a_failed_operation_is_not_recorded(void **state)
{
    struct fixture *self = *state;
    const struct hf_fs *fs = &self->env->fs;
    assert_int_equal(fs->mkdir(fs->context, self->file, 0700), -1);
    assert_int_equal(errno, EEXIST);
    assert_int_equal(fs->rename_new(fs->context, self->file, self->file), -1);
    assert_int_equal(fs->open(fs->context, self->file, O_RDWR | O_CREAT | O_EXCL, 0600), -1);
    assert_int_equal(hf_crash_env_operations(self->crash), 0);
}

/* A directory store: what is acknowledged is there, and nothing that was never put. */
enum { PUTS = 4 };

struct history {
    uint64_t stored[PUTS]; /* when each put was acknowledged */
    uint64_t removed;      /* when the removal of the first was */
    uint64_t removal_began;
    uint8_t bytes[PUTS][LENGTH];
};

static void name_of(char *key, size_t size, int i)
{
    snprintf(key, size, "databases/ab/segments/%d", i);
}

static int count_objects(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    (void)err;
    assert_int_equal(object->size, LENGTH);
    ++*(int *)arg;
    return 0;
}

static int store_is_right(void *arg, const struct hf_crash *how, const char *directory)
{
    const struct history *history = arg;
    hf_auto_free char *path = hf_path_join(directory, "repository");
    hf_auto_ptr(hf_store) struct hf_store *store =
        hf_store_directory_new(hf_env_system(), path, NULL);
    int listed = 0, found = 0;
    for (int i = 0; i < PUTS; i++) {
        struct hf_error err = {0};
        char key[64];
        uint8_t bytes[LENGTH];
        name_of(key, sizeof key, i);
        if (hf_store_read(store, key, 0, bytes, LENGTH, &err) == 0) {
            if (memcmp(bytes, history->bytes[i], LENGTH) != 0 ||
                (i == 0 && how->operation >= history->removed))
                return -1;
            found++;
        } else if (err.code != HF_NOT_FOUND ||
                   (how->operation >= history->stored[i] &&
                    (i != 0 || how->operation < history->removal_began))) {
            return -1;
        }
    }
    return hf_store_list(store, "", "", count_objects, &listed, NULL) || listed != found;
}

static void a_directory_store_keeps_what_it_acknowledged(void **state)
{
    struct fixture *self = *state;
    struct history history;
    hf_auto_free char *path = hf_path_join(self->root, "repository");
    hf_auto_ptr(hf_store) struct hf_store *store = hf_store_directory_new(self->env, path, NULL);
    for (int i = 0; i < PUTS; i++) {
        char key[64];
        name_of(key, sizeof key, i);
        hf_scratch_fill(history.bytes[i], LENGTH, (uint64_t)i);
        if (i % 2) {
            hf_auto_ptr(hf_upload) struct hf_upload *upload = hf_store_upload(store, key, NULL);
            assert_int_equal(hf_upload_write(upload, history.bytes[i], LENGTH, NULL), 0);
            assert_int_equal(hf_upload_commit(upload, NULL), 0);
        } else {
            assert_int_equal(hf_store_put(store, key, history.bytes[i], LENGTH, NULL), 0);
        }
        history.stored[i] = hf_crash_env_operations(self->crash);
    }
    history.removal_began = hf_crash_env_operations(self->crash);
    assert_int_equal(hf_store_remove(store, "databases/ab/segments/0", NULL), 0);
    history.removed = hf_crash_env_operations(self->crash);
    struct hf_error err = {0};
    int64_t images = hf_crash_images(self->crash, 4, self->image, store_is_right, &history, &err);
    if (images <= 0)
        fail_msg("%s", err.text);
    print_message("%lld images\n", (long long)images);
}

/* Directories that another process made and did not sync: the store must. */
static void a_directory_store_does_not_trust_directories_of_others(void **state)
{
    struct fixture *self = *state;
    struct history history;
    const struct hf_fs *fs = &self->env->fs;
    static const char *const made[] = {"repository", "repository/databases",
                                       "repository/databases/ab",
                                       "repository/databases/ab/segments"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        hf_auto_free char *directory = hf_path_join(self->root, made[i]);
        assert_int_equal(fs->mkdir(fs->context, directory, 0700), 0);
    }
    hf_auto_free char *path = hf_path_join(self->root, "repository");
    hf_auto_ptr(hf_store) struct hf_store *store = hf_store_directory_new(self->env, path, NULL);
    hf_scratch_fill(history.bytes[0], LENGTH, 0);
    assert_int_equal(hf_store_put(store, "databases/ab/segments/0", history.bytes[0], LENGTH, NULL),
                     0);
    history.stored[0] = hf_crash_env_operations(self->crash);
    history.removal_began = history.removed = UINT64_MAX;
    for (int i = 1; i < PUTS; i++)
        history.stored[i] = UINT64_MAX;
    struct hf_error err = {0};
    if (hf_crash_images(self->crash, 4, self->image, store_is_right, &history, &err) <= 0)
        fail_msg("%s", err.text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(durable_replacement_survives_everything),
        TEST(rename_without_sync_is_caught),
        TEST(rename_without_sync_of_the_directory_is_caught),
        TEST(writing_in_place_is_caught),
        TEST(a_new_file_in_new_directories_survives),
        TEST(a_directory_whose_parent_was_not_synced_is_caught),
        TEST(unsynced_bytes_are_kept_dropped_or_torn),
        TEST(some_seed_tears_within_a_write_and_the_same_seed_does_the_same),
        TEST(a_torn_file_may_have_grown_over_zeros),
        TEST(synced_bytes_are_there),
        TEST(truncations_are_kept_or_dropped),
        TEST(unsynced_names_are_kept_or_dropped),
        TEST(a_prefix_keeps_the_order_and_a_subset_does_not),
        TEST(every_operation_can_be_the_last),
        TEST(the_end_of_one_file_alone_can_be_lost),
        TEST(what_happens_elsewhere_is_not_recorded),
        TEST(a_failed_operation_is_not_recorded),
        TEST(a_directory_store_keeps_what_it_acknowledged),
        TEST(a_directory_store_does_not_trust_directories_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
