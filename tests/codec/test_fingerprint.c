#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "codec/fingerprint.h"

static struct hf_fingerprint_key key;
static uint8_t page[65536];

static int init(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof page; i++)
        page[i] = (uint8_t)(i * 131 + (i >> 8));
    for (size_t i = 0; i < sizeof key.secret; i++)
        key.secret[i] = (uint8_t)(i * 57 + 11);
    return 0;
}

/* From libxxhash's scalar variant (XXH_VECTOR=0), so that the one chosen at run time is checked
 * against another. */
static void fingerprints_are_xxh3_with_the_secret(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        uint64_t fingerprint;
    } known[] = {
        {512, UINT64_C(0x5f33c81593a68d10)},
        {1024, UINT64_C(0xecc9f2ded9053391)},
        {4096, UINT64_C(0x70b53620bf0c0aa3)},
        {65536, UINT64_C(0x4bebf7a018e25585)},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(hf_page_fingerprint(&key, page, known[i].size), known[i].fingerprint);
}

static void every_bit_of_a_page_counts(void **state)
{
    (void)state;
    uint64_t whole = hf_page_fingerprint(&key, page, 4096);
    for (size_t bit = 0; bit < 8 * 4096; bit++) {
        page[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_true(hf_page_fingerprint(&key, page, 4096) != whole);
        page[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void another_secret_gives_another_fingerprint(void **state)
{
    (void)state;
    struct hf_fingerprint_key other = key;
    other.secret[0] ^= 1;
    assert_true(hf_page_fingerprint(&other, page, 4096) != hf_page_fingerprint(&key, page, 4096));
}

/* Computed in Python from the formula in the header. */
static void state_terms_are_those_of_the_formula(void **state)
{
    (void)state;
    assert_int_equal(hf_state_term(1, 0), UINT64_C(0xdce423fc82c0d5b8));
    assert_int_equal(hf_state_term(UINT32_MAX, UINT64_C(0x0123456789abcdef)),
                     UINT64_C(0x5ff281f249a63c9c));
}

static void pages_that_trade_places_change_the_sum(void **state)
{
    (void)state;
    assert_true(hf_state_term(1, 5) + hf_state_term(2, 6) !=
                hf_state_term(1, 6) + hf_state_term(2, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fingerprints_are_xxh3_with_the_secret),
        cmocka_unit_test(every_bit_of_a_page_counts),
        cmocka_unit_test(another_secret_gives_another_fingerprint),
        cmocka_unit_test(state_terms_are_those_of_the_formula),
        cmocka_unit_test(pages_that_trade_places_change_the_sum),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
