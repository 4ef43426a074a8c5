#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/kinds.h"
#include "support/fault_store.h"
#include "support/scratch.h"

struct waits {
    int64_t list[16];
    int count;
    int give_up_after; /* 0: never */
};

struct fixture {
    struct waits waits;
    struct hf_store *memory; /* owned by faulty */
    struct hf_store *faulty; /* owned by store */
    struct hf_store *store;
};

static int record_wait(void *context, int64_t milliseconds)
{
    struct waits *waits = context;
    waits->list[waits->count++ % 16] = milliseconds;
    return waits->give_up_after && waits->count >= waits->give_up_after;
}

static int make_store(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->memory = hf_store_memory_new(hf_env_system(), NULL);
    fixture->faulty = hf_fault_store_new(fixture->memory, NULL);
    const struct hf_retry_options options = {.attempts = 5,
                                             .first_wait = 100,
                                             .longest_wait = 500,
                                             .wait = record_wait,
                                             .context = &fixture->waits};
    fixture->store = hf_store_retry_new(fixture->faulty, hf_env_system(), &options, NULL);
    assert_non_null(fixture->store);
    *state = fixture;
    return 0;
}

static int free_store(void **state)
{
    struct fixture *fixture = *state;
    hf_store_free(fixture->store);
    free(fixture);
    return 0;
}

static void fail_at(struct fixture *fixture, uint64_t at, enum hf_fault_moment moment)
{
    hf_fault_store_set(fixture->faulty, &(struct hf_store_faults){.at = at, .moment = moment});
}

static void a_failed_operation_is_tried_again(void **state)
{
    struct fixture *fixture = *state;
    struct hf_stored stored;
    char byte = 0;
    fail_at(fixture, 1, HF_FAULT_BEFORE);
    assert_int_equal(hf_store_put(fixture->store, "a", "x", 1, NULL), 0);
    fail_at(fixture, 1, HF_FAULT_BEFORE);
    assert_int_equal(hf_store_read(fixture->store, "a", 0, &byte, 1, NULL), 0);
    assert_int_equal(byte, 'x');
    fail_at(fixture, 1, HF_FAULT_BEFORE);
    assert_int_equal(hf_store_stat(fixture->store, "a", &stored, NULL), 0);
    fail_at(fixture, 1, HF_FAULT_BEFORE);
    assert_int_equal(hf_store_remove(fixture->store, "a", NULL), 0);
    assert_int_equal(fixture->waits.count, 4);
}

static void it_gives_up_after_so_many_tries_and_says_so(void **state)
{
    struct fixture *fixture = *state;
    struct hf_error err = {0};
    hf_fault_store_set(fixture->faulty, &(struct hf_store_faults){.at = 1, .lasting = true});
    assert_int_equal(hf_store_put(fixture->store, "a", "x", 1, &err), -1);
    assert_int_equal(err.code, HF_UNREACHABLE);
    assert_non_null(strstr(err.text, "tried 5 times"));
    assert_int_equal(hf_fault_store_operations(fixture->faulty), 5);
    assert_int_equal(fixture->waits.count, 4);
}

static void waits_double_up_to_the_longest_and_half_is_random(void **state)
{
    struct fixture *fixture = *state;
    hf_fault_store_set(fixture->faulty, &(struct hf_store_faults){.at = 1, .lasting = true});
    hf_store_remove(fixture->store, "a", NULL);
    static const int64_t full[] = {100, 200, 400, 500};
    for (int i = 0; i < 4; i++)
        assert_in_range(fixture->waits.list[i], full[i] / 2, full[i]);
}

static void whoever_waits_may_give_up(void **state)
{
    struct fixture *fixture = *state;
    fixture->waits.give_up_after = 2;
    hf_fault_store_set(fixture->faulty, &(struct hf_store_faults){.at = 1, .lasting = true});
    assert_int_equal(hf_store_remove(fixture->store, "a", NULL), -1);
    assert_int_equal(hf_fault_store_operations(fixture->faulty), 2);
}

static void what_cannot_get_better_is_not_tried_again(void **state)
{
    struct fixture *fixture = *state;
    static const enum hf_code codes[] = {HF_NOT_FOUND, HF_EXISTS,    HF_CORRUPT,
                                         HF_NO_SPACE,  HF_NO_MEMORY, HF_FAILED};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct hf_error err = {0};
        hf_fault_store_set(fixture->faulty, &(struct hf_store_faults){.at = 1, .code = codes[i]});
        assert_int_equal(hf_store_put(fixture->store, "a", "x", 1, &err), -1);
        assert_int_equal(err.code, codes[i]);
        assert_int_equal(hf_fault_store_operations(fixture->faulty), 1);
    }
    assert_int_equal(fixture->waits.count, 0);
}

static void a_put_whose_reply_was_lost_is_a_success(void **state)
{
    struct fixture *fixture = *state;
    char bytes[4] = "";
    fail_at(fixture, 1, HF_FAULT_AFTER);
    assert_int_equal(hf_store_put(fixture->store, "claim", "mine", 4, NULL), 0);
    assert_int_equal(hf_store_read(fixture->store, "claim", 0, bytes, 4, NULL), 0);
    assert_memory_equal(bytes, "mine", 4);
}

