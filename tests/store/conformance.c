#include "store/conformance.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const struct hf_conformance *subject;

struct fixture {
    struct hf_scratch scratch;
    struct hf_store *store;
};

static int open_store(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    hf_scratch_init(&fixture->scratch);
    fixture->store = subject->open(&fixture->scratch);
    assert_non_null(fixture->store);
    *state = fixture;
    return 0;
}

static int close_store(void **state)
{
    struct fixture *fixture = *state;
    hf_store_free(fixture->store);
    hf_scratch_release(&fixture->scratch);
    free(fixture);
    return 0;
}

static struct hf_store *store_of(void **state)
{
    return ((struct fixture *)*state)->store;
}

static void works(int result, const struct hf_error *err, const char *what)
{
    if (result)
        fail_msg("%s: %s", what, err->text);
}

static void put(struct hf_store *store, const char *key, const char *text)
{
    struct hf_error err;
    works(hf_store_put(store, key, text, strlen(text), &err), &err, key);
}

static void holds(struct hf_store *store, const char *key, const void *bytes, size_t length)
{
    struct hf_error err;
    hf_auto(hf_buf) struct hf_buf got = {0};
    works(hf_store_get(store, key, length, &got, &err), &err, key);
    assert_int_equal(got.length, length);
    if (length)
        assert_memory_equal(got.data, bytes, length);
}

static void holds_text(struct hf_store *store, const char *key, const char *text)
{
    holds(store, key, text, strlen(text));
}

