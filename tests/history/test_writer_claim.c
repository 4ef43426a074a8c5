#include "history/archive.h"

#include <stdio.h>
#include <string.h>

#include "history/writer_claim.h"

static struct hf_writer writer(uint8_t id, const char *host, const char *path)
{
    struct hf_writer self = {.id = {id}};
    snprintf(self.host, sizeof self.host, "%s", host);
    snprintf(self.path, sizeof self.path, "%s", path);
    return self;
}

static enum hf_code claim(struct archive *archive, const struct hf_writer *self,
                          enum hf_claim_manner manner, uint32_t *epoch)
{
    struct hf_error err = {0};
    return hf_writer_claim(&archive->database, self, manner, 0, epoch, &err) ? err.code : HF_OK;
}

static void the_first_writer_claims_and_goes_on(void **state)
{
    struct archive *archive = *state;
    struct hf_writer a = writer(1, "attic", "/data/app.db");
    uint32_t epoch = 0;
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &epoch), HF_OK);
    assert_int_equal(epoch, 1);
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &epoch), HF_OK);
    assert_int_equal(epoch, 1);
    assert_int_equal(archive_count(archive, "databases/"), 2); /* about, and one claim */
}

static void a_rival_is_refused_and_may_take_over(void **state)
{
    struct archive *archive = *state;
    struct hf_writer a = writer(1, "attic", "/data/app.db");
    struct hf_writer b = writer(2, "cellar", "/data/app.db");
    struct hf_error err = {0};
    uint32_t first, second = 0;
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &first), HF_OK);
    assert_int_equal(hf_writer_claim(&archive->database, &b, HF_CLAIM_POLITE, 0, &second, &err),
                     -1);
    assert_int_equal(err.code, HF_REFUSED);
    assert_non_null(strstr(err.text, "attic"));
    assert_non_null(strstr(err.typed, "--take-over"));
    assert_int_equal(claim(archive, &b, HF_CLAIM_TAKE_OVER, &second), HF_OK);
    assert_int_equal(second, first + 1);
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &first), HF_REFUSED);
}

static void the_same_host_and_path_go_on_when_their_identity_was_lost(void **state)
{
    struct archive *archive = *state;
    struct hf_writer before = writer(1, "attic", "/data/app.db");
    struct hf_writer after = writer(9, "attic", "/data/app.db");
    uint32_t epoch;
    assert_int_equal(claim(archive, &before, HF_CLAIM_POLITE, &epoch), HF_OK);
    assert_int_equal(claim(archive, &after, HF_CLAIM_POLITE, &epoch), HF_OK);
    assert_int_equal(epoch, 2);
}

/* A host that moved, or its copy: the epoch tells what the one has not finished from the other's.
 */
static void one_identity_at_another_place_begins_an_epoch(void **state)
{
    struct archive *archive = *state;
    struct hf_writer a = writer(1, "attic", "/data/app.db");
    struct hf_writer copy = writer(1, "cellar", "/data/app.db");
    uint32_t epoch;
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &epoch), HF_OK);
    assert_int_equal(claim(archive, &copy, HF_CLAIM_POLITE, &epoch), HF_OK);
    assert_int_equal(epoch, 2);
    assert_int_equal(hf_writer_confirm(&archive->database, 1, NULL), -1);
}

static void claim_for_the_rival(struct archive *archive, const char *key)
{
    struct hf_writer b = writer(2, "cellar", "/data/app.db");
    uint32_t epoch;
    (void)key;
    assert_int_equal(claim(archive, &b, HF_CLAIM_TAKE_OVER, &epoch), HF_OK);
}

static void of_two_who_claim_at_once_one_is_refused(void **state)
{
    struct archive *archive = *state;
    struct hf_writer a = writer(1, "attic", "/data/app.db");
    uint32_t epoch;
    archive->before_put = claim_for_the_rival;
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &epoch), HF_REFUSED);
}

/* Keys of all claims, as they are listed. */
static size_t claims_of(struct archive *archive, char keys[][HF_OBJECT_NAME_TEXT])
{
    char **all = archive_keys(archive);
    size_t count = 0;
    for (char **key = all; *key; key++)
        if (strstr(*key, "/writers/"))
            snprintf(keys[count++], HF_OBJECT_NAME_TEXT, "%s", *key);
    archive_keys_free(all);
    return count;
}

static void a_damaged_claim_needs_a_take_over(void **state)
{
    struct archive *archive = *state;
    struct hf_writer a = writer(1, "attic", "/data/app.db");
    char keys[4][HF_OBJECT_NAME_TEXT];
    uint32_t epoch;
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &epoch), HF_OK);
    assert_int_equal(claims_of(archive, keys), 1);
    archive_flip(archive, keys[0], 70, 1);
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &epoch), HF_CORRUPT);
    assert_int_equal(claim(archive, &a, HF_CLAIM_TAKE_OVER, &epoch), HF_OK);
    assert_int_equal(epoch, 2);
}

/* As when all claims were lost: what is written now must not become an orphan of what is there. */
static void an_epoch_is_above_every_segments(void **state)
{
    struct archive *archive = *state;
    struct hf_writer a = writer(1, "attic", "/data/app.db");
    struct hf_error err = {0};
    uint32_t epoch = 0;
    assert_int_equal(hf_writer_claim(&archive->database, &a, HF_CLAIM_POLITE, 7, &epoch, &err), 0);
    assert_in_range(epoch, 8, 9);
}

