/*
 * The test vectors of docs/format.md, made again by the code and compared with the page itself:
 * what stands there in a block "```vector <name>" is what the code writes. With
 * HOLDFAST_PRINT_VECTORS set, prints them as the page must have them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/digest.h"
#include "history/plan_walk.h"
#include "history/segment_writer.h"
#include "store/kinds.h"
#include "support/scratch.h"

static const int64_t clock_time = 1795000000000;
static const char segment_name[] = "0/0000000000000001-0000000000000001.00000001.1795000000000";

/* A world in which randomness counts and the clock stands. */
struct example {
    struct hf_env env;
    uint8_t next;
    struct hf_store *store; /* the repository's */
    struct hf_repository *repository;
    struct hf_database database;
    uint8_t page[512];
    uint64_t state;
};

static int count_up(void *context, void *out, size_t length, struct hf_error *err)
{
    struct example *example = context;
    (void)err;
    for (size_t i = 0; i < length; i++)
        ((uint8_t *)out)[i] = example->next++;
    return 0;
}

static int64_t stand_still(void *context)
{
    (void)context;
    return clock_time;
}

/* The page's bytes are BLAKE2b-256 of one byte, 0 to 15: nothing that could be compressed. */
static void fill_page(uint8_t page[512])
{
    for (uint8_t i = 0; i < 16; i++)
        hf_digest_of(page + 32 * (size_t)i, &i, 1);
}

/* Two pages of 512 bytes, of which the second is zeros and has no image. */
static void write_segment(struct example *example)
{
    static const uint8_t zeros[512];
    const struct hf_fingerprint_key *key = &example->database.fingerprints;
    struct hf_error err = {0};
    struct hf_segment_spec spec = {.page_size = 512, .pages = 1};
    struct hf_trailer trailer = {.page_size = 512,
                                 .page_count = 2,
                                 .page_min = 2,
                                 .lock_byte_page = 2097153,
                                 .first_commit = clock_time,
                                 .last_commit = clock_time,
                                 .flags = HF_SEGMENT_FULL,
                                 .label = "first",
                                 .reason = "manual"};
    hf_auto_ptr(hf_pool) struct hf_pool *pool = hf_pool_new(1, 1, &err);
    uint32_t room;
    uint64_t bytes;
    assert_true(hf_segment_name_parse(&spec.name, segment_name));
    fill_page(example->page);
    example->state = hf_state_term(1, hf_page_fingerprint(key, example->page, 512)) +
                     hf_state_term(2, hf_page_fingerprint(key, zeros, 512));
    trailer.state_after = example->state;
    hf_auto_ptr(hf_segment_writer) struct hf_segment_writer *writer =
        hf_segment_writer_new(&example->database, pool, &spec, &err);
    uint8_t *space = hf_segment_writer_space(writer, &room, &err);
    assert_non_null(space);
    memcpy(space, example->page, 512);
    assert_int_equal(hf_segment_writer_filled(writer, 1, 1, &err), 0);
    assert_int_equal(hf_segment_writer_finish(writer, &trailer, &bytes, &err), 0);
}

static int setup(void **state)
{
    struct example *example = calloc(1, sizeof *example);
    const struct hf_unlock none = {0};
    const struct hf_new_slot slot = {.kind = HF_SLOT_PLAIN, .name = "", .secret = &none};
    struct hf_error err = {0};
    assert_int_equal(hf_codec_init(&err), 0);
    example->env = *hf_env_system();
    example->env.context = example;
    example->env.random = count_up;
    example->env.now = stand_still;
    example->store = hf_store_memory_new(&example->env, &err);
    example->repository = hf_repository_create(example->store, &example->env, &slot, &err);
    if (!example->repository ||
        hf_database_open(&example->database, example->repository, "app", HF_DATABASE_CREATE, &err))
        fail_msg("%s", err.text);
    write_segment(example);
    *state = example;
    return 0;
}

static int teardown(void **state)
{
    struct example *example = *state;
    hf_repository_free(example->repository);
    free(example);
    return 0;
}

/* The hexadecimal digits of a vector in the page, as bytes. */
static void read_vector(const char *name, struct hf_buf *out)
{
    hf_auto(hf_buf) struct hf_buf page = {0};
    char opening[80];
    int high = -1;
    hf_scratch_read(FORMAT_PAGE, &page);
    assert_int_equal(hf_buf_append(&page, "", 1, NULL), 0);
    snprintf(opening, sizeof opening, "```vector %s\n", name);
    const char *at = strstr((const char *)page.data, opening);
    if (!at)
        fail_msg("docs/format.md has no vector '%s'", name);
    for (at += strlen(opening); *at && *at != '`'; at++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = memchr(digits, *at, 16);
        if (!digit)
            continue;
        if (high < 0) {
            high = (int)(digit - digits);
            continue;
        }
        uint8_t byte = (uint8_t)(high << 4 | (digit - digits));
        assert_int_equal(hf_buf_append(out, &byte, 1, NULL), 0);
        high = -1;
    }
    assert_int_equal(high, -1);
}

