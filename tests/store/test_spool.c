#include "store/spool.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fault_env.h"
#include "support/scratch.h"

enum { LIMIT = 1000 };

struct fixture {
    struct hf_scratch scratch;
    struct hf_fault_env *faulty;
    struct hf_spool spool;
    uint8_t bytes[5 * LIMIT];
};

static int begin(void **state)
{
    struct fixture *self = calloc(1, sizeof *self);
    assert_non_null(self);
    hf_scratch_init(&self->scratch);
    setenv("TMPDIR", self->scratch.path, 1);
    self->faulty = hf_fault_env_new(hf_env_system());
    assert_non_null(self->faulty);
    hf_spool_init(&self->spool, hf_fault_env_get(self->faulty), LIMIT);
    hf_scratch_fill(self->bytes, sizeof self->bytes, 1);
    *state = self;
    return 0;
}

static int end(void **state)
{
    struct fixture *self = *state;
    hf_spool_release(&self->spool);
    hf_fault_env_free(self->faulty);
    unsetenv("TMPDIR");
    hf_scratch_release(&self->scratch);
    free(self);
    return 0;
}

static void append(struct fixture *self, size_t length)
{
    assert_int_equal(hf_spool_append(&self->spool, self->bytes + self->spool.length, length, NULL),
                     0);
}

static void holds(struct fixture *self, uint64_t offset, size_t length)
{
    uint8_t got[5 * LIMIT];
    assert_int_equal(hf_spool_read(&self->spool, offset, got, length, NULL), 0);
    if (length)
        assert_memory_equal(got, self->bytes + offset, length);
}

static void few_bytes_stay_in_memory(void **state)
{
    struct fixture *self = *state;
    append(self, LIMIT - 1);
    append(self, 1);
    assert_int_equal(hf_fault_env_operations(self->faulty), 0);
    holds(self, 0, LIMIT);
    holds(self, LIMIT, 0);
    holds(self, 500, 10);
}

static void many_bytes_go_to_a_file_without_a_name(void **state)
{
    struct fixture *self = *state;
    append(self, LIMIT);
    append(self, 1);
    append(self, 3 * LIMIT);
    assert_true(hf_fault_env_operations(self->faulty) > 0);
    assert_int_equal(hf_scratch_count(self->scratch.path), 0);
    holds(self, 0, 4 * LIMIT + 1);
    holds(self, LIMIT - 5, 10);
}

static void one_large_piece_goes_there_at_once(void **state)
{
    struct fixture *self = *state;
    append(self, 5 * LIMIT);
    holds(self, 0, 5 * LIMIT);
}

static void a_full_disk_is_told_with_what_to_do(void **state)
{
    struct fixture *self = *state;
    struct hf_error err = {0};
    append(self, LIMIT);
    append(self, 1);
    hf_fault_env_set(self->faulty,
                     &(struct hf_env_faults){.at = 1, .kinds = HF_OP_PWRITE, .error = ENOSPC});
    assert_int_equal(hf_spool_append(&self->spool, "x", 1, &err), -1);
    assert_int_equal(err.code, HF_NO_SPACE);
    assert_non_null(strstr(err.hint, "TMPDIR"));
    holds(self, 0, LIMIT + 1);
}

static void moving_to_a_file_that_fails_loses_nothing(void **state)
{
    struct fixture *self = *state;
    append(self, LIMIT);
    for (uint64_t n = 1; n <= 3; n++) {
        struct hf_error err = {0};
        hf_fault_env_set(self->faulty, &(struct hf_env_faults){.at = n});
        assert_int_equal(hf_spool_append(&self->spool, "x", 1, &err), -1);
        assert_int_equal(err.sys, EIO);
        hf_fault_env_set(self->faulty, NULL);
        holds(self, 0, LIMIT);
    }
    append(self, 2);
    holds(self, 0, LIMIT + 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(few_bytes_stay_in_memory),
        TEST(many_bytes_go_to_a_file_without_a_name),
        TEST(one_large_piece_goes_there_at_once),
        TEST(a_full_disk_is_told_with_what_to_do),
        TEST(moving_to_a_file_that_fails_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
