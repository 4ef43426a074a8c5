#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/text.h"
#include "codec/digest.h"
#include "codec/key.h"

static void assert_digest(const uint8_t *digest, const char *expected)
{
    char text[2 * HF_DIGEST_BYTES + 1];
    hf_hex_encode(text, digest, HF_DIGEST_BYTES);
    assert_string_equal(text, expected);
}

/* hashlib.blake2b(bytes, digest_size=32), Python: an implementation of its own. */
static void digests_are_those_of_blake2b_256(void **state)
{
    (void)state;
    uint8_t out[HF_DIGEST_BYTES], bytes[1024];
    hf_digest_of(out, NULL, 0);
    assert_digest(out, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    hf_digest_of(out, "abc", 3);
    assert_digest(out, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    hf_digest_of(out, bytes, sizeof bytes);
    assert_digest(out, "8cac99b5587cc7ea85604c3e54c5b487d2adba46d3de4e1792a59a66d5711ae4");
}

static void pieces_give_the_digest_of_the_whole(void **state)
{
    (void)state;
    uint8_t bytes[600], whole[HF_DIGEST_BYTES], pieces[HF_DIGEST_BYTES];
    memset(bytes, 0x5a, sizeof bytes);
    hf_digest_of(whole, bytes, sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        struct hf_digest digest;
        hf_digest_init(&digest);
        hf_digest_update(&digest, bytes, cut);
        hf_digest_update(&digest, bytes + cut, sizeof bytes - cut);
        hf_digest_final(&digest, pieces);
        assert_memory_equal(pieces, whole, sizeof whole);
    }
}

static int init(void **state)
{
    (void)state;
    return hf_codec_init(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_blake2b_256),
        cmocka_unit_test(pieces_give_the_digest_of_the_whole),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
