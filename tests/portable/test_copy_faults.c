#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "portable/copy_room.h"
#include "support/fault_env.h"

/* Looking and removing may fail without harm; what is left then is told by other tests. */
enum {
    KINDS = HF_OP_OPEN | HF_OP_CLOSE | HF_OP_PREAD | HF_OP_PWRITE | HF_OP_SYNC | HF_OP_STAT |
            HF_OP_LINK | HF_OP_RENAME | HF_OP_SYNC_DIR,
};

static int export_with(const struct copy_room *room, const struct hf_env *env, struct hf_error *err)
{
    struct hf_export_result result;
    const struct hf_export_options options = {.path = room->database,
                                              .name = "a",
                                              .program = "test",
                                              .output = {.to = room->copy, .packing = HF_COPY_ZSTD},
                                              .busy_ms = 1000};
    return hf_export(&options, env, &result, err);
}

static int import_with(const struct copy_room *room, const struct hf_env *env, struct hf_error *err)
{
    const struct hf_import_options options = {.path = room->other, .busy_ms = 1000};
    const struct hf_copy_input_options from = {.path = room->copy};
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    hf_auto_ptr(hf_copy_input) struct hf_copy_input *input = hf_copy_input_new(&from, env, err);
    return input ? hf_import(input, &options, env, &result, err) : -1;
}

static void fill(const struct copy_room *room)
{
    room_run(room->database,
             "CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 'x'),(2, zeroblob(9000))");
}

static void an_export_that_fails_leaves_the_older_copy(void **state)
{
    (void)state;
    hf_auto(copy_room) struct copy_room room;
    copy_room_init(&room);
    fill(&room);
    hf_auto_ptr(hf_fault_env) struct hf_fault_env *faulty = hf_fault_env_new(hf_env_system());
    const struct hf_env *env = hf_fault_env_get(faulty);
    uint64_t failures = 0;
    for (uint64_t at = 1;; at++) {
        struct hf_error err = {0};
        const struct hf_env_faults faults = {.at = at, .kinds = KINDS};
        hf_scratch_write(room.copy, "older", 5);
        hf_fault_env_set(faulty, &faults);
        int failed = export_with(&room, env, &err);
        uint64_t done = hf_fault_env_operations(faulty);
        unsigned kinds = hf_fault_env_failed_kinds(faulty);
        hf_fault_env_set(faulty, NULL);
        if (failed)
            failures++;
        /* The name was changed, and only its durability is in doubt. */
        if (failed && kinds != HF_OP_SYNC_DIR)
            assert_int_equal(hf_scratch_size(room.copy), 5);
        assert_int_equal(hf_scratch_count(room.scratch.path), 2); /* database and copy */
        if (done < at)
            break;
    }
    assert_true(failures > 4);
}

static void an_import_that_fails_leaves_no_database(void **state)
{
    (void)state;
    hf_auto(copy_room) struct copy_room room;
    copy_room_init(&room);
    fill(&room);
    room_export(&room);
    hf_auto_ptr(hf_fault_env) struct hf_fault_env *faulty = hf_fault_env_new(hf_env_system());
    const struct hf_env *env = hf_fault_env_get(faulty);
    uint64_t failures = 0;
    for (uint64_t at = 1;; at++) {
        struct hf_error err = {0};
        const struct hf_env_faults faults = {.at = at, .kinds = KINDS};
        hf_fault_env_set(faulty, &faults);
        int failed = import_with(&room, env, &err);
        uint64_t done = hf_fault_env_operations(faulty);
        unsigned kinds = hf_fault_env_failed_kinds(faulty);
        hf_fault_env_set(faulty, NULL);
        if (failed) {
            failures++;
            assert_true(!hf_scratch_exists(room.other) || kinds == HF_OP_SYNC_DIR);
        } else {
            room_assert_same(room.database, room.other);
        }
        hf_scratch_remove(room.other);
        assert_int_equal(hf_scratch_count(room.scratch.path), 2);
        if (done < at)
            break;
    }
    assert_true(failures > 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_export_that_fails_leaves_the_older_copy),
        cmocka_unit_test(an_import_that_fails_leaves_no_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
