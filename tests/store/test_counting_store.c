/* What goes to a repository is counted, on the thread that sends it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/kinds.h"
#include "support/fault_store.h"

static struct hf_store *counted(void)
{
    struct hf_store *memory = hf_store_memory_new(hf_env_system(), NULL);
    assert_non_null(memory);
    struct hf_store *store = hf_store_counting_new(memory, NULL);
    assert_non_null(store);
    return store;
}

static struct hf_traffic since(const struct hf_traffic *before)
{
    struct hf_traffic now = hf_store_traffic();
    return (struct hf_traffic){now.requests - before->requests, now.sent - before->sent};
}

static void a_put_is_a_request_with_its_bytes(void **state)
{
    hf_auto_ptr(hf_store) struct hf_store *store = counted();
    struct hf_traffic before = hf_store_traffic();
    (void)state;
    assert_int_equal(hf_store_put(store, "a", "12345", 5, NULL), 0);
    assert_int_equal(since(&before).requests, 1);
    assert_int_equal(since(&before).sent, 5);
}

static void an_upload_is_one_request_with_all_its_bytes(void **state)
{
    hf_auto_ptr(hf_store) struct hf_store *store = counted();
    struct hf_traffic before = hf_store_traffic();
    (void)state;
    struct hf_upload *upload = hf_store_upload(store, "a", NULL);
    assert_non_null(upload);
    assert_int_equal(hf_upload_write(upload, "123", 3, NULL), 0);
    assert_int_equal(hf_upload_write(upload, "4567", 4, NULL), 0);
    assert_int_equal(hf_upload_commit(upload, NULL), 0);
    hf_upload_free(upload);
    assert_int_equal(since(&before).requests, 1);
    assert_int_equal(since(&before).sent, 7);
}

static void reading_sends_nothing(void **state)
{
    hf_auto_ptr(hf_store) struct hf_store *store = counted();
    struct hf_stored stored;
    char byte;
    (void)state;
    assert_int_equal(hf_store_put(store, "a", "1", 1, NULL), 0);
    struct hf_traffic before = hf_store_traffic();
    assert_int_equal(hf_store_read(store, "a", 0, &byte, 1, NULL), 0);
    assert_int_equal(hf_store_stat(store, "a", &stored, NULL), 0);
    assert_int_equal(hf_store_remove(store, "a", NULL), 0);
    assert_int_equal(since(&before).requests, 3);
    assert_int_equal(since(&before).sent, 0);
}

/* It cost as much as one that worked. */
static void a_request_that_fails_counts_too(void **state)
{
    struct hf_store *faulty = hf_fault_store_new(hf_store_memory_new(hf_env_system(), NULL), NULL);
    assert_non_null(faulty);
    hf_fault_store_set(faulty, &(struct hf_store_faults){.at = 1});
    hf_auto_ptr(hf_store) struct hf_store *store = hf_store_counting_new(faulty, NULL);
    struct hf_traffic before = hf_store_traffic();
    (void)state;
    assert_int_equal(hf_store_put(store, "a", "1", 1, NULL), -1);
    assert_int_equal(since(&before).requests, 1);
}

static void what_fails_is_named_once(void **state)
{
    struct hf_store *faulty = hf_fault_store_new(hf_store_memory_new(hf_env_system(), NULL), NULL);
    assert_non_null(faulty);
    hf_fault_store_set(faulty, &(struct hf_store_faults){.at = 1, .lasting = true});
    hf_auto_ptr(hf_store) struct hf_store *store = hf_store_counting_new(faulty, NULL);
    struct hf_error err = {0};
    (void)state;
    assert_int_equal(hf_store_put(store, "some/key", "1", 1, &err), -1);
    const char *first = strstr(err.text, "some/key");
    assert_non_null(first);
    assert_null(strstr(first + 1, "some/key"));
}

static void *put_elsewhere(void *store)
{
    hf_store_put(store, "b", "123", 3, NULL);
    return NULL;
}

static void each_thread_counts_its_own(void **state)
{
    hf_auto_ptr(hf_store) struct hf_store *store = counted();
    struct hf_traffic before = hf_store_traffic();
    pthread_t thread;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, put_elsewhere, store), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(since(&before).requests, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_put_is_a_request_with_its_bytes),
        cmocka_unit_test(an_upload_is_one_request_with_all_its_bytes),
        cmocka_unit_test(reading_sends_nothing),
        cmocka_unit_test(a_request_that_fails_counts_too),
        cmocka_unit_test(what_fails_is_named_once),
        cmocka_unit_test(each_thread_counts_its_own),
    };
    return cmocka_run_group_tests_name("store/counting_store", tests, NULL, NULL);
}
