#include "history/archive.h"

#include <stdio.h>
#include <string.h>

#include "history/writer_claim.h"

static struct hf_writer writer(uint8_t id, const char *host, const char *path)
{
    struct hf_writer self = {{id}, "", ""};
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
    assert_non_null(strstr(err.hint, "--take-over"));
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

static void a_damaged_claim_needs_a_take_over(void **state)
{
    struct archive *archive = *state;
    struct hf_writer a = writer(1, "attic", "/data/app.db");
    char key[HF_OBJECT_NAME_TEXT];
    uint32_t epoch;
    assert_int_equal(claim(archive, &a, HF_CLAIM_POLITE, &epoch), HF_OK);
    hf_database_object(key, &archive->database, "writers/%08x", 1);
    archive_flip(archive, key, 70, 1);
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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, archive_setup, archive_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_first_writer_claims_and_goes_on),
        TEST(a_rival_is_refused_and_may_take_over),
        TEST(the_same_host_and_path_go_on_when_their_identity_was_lost),
        TEST(one_identity_at_another_place_begins_an_epoch),
        TEST(of_two_who_claim_at_once_one_is_refused),
        TEST(a_damaged_claim_needs_a_take_over),
        TEST(an_epoch_is_above_every_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