/* Puts a claim as one that was killed between the put and the look would leave it. */
static void leave_half_a_claim(struct archive *archive, const struct hf_writer *self,
                               uint32_t epoch)
{
    const struct hf_repository *repository = archive->database.repository;
    hf_auto(hf_buf) struct hf_buf body = {0};
    char key[HF_OBJECT_NAME_TEXT];
    hf_database_object(key, &archive->database, "writers/%08x.%016x", epoch, 77U + self->id[0]);
    assert_int_equal(hf_field_bytes(&body, HF_TAG_WRITER_ID, self->id, HF_ID_BYTES, NULL), 0);
    assert_int_equal(hf_field_text(&body, HF_TAG_HOST, self->host, NULL), 0);
    assert_int_equal(hf_field_text(&body, HF_TAG_PATH, self->path, NULL), 0);
    assert_int_equal(
        hf_record_put(repository->store, key, HF_OBJECT_WRITER, &repository->keys, &body, NULL), 0);
}

/* As after a lost reply: what was put is its own. */
static void half_a_claim_of_ones_own_is_gone_on_with(void **state)
{
    struct archive *archive = *state;
    struct hf_writer a = writer(1, "attic", "/data/app.db");
    struct hf_writer b = writer(2, "cellar", "/data/app.db");
    uint32_t epoch;
    leave_half_a_claim(archive, &a, 1);
    assert_int_equal(claim(archive, &b, HF_CLAIM_POLITE, &epoch), HF_REFUSED);
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &epoch), HF_OK);
    assert_int_equal(epoch, 1);
}

static void an_epoch_that_two_claimed_is_who_has_written_in_it(void **state)
{
    struct archive *archive = *state;
    struct hf_writer a = writer(1, "attic", "/data/app.db");
    struct hf_writer b = writer(2, "cellar", "/data/app.db");
    struct hf_error err = {0};
    uint32_t epoch;
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &epoch), HF_OK);
    leave_half_a_claim(archive, &b, epoch);
    /* Neither knows who won. */
    assert_int_equal(hf_writer_claim(&archive->database, &a, HF_CLAIM_POLITE, 0, &epoch, &err), -1);
    assert_int_equal(err.code, HF_REFUSED);
    assert_non_null(strstr(err.text, "cellar"));
    assert_non_null(strstr(err.text, "two Holdfasts at once"));
    assert_int_equal(claim(archive, &b, HF_CLAIM_POLITE, &epoch), HF_REFUSED);
    /* The one that has segments of it does. */
    a.epoch = 1;
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &epoch), HF_OK);
    assert_int_equal(epoch, 1);
    assert_int_equal(claim(archive, &b, HF_CLAIM_TAKE_OVER, &epoch), HF_OK);
    assert_int_equal(epoch, 2);
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &epoch), HF_REFUSED);
}

/* A repository that was copied from one kind of store to another. */
static void claims_of_both_kinds_of_store_count_alike(void **state)
{
    struct archive *archive = *state;
    struct hf_writer a = writer(1, "attic", "/data/app.db");
    struct hf_writer b = writer(2, "cellar", "/data/app.db");
    const struct hf_repository *repository = archive->database.repository;
    hf_auto(hf_buf) struct hf_buf body = {0};
    char key[HF_OBJECT_NAME_TEXT];
    uint32_t epoch;
    hf_database_object(key, &archive->database, "writers/%08x", 4);
    assert_int_equal(hf_field_bytes(&body, HF_TAG_WRITER_ID, a.id, HF_ID_BYTES, NULL), 0);
    assert_int_equal(hf_field_text(&body, HF_TAG_HOST, a.host, NULL), 0);
    assert_int_equal(hf_field_text(&body, HF_TAG_PATH, a.path, NULL), 0);
    assert_int_equal(
        hf_record_put(repository->store, key, HF_OBJECT_WRITER, &repository->keys, &body, NULL), 0);
    assert_int_equal(claim(archive, &b, HF_CLAIM_POLITE, &epoch), HF_REFUSED);
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &epoch), HF_OK);
    assert_int_equal(epoch, 4);
    leave_half_a_claim(archive, &b, 6);
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &epoch), HF_REFUSED);
    assert_int_equal(hf_writer_confirm(&archive->database, 4, NULL), -1);
    assert_int_equal(claim(archive, &a, HF_CLAIM_TAKE_OVER, &epoch), HF_OK);
    assert_int_equal(epoch, 7);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, archive_setup, archive_teardown)
#define REPLACING(name)                                                                            \
    {                                                                                              \
#name " (no put-if-absent)", name, archive_setup_replacing, archive_teardown, NULL         \
    }
#define BOTH(name) TEST(name), REPLACING(name)
    const struct CMUnitTest tests[] = {
        BOTH(the_first_writer_claims_and_goes_on),
        BOTH(a_rival_is_refused_and_may_take_over),
        BOTH(the_same_host_and_path_go_on_when_their_identity_was_lost),
        BOTH(one_identity_at_another_place_begins_an_epoch),
        BOTH(of_two_who_claim_at_once_one_is_refused),
        BOTH(a_damaged_claim_needs_a_take_over),
        BOTH(an_epoch_is_above_every_segments),
        BOTH(half_a_claim_of_ones_own_is_gone_on_with),
        BOTH(an_epoch_that_two_claimed_is_who_has_written_in_it),
        BOTH(claims_of_both_kinds_of_store_count_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
