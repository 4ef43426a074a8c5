#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "codec/age.h"
#include "codec/bech32.h"
#include "codec/key.h"
#include "codec/pipe.h"
#include "support/scratch.h"
#include "support/seeded.h"

enum { CHUNK = 64 << 10, WORK = 10 };

static uint64_t seed = 11;
static struct hf_age_identity ours, other;

static int seeded_random(void *context, void *out, size_t length, struct hf_error *err)
{
    (void)err;
    hf_seeded_fill(context, out, length);
    return 0;
}

static int make_identity(struct hf_age_identity *out)
{
    uint8_t secret[32];
    char text[128];
    hf_seeded_fill(&seed, secret, sizeof secret);
    hf_bech32_encode(text, "age-secret-key-", secret, sizeof secret);
    return hf_age_identity_parse(out, text, NULL);
}

static int start(void **state)
{
    (void)state;
    return hf_codec_init(NULL) || make_identity(&ours) || make_identity(&other);
}

static void encrypt(struct hf_buf *out, const struct hf_buf *in, struct hf_age_encryption how)
{
    struct hf_sink below = {.context = out, .write = buf_write};
    how.work = WORK;
    how.random = seeded_random;
    how.random_context = &seed;
    hf_auto_ptr(hf_age_writer) struct hf_age_writer *writer = hf_age_writer_new(&below, &how, NULL);
    assert_non_null(writer);
    struct hf_sink sink = hf_age_writer_sink(writer);
    assert_int_equal(hf_sink_write(&sink, in->data, in->length, NULL), 0);
    assert_int_equal(hf_sink_finish(&sink, NULL), 0);
}

static void encrypt_to_both(struct hf_buf *out, const struct hf_buf *in)
{
    struct hf_age_recipient recipients[2];
    memcpy(recipients[0].key, other.key, 32);
    memcpy(recipients[1].key, ours.key, 32);
    encrypt(out, in, (struct hf_age_encryption){.recipients = recipients, .recipient_count = 2});
}

static int decrypt(struct hf_buf *out, const struct hf_buf *in, const struct hf_age_decryption *how,
                   struct hf_error *err)
{
    struct memory_source memory = {in->data, in->length, 5000};
    struct hf_source below = {.context = &memory, .read = memory_read};
    hf_auto_ptr(hf_age_reader) struct hf_age_reader *reader = hf_age_reader_new(&below, how, err);
    if (!reader)
        return -1;
    struct hf_source source = hf_age_reader_source(reader);
    return drain(out, &source, 4096, err);
}

static const struct hf_age_decryption with_ours = {.identities = &ours, .identity_count = 1};
static const struct hf_age_decryption with_passphrase = {.passphrase = "correct horse"};

static void fill(struct hf_buf *out, size_t length)
{
    hf_buf_append(out, NULL, length, NULL);
    hf_seeded_fill(&seed, out->data, length);
}

static void each_recipient_opens_what_was_encrypted(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        hf_auto(hf_buf) struct hf_buf in = {0}, sealed = {0}, out = {0}, again = {0};
        fill(&in, sizes[i]);
        encrypt_to_both(&sealed, &in);
        assert_int_equal(decrypt(&out, &sealed, &with_ours, NULL), 0);
        assert_int_equal(out.length, in.length);
        assert_int_equal(in.length ? memcmp(out.data, in.data, in.length) : 0, 0);
        struct hf_age_decryption with_other = {.identities = &other, .identity_count = 1};
        assert_int_equal(decrypt(&again, &sealed, &with_other, NULL), 0);
        assert_int_equal(again.length, in.length);
    }
}

static void the_passphrase_opens_and_another_does_not(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf in = {0}, sealed = {0}, out = {0};
    struct hf_error err = {0};
    fill(&in, 1000);
    encrypt(&sealed, &in, (struct hf_age_encryption){.passphrase = "correct horse"});
    assert_int_equal(decrypt(&out, &sealed, &with_passphrase, NULL), 0);
    assert_memory_equal(out.data, in.data, in.length);
    const struct hf_age_decryption wrong = {.passphrase = "correct mouse"};
    assert_int_equal(decrypt(&out, &sealed, &wrong, &err), -1);
    assert_int_equal(err.code, HF_WRONG_KEY);
    assert_int_equal(decrypt(&out, &sealed, &with_ours, &err), -1);
    assert_int_equal(err.code, HF_WRONG_KEY);
}

