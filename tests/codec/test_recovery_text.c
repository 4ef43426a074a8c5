#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "codec/key.h"

static struct hf_key numbered(void)
{
    struct hf_key key;
    for (int i = 0; i < HF_KEY_BYTES; i++)
        key.bytes[i] = (uint8_t)i;
    return key;
}

/* Made with Python: base32 of key + blake2b(key, digest_size=32)[:3], Crockford's alphabet. */
static const char numbered_text[] =
    "000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFW-PBTH";

static void assert_refused(const char *text, const char *message)
{
    struct hf_key key;
    memset(&key, 0xaa, sizeof key);
    struct hf_error err = {0};
    assert_int_equal(hf_key_from_recovery_text(&key, text, &err), -1);
    assert_int_equal(err.code, HF_WRONG_KEY);
    if (message)
        assert_string_equal(err.text, message);
    for (int i = 0; i < HF_KEY_BYTES; i++)
        assert_int_equal(key.bytes[i], 0xaa);
}

static void assert_taken(const char *text)
{
    struct hf_key expected = numbered(), key;
    struct hf_error err = {0};
    assert_int_equal(hf_key_from_recovery_text(&key, text, &err), 0);
    assert_memory_equal(key.bytes, expected.bytes, HF_KEY_BYTES);
}

static void a_key_is_written_in_groups_of_four(void **state)
{
    (void)state;
    struct hf_key key = numbered();
    char text[HF_RECOVERY_TEXT];
    hf_key_to_recovery_text(text, &key);
    assert_string_equal(text, numbered_text);
    assert_taken(text);
}

static void every_key_comes_back_from_its_text(void **state)
{
    (void)state;
    struct hf_key key = numbered(), back;
    for (int round = 0; round < 500; round++) {
        hf_key_derive(&key, &key, "next", NULL, 0);
        char text[HF_RECOVERY_TEXT];
        hf_key_to_recovery_text(text, &key);
        assert_int_equal(strlen(text), HF_RECOVERY_TEXT - 1);
        assert_int_equal(hf_key_from_recovery_text(&back, text, NULL), 0);
        assert_memory_equal(back.bytes, key.bytes, HF_KEY_BYTES);
    }
}

static void case_blanks_dashes_and_lookalikes_do_not_matter(void **state)
{
    (void)state;
    char text[4 * HF_RECOVERY_TEXT] = "\t ";
    size_t length = 2;
    for (const char *c = numbered_text; *c; c++) {
        if (*c == '-')
            continue;
        char typed = *c == '0' ? 'o' : *c == '1' ? 'l' : *c;
        text[length++] = typed >= 'A' && typed <= 'Z' ? (char)(typed - 'A' + 'a') : typed;
        if (length % 5 == 0)
            text[length++] = ' ';
    }
    memcpy(text + length, "\r\n", 3);
    assert_taken(text);
    for (char *c = text; *c; c++)
        *c = *c == 'o' ? 'O' : *c == 'l' ? 'I' : *c;
    assert_taken(text);
}

static void every_wrong_character_is_detected(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char text[HF_RECOVERY_TEXT];
    for (size_t i = 0; i < sizeof text - 1; i++) {
        for (const char *c = alphabet; *c; c++) {
            memcpy(text, numbered_text, sizeof text);
            if (text[i] == '-' || text[i] == *c)
                continue;
            text[i] = *c;
            assert_refused(text, "the recovery key's check does not match: a character is wrong");
        }
    }
}

static void every_swap_of_neighbours_is_detected(void **state)
{
    (void)state;
    char text[HF_RECOVERY_TEXT];
    for (size_t i = 1; i < sizeof text - 1; i++) {
        memcpy(text, numbered_text, sizeof text);
        if (text[i] == '-' || text[i - 1] == '-' || text[i] == text[i - 1])
            continue;
        text[i - 1] = numbered_text[i];
        text[i] = numbered_text[i - 1];
        assert_refused(text, NULL);
    }
}

static void a_missing_or_additional_character_is_named_by_count(void **state)
{
    (void)state;
    char text[HF_RECOVERY_TEXT + 1];
    memcpy(text, numbered_text, HF_RECOVERY_TEXT);
    text[HF_RECOVERY_TEXT - 2] = 0;
    assert_refused(text, "a recovery key has 56 characters, this has 55");
    memcpy(text, numbered_text, HF_RECOVERY_TEXT);
    memcpy(text + HF_RECOVERY_TEXT - 1, "0", 2);
    assert_refused(text, "a recovery key has 56 characters, this has 57");
    assert_refused("", "a recovery key has 56 characters, this has 0");
}

static void a_character_that_no_key_has_is_named_with_its_position(void **state)
{
    (void)state;
    char text[HF_RECOVERY_TEXT];
    memcpy(text, numbered_text, sizeof text);
    text[6] = 'u';
    assert_refused(text, "no recovery key has the character 'u' (position 7)");
    text[6] = '\xc3';
    assert_refused(text, "no recovery key has the byte 0xc3 (position 7)");
}

static int init(void **state)
{
    (void)state;
    return hf_codec_init(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_written_in_groups_of_four),
        cmocka_unit_test(every_key_comes_back_from_its_text),
        cmocka_unit_test(case_blanks_dashes_and_lookalikes_do_not_matter),
        cmocka_unit_test(every_wrong_character_is_detected),
        cmocka_unit_test(every_swap_of_neighbours_is_detected),
        cmocka_unit_test(a_missing_or_additional_character_is_named_by_count),
        cmocka_unit_test(a_character_that_no_key_has_is_named_with_its_position),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
