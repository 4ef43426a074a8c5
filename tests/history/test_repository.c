#include "history/archive.h"

#include <stdio.h>

static const struct hf_unlock nothing = {0};
static const struct hf_new_slot plain = {.kind = HF_SLOT_PLAIN, .secret = &nothing};

static enum hf_code open_code(struct archive *archive)
{
    struct hf_error err = {0};
    hf_repository_free(hf_repository_open(archive_store(archive), archive->env, &nothing, &err));
    return err.code;
}

static enum hf_code create_code(struct archive *archive)
{
    struct hf_error err = {0};
    hf_repository_free(hf_repository_create(archive_store(archive), archive->env, &plain, &err));
    return err.code;
}

static void empty(struct archive *archive)
{
    char **keys = archive_keys(archive);
    for (char **key = keys; *key; key++)
        archive_remove(archive, *key);
    archive_keys_free(keys);
}

static void what_was_created_opens(void **state)
{
    struct archive *archive = *state;
    hf_auto_ptr(hf_repository) struct hf_repository *again = archive_open(archive);
    assert_memory_equal(&again->keys.master, &archive->repository->keys.master, HF_KEY_BYTES);
    assert_memory_equal(again->key_id, archive->repository->key_id, HF_ID_BYTES);
    assert_true(again->created == (int64_t)ARCHIVE_TIME * 1000);
    assert_int_equal(create_code(archive), HF_EXISTS);
}

static void other_peoples_files_are_left_alone(void **state)
{
    struct archive *archive = *state;
    empty(archive);
    assert_int_equal(open_code(archive), HF_NOT_FOUND);
    archive_replace(archive, "photos/cat.jpg", "meow", 4);
    assert_int_equal(open_code(archive), HF_CORRUPT);
    assert_int_equal(create_code(archive), HF_REFUSED);
    assert_int_equal(archive_count(archive, ""), 1);
}

static void a_newer_format_is_unsupported(void **state)
{
    struct archive *archive = *state;
    static const char newer[] = "{\"format\": 2, \"checksums\": \"elsewhere\"}";
    archive_replace(archive, "holdfast.json", newer, sizeof newer - 1);
    assert_int_equal(open_code(archive), HF_UNSUPPORTED);
    assert_int_equal(hf_repository_repair_head(archive->memory, true, NULL), -1);
}

static void a_flip_of_any_bit_of_the_head_is_found_and_repaired(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_buf) struct hf_buf head = {0};
    archive_get(archive, "holdfast.json", &head);
    for (size_t bit = 0; bit < head.length * 8; bit++) {
        archive_flip(archive, "holdfast.json", bit / 8, (int)(bit % 8));
        enum hf_code code = open_code(archive);
        assert_true(code == HF_CORRUPT || code == HF_UNSUPPORTED);
        if (code == HF_CORRUPT && bit % 64 == 0) {
            assert_int_equal(hf_repository_repair_head(archive->memory, false, NULL), 1);
            assert_int_equal(hf_repository_repair_head(archive->memory, true, NULL), 1);
            assert_int_equal(open_code(archive), HF_OK);
        }
        archive_replace(archive, "holdfast.json", head.data, head.length);
    }
    assert_int_equal(hf_repository_repair_head(archive->memory, true, NULL), 0);
}

static void make_it_first(struct archive *archive, const char *key)
{
    if (strncmp(key, "holdfast", 8)) /* the rival comes between our slot and our head */
        archive->before_put = make_it_first;
    else
        assert_int_equal(create_code(archive), HF_OK);
}

static void two_creators_at_once_end_with_one_repository(void **state)
{
    struct archive *archive = *state;
    struct hf_error err = {0};
    empty(archive);
    archive->before_put = make_it_first;
    hf_auto_ptr(hf_repository) struct hf_repository *second =
        hf_repository_create(archive_store(archive), archive->env, &plain, &err);
    assert_non_null(second);
    hf_auto_ptr(hf_repository) struct hf_repository *first = archive_open(archive);
    assert_memory_equal(&first->keys.master, &second->keys.master, HF_KEY_BYTES);
    assert_int_equal(archive_count(archive, "keys/"), 2);
}

static void the_head_is_written_again_for_the_repository_that_is_in_use(void **state)
{
    struct archive *archive = *state;
    struct hf_error err = {0};
    for (int round = 0; round < 8; round++) { /* whichever slot sorts first */
        struct archive again = {.world = archive->world,
                                .env = archive->env,
                                .memory = archive->memory,
                                .pool = archive->pool};
        hf_fault_env_seed(archive->world, 100 + (uint64_t)round);
        empty(&again);
        again.before_put = make_it_first;
        again.repository = hf_repository_create(archive_store(&again), again.env, &plain, &err);
        assert_non_null(again.repository);
        archive_remove(&again, "holdfast.json");
        assert_int_equal(hf_repository_repair_head(again.memory, true, &err), -1);
        assert_int_equal(
            hf_database_open(&again.database, again.repository, "app", HF_DATABASE_CREATE, &err),
            0);
        archive_points(&again, 1);
        assert_int_equal(hf_repository_repair_head(again.memory, true, &err), 1);
        hf_auto_ptr(hf_repository) struct hf_repository *opened = archive_open(&again);
        assert_memory_equal(&opened->keys.master, &again.repository->keys.master, HF_KEY_BYTES);
        hf_repository_free(again.repository);
    }
}