static void has_not(struct hf_store *store, const char *key)
{
    struct hf_error err = {0};
    struct hf_stored stored = {.key = "untouched"};
    char byte;
    assert_int_equal(hf_store_stat(store, key, &stored, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
    assert_string_equal(stored.key, "untouched");
    err.code = HF_OK;
    assert_int_equal(hf_store_read(store, key, 0, &byte, 1, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
}

static void what_was_put_can_be_read(void **state)
{
    struct hf_store *store = store_of(state);
    put(store, "holdfast.json", "{}");
    put(store, "databases/ab12/segments/0/0001-0002.3.4", "segment");
    holds_text(store, "holdfast.json", "{}");
    holds_text(store, "databases/ab12/segments/0/0001-0002.3.4", "segment");
}

static void an_empty_object_is_an_object(void **state)
{
    struct hf_store *store = store_of(state);
    struct hf_stored stored;
    struct hf_error err;
    works(hf_store_put(store, "empty", NULL, 0, &err), &err, "put");
    works(hf_store_stat(store, "empty", &stored, &err), &err, "stat");
    assert_int_equal(stored.size, 0);
    works(hf_store_read(store, "empty", 0, NULL, 0, &err), &err, "read");
    holds(store, "empty", "", 0);
}

static void any_byte_comes_back(void **state)
{
    struct hf_store *store = store_of(state);
    static uint8_t bytes[100000];
    hf_scratch_fill(bytes, sizeof bytes, 1);
    bytes[0] = 0;
    struct hf_error err;
    works(hf_store_put(store, "bytes", bytes, sizeof bytes, &err), &err, "put");
    holds(store, "bytes", bytes, sizeof bytes);
}

static void a_put_never_replaces(void **state)
{
    struct hf_store *store = store_of(state);
    struct hf_error err = {0};
    put(store, "keys/a", "first");
    int result = hf_store_put(store, "keys/a", "second", 6, &err);
    if (!store->ops->put_if_absent)
        skip();
    assert_int_equal(result, -1);
    assert_int_equal(err.code, HF_EXISTS);
    holds_text(store, "keys/a", "first");
}

static void the_same_bytes_exist_too(void **state)
{
    struct hf_store *store = store_of(state);
    struct hf_error err = {0};
    put(store, "keys/a", "same");
    if (!store->ops->put_if_absent || subject->resends)
        skip();
    assert_int_equal(hf_store_put(store, "keys/a", "same", 4, &err), -1);
    assert_int_equal(err.code, HF_EXISTS);
}

static void a_missing_object_is_not_found(void **state)
{
    struct hf_store *store = store_of(state);
    has_not(store, "nothing");
    put(store, "some/thing", "x");
    has_not(store, "nothing");
    has_not(store, "some/nothing");
    has_not(store, "some/thing/else");
    has_not(store, "some");
    has_not(store, "none/at/all");
}

static void a_range_is_read_exactly(void **state)
{
    struct hf_store *store = store_of(state);
    struct hf_error err;
    char part[5] = "????";
    put(store, "digits", "0123456789");
    works(hf_store_read(store, "digits", 3, part, 4, &err), &err, "read");
    assert_string_equal(part, "3456");
    works(hf_store_read(store, "digits", 9, part, 1, &err), &err, "read");
    assert_string_equal(part, "9456");
    works(hf_store_read(store, "digits", 10, part, 0, &err), &err, "read");
}

static void a_read_past_the_end_is_corruption(void **state)
{
    struct hf_store *store = store_of(state);
    char part[16];
    static const struct {
        uint64_t offset;
        size_t length;
    } cases[] = {{0, 11}, {9, 2}, {10, 1}, {11, 1}, {UINT64_C(1) << 40, 1}};
    put(store, "digits", "0123456789");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hf_error err = {0};
        assert_int_equal(
            hf_store_read(store, "digits", cases[i].offset, part, cases[i].length, &err), -1);
        assert_int_equal(err.code, HF_CORRUPT);
    }
}

static void a_small_object_is_appended(void **state)
{
    struct hf_store *store = store_of(state);
    struct hf_error err;
    hf_auto(hf_buf) struct hf_buf got = {0};
    put(store, "a", "one");
    put(store, "b", "two");
    works(hf_store_get(store, "a", 3, &got, &err), &err, "get");
    works(hf_store_get(store, "b", 3, &got, &err), &err, "get");
    assert_int_equal(got.length, 6);
    assert_memory_equal(got.data, "onetwo", 6);
}

static void an_object_over_the_limit_is_corruption(void **state)
{
    struct hf_store *store = store_of(state);
    struct hf_error err = {0};
    hf_auto(hf_buf) struct hf_buf got = {0};
    put(store, "a", "four");
    assert_int_equal(hf_store_get(store, "a", 3, &got, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
    assert_int_equal(got.length, 0);
}

static void stat_tells_size_and_time(void **state)
{
    struct hf_store *store = store_of(state);
    struct hf_stored stored = {0};
    struct hf_error err;
    int64_t before = (int64_t)time(NULL) * 1000;
    static const char key[] = "a/b";
    put(store, key, "four");
    works(hf_store_stat(store, key, &stored, &err), &err, "stat");
    assert_ptr_equal(stored.key, key);
    assert_int_equal(stored.size, 4);
    /* File systems take their times from a clock that ticks some milliseconds apart. */
    assert_in_range(stored.received, before - 1000, before + 600000);
}

/* Collects keys with newlines between them. */
struct keys {
    struct hf_buf text;
    struct hf_store *store;
    int stop_after;
    int count;
};

static int collect(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct keys *keys = arg;
    if (keys->count == keys->stop_after && keys->stop_after)
        return hf_error_set(err, HF_REFUSED, "enough");
    keys->count++;
    assert_true(object->size <= 4);
    assert_true(object->received > 0);
    return hf_buf_append(&keys->text, object->key, strlen(object->key), err) ||
           hf_buf_append(&keys->text, "\n", 1, err);
}

static void lists(struct hf_store *store, const char *prefix, const char *after,
                  const char *expected)
{
    struct hf_error err;
    struct keys keys = {0};
    works(hf_store_list(store, prefix, after, collect, &keys, &err), &err, "list");
    works(hf_buf_append(&keys.text, "", 1, &err), &err, "memory");
    assert_string_equal((char *)keys.text.data, expected);
    hf_buf_release(&keys.text);
}

static void an_empty_store_lists_nothing(void **state)
{
    lists(store_of(state), "", "", "");
    lists(store_of(state), "databases/", "", "");
}

/* Keys in an order that is not theirs; '-' and '.' sort before '/', digits after. */
static void put_several(struct hf_store *store)
{
    static const char *const keys[] = {"b/2", "a0",  "a/x/1", "a-b", "a/x-1", "a.c/d",
                                       "z",   "a/b", "b/10",  "b/1", "a/x.1", "a-b-c/d"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        put(store, keys[i], "x");
}

static void a_listing_is_in_byte_order_of_whole_keys(void **state)
{
    put_several(store_of(state));
    lists(store_of(state), "", "",
          "a-b\na-b-c/d\na.c/d\na/b\na/x-1\na/x.1\na/x/1\na0\nb/1\nb/10\nb/2\nz\n");
}

static void a_listing_keeps_to_its_prefix(void **state)
{
    put_several(store_of(state));
    lists(store_of(state), "a/", "", "a/b\na/x-1\na/x.1\na/x/1\n");
    lists(store_of(state), "a/x", "", "a/x-1\na/x.1\na/x/1\n");
    lists(store_of(state), "a/x/", "", "a/x/1\n");
    lists(store_of(state), "b/1", "", "b/1\nb/10\n");
    lists(store_of(state), "z", "", "z\n");
    lists(store_of(state), "z/", "", "");
    lists(store_of(state), "y", "", "");
    lists(store_of(state), "b/3/4", "", "");
}

static void a_listing_begins_after_a_key(void **state)
{
    put_several(store_of(state));
    lists(store_of(state), "", "a/x.1", "a/x/1\na0\nb/1\nb/10\nb/2\nz\n");
    lists(store_of(state), "", "a/x/1", "a0\nb/1\nb/10\nb/2\nz\n");
    lists(store_of(state), "", "a/x", "a/x-1\na/x.1\na/x/1\na0\nb/1\nb/10\nb/2\nz\n");
    lists(store_of(state), "b/", "b/1", "b/10\nb/2\n");
    lists(store_of(state), "b/", "a", "b/1\nb/10\nb/2\n");
    lists(store_of(state), "b/", "b/2", "");
    lists(store_of(state), "a/", "z", "");
}

static void every_place_in_a_listing_can_be_gone_on_from(void **state)
{
    struct hf_store *store = store_of(state);
    put_several(store);
    char expected[256] = "a-b\na-b-c/d\na.c/d\na/b\na/x-1\na/x.1\na/x/1\na0\nb/1\nb/10\nb/2\nz\n";
    for (char *rest = expected; *rest;) {
        char *end = strchr(rest, '\n');
        *end = 0;
        lists(store, "", rest, end + 1);
        rest = end + 1;
    }
}

static bool knows_nothing(void *arg, struct hf_stored *object)
{
    (void)arg, (void)object;
    return false;
}

static void a_listing_by_who_knows_nothing_is_one(void **state)
{
    const struct hf_store_known known = {.find = knows_nothing};
    struct hf_error err;
    struct keys keys = {0};
    put_several(store_of(state));
    works(hf_store_list_again(store_of(state), "a/x", &known, collect, &keys, &err), &err, "list");
    works(hf_buf_append(&keys.text, "", 1, &err), &err, "memory");
    assert_string_equal((char *)keys.text.data, "a/x-1\na/x.1\na/x/1\n");
    hf_buf_release(&keys.text);
    assert_int_equal(hf_store_list_again(store_of(state), "/", &known, collect, &keys, &err), -1);
}

static void a_callback_ends_the_listing(void **state)
{
    put_several(store_of(state));
    struct hf_error err = {0};
    struct keys keys = {.stop_after = 5};
    assert_int_equal(hf_store_list(store_of(state), "", "", collect, &keys, &err), -1);
    assert_int_equal(err.code, HF_REFUSED);
    assert_string_equal(err.text, "enough");
    assert_int_equal(keys.count, 5);
    hf_buf_release(&keys.text);
}

static int remove_listed(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct keys *keys = arg;
    keys->count++;
    char key[HF_KEY_MAX + 1];
    snprintf(key, sizeof key, "%s", object->key);
    return hf_store_remove(keys->store, key, err);
}

static void a_callback_may_use_the_store(void **state)
{
    put_several(store_of(state));
    struct hf_error err;
    struct keys keys = {.store = store_of(state)};
    works(hf_store_list(keys.store, "", "", remove_listed, &keys, &err), &err, "list");
    assert_int_equal(keys.count, 12);
    lists(keys.store, "", "", "");
}

static void a_long_listing_is_complete(void **state)
{
    struct hf_store *store = store_of(state);
    enum { MANY = 300 };
    char key[32], expected[MANY * 16] = "";
    size_t used = 0;
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "many/%04x", (unsigned)(i * 7919 % MANY));
        put(store, key, "x");
        used +=
            (size_t)snprintf(expected + used, sizeof expected - used, "many/%04x\n", (unsigned)i);
    }
    lists(store, "many/", "", expected);
}

static void what_was_removed_is_gone(void **state)
{
    struct hf_store *store = store_of(state);
    struct hf_error err;
    put(store, "a/b", "x");
    put(store, "a/c", "y");
    works(hf_store_remove(store, "a/b", &err), &err, "remove");
    has_not(store, "a/b");
    lists(store, "", "", "a/c\n");
    put(store, "a/b", "again");
    holds_text(store, "a/b", "again");
}

static void removing_what_is_not_there_is_success(void **state)
{
    struct hf_store *store = store_of(state);
    struct hf_error err;
    works(hf_store_remove(store, "nothing", &err), &err, "remove");
    put(store, "a", "x");
    works(hf_store_remove(store, "b/c", &err), &err, "remove");
    works(hf_store_remove(store, "a/b", &err), &err, "remove");
    holds_text(store, "a", "x");
}

/* Uploads `length` seeded bytes in pieces of `piece`. */
static struct hf_upload *begin_upload(struct hf_store *store, const char *key, size_t length,
                                      size_t piece)
{
    struct hf_error err;
    struct hf_upload *upload = hf_store_upload(store, key, &err);
    works(upload ? 0 : -1, &err, "begin");
    uint8_t *bytes = malloc(length + 1);
    assert_non_null(bytes);
    hf_scratch_fill(bytes, length, length);
    for (size_t at = 0; at < length; at += piece) {
        size_t part = length - at < piece ? length - at : piece;
        works(hf_upload_write(upload, bytes + at, part, &err), &err, "write");
    }
    free(bytes);
    return upload;
}

static void holds_seeded(struct hf_store *store, const char *key, size_t length)
{
    uint8_t *bytes = malloc(length + 1);
    assert_non_null(bytes);
    hf_scratch_fill(bytes, length, length);
    holds(store, key, bytes, length);
    free(bytes);
}

static void an_upload_appears_when_it_is_committed(void **state)
{
    struct hf_store *store = store_of(state);
    struct hf_error err;
    struct hf_upload *upload = begin_upload(store, "up/load", 1000, 7);
    has_not(store, "up/load");
    lists(store, "", "", "");
    works(hf_upload_commit(upload, &err), &err, "commit");
    hf_upload_free(upload);
    holds_seeded(store, "up/load", 1000);
}

static void uploads_of_any_size_and_piece_are_whole(void **state)
{
    struct hf_store *store = store_of(state);
    static const struct {
        size_t length, piece;
    } cases[] = {{0, 1},           {1, 1},           {262143, 262143}, {262144, 262144},
                 {262145, 262145}, {600000, 100000}, {1 << 20, 65536}, {9 << 20, 300001}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hf_error err;
        char key[32];
        snprintf(key, sizeof key, "upload-%zu", i);
        struct hf_upload *upload = begin_upload(store, key, cases[i].length, cases[i].piece);
        works(hf_upload_commit(upload, &err), &err, "commit");
        hf_upload_free(upload);
        holds_seeded(store, key, cases[i].length);
    }
}

static void an_upload_that_is_given_up_leaves_nothing(void **state)
{
    struct hf_store *store = store_of(state);
    hf_upload_free(begin_upload(store, "given-up", 600000, 100000));
    has_not(store, "given-up");
    lists(store, "", "", "");
    put(store, "given-up", "x");
}

static void an_upload_never_replaces(void **state)
{
    struct hf_store *store = store_of(state);
    struct hf_error err = {0};
    struct hf_upload *upload = begin_upload(store, "key", 100, 10);
    put(store, "key", "first");
    int result = hf_upload_commit(upload, &err);
    hf_upload_free(upload);
    if (!store->ops->put_if_absent)
        skip();
    assert_int_equal(result, -1);
    assert_int_equal(err.code, HF_EXISTS);
    holds_text(store, "key", "first");
}

static void two_uploads_do_not_mix(void **state)
{
    struct hf_store *store = store_of(state);
    struct hf_error err;
    struct hf_upload *a = begin_upload(store, "a", 300000, 1000);
    struct hf_upload *b = begin_upload(store, "b", 300001, 1000);
    works(hf_upload_commit(b, &err), &err, "commit");
    works(hf_upload_commit(a, &err), &err, "commit");
    hf_upload_free(a);
    hf_upload_free(b);
    holds_seeded(store, "a", 300000);
    holds_seeded(store, "b", 300001);
}

static void what_cannot_be_a_key_is_refused(void **state)
{
    struct hf_store *store = store_of(state);
    char longest[HF_KEY_MAX + 2];
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = i % 100 == 99 ? '/' : 'k';
    longest[HF_KEY_MAX + 1] = 0;
    const char *const bad[] = {"",  "/a",  "a/",  "a//b",     ".a",     "a/.b", "..",   "../a",
                               "A", "a b", "a\n", "\xc3\xa4", "a/../b", "a%b",  longest};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hf_error err = {0};
        struct hf_stored stored;
        assert_int_equal(hf_store_put(store, bad[i], "x", 1, &err), -1);
        assert_int_equal(err.code, HF_FAILED);
        assert_null(hf_store_upload(store, bad[i], &err));
        assert_int_equal(hf_store_stat(store, bad[i], &stored, &err), -1);
        assert_int_equal(hf_store_remove(store, bad[i], &err), -1);
        assert_int_equal(hf_store_read(store, bad[i], 0, &stored, 1, &err), -1);
    }
    longest[HF_KEY_MAX] = 0;
    put(store, longest, "fits");
    holds_text(store, longest, "fits");
    struct hf_error err = {0};
    struct keys keys = {0};
    assert_int_equal(hf_store_list(store, "../", "", collect, &keys, &err), -1);
    assert_int_equal(keys.count, 0);
}

static void an_error_names_the_object(void **state)
{
    struct hf_error err = {0};
    char byte;
    assert_int_equal(hf_store_read(store_of(state), "keys/ab12", 0, &byte, 1, &err), -1);
    assert_non_null(strstr(err.text, "keys/ab12"));
    assert_null(strchr(err.text, '\n'));
}

/* Several threads put the same keys: for each exactly one succeeds. */
struct rival {
    struct hf_store *store;
    pthread_t thread;
    char own;
    int won;
    bool strange;
};

enum { RIVALS = 4, PRIZES = 20 };

static void *compete(void *arg)
{
    struct rival *rival = arg;
    for (int i = 0; i < PRIZES; i++) {
        struct hf_error err = {0};
        char key[32];
        snprintf(key, sizeof key, "prizes/%02d", i);
        if (hf_store_put(rival->store, key, &rival->own, 1, &err) == 0)
            rival->won++;
        else if (err.code != HF_EXISTS)
            rival->strange = true;
        char owner = 0;
        if (hf_store_read(rival->store, key, 0, &owner, 1, &err) || owner < 'a' || owner > 'd')
            rival->strange = true;
    }
    return NULL;
}

static void of_several_rivals_one_wins(void **state)
{
    struct hf_store *store = store_of(state);
    if (!store->ops->put_if_absent)
        skip();
    struct rival rivals[RIVALS];
    int won = 0;
    for (int i = 0; i < RIVALS; i++) {
        rivals[i] = (struct rival){.store = store, .own = (char)('a' + i)};
        assert_int_equal(pthread_create(&rivals[i].thread, NULL, compete, &rivals[i]), 0);
    }
    for (int i = 0; i < RIVALS; i++) {
        pthread_join(rivals[i].thread, NULL);
        assert_false(rivals[i].strange);
        won += rivals[i].won;
    }
    assert_int_equal(won, PRIZES);
}

static void what_was_put_survives(void **state)
{
    struct fixture *fixture = *state;
    if (!subject->survives)
        skip();
    put(fixture->store, "a/b", "kept");
    hf_store_free(fixture->store);
    fixture->store = subject->open(&fixture->scratch);
    assert_non_null(fixture->store);
    lists(fixture->store, "", "", "a/b\n");
    holds_text(fixture->store, "a/b", "kept");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

int hf_conformance_run(const struct hf_conformance *tested)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_put_can_be_read),
        TEST(an_empty_object_is_an_object),
        TEST(any_byte_comes_back),
        TEST(a_put_never_replaces),
        TEST(the_same_bytes_exist_too),
        TEST(a_missing_object_is_not_found),
        TEST(a_range_is_read_exactly),
        TEST(a_read_past_the_end_is_corruption),
        TEST(a_small_object_is_appended),
        TEST(an_object_over_the_limit_is_corruption),
        TEST(stat_tells_size_and_time),
        TEST(an_empty_store_lists_nothing),
        TEST(a_listing_is_in_byte_order_of_whole_keys),
        TEST(a_listing_keeps_to_its_prefix),
        TEST(a_listing_begins_after_a_key),
        TEST(every_place_in_a_listing_can_be_gone_on_from),
        TEST(a_listing_by_who_knows_nothing_is_one),
        TEST(a_callback_ends_the_listing),
        TEST(a_callback_may_use_the_store),
        TEST(a_long_listing_is_complete),
        TEST(what_was_removed_is_gone),
        TEST(removing_what_is_not_there_is_success),
        TEST(an_upload_appears_when_it_is_committed),
        TEST(uploads_of_any_size_and_piece_are_whole),
        TEST(an_upload_that_is_given_up_leaves_nothing),
        TEST(an_upload_never_replaces),
        TEST(two_uploads_do_not_mix),
        TEST(what_cannot_be_a_key_is_refused),
        TEST(an_error_names_the_object),
        TEST(of_several_rivals_one_wins),
        TEST(what_was_put_survives),
    };
    subject = tested;
    return cmocka_run_group_tests_name(tested->name, tests, NULL, NULL);
}
