#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/process.h"
#include "support/fault_env.h"
#include "support/scratch.h"

struct fixture {
    struct hf_scratch scratch;
    char *path;
    struct hf_fault_env *faulty;
    const struct hf_env *env;
};

static int begin(void **state)
{
    struct fixture *self = calloc(1, sizeof *self);
    assert_non_null(self);
    hf_scratch_init(&self->scratch);
    self->path = hf_scratch_path(&self->scratch, "file");
    self->faulty = hf_fault_env_new(hf_env_system());
    assert_non_null(self->faulty);
    self->env = hf_fault_env_get(self->faulty);
    *state = self;
    return 0;
}

static int end(void **state)
{
    struct fixture *self = *state;
    hf_fault_env_free(self->faulty);
    hf_scratch_release(&self->scratch);
    free(self->path);
    free(self);
    return 0;
}

static void holds(const char *path, const char *text)
{
    hf_auto(hf_buf) struct hf_buf got = {0};
    hf_scratch_read(path, &got);
    assert_int_equal(got.length, strlen(text));
    assert_memory_equal(got.data, text, got.length);
}

static int write_durable(struct fixture *self, const char *text, enum hf_commit how,
                         struct hf_error *err)
{
    return hf_file_write_durable(self->env, self->path, text, strlen(text), 0600, how, err);
}

static void a_path_is_joined_with_one_slash(void **state)
{
    (void)state;
    static const char *const cases[][3] = {{"a", "b", "a/b"},     {"a/", "b", "a/b"},
                                           {"a//", "b", "a/b"},   {"/", "b", "/b"},
                                           {"a", "b/c", "a/b/c"}, {".", "b", "./b"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hf_auto_free char *joined = hf_path_join(cases[i][0], cases[i][1]);
        assert_string_equal(joined, cases[i][2]);
    }
}

static void a_path_has_a_parent(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"a/b", "a"}, {"/a", "/"}, {"a", "."}, {"/a/b/c", "/a/b"}, {"/", "/"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hf_auto_free char *parent = hf_path_parent(cases[i][0]);
        assert_string_equal(parent, cases[i][1]);
    }
}

static void links_are_followed_also_to_what_is_not_there(void **state)
{
    struct fixture *self = *state;
    hf_auto_free char *first = hf_scratch_path(&self->scratch, "first");
    hf_auto_free char *second = hf_scratch_path(&self->scratch, "second");
    assert_int_equal(symlink("second", first), 0);
    assert_int_equal(symlink(self->path, second), 0);
    hf_auto_free char *missing = hf_path_real(first);
    assert_string_equal(missing, self->path);
    hf_scratch_write(self->path, "x", 1);
    hf_auto_free char *there = hf_path_real(first);
    hf_auto_free char *expected = realpath(self->path, NULL);
    assert_string_equal(there, expected);
    assert_int_equal(unlink(second), 0);
    assert_int_equal(symlink("first", second), 0);
    hf_auto_free char *circle = hf_path_real(first);
    assert_non_null(circle);
}

/* As NFS answers: no flag of renameat2(2) is known. */
static int rename_without_flags(void *context)
{
    const struct fixture *self = context;
    const struct hf_fs *fs = &hf_env_system()->fs;
    hf_auto_free char *to = hf_scratch_path(&self->scratch, "to");
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        return 1;
    if (fs->rename_new(fs->context, self->path, to))
        return 2;
    hf_scratch_write(self->path, "second", 6);
    return fs->rename_new(fs->context, self->path, to) && errno == EEXIST ? 0 : 3;
}

static void a_file_system_without_flags_gets_a_rename_that_does_not_replace(void **state)
{
    struct fixture *self = *state;
    hf_auto_free char *to = hf_scratch_path(&self->scratch, "to");
    pid_t pid;
    int status;
    hf_scratch_write(self->path, "first", 5);
    assert_int_equal(hf_child_fork(&pid, rename_without_flags, self, NULL), 0);
    assert_int_equal(hf_child_wait(pid, &status, NULL), 0);
    assert_int_equal(status, 0);
    holds(to, "first");
    holds(self->path, "second");
}

static void a_durable_write_replaces_the_whole_file(void **state)
{
    struct fixture *self = *state;
    assert_int_equal(write_durable(self, "long content", HF_COMMIT_REPLACE, NULL), 0);
    assert_int_equal(write_durable(self, "short", HF_COMMIT_REPLACE, NULL), 0);
    holds(self->path, "short");
    assert_int_equal(hf_scratch_count(self->scratch.path), 1);
}