static int count_databases(void *arg, const struct hf_database *database,
                           const struct hf_error *damaged, struct hf_error *err)
{
    (void)err;
    int *counts = arg;
    counts[damaged ? 1 : 0]++;
    if (!damaged)
        assert_true(!strcmp(database->name, "app") || !strcmp(database->name, "b"));
    return 0;
}

static void databases_are_found_by_name_and_listed(void **state)
{
    struct archive *archive = *state;
    struct hf_database other, again;
    struct hf_error err = {0};
    int counts[2] = {0};
    char key[HF_OBJECT_NAME_TEXT];
    assert_int_equal(hf_database_open(&other, archive->repository, "b", HF_DATABASE_EXISTING, &err),
                     -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
    assert_int_equal(hf_database_open(&other, archive->repository, "b", HF_DATABASE_CREATE, NULL),
                     0);
    assert_int_equal(hf_database_open(&again, archive->repository, "b", HF_DATABASE_EXISTING, NULL),
                     0);
    assert_memory_equal(&again.fingerprints, &other.fingerprints, sizeof again.fingerprints);
    hf_database_object(key, &other, "about/00000001");
    archive_flip(archive, key, 60, 0);
    hf_database_object(key, &archive->database, "about/zzz");
    archive_replace(archive, key, "a stranger", 10);
    assert_int_equal(hf_repository_databases(archive->repository, count_databases, counts, &err),
                     0);
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 1);
}

static void make_database(struct archive *archive, const char *key)
{
    struct hf_database other;
    (void)key;
    assert_int_equal(
        hf_database_open(&other, archive->repository, "shared", HF_DATABASE_CREATE, NULL), 0);
}

static void a_database_that_another_host_made_at_once_is_the_same(void **state)
{
    struct archive *archive = *state;
    struct hf_database mine, theirs;
    archive->before_put = make_database;
    assert_int_equal(
        hf_database_open(&mine, archive->repository, "shared", HF_DATABASE_CREATE, NULL), 0);
    assert_int_equal(
        hf_database_open(&theirs, archive->repository, "shared", HF_DATABASE_EXISTING, NULL), 0);
    assert_memory_equal(&mine.fingerprints, &theirs.fingerprints, sizeof mine.fingerprints);
}

static void names_of_databases_are_plain(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", ".", "-a", "a/b", "a b", "\303\244", "..", "a\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(hf_database_name_valid(wrong[i]));
    assert_true(hf_database_name_valid("a"));
    assert_true(hf_database_name_valid("App-2.db_x"));
}

/* Each makes `about`, the second in the place of the first's: what the first stores stays right. */
static void two_first_runs_have_one_fingerprint_secret(void **state)
{
    struct archive *archive = *state;
    struct hf_database first, second;
    char key[HF_OBJECT_NAME_TEXT];
    assert_int_equal(hf_database_open(&first, archive->repository, "new", HF_DATABASE_CREATE, NULL),
                     0);
    hf_database_object(key, &first, "about/%08x", 1);
    archive_remove(archive, key);
    assert_int_equal(
        hf_database_open(&second, archive->repository, "new", HF_DATABASE_CREATE, NULL), 0);
    assert_memory_equal(&first.fingerprints, &second.fingerprints, sizeof first.fingerprints);
    assert_memory_not_equal(&first.fingerprints, &archive->database.fingerprints,
                            sizeof first.fingerprints);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, archive_setup, archive_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_created_opens),
        TEST(other_peoples_files_are_left_alone),
        TEST(a_newer_format_is_unsupported),
        TEST(a_flip_of_any_bit_of_the_head_is_found_and_repaired),
        TEST(two_creators_at_once_end_with_one_repository),
        TEST(the_head_is_written_again_for_the_repository_that_is_in_use),
        TEST(databases_are_found_by_name_and_listed),
        TEST(a_database_that_another_host_made_at_once_is_the_same),
        TEST(names_of_databases_are_plain),
        {"two_creators_at_once_end_with_one_repository (no put-if-absent)",
         two_creators_at_once_end_with_one_repository, archive_setup_replacing, archive_teardown,
         NULL},
        {"two_first_runs_have_one_fingerprint_secret (no put-if-absent)",
         two_first_runs_have_one_fingerprint_secret, archive_setup_replacing, archive_teardown,
         NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