static void print_vector(const char *name, const uint8_t *bytes, size_t length)
{
    printf("```vector %s\n", name);
    for (size_t i = 0; i < length; i++)
        printf("%02x%s", bytes[i], i % 48 == 47 || i + 1 == length ? "\n" : "");
    puts("```\n");
}

static void assert_vector(const char *name, const void *bytes, size_t length)
{
    hf_auto(hf_buf) struct hf_buf expected = {0};
    if (getenv("HOLDFAST_PRINT_VECTORS")) {
        print_vector(name, bytes, length);
        return;
    }
    read_vector(name, &expected);
    assert_int_equal(length, expected.length);
    assert_memory_equal(bytes, expected.data, length);
}

static void assert_key(const char *name, const struct hf_key *key)
{
    assert_vector(name, key->bytes, HF_KEY_BYTES);
}

static void keys_are_derived_as_the_page_says(void **state)
{
    struct example *example = *state;
    const struct hf_key *master = &example->repository->keys.master;
    struct hf_key key;
    uint8_t context[18] = {HF_OBJECT_ABOUT};
    memcpy(context + 2, example->repository->keys.repository, HF_ID_BYTES);
    assert_key("master", master);
    assert_vector("key-id", example->repository->key_id, HF_ID_BYTES);
    assert_vector("database-id", example->database.id, HF_ID_BYTES);
    hf_key_derive(&key, master, "holdfast record", context, sizeof context);
    assert_key("about-key", &key);
    struct hf_argon argon = {.passes = 3, .memory = 64 << 20};
    for (uint8_t i = 0; i < 16; i++)
        argon.salt[i] = i;
    assert_int_equal(hf_key_from_passphrase(&key, "open sesame", &argon, NULL), 0);
    assert_key("passphrase-key", &key);
    hf_key_from_keyfile(&key, example->page, 512, NULL);
    assert_key("keyfile-key", &key);
}

static void fingerprints_are_as_the_page_says(void **state)
{
    struct example *example = *state;
    uint8_t raw[8];
    uint64_t fingerprint = hf_page_fingerprint(&example->database.fingerprints, example->page, 512);
    hf_put_le(raw, 8, fingerprint);
    assert_vector("page-fingerprint", raw, 8);
    hf_put_le(raw, 8, hf_state_term(1, fingerprint));
    assert_vector("state-term", raw, 8);
    hf_put_le(raw, 8, example->state);
    assert_vector("state-fingerprint", raw, 8);
}

static void assert_object(struct example *example, const char *vector, const char *key)
{
    hf_auto(hf_buf) struct hf_buf object = {0};
    struct hf_error err = {0};
    if (hf_store_get(example->store, key, 1 << 20, &object, &err))
        fail_msg("%s", err.text);
    assert_vector(vector, object.data, object.length);
}

static void objects_are_written_as_the_page_says(void **state)
{
    struct example *example = *state;
    char key[HF_OBJECT_NAME_TEXT];
    assert_object(example, "head", "holdfast.json");
    assert_object(example, "slot", "keys/30313233");
    hf_database_object(key, &example->database, "about/00000001");
    assert_object(example, "about", key);
    hf_database_object(key, &example->database, "segments/%s", segment_name);
    assert_object(example, "segment", key);
}

static int compare_block(void *context, struct hf_live_block *live, struct hf_error *err)
{
    struct example *example = context;
    hf_auto_ptr(hf_frame_reader) struct hf_frame_reader *reader = hf_frame_reader_new(err);
    int failed = hf_segment_read_frame(reader, live->object, &live->block, 0, err);
    if (!failed)
        assert_memory_equal(reader->images, example->page, 512);
    hf_live_block_free(live);
    return failed;
}

/* Whatever this version writes, what the page has is read. */
static void the_segment_of_the_page_is_read(void **state)
{
    struct example *example = *state;
    const struct hf_plan_visitor visitor = {.context = example, .block = compare_block};
    hf_auto(hf_buf) struct hf_buf object = {0};
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_plan) struct hf_plan plan = {0};
    struct hf_error err = {0};
    char key[HF_OBJECT_NAME_TEXT];
    if (getenv("HOLDFAST_PRINT_VECTORS"))
        return;
    read_vector("segment", &object);
    hf_database_object(key, &example->database, "segments/%s", segment_name);
    assert_int_equal(hf_store_remove(example->store, key, &err), 0);
    assert_int_equal(hf_store_put(example->store, key, object.data, object.length, &err), 0);
    if (hf_timeline_load(&timeline, &example->database, &err) ||
        hf_plan_make(&plan, &timeline, 1, &err) ||
        hf_plan_walk(&example->database, &plan, &visitor, &err))
        fail_msg("%s", err.text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(keys_are_derived_as_the_page_says),
        TEST(fingerprints_are_as_the_page_says),
        TEST(objects_are_written_as_the_page_says),
        TEST(the_segment_of_the_page_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