static void a_new_file_never_replaces(void **state)
{
    struct fixture *self = *state;
    struct hf_error err = {0};
    assert_int_equal(write_durable(self, "first", HF_COMMIT_NEW, NULL), 0);
    assert_int_equal(write_durable(self, "second", HF_COMMIT_NEW, &err), -1);
    assert_int_equal(err.code, HF_EXISTS);
    holds(self->path, "first");
    assert_int_equal(hf_scratch_count(self->scratch.path), 1);
}

static void a_file_system_without_links_gets_a_rename_that_does_not_replace(void **state)
{
    struct fixture *self = *state;
    struct hf_error err = {0};
    const struct hf_env_faults no_links = {.at = 1, .kinds = HF_OP_LINK, .error = EPERM};
    hf_fault_env_set(self->faulty, &no_links);
    assert_int_equal(write_durable(self, "first", HF_COMMIT_NEW, NULL), 0);
    assert_int_equal(hf_fault_env_failures(self->faulty), 1);
    hf_fault_env_set(self->faulty, &no_links);
    assert_int_equal(write_durable(self, "second", HF_COMMIT_NEW, &err), -1);
    assert_int_equal(err.code, HF_EXISTS);
    holds(self->path, "first");
    assert_int_equal(hf_scratch_count(self->scratch.path), 1);
}

/* Replaces "old" by "new" with every operation failing in turn, in every way. */
static void fail_everywhere(struct fixture *self, bool lasting)
{
    for (int effect = HF_FAULT_NOTHING; effect <= HF_FAULT_SHORT; effect++) {
        bool reached = true;
        for (uint64_t n = 1; reached; n++) {
            struct hf_error err = {0};
            hf_fault_env_set(self->faulty, NULL);
            hf_scratch_remove(self->scratch.path);
            assert_int_equal(mkdir(self->scratch.path, 0700), 0);
            assert_int_equal(write_durable(self, "old", HF_COMMIT_REPLACE, NULL), 0);
            hf_fault_env_set(self->faulty,
                             &(struct hf_env_faults){.at = n,
                                                     .effect = (enum hf_fault_effect)effect,
                                                     .lasting = lasting});
            int result = write_durable(self, "new", HF_COMMIT_REPLACE, &err);
            reached = hf_fault_env_failures(self->faulty) > 0;
            hf_auto(hf_buf) struct hf_buf got = {0};
            hf_scratch_read(self->path, &got);
            assert_int_equal(got.length, 3);
            assert_true(!memcmp(got.data, "new", 3) || (result && !memcmp(got.data, "old", 3)));
            if (result)
                assert_int_equal(err.sys, EIO);
            /* An open that made its file and says that it failed leaves it. */
            if (!lasting && effect != HF_FAULT_DONE)
                assert_int_equal(hf_scratch_count(self->scratch.path), 1);
        }
    }
}

static void a_file_is_old_or_new_whatever_fails(void **state)
{
    fail_everywhere(*state, false);
}

static void a_file_is_old_or_new_whenever_the_disk_dies(void **state)
{
    fail_everywhere(*state, true);
}

static void a_new_file_adopts_the_mode_of_what_it_replaces(void **state)
{
    struct fixture *self = *state;
    const struct hf_env_faults no_look = {.at = 1, .kinds = HF_OP_STAT};
    struct stat status;
    for (int round = 0; round < 2; round++) { /* first where there is nothing */
        hf_auto(hf_new_file) struct hf_new_file file = {0};
        assert_int_equal(hf_new_file_begin(&file, self->env, self->path, 0600, NULL), 0);
        assert_int_equal(hf_new_file_adopt(&file, file.path, NULL), 0);
        assert_int_equal(hf_new_file_commit(&file, HF_COMMIT_REPLACE, NULL), 0);
        assert_int_equal(stat(self->path, &status), 0);
        assert_int_equal(status.st_mode & 07777, round ? 0644 : 0600);
        assert_int_equal(chmod(self->path, 0644), 0);
    }
    hf_auto(hf_new_file) struct hf_new_file file = {0};
    assert_int_equal(hf_new_file_begin(&file, self->env, self->path, 0600, NULL), 0);
    hf_fault_env_set(self->faulty, &no_look);
    assert_int_equal(hf_new_file_adopt(&file, file.path, NULL), -1);
    hf_fault_env_set(self->faulty, NULL);
}

