#include "support/fault_env.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/file.h"
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

static int write_durable(struct fixture *self, struct hf_error *err)
{
    return hf_file_write_durable(self->env, self->path, "content", 7, 0600, HF_COMMIT_REPLACE, err);
}

static void without_faults_it_only_counts(void **state)
{
    struct fixture *self = *state;
    hf_fault_env_set(self->faulty, NULL);
    assert_int_equal(write_durable(self, NULL), 0);
    /* open, write, sync, close, rename, sync of the directory */
    assert_int_equal(hf_fault_env_operations(self->faulty), 6);
    assert_int_equal(hf_fault_env_failures(self->faulty), 0);
}

static void each_operation_can_be_the_one_that_fails(void **state)
{
    struct fixture *self = *state;
    for (uint64_t n = 1; n <= 6; n++) {
        struct hf_error err = {0};
        hf_fault_env_set(self->faulty, &(struct hf_env_faults){.at = n, .error = EDQUOT});
        assert_int_equal(write_durable(self, &err), -1);
        assert_int_equal(err.sys, EDQUOT);
        assert_int_equal(err.code, HF_NO_SPACE);
        assert_int_equal(hf_fault_env_failures(self->faulty), 1);
        /* Only when the directory's sync failed may the file be there; never a part of it, never a
         * temporary. */
        assert_int_equal(hf_scratch_count(self->scratch.path), n == 6);
    }
}

static void operations_of_one_kind_are_counted_alone(void **state)
{
    struct fixture *self = *state;
    struct hf_error err = {0};
    hf_fault_env_set(self->faulty,
                     &(struct hf_env_faults){.at = 2, .kinds = HF_OP_SYNC | HF_OP_SYNC_DIR});
    assert_int_equal(write_durable(self, &err), -1);
    assert_string_equal(err.op, "sync directory");
    assert_int_equal(err.sys, EIO);
    assert_int_equal(hf_fault_env_operations(self->faulty), 2);
}

static void an_operation_can_take_effect_and_fail(void **state)
{
    struct fixture *self = *state;
    hf_fault_env_set(self->faulty, &(struct hf_env_faults){
                                       .at = 1, .kinds = HF_OP_RENAME, .effect = HF_FAULT_DONE});
    assert_int_equal(write_durable(self, NULL), -1);
    assert_int_equal(hf_scratch_size(self->path), 7);
    hf_fault_env_set(self->faulty, &(struct hf_env_faults){
                                       .at = 1, .kinds = HF_OP_MKDIR, .effect = HF_FAULT_DONE});
    hf_auto_free char *directory = hf_scratch_path(&self->scratch, "directory");
    assert_int_equal(self->env->fs.mkdir(self->env->fs.context, directory, 0700), -1);
    assert_true(hf_scratch_exists(directory));
}

static void a_short_write_is_gone_on_with(void **state)
{
    struct fixture *self = *state;
    hf_fault_env_set(self->faulty, &(struct hf_env_faults){
                                       .at = 1, .kinds = HF_OP_PWRITE, .effect = HF_FAULT_SHORT});
    assert_int_equal(write_durable(self, NULL), 0);
    assert_int_equal(hf_fault_env_operations(self->faulty), 2);
    assert_int_equal(hf_scratch_size(self->path), 7);
}

static void a_full_disk_takes_half_and_then_nothing(void **state)
{
    struct fixture *self = *state;
    struct hf_error err = {0};
    hf_fault_env_set(self->faulty, &(struct hf_env_faults){.at = 1,
                                                           .kinds = HF_OP_PWRITE,
                                                           .effect = HF_FAULT_SHORT,
                                                           .error = ENOSPC,
                                                           .lasting = true});
    assert_int_equal(write_durable(self, &err), -1);
    assert_int_equal(err.code, HF_NO_SPACE);
    assert_int_equal(hf_scratch_count(self->scratch.path), 0);
}

static void a_lasting_fault_lasts(void **state)
{
    struct fixture *self = *state;
    struct stat status;
    hf_fault_env_set(self->faulty, &(struct hf_env_faults){.at = 2, .lasting = true});
    assert_int_equal(self->env->fs.stat(self->env->fs.context, "/", &status), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(self->env->fs.stat(self->env->fs.context, "/", &status), -1);
    hf_fault_env_set(self->faulty, NULL);
    assert_int_equal(self->env->fs.stat(self->env->fs.context, "/", &status), 0);
}

static void a_failed_open_or_close_leaks_no_descriptor(void **state)
{
    struct fixture *self = *state;
    const struct hf_fs *fs = &self->env->fs;
    int before = fs->open(fs->context, "/", O_RDONLY, 0);
    assert_true(before >= 0);
    fs->close(fs->context, before);
    for (int i = 0; i < 3; i++) {
        hf_fault_env_set(self->faulty, &(struct hf_env_faults){
                                           .at = 1, .kinds = HF_OP_OPEN, .effect = HF_FAULT_DONE});
        assert_int_equal(fs->open(fs->context, "/", O_RDONLY, 0), -1);
        hf_fault_env_set(self->faulty, &(struct hf_env_faults){.at = 1, .kinds = HF_OP_CLOSE});
        int fd = fs->open(fs->context, "/", O_RDONLY, 0);
        assert_int_equal(fd, before);
        assert_int_equal(fs->close(fs->context, fd), -1);
    }
}

static void the_clock_stands_where_it_was_set(void **state)
{
    struct fixture *self = *state;
    assert_true(hf_now(self->env) > INT64_C(1600000000000));
    hf_fault_env_set_clock(self->faulty, 42);
    assert_int_equal(hf_now(self->env), 42);
    hf_fault_env_set_clock(self->faulty, 41);
    assert_int_equal(hf_now(self->env), 41);
}

static void randomness_repeats_with_its_seed(void **state)
{
    struct fixture *self = *state;
    uint8_t a[20], b[20], c[20];
    hf_fault_env_seed(self->faulty, 7);
    assert_int_equal(hf_random(self->env, a, sizeof a, NULL), 0);
    assert_int_equal(hf_random(self->env, b, sizeof b, NULL), 0);
    hf_fault_env_seed(self->faulty, 7);
    assert_int_equal(hf_random(self->env, c, sizeof c, NULL), 0);
    assert_memory_equal(a, c, sizeof a);
    assert_memory_not_equal(a, b, sizeof a);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_faults_it_only_counts),
        TEST(each_operation_can_be_the_one_that_fails),
        TEST(operations_of_one_kind_are_counted_alone),
        TEST(an_operation_can_take_effect_and_fail),
        TEST(a_short_write_is_gone_on_with),
        TEST(a_full_disk_takes_half_and_then_nothing),
        TEST(a_lasting_fault_lasts),
        TEST(a_failed_open_or_close_leaks_no_descriptor),
        TEST(the_clock_stands_where_it_was_set),
        TEST(randomness_repeats_with_its_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