static void somebody_elses_object_is_not_taken_for_a_lost_reply(void **state)
{
    struct fixture *fixture = *state;
    static const char *const others[] = {"them", "longer", ""};
    for (int i = 0; i < 3; i++) {
        struct hf_error err = {0};
        char key[16];
        snprintf(key, sizeof key, "claim-%d", i);
        assert_int_equal(hf_store_put(fixture->memory, key, others[i], strlen(others[i]), NULL), 0);
        fail_at(fixture, 1, HF_FAULT_BEFORE);
        assert_int_equal(hf_store_put(fixture->store, key, "mine", 4, &err), -1);
        assert_int_equal(err.code, HF_EXISTS);
    }
}

static void an_object_that_was_there_at_the_first_try_exists(void **state)
{
    struct fixture *fixture = *state;
    struct hf_error err = {0};
    assert_int_equal(hf_store_put(fixture->store, "a", "mine", 4, NULL), 0);
    assert_int_equal(hf_store_put(fixture->store, "a", "mine", 4, &err), -1);
    assert_int_equal(err.code, HF_EXISTS);
}

/* The upload fails at every one of its operations in turn. */
static void upload_with_a_fault(struct fixture *fixture, size_t length, uint64_t at,
                                enum hf_fault_moment moment, bool *reached)
{
    uint8_t *bytes = malloc(length), *back = malloc(length);
    assert_true(bytes && back);
    hf_scratch_fill(bytes, length, at);
    fail_at(fixture, at, moment);
    struct hf_upload *upload = hf_store_upload(fixture->store, "upload", NULL);
    assert_non_null(upload);
    assert_int_equal(hf_upload_write(upload, bytes, length / 2, NULL), 0);
    assert_int_equal(hf_upload_write(upload, bytes + length / 2, length - length / 2, NULL), 0);
    assert_int_equal(hf_upload_commit(upload, NULL), 0);
    hf_upload_free(upload);
    *reached = hf_fault_store_failures(fixture->faulty) > 0;
    assert_int_equal(hf_store_read(fixture->memory, "upload", 0, back, length, NULL), 0);
    assert_memory_equal(bytes, back, length);
    assert_int_equal(hf_store_remove(fixture->memory, "upload", NULL), 0);
    free(bytes);
    free(back);
}

static void an_upload_survives_a_fault_anywhere(void **state)
{
    static const size_t lengths[] = {1000, (8 << 20) + 1}; /* in memory, in a file */
    for (int i = 0; i < 2; i++)
        for (int moment = HF_FAULT_BEFORE; moment <= HF_FAULT_AFTER; moment++) {
            bool reached = true;
            for (uint64_t at = 1; reached; at++)
                upload_with_a_fault(*state, lengths[i], at, (enum hf_fault_moment)moment, &reached);
        }
}

static int append_key(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    return hf_buf_append(arg, object->key, 1, err);
}

static void a_listing_that_breaks_off_goes_on_where_it_was(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 5; i++) {
        char key[2] = {(char)('a' + i), 0};
        assert_int_equal(hf_store_put(fixture->memory, key, "x", 1, NULL), 0);
    }
    /* Each of the first four tries gives one object away and breaks off. */
    hf_fault_store_set(fixture->faulty, &(struct hf_store_faults){
                                            .percent = 80, .seed = 4, .moment = HF_FAULT_AFTER});
    hf_auto(hf_buf) struct hf_buf keys = {0};
    assert_int_equal(hf_store_list(fixture->store, "", "", append_key, &keys, NULL), 0);
    assert_int_equal(keys.length, 5);
    assert_memory_equal(keys.data, "abcde", 5);
    assert_true(hf_fault_store_failures(fixture->faulty) > 0);
}

static int refuse(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    (void)object;
    ++*(int *)arg;
    return hf_error_set(err, HF_IO, "the caller's own trouble");
}

static void a_callbacks_failure_is_not_tried_again(void **state)
{
    struct fixture *fixture = *state;
    struct hf_error err = {0};
    int calls = 0;
    assert_int_equal(hf_store_put(fixture->store, "a", "x", 1, NULL), 0);
    assert_int_equal(hf_store_list(fixture->store, "", "", refuse, &calls, &err), -1);
    assert_int_equal(calls, 1);
    assert_string_equal(err.text, "the caller's own trouble");
    assert_int_equal(fixture->waits.count, 0);
}

static void it_is_the_kind_that_it_wraps(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(fixture->store->ops->kind, "memory");
    assert_true(fixture->store->ops->put_if_absent);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_store, free_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_failed_operation_is_tried_again),
        TEST(it_gives_up_after_so_many_tries_and_says_so),
        TEST(waits_double_up_to_the_longest_and_half_is_random),
        TEST(whoever_waits_may_give_up),
        TEST(what_cannot_get_better_is_not_tried_again),
        TEST(a_put_whose_reply_was_lost_is_a_success),
        TEST(somebody_elses_object_is_not_taken_for_a_lost_reply),
        TEST(an_object_that_was_there_at_the_first_try_exists),
        TEST(an_upload_survives_a_fault_anywhere),
        TEST(a_listing_that_breaks_off_goes_on_where_it_was),
        TEST(a_callbacks_failure_is_not_tried_again),
        TEST(it_is_the_kind_that_it_wraps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