static void giving_up_leaves_nothing(void **state)
{
    struct fixture *self = *state;
    struct hf_new_file file;
    assert_int_equal(hf_new_file_begin(&file, self->env, self->path, 0600, NULL), 0);
    assert_int_equal(hf_new_file_write(&file, "x", 1, 5, NULL), 0);
    assert_int_equal(hf_scratch_count(self->scratch.path), 1);
    hf_new_file_release(&file);
    hf_new_file_release(&file);
    assert_int_equal(hf_scratch_count(self->scratch.path), 0);
}

static void temporaries_are_known_by_their_names(void **state)
{
    struct fixture *self = *state;
    struct hf_new_file file;
    assert_int_equal(hf_new_file_begin(&file, self->env, self->path, 0600, NULL), 0);
    assert_true(hf_is_temporary_name(strrchr(file.temporary, '/') + 1));
    hf_new_file_release(&file);
    assert_true(hf_is_temporary_name(".a.0123abcd.tmp"));
    assert_false(hf_is_temporary_name("..0123abcd.tmp"));
    assert_false(hf_is_temporary_name(".a.0123abc.tmp"));
    assert_false(hf_is_temporary_name(".a-0123abcd.tmp"));
    assert_false(hf_is_temporary_name(".notes.tmp"));
    assert_false(hf_is_temporary_name("a.tmp"));
    assert_false(hf_is_temporary_name(".tmp"));
    assert_false(hf_is_temporary_name(".a"));
    assert_false(hf_is_temporary_name("file"));
}

static void the_longest_name_fits(void **state)
{
    struct fixture *self = *state;
    char name[256];
    memset(name, 'n', 255);
    name[255] = 0;
    hf_auto_free char *path = hf_scratch_path(&self->scratch, name);
    assert_int_equal(hf_file_write_durable(self->env, path, "x", 1, 0600, HF_COMMIT_NEW, NULL), 0);
    holds(path, "x");
}

static void a_whole_file_is_appended_up_to_its_limit(void **state)
{
    struct fixture *self = *state;
    struct hf_error err = {0};
    static uint8_t bytes[200000];
    hf_scratch_fill(bytes, sizeof bytes, 1);
    hf_scratch_write(self->path, bytes, sizeof bytes);
    hf_auto(hf_buf) struct hf_buf got = {0};
    assert_int_equal(hf_buf_append(&got, "before", 6, NULL), 0);
    assert_int_equal(hf_file_read_all(self->env, self->path, sizeof bytes - 1, &got, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
    assert_int_equal(got.length, 6);
    assert_int_equal(hf_file_read_all(self->env, self->path, sizeof bytes, &got, &err), 0);
    assert_int_equal(got.length, 6 + sizeof bytes);
    assert_memory_equal(got.data + 6, bytes, sizeof bytes);
}

static void a_read_that_fails_appends_nothing(void **state)
{
    struct fixture *self = *state;
    struct hf_error err = {0};
    hf_auto(hf_buf) struct hf_buf got = {0};
    hf_scratch_write(self->path, "content", 7);
    hf_fault_env_set(self->faulty, &(struct hf_env_faults){.at = 2, .kinds = HF_OP_PREAD});
    assert_int_equal(hf_file_read_all(self->env, self->path, 100, &got, &err), -1);
    assert_int_equal(err.sys, EIO);
    assert_int_equal(got.length, 0);
}

static void directories_are_made_with_their_parents(void **state)
{
    struct fixture *self = *state;
    hf_auto_free char *path = hf_scratch_path(&self->scratch, "a/b/c");
    assert_int_equal(hf_make_directories(self->env, path, 0700, NULL), 0);
    assert_int_equal(hf_make_directories(self->env, path, 0700, NULL), 0);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0700);
}

static void a_file_in_the_way_of_a_directory_is_an_error(void **state)
{
    struct fixture *self = *state;
    struct hf_error err = {0};
    hf_scratch_write(self->path, "x", 1);
    hf_auto_free char *inside = hf_path_join(self->path, "inside");
    assert_int_equal(hf_make_directories(self->env, self->path, 0700, &err), -1);
    assert_int_equal(err.sys, ENOTDIR);
    assert_int_equal(hf_make_directories(self->env, inside, 0700, &err), -1);
    assert_int_equal(err.sys, ENOTDIR);
}

static void removing_what_is_not_there_is_success(void **state)
{
    struct fixture *self = *state;
    hf_scratch_write(self->path, "x", 1);
    assert_int_equal(hf_file_remove(self->env, self->path, NULL), 0);
    assert_false(hf_scratch_exists(self->path));
    assert_int_equal(hf_file_remove(self->env, self->path, NULL), 0);
}

static void a_read_ends_with_the_file(void **state)
{
    struct fixture *self = *state;
    char out[16];
    hf_scratch_write(self->path, "0123456789", 10);
    int fd = hf_file_open(self->env, self->path, O_RDONLY, 0, NULL);
    assert_true(fd >= 0);
    assert_int_equal(hf_file_read(self->env, fd, self->path, out, 16, 4, NULL), 6);
    assert_memory_equal(out, "456789", 6);
    assert_int_equal(hf_file_read(self->env, fd, self->path, out, 16, 10, NULL), 0);
    hf_fault_env_set(self->faulty, &(struct hf_env_faults){.at = 1, .effect = HF_FAULT_SHORT});
    assert_int_equal(hf_file_read(self->env, fd, self->path, out, 10, 0, NULL), 10);
    assert_int_equal(hf_fault_env_failures(self->faulty), 1);
    assert_int_equal(hf_file_close(self->env, fd, self->path, NULL), 0);
}

/* Made in the scratch directory, last written so many seconds ago. */
static char *leave_behind(struct fixture *self, const char *name, int64_t age)
{
    char *path = hf_scratch_path(&self->scratch, name);
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - age}};
    hf_scratch_write(path, "part", 4);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    return path;
}

