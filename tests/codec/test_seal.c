#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/text.h"
#include "codec/seal.h"

/* draft-irtf-cfrg-xchacha-03, appendix A.3.1. */
static const char plaintext[] =
    "Ladies and Gentlemen of the class of '99: If I could offer you only "
    "one tip for the future, sunscreen would be it.";
enum { PLAIN = sizeof plaintext - 1, SEALED = PLAIN + HF_SEAL_BYTES };
static const uint8_t extra[] = {0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1,
                                0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7};
static const char sealed_hex[] = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
                                 "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
                                 "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                                 "21f9664c97637da9768812f615c68b13b52e"
                                 "c0875924c1c7987947deafd8780acf49";

static struct hf_key key;
static uint8_t nonce[HF_NONCE_BYTES];

static int init(void **state)
{
    (void)state;
    for (int i = 0; i < HF_KEY_BYTES; i++)
        key.bytes[i] = (uint8_t)(0x80 + i);
    for (int i = 0; i < HF_NONCE_BYTES; i++)
        nonce[i] = (uint8_t)(0x40 + i);
    return hf_codec_init(NULL);
}

static void sealed_bytes_are_those_of_the_draft(void **state)
{
    (void)state;
    uint8_t sealed[SEALED], opened[PLAIN], expected[SEALED];
    assert_true(hf_hex_decode(expected, SEALED, sealed_hex));
    hf_seal(sealed, &key, nonce, extra, sizeof extra, (const uint8_t *)plaintext, PLAIN);
    assert_memory_equal(sealed, expected, SEALED);
    assert_int_equal(hf_open(opened, &key, nonce, extra, sizeof extra, sealed, SEALED), 0);
    assert_memory_equal(opened, plaintext, PLAIN);
}

static void sealing_and_opening_work_in_place(void **state)
{
    (void)state;
    uint8_t bytes[SEALED], expected[SEALED];
    assert_true(hf_hex_decode(expected, SEALED, sealed_hex));
    memcpy(bytes, plaintext, PLAIN);
    hf_seal(bytes, &key, nonce, extra, sizeof extra, bytes, PLAIN);
    assert_memory_equal(bytes, expected, SEALED);
    assert_int_equal(hf_open(bytes, &key, nonce, extra, sizeof extra, bytes, SEALED), 0);
    assert_memory_equal(bytes, plaintext, PLAIN);
}

static void a_flipped_bit_is_not_authentic_and_nothing_comes_out(void **state)
{
    (void)state;
    static const uint8_t zeros[PLAIN];
    uint8_t sealed[SEALED], opened[PLAIN];
    for (size_t bit = 0; bit < 8 * SEALED; bit++) {
        hf_hex_decode(sealed, SEALED, sealed_hex);
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        memset(opened, 0xaa, PLAIN);
        assert_int_equal(hf_open(opened, &key, nonce, extra, sizeof extra, sealed, SEALED), -1);
        assert_memory_equal(opened, zeros, PLAIN);
    }
}

static void other_key_nonce_or_extra_is_not_authentic(void **state)
{
    (void)state;
    uint8_t sealed[SEALED], opened[PLAIN], other[HF_NONCE_BYTES];
    hf_hex_decode(sealed, SEALED, sealed_hex);
    struct hf_key wrong = key;
    wrong.bytes[31] ^= 1;
    assert_int_equal(hf_open(opened, &wrong, nonce, extra, sizeof extra, sealed, SEALED), -1);
    memcpy(other, nonce, sizeof other);
    other[23] ^= 1;
    assert_int_equal(hf_open(opened, &key, other, extra, sizeof extra, sealed, SEALED), -1);
    assert_int_equal(hf_open(opened, &key, nonce, extra, sizeof extra - 1, sealed, SEALED), -1);
}

static void fewer_bytes_than_a_seal_are_not_authentic(void **state)
{
    (void)state;
    uint8_t sealed[HF_SEAL_BYTES] = {0}, opened[1];
    for (size_t length = 0; length < HF_SEAL_BYTES; length++)
        assert_int_equal(hf_open(opened, &key, nonce, NULL, 0, sealed, length), -1);
}

static void nothing_can_be_sealed_and_opened(void **state)
{
    (void)state;
    uint8_t sealed[HF_SEAL_BYTES], opened[1];
    hf_seal(sealed, &key, nonce, extra, sizeof extra, NULL, 0);
    assert_int_equal(hf_open(opened, &key, nonce, extra, sizeof extra, sealed, sizeof sealed), 0);
    sealed[0] ^= 1;
    assert_int_equal(hf_open(opened, &key, nonce, extra, sizeof extra, sealed, sizeof sealed), -1);
}

static void a_numbered_nonce_is_the_number_in_little_endian(void **state)
{
    (void)state;
    uint8_t made[HF_NONCE_BYTES], expected[HF_NONCE_BYTES] = {8, 7, 6, 5, 4, 3, 2, 1};
    memset(made, 0xaa, sizeof made);
    hf_seal_nonce(made, 0x0102030405060708);
    assert_memory_equal(made, expected, sizeof made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_bytes_are_those_of_the_draft),
        cmocka_unit_test(sealing_and_opening_work_in_place),
        cmocka_unit_test(a_flipped_bit_is_not_authentic_and_nothing_comes_out),
        cmocka_unit_test(other_key_nonce_or_extra_is_not_authentic),
        cmocka_unit_test(fewer_bytes_than_a_seal_are_not_authentic),
        cmocka_unit_test(nothing_can_be_sealed_and_opened),
        cmocka_unit_test(a_numbered_nonce_is_the_number_in_little_endian),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
