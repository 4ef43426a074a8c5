#include "history/archive.h"

#include <stdio.h>

#include "codec/digest.h"

static const uint8_t keyfile[32] = "thirty-two bytes of a keyfile!!";
static const struct hf_unlock nothing = {0}, passphrase = {.passphrase = "open sesame"},
                              file = {.keyfile = keyfile, .keyfile_length = sizeof keyfile};

static struct hf_slot add(struct archive *archive, enum hf_slot_kind kind, const char *name,
                          const struct hf_unlock *secret)
{
    const struct hf_new_slot wanted = {kind, name, secret};
    struct hf_slot slot = {0};
    struct hf_error err = {0};
    if (hf_keyring_add(archive->repository->store, &archive->repository->keys, &wanted, &slot,
                       &err))
        fail_msg("%s", err.text);
    return slot;
}

static enum hf_code drop(struct archive *archive, const char *which)
{
    struct hf_error err = {0};
    hf_keyring_remove(archive->repository->store, &archive->repository->keys, which, &err);
    return err.code;
}

static enum hf_code unlock(struct archive *archive, const struct hf_unlock *secret)
{
    hf_auto(hf_key) struct hf_key master = {0};
    const struct hf_repository *repository = archive->repository;
    struct hf_error err = {0};
    char opened[HF_SLOT_ID_TEXT];
    if (!hf_keyring_unlock(repository->store, repository->keys.repository, repository->key_id,
                           secret, &master, opened, &err))
        assert_memory_equal(&master, &repository->keys.master, sizeof master);
    return err.code;
}

static int keep_id(void *arg, const struct hf_slot *slot, struct hf_error *err)
{
    (void)err;
    if (slot->kind == HF_SLOT_PLAIN)
        snprintf(arg, HF_SLOT_ID_TEXT, "%s", slot->id);
    return 0;
}

static void plain_id(struct archive *archive, char out[HF_SLOT_ID_TEXT])
{
    hf_keyring_list(archive->repository->store, archive->repository->keys.repository, keep_id, out,
                    NULL);
}

static void each_kind_of_slot_opens_with_its_secret_alone(void **state)
{
    struct archive *archive = *state;
    char plain[HF_SLOT_ID_TEXT];
    plain_id(archive, plain);
    const struct hf_unlock recovery = {.recovery = &archive->repository->keys.master};
    struct hf_slot slot = add(archive, HF_SLOT_PASSPHRASE, "mine", &passphrase);
    assert_int_equal(drop(archive, plain), HF_OK);
    assert_int_equal(unlock(archive, &passphrase), HF_OK);
    assert_int_equal(unlock(archive, &(struct hf_unlock){.passphrase = "open Sesame"}),
                     HF_WRONG_KEY);
    assert_int_equal(unlock(archive, &file), HF_WRONG_KEY);
    assert_int_equal(unlock(archive, &nothing), HF_WRONG_KEY);
    assert_int_equal(unlock(archive, &recovery), HF_OK);
    add(archive, HF_SLOT_KEYFILE, NULL, &file);
    assert_int_equal(drop(archive, slot.id), HF_OK);
    assert_int_equal(unlock(archive, &file), HF_OK);
    uint8_t other[32] = {1};
    assert_int_equal(unlock(archive, &(struct hf_unlock){.keyfile = other, .keyfile_length = 32}),
                     HF_WRONG_KEY);
}

static void the_recovery_key_of_another_repository_is_refused(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_key) struct hf_key other = archive->repository->keys.master;
    other.bytes[0] ^= 1;
    assert_int_equal(unlock(archive, &(struct hf_unlock){.recovery = &other}), HF_WRONG_KEY);
}

static void the_last_slot_stays(void **state)
{
    struct archive *archive = *state;
    char plain[HF_SLOT_ID_TEXT];
    plain_id(archive, plain);
    assert_int_equal(drop(archive, plain), HF_REFUSED);
    assert_int_equal(drop(archive, "nobody"), HF_NOT_FOUND);
    add(archive, HF_SLOT_KEYFILE, "disk", &file);
    add(archive, HF_SLOT_KEYFILE, "disk", &file);
    assert_int_equal(drop(archive, "disk"), HF_REFUSED); /* two of that name */
    assert_int_equal(drop(archive, plain), HF_OK);
    assert_int_equal(unlock(archive, &file), HF_OK);
}

static void a_damaged_slot_is_told_and_does_not_count(void **state)
{
    struct archive *archive = *state;
    char plain[HF_SLOT_ID_TEXT], key[32];
    plain_id(archive, plain);
    struct hf_slot slot = add(archive, HF_SLOT_KEYFILE, "disk", &file);
    snprintf(key, sizeof key, "keys/%s", plain);
    archive_flip(archive, key, 100, 3);
    assert_int_equal(unlock(archive, &nothing), HF_WRONG_KEY);
    assert_int_equal(unlock(archive, &file), HF_OK);
    assert_int_equal(drop(archive, slot.id), HF_REFUSED);
    assert_int_equal(drop(archive, plain), HF_OK);
}

/* Whoever can write to the store can make checksums, but must not shut anybody out. */
static void a_slot_with_absurd_parameters_does_not_spoil_the_others(void **state)
{
    struct archive *archive = *state;
    hf_auto(hf_buf) struct hf_buf object = {0};
    char plain[HF_SLOT_ID_TEXT], key[32];
    plain_id(archive, plain);
    struct hf_slot slot = add(archive, HF_SLOT_PASSPHRASE, NULL, &passphrase);
    add(archive, HF_SLOT_KEYFILE, NULL, &file);
    assert_int_equal(drop(archive, plain), HF_OK);
    snprintf(key, sizeof key, "keys/%s", slot.id);
    archive_get(archive, key, &object);
    /* Argon2id's memory is the header's last field; the wrapped key and the digest follow. */
    hf_put_le(object.data + object.length - 32 - 48 - 8, 8, UINT64_C(1) << 40);
    object.length -= 32;
    assert_int_equal(hf_object_finish(&object, NULL), 0);
    archive_replace(archive, key, object.data, object.length);
    assert_int_equal(unlock(archive, &passphrase), HF_CORRUPT);
    archive_remove(archive, key);
    archive_replace(archive, "keys/00000000", object.data, object.length);
    const struct hf_unlock both = {
        .passphrase = "open sesame", .keyfile = keyfile, .keyfile_length = sizeof keyfile};
    assert_int_equal(unlock(archive, &both), HF_OK);
}

static void a_secret_that_was_not_given_makes_no_slot(void **state)
{
    struct archive *archive = *state;
    const struct hf_new_slot wanted = {HF_SLOT_KEYFILE, NULL, &passphrase};
    struct hf_slot slot;
    struct hf_error err = {0};
    assert_int_equal(hf_keyring_add(archive->repository->store, &archive->repository->keys, &wanted,
                                    &slot, &err),
                     -1);
    assert_int_equal(err.code, HF_CONFIG);
    assert_int_equal(archive_count(archive, "keys/"), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, archive_setup, archive_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_kind_of_slot_opens_with_its_secret_alone),
        TEST(the_recovery_key_of_another_repository_is_refused),
        TEST(the_last_slot_stays),
        TEST(a_damaged_slot_is_told_and_does_not_count),
        TEST(a_slot_with_absurd_parameters_does_not_spoil_the_others),
        TEST(a_secret_that_was_not_given_makes_no_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