static void another_identity_is_the_wrong_key(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf in = {0}, sealed = {0}, out = {0};
    struct hf_age_recipient recipient;
    struct hf_error err = {0};
    memcpy(recipient.key, other.key, 32);
    encrypt(&sealed, &in,
            (struct hf_age_encryption){.recipients = &recipient, .recipient_count = 1});
    assert_int_equal(decrypt(&out, &sealed, &with_ours, &err), -1);
    assert_int_equal(err.code, HF_WRONG_KEY);
}

static void a_cut_is_an_error_wherever_it_is(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf in = {0}, sealed = {0}, out = {0};
    fill(&in, 2 * CHUNK);
    encrypt_to_both(&sealed, &in);
    size_t whole = sealed.length, header = whole - in.length - 2 * 16 - 16;
    for (size_t cut = 1; cut < whole; cut += cut < header + 40 || whole - cut < 40 ? 1 : 997) {
        struct hf_error err = {0};
        out.length = 0;
        sealed.length = whole - cut;
        assert_int_equal(decrypt(&out, &sealed, &with_ours, &err), -1);
        assert_int_equal(err.code, HF_CORRUPT);
        assert_true(out.length <= CHUNK); /* what was proven */
    }
    sealed.length = whole - CHUNK - 16; /* at the boundary of two chunks */
    assert_int_equal(decrypt(&out, &sealed, &with_ours, NULL), -1);
}