static void what_killed_writers_left_is_removed_after_a_day(void **state)
{
    enum { DAY = 24 * 60 * 60 };
    static const struct {
        const char *name;
        int64_t age;
        bool goes_with_file, goes_with_directory;
    } cases[] = {
        {".file.00000000.tmp", DAY + 60, true, true},
        {".file.00000001.tmp", DAY - 60, false, false},
        {".other.00000000.tmp", DAY + 60, false, true},
        {".file.tmp", 2 * DAY, false, false},
        {"old", 2 * DAY, false, false},
    };
    struct fixture *self = *state;
    for (int which = HF_LITTER_OF_FILE; which <= HF_LITTER_OF_DIRECTORY; which++) {
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            hf_auto(hf_new_file) struct hf_new_file file = {0};
            hf_auto_free char *path = leave_behind(self, cases[i].name, cases[i].age);
            assert_int_equal(hf_new_file_begin(&file, self->env, self->path, 0600, NULL), 0);
            hf_new_file_remove_litter(&file, (enum hf_litter)which);
            bool goes =
                which == HF_LITTER_OF_FILE ? cases[i].goes_with_file : cases[i].goes_with_directory;
            assert_int_equal(hf_scratch_exists(path), !goes);
            assert_true(hf_scratch_exists(file.temporary));
            hf_scratch_remove(path);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_joined_with_one_slash),
        cmocka_unit_test(a_path_has_a_parent),
        TEST(links_are_followed_also_to_what_is_not_there),
        TEST(a_file_system_without_flags_gets_a_rename_that_does_not_replace),
        TEST(a_durable_write_replaces_the_whole_file),
        TEST(a_new_file_never_replaces),
        TEST(a_file_system_without_links_gets_a_rename_that_does_not_replace),
        TEST(a_file_is_old_or_new_whatever_fails),
        TEST(a_file_is_old_or_new_whenever_the_disk_dies),
        TEST(a_new_file_adopts_the_mode_of_what_it_replaces),
        TEST(giving_up_leaves_nothing),
        TEST(temporaries_are_known_by_their_names),
        TEST(the_longest_name_fits),
        TEST(a_whole_file_is_appended_up_to_its_limit),
        TEST(a_read_that_fails_appends_nothing),
        TEST(directories_are_made_with_their_parents),
        TEST(a_file_in_the_way_of_a_directory_is_an_error),
        TEST(removing_what_is_not_there_is_success),
        TEST(a_read_ends_with_the_file),
        TEST(what_killed_writers_left_is_removed_after_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
