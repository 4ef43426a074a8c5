#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/text.h"
#include "codec/key.h"

static void fill(struct hf_key *key, uint8_t first)
{
    for (int i = 0; i < HF_KEY_BYTES; i++)
        key->bytes[i] = (uint8_t)(first + i);
}

static void assert_hex(const uint8_t *bytes, size_t length, const char *expected)
{
    char text[2 * 64 + 1];
    hf_hex_encode(text, bytes, length);
    assert_string_equal(text, expected);
}

/* hashlib.blake2b(bytes([len(label)]) + label + context, key=key, digest_size=32), Python. */
static void derived_keys_are_keyed_blake2b_of_label_and_context(void **state)
{
    (void)state;
    struct hf_key from, out;
    fill(&from, 0);
    hf_key_derive(&out, &from, "frames", "context", 7);
    assert_hex(out.bytes, sizeof out.bytes,
               "90321b1fdf1a9c260a2155c4ea0aa59ff702ebaf619c465a457f63db71f4bc36");
    hf_key_derive(&out, &from, "frames", NULL, 0);
    assert_hex(out.bytes, sizeof out.bytes,
               "957556e289c5c6622272f7761d1a0b85f78308063a34168da0ab9701b2e6f810");
}

static void a_key_may_be_derived_over_itself(void **state)
{
    (void)state;
    struct hf_key key;
    fill(&key, 0);
    hf_key_derive(&key, &key, "frames", "context", 7);
    assert_hex(key.bytes, sizeof key.bytes,
               "90321b1fdf1a9c260a2155c4ea0aa59ff702ebaf619c465a457f63db71f4bc36");
}

static void label_and_context_do_not_run_into_each_other(void **state)
{
    (void)state;
    struct hf_key from, a, b;
    fill(&from, 0);
    hf_key_derive(&a, &from, "ab", "c", 1);
    hf_key_derive(&b, &from, "a", "bc", 2);
    assert_memory_not_equal(a.bytes, b.bytes, HF_KEY_BYTES);
}

/* The reference implementation's result: argon2 -id -t 3 -k 1024 -p 1, as PyNaCl gives it. */
static void a_passphrase_becomes_its_argon2id(void **state)
{
    (void)state;
    struct hf_argon argon = {.passes = 3, .memory = 1 << 20};
    memcpy(argon.salt, "0123456789abcdef", sizeof argon.salt);
    hf_auto(hf_key) struct hf_key key;
    struct hf_error err = {0};
    assert_int_equal(hf_key_from_passphrase(&key, "correct horse", &argon, &err), 0);
    assert_hex(key.bytes, sizeof key.bytes,
               "7879645409224416c7fb41bc02819d5d41b9cd146cf501794daf608db30fcd57");
}

static void argon2id_parameters_that_would_exhaust_the_host_are_corrupt(void **state)
{
    (void)state;
    static const struct hf_argon refused[] = {
        {.passes = 17, .memory = 1 << 20},
        {.passes = 0, .memory = 1 << 20},
        {.passes = 1, .memory = (1 << 30) + 1},
        {.passes = 1, .memory = 8191},
        {.passes = UINT32_MAX, .memory = UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct hf_key key;
        fill(&key, 7);
        struct hf_error err = {0};
        assert_int_equal(hf_key_from_passphrase(&key, "x", &refused[i], &err), -1);
        assert_int_equal(err.code, HF_CORRUPT);
        assert_int_equal(key.bytes[0], 7);
    }
}

static void a_keyfile_becomes_a_key_of_all_its_bytes(void **state)
{
    (void)state;
    struct hf_key bytes, key, other;
    fill(&bytes, 0);
    struct hf_error err = {0};
    assert_int_equal(hf_key_from_keyfile(&key, bytes.bytes, HF_KEY_BYTES, &err), 0);
    assert_hex(key.bytes, sizeof key.bytes,
               "3bcaddeb6c18edfc84b097194feaf8b638b7e084249bc8de4e3502a9794e1124");
    uint8_t longer[HF_KEY_BYTES + 1] = {0};
    memcpy(longer, bytes.bytes, HF_KEY_BYTES);
    assert_int_equal(hf_key_from_keyfile(&other, longer, sizeof longer, &err), 0);
    assert_memory_not_equal(key.bytes, other.bytes, HF_KEY_BYTES);
}

static void a_short_keyfile_is_a_wrong_setting(void **state)
{
    (void)state;
    uint8_t bytes[HF_KEY_BYTES - 1] = {0};
    struct hf_key key;
    struct hf_error err = {0};
    assert_int_equal(hf_key_from_keyfile(&key, bytes, sizeof bytes, &err), -1);
    assert_int_equal(err.code, HF_CONFIG);
    assert_string_equal(err.text, "a keyfile needs at least 32 bytes, this has 31");
}

static void a_released_key_is_wiped(void **state)
{
    (void)state;
    struct hf_key key;
    static const struct hf_key zero;
    fill(&key, 1);
    hf_key_release(&key);
    assert_memory_equal(key.bytes, zero.bytes, HF_KEY_BYTES);
}

static int init(void **state)
{
    (void)state;
    return hf_codec_init(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derived_keys_are_keyed_blake2b_of_label_and_context),
        cmocka_unit_test(a_key_may_be_derived_over_itself),
        cmocka_unit_test(label_and_context_do_not_run_into_each_other),
        cmocka_unit_test(a_passphrase_becomes_its_argon2id),
        cmocka_unit_test(argon2id_parameters_that_would_exhaust_the_host_are_corrupt),
        cmocka_unit_test(a_keyfile_becomes_a_key_of_all_its_bytes),
        cmocka_unit_test(a_short_keyfile_is_a_wrong_setting),
        cmocka_unit_test(a_released_key_is_wiped),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