static void a_flipped_bit_is_an_error_wherever_it_is(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf in = {0}, sealed = {0}, out = {0};
    fill(&in, 100);
    encrypt_to_both(&sealed, &in);
    for (size_t bit = 0; bit < 8 * sealed.length; bit++) {
        struct hf_error err = {0};
        out.length = 0;
        sealed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(decrypt(&out, &sealed, &with_ours, &err), -1);
        assert_true(err.code == HF_CORRUPT || err.code == HF_WRONG_KEY);
        assert_int_equal(out.length, 0);
        sealed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void chunks_in_another_order_are_an_error(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf in = {0}, sealed = {0}, out = {0};
    struct hf_error err = {0};
    fill(&in, 3 * CHUNK);
    encrypt_to_both(&sealed, &in);
    enum { SEALED = CHUNK + 16 };
    uint8_t *first = sealed.data + sealed.length - 3 * SEALED;
    hf_auto_free uint8_t *kept = malloc(SEALED);
    memcpy(kept, first, SEALED);
    memcpy(first, first + SEALED, SEALED);
    memcpy(first + SEALED, kept, SEALED);
    assert_int_equal(decrypt(&out, &sealed, &with_ours, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
    assert_int_equal(out.length, 0);
}

static void bytes_after_the_last_chunk_are_an_error(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf in = {0}, sealed = {0}, out = {0};
    fill(&in, CHUNK);
    encrypt_to_both(&sealed, &in);
    hf_buf_append(&sealed, NULL, 20, NULL);
    assert_int_equal(decrypt(&out, &sealed, &with_ours, NULL), -1);
}

static void a_passphrase_that_would_take_all_memory_is_refused(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf in = {0}, sealed = {0}, out = {0};
    struct hf_error err = {0};
    encrypt(&sealed, &in, (struct hf_age_encryption){.passphrase = "correct horse"});
    char *work = memmem(sealed.data, sealed.length, " 10\n", 4);
    memcpy(work, " 23\n", 4);
    assert_int_equal(decrypt(&out, &sealed, &with_passphrase, &err), -1);
    assert_int_equal(err.code, HF_UNSUPPORTED);
}

static void a_passphrase_must_be_alone(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf in = {0}, sealed = {0}, both = {0}, out = {0};
    struct hf_error err = {0};
    encrypt(&sealed, &in, (struct hf_age_encryption){.passphrase = "correct horse"});
    const char *entry = (char *)sealed.data + strlen(HF_AGE_MAGIC);
    size_t length = (size_t)((char *)memmem(sealed.data, sealed.length, "---", 3) - entry);
    hf_buf_append(&both, HF_AGE_MAGIC, strlen(HF_AGE_MAGIC), NULL);
    hf_buf_append(&both, entry, length, NULL);
    hf_buf_append(&both, entry, sealed.length - strlen(HF_AGE_MAGIC), NULL);
    assert_int_equal(decrypt(&out, &both, &with_passphrase, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
    struct hf_age_recipient recipient = {{9}};
    struct hf_age_encryption mixed = {.recipients = &recipient,
                                      .recipient_count = 1,
                                      .passphrase = "x",
                                      .random = seeded_random,
                                      .random_context = &seed};
    struct hf_sink below = {.context = &out, .write = buf_write};
    assert_null(hf_age_writer_new(&below, &mixed, &err));
    assert_int_equal(err.code, HF_USAGE);
}

/* From the specification's own example of a key pair. */
static void keys_are_read_as_age_keygen_writes_them(void **state)
{
    (void)state;
    char file[] = "# created: 2021-01-02T15:30:45+01:00\n"
                  "# public key: age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z\n"
                  "\r\nAGE-SECRET-KEY-1N9JEPW6DWJ0ZQUDX63F5A03GX8QUW7PXDE39N8UYF82VZ9PC8UFS3M7XA9"
                  "\r\n";
    struct hf_age_identity identity;
    struct hf_age_recipient recipient;
    assert_int_equal(hf_age_identities_parse(&identity, 1, file, NULL), 1);
    assert_int_equal(
        hf_age_recipient_parse(
            &recipient, "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z", NULL),
        0);
    assert_memory_equal(identity.key, recipient.key, 32);
}

static void a_mistyped_key_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "age1",
        "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2y",
        "age1Lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z",
        "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2",
        "agf1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z",
    };
    struct hf_age_recipient recipient;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(hf_age_recipient_parse(&recipient, wrong[i], NULL), -1);
}

static void run(const char *format, const char *a, const char *b, const char *c)
{
    char command[2048];
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(command, sizeof command, format, a, b, c);
    assert_int_equal(system(command), 0);
}

static void age_opens_ours_and_we_open_what_age_wrote(void **state)
{
    (void)state;
    if (system("age --version >/dev/null 2>&1"))
        skip();
    hf_auto(hf_scratch) struct hf_scratch scratch;
    hf_scratch_init(&scratch);
    hf_auto_free char *key = hf_scratch_path(&scratch, "key");
    hf_auto_free char *sealed_path = hf_scratch_path(&scratch, "sealed");
    hf_auto_free char *plain_path = hf_scratch_path(&scratch, "plain");
    hf_auto(hf_buf) struct hf_buf file = {0}, in = {0}, sealed = {0}, theirs = {0}, out = {0};
    run("age-keygen -o '%s' 2>/dev/null", key, "", "");
    hf_scratch_read(key, &file);
    hf_buf_append(&file, NULL, 1, NULL);
    assert_int_equal(hf_age_identities_parse(&ours, 1, (char *)file.data, NULL), 1);

    fill(&in, 3 * CHUNK + 5);
    encrypt_to_both(&sealed, &in);
    hf_scratch_write(sealed_path, sealed.data, sealed.length);
    run("age -d -i '%s' -o '%s' '%s'", key, plain_path, sealed_path);
    hf_scratch_read(plain_path, &out);
    assert_int_equal(out.length, in.length);
    assert_memory_equal(out.data, in.data, in.length);

    run("age -e -i '%s' -o '%s' '%s'", key, sealed_path, plain_path);
    hf_scratch_read(sealed_path, &theirs);
    out.length = 0;
    assert_int_equal(decrypt(&out, &theirs, &with_ours, NULL), 0);
    assert_int_equal(out.length, in.length);
    assert_memory_equal(out.data, in.data, in.length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_recipient_opens_what_was_encrypted),
        cmocka_unit_test(the_passphrase_opens_and_another_does_not),
        cmocka_unit_test(another_identity_is_the_wrong_key),
        cmocka_unit_test(a_cut_is_an_error_wherever_it_is),
        cmocka_unit_test(a_flipped_bit_is_an_error_wherever_it_is),
        cmocka_unit_test(chunks_in_another_order_are_an_error),
        cmocka_unit_test(bytes_after_the_last_chunk_are_an_error),
        cmocka_unit_test(a_passphrase_that_would_take_all_memory_is_refused),
        cmocka_unit_test(a_passphrase_must_be_alone),
        cmocka_unit_test(keys_are_read_as_age_keygen_writes_them),
        cmocka_unit_test(a_mistyped_key_is_refused),
        cmocka_unit_test(age_opens_ours_and_we_open_what_age_wrote),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
